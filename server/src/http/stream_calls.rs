//! The `stream` dialect's calls by HTTP: sending one post, and where a room's clients connect.
//!
//! Decides in which order a call is checked: what the body says it is, who sends it, and only
//! then the body.

use std::str::FromStr as _;

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header::{CONTENT_LENGTH, HOST, HeaderMap};
use hyper::http::uri::Authority;
use hyper::{Method, Request, StatusCode, Uri};
use parlance_codecs::dialect::PayloadKind;
use parlance_codecs::event::Posted;
use parlance_codecs::stream::{Code, Fault, decode_post, encode_postmark};
use parlance_codecs::{ConversationId, Draft, UserId};
use parlance_conversation::mesh::{CallAnswer, CallRefusal, CallRequest};
use serde_json::json;

use super::answer::{self, Answer};
use super::body::{self, BodyError};
use super::caller::signed_in;
use super::fields;
use crate::config::ListenAddress;
use crate::shard_handle::ShardHandle;

/// A post: the longest text, every byte of which JSON may have to escape, and its envelope.
pub(super) const POST_BYTES_MAX: usize = 64 * 1024;

/// A call that a path stands for.
pub(super) enum StreamCall<'p> {
    Post,
    RoomServer { room: &'p str },
}

impl<'p> StreamCall<'p> {
    pub(super) fn of(path: &'p str) -> Option<Self> {
        match path {
            "/message/chat/send" | "/message/room/send" => Some(Self::Post),
            _ => {
                let room = path.strip_prefix("/message/room/")?.strip_suffix("/server")?;
                (!room.contains('/')).then_some(Self::RoomServer { room })
            }
        }
    }

    pub(super) fn method(&self) -> (Method, &'static str) {
        match self {
            Self::RoomServer { .. } => (Method::GET, "GET, OPTIONS"),
            Self::Post => (Method::POST, "POST, OPTIONS"),
        }
    }

    pub(super) async fn answer(
        self,
        shard: &ShardHandle,
        request: Request<Incoming>,
    ) -> Result<Answer, Fault> {
        match self {
            Self::Post => post_json(shard, request).await,
            Self::RoomServer { room } => room_server(shard, &request, room).await,
        }
    }
}

async fn post_json(shard: &ShardHandle, request: Request<Incoming>) -> Result<Answer, Fault> {
    if let Some(answer) = refused_body(request.headers(), POST_BYTES_MAX) {
        return Ok(answer);
    }
    let signed = signed_in(shard, &request).await?;
    let key = request.headers().get("idempotency-key").map(|key| key.as_bytes().to_vec());
    let body = match json_body(request, POST_BYTES_MAX).await {
        Ok(body) => body,
        Err(answer) => return Ok(answer),
    };
    let draft = decode_post(signed.user, PayloadKind::Text, &body, key.as_deref())?;
    let posted = post(shard, signed.user, draft).await?;
    let body = encode_postmark(PayloadKind::Text, &posted);
    Ok(answer::with_body(StatusCode::OK, answer::JSON, body))
}

/// Sends a user's post, however it was asked for.
pub(super) async fn post(
    shard: &ShardHandle,
    sender: UserId,
    draft: Draft,
) -> Result<Posted, Fault> {
    let call = CallRequest::Post {
        sender,
        draft,
        friends_required: false,
        create_sender: true,
        // The caller's streams are sessions of their own.
        call_of: None,
    };
    match shard.call(call).await {
        CallAnswer::Posted(posted) => Ok(posted),
        other => Err(refused(&other)),
    }
}

/// The answer to a body that its head gives away: no JSON, or too long.
fn refused_body(headers: &HeaderMap, bytes_max: usize) -> Option<Answer> {
    if !body::is_json(headers) {
        let message = "the body must be application/json";
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return Some(answer::http_fault(status, Code::InvalidArgument, message));
    }
    let length = fields::header(headers, CONTENT_LENGTH.as_str());
    let is_too_long =
        length.is_some_and(|length| length.parse().is_ok_and(|n: u64| n > bytes_max as u64));
    is_too_long.then(|| body_fault(BodyError::TooLong { max: bytes_max }))
}

/// The whole of a JSON body, or the answer to one that is none.
pub(super) async fn json_body(
    request: Request<Incoming>,
    bytes_max: usize,
) -> Result<Bytes, Answer> {
    if let Some(answer) = refused_body(request.headers(), bytes_max) {
        return Err(answer);
    }
    body::read(request.into_body(), bytes_max).await.map_err(body_fault)
}

fn body_fault(error: BodyError) -> Answer {
    answer::http_fault(error.status(), Code::InvalidArgument, &error.to_string())
}

/// Where a room's clients connect: here, since one host holds every room.
async fn room_server(
    shard: &ShardHandle,
    request: &Request<Incoming>,
    room: &str,
) -> Result<Answer, Fault> {
    let signed = signed_in(shard, request).await?;
    describe_room(shard, signed.user, room_id(room)?).await?;
    let (host, port) = reached_at(shard, request.uri(), request.headers());
    let option = json!({ "host": host, "port": port, "secure": false });
    Ok(answer::json(StatusCode::OK, &option))
}

/// Whether the room is there for the user.
pub(super) async fn describe_room(
    shard: &ShardHandle,
    user: UserId,
    room: ConversationId,
) -> Result<(), Fault> {
    match shard.call(CallRequest::Describe { conversation: room, user: Some(user) }).await {
        CallAnswer::Done | CallAnswer::Described(_) => Ok(()),
        other => Err(refused(&other)),
    }
}

/// The address that the client reached this server by: what it asked for, else where it listens.
pub(super) fn reached_at(shard: &ShardHandle, uri: &Uri, headers: &HeaderMap) -> (String, u16) {
    const HTTP_PORT: u16 = 80;
    let asked = uri
        .authority()
        .cloned()
        .or_else(|| Authority::from_str(fields::header(headers, HOST.as_str())?).ok());
    if let Some(authority) = asked.filter(|authority| !authority.host().is_empty()) {
        return (authority.host().to_owned(), authority.port_u16().unwrap_or(HTTP_PORT));
    }
    let listening = shard.settings().listen.main.iter().find_map(|address| match address {
        ListenAddress::Tcp(address) => Some((address.ip().to_string(), address.port())),
        ListenAddress::Unix(_) => None,
    });
    listening.unwrap_or_default()
}

pub(super) fn room_id(text: &str) -> Result<ConversationId, Fault> {
    match text.parse() {
        Ok(room @ ConversationId::Number(_)) => Ok(room),
        Ok(ConversationId::Direct(..)) | Err(_) => {
            Err(Fault::new(Code::InvalidArgument, "a room's id is a decimal"))
        }
    }
}

/// The core's refusal in the dialect's words.
pub(super) fn refused(answer: &CallAnswer) -> Fault {
    match answer {
        CallAnswer::Refused(CallRefusal::Refused(refusal)) => (*refusal).into(),
        other => {
            tracing::error!(answer = ?other, "the core gave an answer that no request asked for");
            Fault::new(Code::Internal, "internal error")
        }
    }
}
