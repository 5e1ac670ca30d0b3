//! The door of Engine.IO clients: handshakes, polls and posts by HTTP, and the handshakes of
//! their WebSockets.
//!
//! Decides in which order a request is checked, in the words that its clients know: the
//! protocol, the transport, the session's id, the method. What a session makes of it, wherever
//! the session lives, [`crate::visits`] brings back. Invariant: a handshake's token is checked
//! before its session begins, and the session begins on the home shard of the user that it names.

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue, SET_COOKIE};
use hyper::{Method, Request, StatusCode};
use parlance_codecs::dialect::{Credentials, DialectName};
use parlance_codecs::events::PATH;
use parlance_codecs::framing::engineio::{
    PAYLOAD_BYTES_MAX, Protocol, RequestError, Sid, jsonp_answer, jsonp_body, read_payload,
};
use parlance_codecs::stream::Code;

use super::answer::{self, Answer, set};
use super::body::{self, BodyError};
use super::serve::UpgradeSlot;
use super::websocket::handshake;
use super::{EngineUpgrade, Upgrade, browser, fields};
use crate::auth::{SignInError, sign_in};
use crate::shard_handle::ShardHandle;
use crate::visits::{Errand, Outcome, Vouched};

const TEXT: &str = "text/plain; charset=UTF-8";
const HTML: &str = "text/html";
const SCRIPT: &str = "text/javascript; charset=UTF-8";
const FORM: &str = "application/x-www-form-urlencoded";
const BINARY: &str = "application/octet-stream";
/// A form has every byte of a payload in three at most.
const FORM_BYTES_MAX: usize = 3 * PAYLOAD_BYTES_MAX;

/// Whether a path is the door's.
pub(super) fn is_path(path: &str) -> bool {
    path == PATH || Some(path) == PATH.strip_suffix('/')
}

/// What a request's parameters say.
struct Asked {
    protocol: Protocol,
    sid: Option<Sid>,
    /// The number of the page's function, where a page can load scripts only.
    script: Option<String>,
}

/// By which transport.
enum Transport {
    Polling,
    WebSocket,
}

pub(super) async fn answer(
    shard: &ShardHandle,
    request: Request<Incoming>,
    slot: &UpgradeSlot,
) -> Answer {
    if *request.method() == Method::OPTIONS {
        return browser::preflight("GET, POST, OPTIONS");
    }
    match answered(shard, request, slot).await {
        Ok(answer) => answer,
        Err(error) => refused(error),
    }
}

fn refused(error: RequestError) -> Answer {
    let status = StatusCode::from_u16(error.http_status()).unwrap_or(StatusCode::BAD_REQUEST);
    answer::with_body(status, answer::JSON, error.body())
}

async fn answered(
    shard: &ShardHandle,
    request: Request<Incoming>,
    slot: &UpgradeSlot,
) -> Result<Answer, RequestError> {
    let parameter = |name| fields::query(request.uri(), name);
    let protocol = match parameter("EIO").as_deref() {
        // The documents' server knew no other and did not look.
        None | Some("3") => Protocol::V3,
        Some("4") => Protocol::V4,
        Some(_) => return Err(RequestError::UnsupportedProtocol),
    };
    let transport = match parameter("transport").as_deref() {
        Some("polling") => Transport::Polling,
        Some("websocket") => Transport::WebSocket,
        Some(_) | None => return Err(RequestError::TransportUnknown),
    };
    let sid = match parameter("sid") {
        None => None,
        Some(sid) => Some(sid.parse().map_err(|_| RequestError::SessionUnknown)?),
    };
    let script = parameter("j").map(std::borrow::Cow::into_owned);
    let asked = Asked { protocol, sid, script };
    match (transport, request.method()) {
        (Transport::WebSocket, &Method::GET) => websocket(shard, &request, asked, slot).await,
        (Transport::Polling, &Method::GET) => poll(shard, &request, asked).await,
        (Transport::Polling, &Method::POST) => match asked.sid {
            Some(sid) => post(shard, request, &asked, sid).await,
            None => Err(RequestError::BadMethod),
        },
        (Transport::WebSocket | Transport::Polling, _) => Err(RequestError::BadMethod),
    }
}

async fn poll(
    shard: &ShardHandle,
    request: &Request<Incoming>,
    asked: Asked,
) -> Result<Answer, RequestError> {
    let (sid, errand, begins) = match asked.sid {
        Some(sid) => (sid, Errand::Poll, false),
        None => {
            let Ok(vouched) = vouched(shard, request).await else { return Ok(unavailable()) };
            let Some(sid) = new_sid(shard, vouched) else { return Ok(unavailable()) };
            (sid, Errand::Open { protocol: asked.protocol, vouched }, true)
        }
    };
    let payload = match shard.visit(sid, errand).await {
        Outcome::Packets(payload) => payload,
        Outcome::Refused(error) => return Err(error),
        Outcome::Full => return Ok(unavailable()),
        Outcome::Done => return Err(RequestError::BadRequest),
    };
    let mut answer = match &asked.script {
        None => answer::with_body(StatusCode::OK, TEXT, payload),
        Some(number) => {
            let script = jsonp_answer(number, &payload).ok_or(RequestError::BadRequest)?;
            answer::with_body(StatusCode::OK, SCRIPT, script)
        }
    };
    // For balancers that keep a client at one server, as the documents' server did.
    if begins
        && asked.protocol == Protocol::V3
        && let Ok(cookie) = HeaderValue::try_from(format!("io={sid}; Path=/; HttpOnly"))
    {
        answer.headers_mut().insert(SET_COOKIE, cookie);
    }
    Ok(answer)
}

async fn post(
    shard: &ShardHandle,
    request: Request<Incoming>,
    asked: &Asked,
    sid: Sid,
) -> Result<Answer, RequestError> {
    let content = fields::header(request.headers(), CONTENT_TYPE.as_str()).unwrap_or(TEXT);
    let essence = content.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_binary = essence == BINARY;
    let is_form = asked.script.is_some() && essence == FORM;
    if !is_binary && !is_form && !essence.starts_with("text/") {
        let message = "the body must be text or application/octet-stream";
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return Ok(answer::http_fault(status, Code::InvalidArgument, message));
    }
    let most = if is_form { FORM_BYTES_MAX } else { PAYLOAD_BYTES_MAX };
    let body = match body::read(request.into_body(), most).await {
        Ok(body) if is_form => form_body(&body),
        Ok(body) => body,
        Err(error @ (BodyError::TooLong { .. } | BodyError::Slow)) => {
            let text = error.to_string();
            return Ok(answer::http_fault(error.status(), Code::InvalidArgument, &text));
        }
        Err(BodyError::Broken) => return Err(RequestError::BadRequest),
    };
    let mut packets = Vec::with_capacity(body.len());
    let errand = match read_payload(asked.protocol, is_binary, &body, &mut packets) {
        Ok(()) => Errand::Post { packets },
        Err(error) => {
            tracing::debug!(%error, "a payload was refused");
            Errand::Malformed
        }
    };
    match shard.visit(sid, errand).await {
        Outcome::Done => {
            let mut answer = answer::with_body(StatusCode::OK, HTML, "ok");
            set(&mut answer, CONTENT_TYPE, HTML);
            Ok(answer)
        }
        Outcome::Refused(error) => Err(error),
        Outcome::Full => Ok(unavailable()),
        Outcome::Packets(_) => Err(RequestError::BadRequest),
    }
}

/// The payload in a form's field `d`.
fn form_body(form: &[u8]) -> Bytes {
    let field = form_urlencoded::parse(form).find(|(name, _)| name == "d");
    field.map(|(_, value)| Bytes::from(jsonp_body(&value))).unwrap_or_default()
}

async fn websocket(
    shard: &ShardHandle,
    request: &Request<Incoming>,
    asked: Asked,
    slot: &UpgradeSlot,
) -> Result<Answer, RequestError> {
    let handshake = handshake(request).map_err(|_| RequestError::BadRequest)?;
    let engine = match asked.sid {
        None => {
            let Ok(vouched) = vouched(shard, request).await else { return Ok(unavailable()) };
            let Some(sid) = new_sid(shard, vouched) else { return Ok(unavailable()) };
            EngineUpgrade::Begin { sid, protocol: asked.protocol, vouched }
        }
        Some(sid) => match shard.visit(sid, Errand::MayUpgrade).await {
            Outcome::Done => EngineUpgrade::Probe { sid },
            Outcome::Refused(error) => return Err(error),
            Outcome::Full => return Ok(unavailable()),
            Outcome::Packets(_) => return Err(RequestError::BadRequest),
        },
    };
    let upgrade = Upgrade {
        dialect: DialectName::Events,
        signed_in: None,
        device: String::new(),
        room: None,
        engine: Some(engine),
    };
    *slot.borrow_mut() = Some(upgrade);
    Ok(handshake.accept())
}

/// Whom the handshake's token names; an error where that cannot be told now.
async fn vouched(shard: &ShardHandle, request: &Request<Incoming>) -> Result<Vouched, SignInError> {
    let token = fields::query(request.uri(), "token")
        .map(std::borrow::Cow::into_owned)
        .or_else(|| fields::bearer(request.headers()).map(str::to_owned));
    let Some(token) = token.filter(|token| !token.is_empty()) else {
        return Ok(Vouched::Nobody);
    };
    match sign_in(shard, &Credentials::Token(token)).await {
        Ok(user) => Ok(Vouched::User(user)),
        Err(SignInError::Refused | SignInError::Expired) => Ok(Vouched::Refused),
        Err(error @ (SignInError::Busy | SignInError::Unavailable)) => Err(error),
    }
}

/// An id that nobody can guess, of a session that begins at its user's home, where that is known.
fn new_sid(shard: &ShardHandle, vouched: Vouched) -> Option<Sid> {
    let begins_on = match vouched {
        Vouched::User(signed) => shard.placement().home_of_user(signed.user),
        Vouched::Nobody | Vouched::Refused => shard.me(),
    };
    let mut random = [0; Sid::RANDOM_BYTES];
    getrandom::fill(&mut random).ok()?;
    Sid::new(begins_on.index(), random)
}

/// As many sessions as there may be, or nobody can be signed in at the moment.
fn unavailable() -> Answer {
    let message = "the server cannot take another session now, come back later";
    answer::http_fault(StatusCode::SERVICE_UNAVAILABLE, Code::Unavailable, message)
}
