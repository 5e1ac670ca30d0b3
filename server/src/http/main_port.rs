//! The main port's requests: WebSocket handshakes, and the `stream` dialect's calls by HTTP.
//!
//! Decides which path is what, and in which order a request is checked: the page's origin, the
//! path, the method, what the body says it is, who sends it, and only then the body.

use std::str::FromStr as _;

use hyper::body::Incoming;
use hyper::header::{CONTENT_LENGTH, HOST};
use hyper::http::uri::Authority;
use hyper::{Method, Request, StatusCode};
use parlance_codecs::ConversationId;
use parlance_codecs::dialect::{Credentials, DialectName, PayloadKind};
use parlance_codecs::limits::DEVICE_BYTES_MAX;
use parlance_codecs::stream::{Code, Fault, decode_post, encode_postmark};
use parlance_conversation::mesh::{CallAnswer, CallRefusal, CallRequest};
use serde_json::json;

use super::answer::{self, Answer};
use super::body::{self, BodyError};
use super::serve::UpgradeSlot;
use super::websocket::{Handshake, handshake};
use super::{Upgrade, browser, fields};
use crate::auth::{SignInError, SignedUser, sign_in};
use crate::config::ListenAddress;
use crate::shard_handle::ShardHandle;

/// A post: the longest text, every byte of which JSON may have to escape, and its envelope.
const POST_BYTES_MAX: usize = 64 * 1024;

/// What a path of the main port is.
enum Route<'p> {
    Stream { rooms: bool },
    Onechat,
    Post,
    RoomServer { room: &'p str },
}

impl<'p> Route<'p> {
    fn of(path: &'p str) -> Option<Self> {
        match path {
            "/message/chat" => Some(Self::Stream { rooms: false }),
            "/message/room" => Some(Self::Stream { rooms: true }),
            "/onechat" => Some(Self::Onechat),
            "/message/chat/send" | "/message/room/send" => Some(Self::Post),
            _ => {
                let room = path.strip_prefix("/message/room/")?.strip_suffix("/server")?;
                (!room.contains('/')).then_some(Self::RoomServer { room })
            }
        }
    }

    fn method(&self) -> (Method, &'static str) {
        match self {
            Self::Stream { .. } | Self::Onechat | Self::RoomServer { .. } => {
                (Method::GET, "GET, OPTIONS")
            }
            Self::Post => (Method::POST, "POST, OPTIONS"),
        }
    }
}

pub(super) async fn answer(
    shard: ShardHandle,
    request: Request<Incoming>,
    slot: UpgradeSlot,
) -> Answer {
    let headers = request.headers().clone();
    let allowed = &shard.settings().auth.allowed_origins;
    if !browser::is_allowed(allowed, &headers) {
        let message = "this origin is not among auth.allowed_origins";
        return answer::http_fault(StatusCode::FORBIDDEN, Code::PermissionDenied, message);
    }
    let mut answer = routed(&shard, request, &slot).await;
    browser::share(allowed, &headers, &mut answer);
    answer
}

async fn routed(shard: &ShardHandle, request: Request<Incoming>, slot: &UpgradeSlot) -> Answer {
    let path = request.uri().path().to_owned();
    let Some(route) = Route::of(&path) else {
        return answer::http_fault(StatusCode::NOT_FOUND, Code::NotFound, "no such path");
    };
    let (method, allowed) = route.method();
    if *request.method() == Method::OPTIONS {
        return browser::preflight(allowed);
    }
    if *request.method() != method {
        let message = "this path does not take this method";
        let status = StatusCode::METHOD_NOT_ALLOWED;
        let answer = answer::http_fault(status, Code::InvalidArgument, message);
        return answer::allowing(answer, allowed);
    }
    let answered = match route {
        Route::Stream { rooms } => match handshake(&request) {
            Ok(handshake) => open_stream(shard, &request, rooms, handshake, slot).await,
            Err(error) => Ok(error.answer()),
        },
        Route::Onechat => Ok(match handshake(&request) {
            Ok(handshake) => open_onechat(handshake, slot),
            Err(error) => error.answer(),
        }),
        Route::Post => post(shard, request).await,
        Route::RoomServer { room } => room_server(shard, &request, room).await,
    };
    answered.unwrap_or_else(|fault| answer::fault(&fault))
}

async fn open_stream(
    shard: &ShardHandle,
    request: &Request<Incoming>,
    rooms: bool,
    handshake: Handshake,
    slot: &UpgradeSlot,
) -> Result<Answer, Fault> {
    let room = match fields::query(request.uri(), "room").filter(|_| rooms) {
        Some(room) => Some(room_id(&room)?),
        None => None,
    };
    let device = metadata(request, &["device_id", "udid"]).unwrap_or_default();
    if device.len() > DEVICE_BYTES_MAX {
        let message = format!("device_id has {} bytes of at most {DEVICE_BYTES_MAX}", device.len());
        return Err(Fault::new(Code::InvalidArgument, message));
    }
    let signed = signed_in(shard, request).await?;
    let dialect = DialectName::Stream;
    *slot.borrow_mut() = Some(Upgrade { dialect, signed_in: Some(signed), device, room });
    Ok(handshake.accept())
}

/// `onechat` signs in by its first frame.
fn open_onechat(handshake: Handshake, slot: &UpgradeSlot) -> Answer {
    *slot.borrow_mut() = Some(Upgrade {
        dialect: DialectName::Onechat,
        signed_in: None,
        device: String::new(),
        room: None,
    });
    handshake.accept()
}

async fn post(shard: &ShardHandle, request: Request<Incoming>) -> Result<Answer, Fault> {
    if !body::is_json(request.headers()) {
        let message = "the body must be application/json";
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return Ok(answer::http_fault(status, Code::InvalidArgument, message));
    }
    let length = fields::header(request.headers(), CONTENT_LENGTH.as_str());
    if length.is_some_and(|length| length.parse().is_ok_and(|n: u64| n > POST_BYTES_MAX as u64)) {
        return Ok(body_fault(BodyError::TooLong { max: POST_BYTES_MAX }));
    }
    let signed = signed_in(shard, &request).await?;
    let key = request.headers().get("idempotency-key").map(|key| key.as_bytes().to_vec());
    let body = match body::read(request.into_body(), POST_BYTES_MAX).await {
        Ok(body) => body,
        Err(error) => return Ok(body_fault(error)),
    };
    let draft = decode_post(signed.user, PayloadKind::Text, &body, key.as_deref())?;
    let call = CallRequest::Post {
        sender: signed.user,
        draft,
        friends_required: false,
        create_sender: true,
    };
    match shard.call(call).await {
        CallAnswer::Posted(posted) => {
            let body = encode_postmark(PayloadKind::Text, &posted);
            Ok(answer::with_body(StatusCode::OK, answer::JSON, body))
        }
        other => Err(refused(&other)),
    }
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
    let describe = CallRequest::Describe { conversation: room_id(room)?, user: Some(signed.user) };
    match shard.call(describe).await {
        CallAnswer::Done | CallAnswer::Described(_) => {}
        other => return Err(refused(&other)),
    }
    let (host, port) = reached_at(shard, request);
    let option = json!({ "host": host, "port": port, "secure": false });
    Ok(answer::json(StatusCode::OK, &option))
}

/// The address that the client reached this server by: what it asked for, else where it listens.
fn reached_at(shard: &ShardHandle, request: &Request<Incoming>) -> (String, u16) {
    const HTTP_PORT: u16 = 80;
    let asked =
        request.uri().authority().cloned().or_else(|| {
            Authority::from_str(fields::header(request.headers(), HOST.as_str())?).ok()
        });
    if let Some(authority) = asked.filter(|authority| !authority.host().is_empty()) {
        return (authority.host().to_owned(), authority.port_u16().unwrap_or(HTTP_PORT));
    }
    let listening = shard.settings().listen.main.iter().find_map(|address| match address {
        ListenAddress::Tcp(address) => Some((address.ip().to_string(), address.port())),
        ListenAddress::Unix(_) => None,
    });
    listening.unwrap_or_default()
}

fn room_id(text: &str) -> Result<ConversationId, Fault> {
    match text.parse() {
        Ok(room @ ConversationId::Number(_)) => Ok(room),
        Ok(ConversationId::Direct(..)) | Err(_) => {
            Err(Fault::new(Code::InvalidArgument, "a room's id is a decimal"))
        }
    }
}

/// The user whom the request's token names.
async fn signed_in(shard: &ShardHandle, request: &Request<Incoming>) -> Result<SignedUser, Fault> {
    let token = fields::bearer(request.headers())
        .map(str::to_owned)
        .or_else(|| metadata(request, &["token"]))
        .filter(|token| !token.is_empty())
        .ok_or_else(|| Fault::new(Code::Unauthenticated, "token required"))?;
    sign_in(shard, &Credentials::Token(token)).await.map_err(|error| match error {
        SignInError::Refused => Fault::new(Code::Unauthenticated, "verify token failed"),
        SignInError::Busy | SignInError::Unavailable => {
            Fault::new(Code::Unavailable, error.to_string())
        }
    })
}

/// A value of the call's metadata, by whichever of its names: a field with one of the gateway's
/// prefixes, or a parameter of the query.
fn metadata(request: &Request<Incoming>, names: &[&str]) -> Option<String> {
    let headers = request.headers();
    names.iter().find_map(|name| {
        ["grpc-metadata-", "appootb-"]
            .iter()
            .find_map(|prefix| fields::header(headers, &format!("{prefix}{name}")))
            .map(str::to_owned)
            .or_else(|| fields::query(request.uri(), name).map(std::borrow::Cow::into_owned))
    })
}

/// The core's refusal in the dialect's words.
fn refused(answer: &CallAnswer) -> Fault {
    match answer {
        CallAnswer::Refused(CallRefusal::Refused(refusal)) => (*refusal).into(),
        other => {
            tracing::error!(answer = ?other, "the core gave an answer that no request asked for");
            Fault::new(Code::Internal, "internal error")
        }
    }
}
