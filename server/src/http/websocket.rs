//! The WebSocket handshake of RFC 6455.
//!
//! Extensions and subprotocols are not agreed to: frames are plain, and the path says what they
//! hold.

use hyper::header::{
    CONNECTION, HeaderMap, HeaderName, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY,
    SEC_WEBSOCKET_VERSION, UPGRADE,
};
use hyper::{Request, StatusCode, Version};
use parlance_codecs::framing::accept_key;
use parlance_codecs::stream::Code;

use super::answer::{self, Answer, set};

const VERSION: &str = "13";

/// A handshake that can be accepted: the answer's `Sec-WebSocket-Accept`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Handshake(String);

/// Why there is no handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HandshakeError {
    /// An ordinary request, or an older or newer protocol.
    UpgradeRequired,
    Malformed(&'static str),
}

pub(super) fn handshake<B>(request: &Request<B>) -> Result<Handshake, HandshakeError> {
    let headers = request.headers();
    let upgrades = request.version() == Version::HTTP_11
        && has_token(headers, UPGRADE, "websocket")
        && has_token(headers, CONNECTION, "upgrade");
    if !upgrades {
        return Err(HandshakeError::UpgradeRequired);
    }
    if only(headers, SEC_WEBSOCKET_VERSION)?.as_bytes() != VERSION.as_bytes() {
        return Err(HandshakeError::UpgradeRequired);
    }
    accept_key(only(headers, SEC_WEBSOCKET_KEY)?.as_bytes())
        .map(Handshake)
        .ok_or(HandshakeError::Malformed("sec-websocket-key is not the base64 of 16 bytes"))
}

impl Handshake {
    pub(super) fn accept(self) -> Answer {
        let mut answer = answer::empty(StatusCode::SWITCHING_PROTOCOLS);
        set(&mut answer, UPGRADE, "websocket");
        set(&mut answer, CONNECTION, "Upgrade");
        // Base64 is always a field's value.
        if let Ok(accept) = HeaderValue::try_from(self.0) {
            answer.headers_mut().insert(SEC_WEBSOCKET_ACCEPT, accept);
        }
        answer
    }
}

impl HandshakeError {
    pub(super) fn answer(self) -> Answer {
        match self {
            Self::UpgradeRequired => {
                let mut answer = answer::http_fault(
                    StatusCode::UPGRADE_REQUIRED,
                    Code::InvalidArgument,
                    "this path takes WebSocket handshakes, version 13",
                );
                set(&mut answer, UPGRADE, "websocket");
                set(&mut answer, CONNECTION, "Upgrade");
                set(&mut answer, SEC_WEBSOCKET_VERSION, VERSION);
                answer
            }
            Self::Malformed(reason) => {
                answer::http_fault(StatusCode::BAD_REQUEST, Code::InvalidArgument, reason)
            }
        }
    }
}

/// Whether one of the field's comma-separated tokens is `token`.
fn has_token(headers: &HeaderMap, name: HeaderName, token: &str) -> bool {
    headers
        .get_all(name)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .any(|one| one.trim_ascii().eq_ignore_ascii_case(token.as_bytes()))
}

/// The value of a field that must be there once.
fn only(headers: &HeaderMap, name: HeaderName) -> Result<&HeaderValue, HandshakeError> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => Ok(value),
        _ => Err(HandshakeError::Malformed("a field of the handshake is missing or stands twice")),
    }
}
