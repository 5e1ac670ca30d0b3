//! The `rooms` dialect's calls by HTTP.
//!
//! Decides in which order a call is checked: what the body says it is, who sends it, and only
//! then the body. What is asked and answered, the dialect's codec writes and reads.

use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, HeaderMap};
use hyper::{Request, StatusCode};
use parlance_codecs::dialect::{Credentials, DialectName};
use parlance_codecs::rooms::{
    Call, Trouble, decode_call, encode_history, encode_room_info, encode_trouble,
};
use parlance_codecs::{Answer as Answered, UserId};

use super::answer::{self, Answer};
use super::body::{self, BodyError};
use crate::asks;
use crate::auth::{SignInError, sign_in};
use crate::shard_handle::ShardHandle;

/// The longest body. A call's own fields need a hundredth of it.
const BODY_BYTES_MAX: usize = 32 * 1024;

pub(super) fn call_of(path: &str) -> Option<Call> {
    Call::ALL.into_iter().find(|call| call.path() == path)
}

pub(super) fn wrong_method() -> Answer {
    troubled(Trouble::WrongMethod)
}

pub(super) async fn answer(shard: &ShardHandle, call: Call, request: Request<Incoming>) -> Answer {
    match answered(shard, call, request).await {
        Ok(Answered::Description(room)) => {
            answer::with_body(StatusCode::OK, answer::JSON, encode_room_info(&room))
        }
        Ok(Answered::History { messages, more }) => {
            answer::with_body(StatusCode::OK, answer::JSON, encode_history(&messages, more))
        }
        Ok(Answered::Conversation(_) | Answered::Done) => answer::empty(StatusCode::OK),
        Ok(other) => {
            tracing::error!(answer = ?other, "an ask was answered by what was not asked for");
            troubled(Trouble::Internal)
        }
        Err(trouble) => troubled(trouble),
    }
}

async fn answered(
    shard: &ShardHandle,
    call: Call,
    request: Request<Incoming>,
) -> Result<Answered, Trouble> {
    if !body::is_json(request.headers()) {
        return Err(Trouble::NotJson);
    }
    let user = signed_in(shard, request.headers()).await?;
    let body =
        body::read(request.into_body(), BODY_BYTES_MAX).await.map_err(|error| match error {
            BodyError::TooLong { .. } => Trouble::TooLong,
            BodyError::Slow => Trouble::TooSlow,
            BodyError::Broken => Trouble::Malformed,
        })?;
    let ask = decode_call(call, user, &body)?;
    asks::answer(shard, user, DialectName::Rooms, &ask)
        .await
        .map_err(|refusal| call.trouble(refusal))
}

/// The user whose token the `Authorization` field has. Its scheme is spelt `Bearer` and no other
/// way.
async fn signed_in(shard: &ShardHandle, headers: &HeaderMap) -> Result<UserId, Trouble> {
    let mut fields = headers.get_all(AUTHORIZATION).iter();
    let field = fields.next().ok_or(Trouble::TokenMissing)?;
    let text = field.to_str().map_err(|_| Trouble::TokenInvalid)?;
    let token = text.strip_prefix("Bearer ").ok_or(Trouble::TokenInvalid)?;
    if fields.next().is_some() {
        return Err(Trouble::TokenInvalid);
    }
    match sign_in(shard, &Credentials::Token(token.to_owned())).await {
        Ok(signed) => Ok(signed.user),
        Err(SignInError::Refused) => Err(Trouble::TokenInvalid),
        Err(SignInError::Expired) => Err(Trouble::TokenExpired),
        Err(SignInError::Busy | SignInError::Unavailable) => Err(Trouble::Internal),
    }
}

fn troubled(trouble: Trouble) -> Answer {
    let status = StatusCode::from_u16(trouble.http_status());
    let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    answer::with_body(status, answer::JSON, encode_trouble(trouble))
}
