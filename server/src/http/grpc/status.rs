//! How a call's status and its messages look in HTTP.
//!
//! The status of a call that fails before its first message is told in the head of the answer
//! ("trailers only"), every other in trailers. Invariant: each answer has exactly one status.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::Response;
use hyper::body::{Body, Frame};
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use parlance_codecs::framing::grpc::{append_message, percent_encoded};
use parlance_codecs::stream::{Code, Fault};

use super::call::ACCEPTED_ENCODING;
use crate::http::answer::{Answer, AnswerBody};

const GRPC: HeaderValue = HeaderValue::from_static("application/grpc");
const STATUS: HeaderName = HeaderName::from_static("grpc-status");
const MESSAGE: HeaderName = HeaderName::from_static("grpc-message");
const ACCEPT_ENCODING: HeaderName = HeaderName::from_static("grpc-accept-encoding");
/// A status' sentence: a client takes 8 KiB of trailers by default, in which each byte of it may
/// have become three.
const MESSAGE_BYTES_MAX: usize = 2 * 1024;

/// The fields that tell a status.
pub(super) fn trailers(code: i32, message: &str) -> HeaderMap {
    let mut trailers = HeaderMap::new();
    trailers.insert(STATUS, code.into());
    if !message.is_empty() {
        let kept = message.floor_char_boundary(MESSAGE_BYTES_MAX);
        let message = percent_encoded(message.get(..kept).unwrap_or_default());
        // What is percent-encoded is always a field's value.
        if let Ok(message) = HeaderValue::try_from(message) {
            trailers.insert(MESSAGE, message);
        }
    }
    trailers
}

pub(super) fn trailers_of(fault: &Fault) -> HeaderMap {
    trailers(fault.code.number(), &fault.message)
}

/// An answer that has only a status.
pub(super) fn only(fault: &Fault) -> Answer {
    let mut answer = Response::new(AnswerBody::whole(Bytes::new()));
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, GRPC);
    if fault.code == Code::Unimplemented {
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(ACCEPTED_ENCODING));
    }
    headers.extend(trailers_of(fault));
    answer
}

/// An answer whose body ends with a status.
pub(super) fn answer(body: impl Body<Data = Bytes, Error = Infallible> + 'static) -> Answer {
    let mut answer = Response::new(AnswerBody::pieces(body));
    answer.headers_mut().insert(CONTENT_TYPE, GRPC);
    answer
}

/// An answer of one message.
pub(super) fn one(message: &[u8]) -> Answer {
    let mut framed = Vec::with_capacity(message.len() + 5);
    append_message(message, &mut framed);
    answer(One { message: Some(framed.into()), is_over: false })
}

/// One message and its status, OK.
struct One {
    message: Option<Bytes>,
    is_over: bool,
}

impl Body for One {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if let Some(message) = self.message.take() {
            return Poll::Ready(Some(Ok(Frame::data(message))));
        }
        if std::mem::replace(&mut self.is_over, true) {
            return Poll::Ready(None);
        }
        Poll::Ready(Some(Ok(Frame::trailers(trailers(Code::Ok.number(), "")))))
    }
}
