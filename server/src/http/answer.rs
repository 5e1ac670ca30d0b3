//! What is answered: small bodies, whole, never cached; or, for calls, what comes piece by piece.
//!
//! Clients of the main port get `google.rpc.Status` for errors, the operator's get problem
//! documents (RFC 9457).

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body, Frame, SizeHint};
use hyper::header::{
    ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS,
};
use hyper::{Response, StatusCode};
use parlance_codecs::stream::{Code, Fault, encode_status};
use serde_json::{Value, json};

pub(super) type Answer = Response<AnswerBody>;

/// A body that is there, or one that is asked for its pieces as the peer takes them.
pub(super) enum AnswerBody {
    Whole(Full<Bytes>),
    Pieces(Pin<Box<dyn Body<Data = Bytes, Error = Infallible>>>),
}

impl AnswerBody {
    pub(super) fn whole(bytes: impl Into<Bytes>) -> Self {
        Self::Whole(Full::new(bytes.into()))
    }

    pub(super) fn pieces(body: impl Body<Data = Bytes, Error = Infallible> + 'static) -> Self {
        Self::Pieces(Box::pin(body))
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.get_mut() {
            Self::Whole(body) => Pin::new(body).poll_frame(cx),
            Self::Pieces(body) => body.as_mut().poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(body) => body.is_end_stream(),
            Self::Pieces(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => body.size_hint(),
            Self::Pieces(body) => body.size_hint(),
        }
    }
}

pub(super) const JSON: &str = "application/json";
const PROBLEM: &str = "application/problem+json";

/// An answer with a body.
pub(super) fn with_body(
    status: StatusCode,
    content_type: &'static str,
    body: impl Into<Bytes>,
) -> Answer {
    let mut answer = Response::new(AnswerBody::whole(body));
    *answer.status_mut() = status;
    set(&mut answer, CONTENT_TYPE, content_type);
    set(&mut answer, CACHE_CONTROL, "no-store");
    set(&mut answer, X_CONTENT_TYPE_OPTIONS, "nosniff");
    answer
}

pub(super) fn empty(status: StatusCode) -> Answer {
    let mut answer = Response::new(AnswerBody::whole(Bytes::new()));
    *answer.status_mut() = status;
    answer
}

pub(super) fn json(status: StatusCode, body: &Value) -> Answer {
    with_body(status, JSON, body.to_string())
}

/// Adds a field whose value is fixed.
pub(super) fn set(answer: &mut Answer, name: HeaderName, value: &'static str) {
    answer.headers_mut().insert(name, HeaderValue::from_static(value));
}

/// A fault in the words of the `stream` dialect, with the gateway's status.
pub(super) fn fault(fault: &Fault) -> Answer {
    let status =
        StatusCode::from_u16(fault.code.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    with_body(status, JSON, encode_status(fault))
}

/// A fault of HTTP itself, which the gateway's table has no status for.
pub(super) fn http_fault(status: StatusCode, code: Code, message: &str) -> Answer {
    with_body(status, JSON, encode_status(&Fault::new(code, message)))
}

/// An error of the operator port.
pub(super) fn problem(status: StatusCode, detail: &str) -> Answer {
    let title = status.canonical_reason().unwrap_or("Error");
    let document = json!({
        "type": "about:blank", "title": title, "status": status.as_u16(), "detail": detail,
    });
    with_body(status, PROBLEM, document.to_string())
}

/// Says which methods there are.
pub(super) fn allowing(mut answer: Answer, methods: &'static str) -> Answer {
    set(&mut answer, ALLOW, methods);
    answer
}
