//! gRPC on the main port's HTTP/2: which request is a call, which method it calls, and in what
//! order a call is checked.
//!
//! A call that HTTP itself refuses (its method, its content type, HTTP/1) is answered by an HTTP
//! status, as the protocol asks; everything after that by a status in trailers ([`status`]).
//! A dialect's unary methods go through [`unary`]: it registers the path in [`Method::of`] and is
//! handed a [`UnaryCall`]. Streams of the `stream` dialect are [`interact`]'s.

mod call;
mod interact;
mod methods;
mod reflect;
mod status;
mod unary;

use std::rc::Rc;

use hyper::body::Incoming;
use hyper::header::CONTENT_TYPE;
use hyper::{Request, StatusCode, Version};
use parlance_codecs::framing::grpc::is_taken;
use parlance_codecs::stream::{Code, Fault};

use super::answer::{self, Answer};
use crate::connections::Connections;

use call::Head;
use methods::Unary;

pub(super) use unary::UnaryCall;

/// Every kind of gRPC, such as `application/grpc+json`, begins with this.
const CONTENT_TYPE_PREFIX: &[u8] = b"application/grpc";

/// What a call's path names.
enum Method {
    /// One message in, one message or a status out.
    Unary(Unary),
    /// A session of the `stream` dialect; with a room to join where `rooms`.
    Interact {
        rooms: bool,
    },
    Reflect,
}

impl Method {
    fn of(path: &str) -> Option<Self> {
        match path {
            "/appootb.message.Chat/Interact" => Some(Self::Interact { rooms: false }),
            "/appootb.message.Room/Interact" => Some(Self::Interact { rooms: true }),
            "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"
            | "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo" => {
                Some(Self::Reflect)
            }
            _ => Unary::of(path).map(Self::Unary),
        }
    }
}

/// Whether the request says that it is a call, of whatever kind.
pub(super) fn is_call(request: &Request<Incoming>) -> bool {
    let content_type = request.headers().get(CONTENT_TYPE);
    content_type.is_some_and(|value| {
        let essence = value.as_bytes().get(..CONTENT_TYPE_PREFIX.len());
        essence.is_some_and(|essence| essence.eq_ignore_ascii_case(CONTENT_TYPE_PREFIX))
    })
}

/// Whether only calls are taken at the path.
pub(super) fn is_path(path: &str) -> bool {
    Method::of(path).is_some_and(|method| match method {
        Method::Unary(unary) => unary.is_call_only(),
        Method::Interact { .. } | Method::Reflect => true,
    })
}

/// The answer to anything else at such a path.
pub(super) fn not_a_call() -> Answer {
    refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, "this path takes gRPC: application/grpc")
}

fn refused(status: StatusCode, message: &str) -> Answer {
    answer::http_fault(status, Code::InvalidArgument, message)
}

/// Answers a call. The request's content type says that it is one, if perhaps of another kind.
pub(super) async fn answer(connections: &Rc<Connections>, request: Request<Incoming>) -> Answer {
    if request.version() != Version::HTTP_2 {
        return refused(StatusCode::HTTP_VERSION_NOT_SUPPORTED, "gRPC needs HTTP/2");
    }
    if request.method() != hyper::Method::POST {
        return refused(StatusCode::METHOD_NOT_ALLOWED, "gRPC needs POST");
    }
    let content_type = request.headers().get(CONTENT_TYPE);
    if !content_type.is_some_and(|value| is_taken(value.as_bytes())) {
        return refused(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "gRPC is taken with protobuf: application/grpc or application/grpc+proto",
        );
    }
    let (parts, body) = request.into_parts();
    let answered = match (Method::of(parts.uri.path()), Head::new(parts)) {
        (None, _) => Err(Fault::new(Code::Unimplemented, "no such method")),
        (_, Err(fault)) => Err(fault),
        (Some(Method::Unary(method)), Ok(head)) => {
            unary::answer(connections.handle(), method, head, body).await
        }
        (Some(Method::Interact { rooms }), Ok(head)) => {
            interact::answer(connections, head, body, rooms).await
        }
        (Some(Method::Reflect), Ok(head)) => Ok(reflect::answer(&head, body)),
    };
    answered.unwrap_or_else(|fault| status::only(&fault))
}

#[cfg(test)]
mod tests;
