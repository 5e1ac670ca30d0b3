//! What the operator's own services ask of the `stream` dialect: posts in users' names, and
//! sessions closed. By HTTP here, by gRPC in [`grpc`](super::grpc); both with the operator's key.

use hyper::body::Incoming;
use hyper::header::HeaderMap;
use hyper::{Method, Request, StatusCode};
use parlance_codecs::dialect::PayloadKind;
use parlance_codecs::stream::{Code, Fault, Kicked, decode_package, kicked};
use parlance_codecs::{Draft, Request as Asked, UserId};
use parlance_conversation::mesh::{CallAnswer, CallRequest};

use super::answer::{self, Answer};
use super::stream_calls::{POST_BYTES_MAX, json_body, post, refused};
use super::{fields, operator};
use crate::shard_handle::ShardHandle;

/// A package: some of the longest posts, or as many short ones as it may hold.
pub(super) const PACKAGE_BYTES_MAX: usize = 1024 * 1024;
const _: () = assert!(4 * POST_BYTES_MAX <= PACKAGE_BYTES_MAX, "a package holds several posts");
const _: () = assert!(1024 * Asked::DRAFTS_MAX <= PACKAGE_BYTES_MAX, "and all of the short ones");

/// A call that a path stands for.
pub(super) enum InnerCall<'p> {
    Deliver,
    Kick { product: &'p str, unique_ids: &'p str },
}

impl<'p> InnerCall<'p> {
    pub(super) fn of(path: &'p str) -> Option<Self> {
        match path.strip_prefix("/message/inner/chat/")? {
            "deliver" => Some(Self::Deliver),
            conn => {
                // A unique id may be `USER/DEVICE`, so everything behind the product is theirs.
                let (product, unique_ids) = conn.strip_prefix("conn/")?.split_once('/')?;
                Some(Self::Kick { product, unique_ids })
            }
        }
    }

    pub(super) fn method(&self) -> (Method, &'static str) {
        match self {
            Self::Deliver => (Method::POST, "POST, OPTIONS"),
            Self::Kick { .. } => (Method::DELETE, "DELETE, OPTIONS"),
        }
    }

    pub(super) async fn answer(
        self,
        shard: &ShardHandle,
        request: Request<Incoming>,
    ) -> Result<Answer, Fault> {
        authorize(shard, request.headers())?;
        match self {
            Self::Deliver => {
                let body = match json_body(request, PACKAGE_BYTES_MAX).await {
                    Ok(body) => body,
                    Err(answer) => return Ok(answer),
                };
                deliver(shard, decode_package(PayloadKind::Text, &body)?).await?;
            }
            Self::Kick { product, unique_ids } => {
                if product.is_empty() {
                    return Err(Fault::new(Code::InvalidArgument, "the product is missing"));
                }
                let ids: Vec<_> = unique_ids.split(',').map(fields::segment).collect();
                kick(shard, kicked(ids.iter().map(String::as_str))?).await?;
            }
        }
        Ok(answer::with_body(StatusCode::OK, answer::JSON, "{}"))
    }
}

/// Whether the request has the operator's key.
pub(super) fn authorize(shard: &ShardHandle, headers: &HeaderMap) -> Result<(), Fault> {
    if operator::has_key(shard, headers) {
        return Ok(());
    }
    Err(Fault::new(Code::Unauthenticated, "the operator's key is missing or wrong"))
}

/// Sends a package's posts, in their order. The first that is refused ends it; those before it
/// are stored, and the same package again stores them no second time.
pub(super) async fn deliver(shard: &ShardHandle, posts: Vec<(UserId, Draft)>) -> Result<(), Fault> {
    for (place, (sender, draft)) in posts.into_iter().enumerate() {
        post(shard, sender, draft).await.map_err(|Fault { code, message }| {
            let number = place.saturating_add(1);
            Fault::new(code, format!("post {number}: {message}"))
        })?;
    }
    Ok(())
}

/// Closes the sessions, wherever they are.
pub(super) async fn kick(shard: &ShardHandle, kicked: Vec<Kicked>) -> Result<(), Fault> {
    for Kicked { user, device } in kicked {
        let call = CallRequest::Kick { user, device: device.map(String::into_boxed_str) };
        match shard.call(call).await {
            CallAnswer::Done => {}
            other => return Err(refused(&other)),
        }
    }
    Ok(())
}
