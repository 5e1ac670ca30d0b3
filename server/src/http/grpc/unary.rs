//! Calls of one message and one answer: the seam that dialects plug their methods into.
//!
//! A method is handed a [`UnaryCall`]: who calls, and the message once it is asked for, so that
//! nothing of a stranger's body is read. What it returns is the answer's message, or the status.
//! The caller's deadline holds for all of it.

use bytes::Bytes;
use hyper::body::Incoming;
use parlance_codecs::framing::grpc::{GrpcFault, only_message};
use parlance_codecs::stream::{Code, Fault};

use super::call::Head;
use super::methods::Unary;
use super::status;
use crate::http::answer::Answer;
use crate::http::body::{self, BodyError};
use crate::runtime;
use crate::shard_handle::ShardHandle;

/// The flag and the length before a message.
const PREFIX_BYTES: usize = 5;

/// A call as its method sees it.
pub(in crate::http) struct UnaryCall {
    pub(in crate::http) head: Head,
    body: Incoming,
}

impl UnaryCall {
    /// The call's message, of at most `bytes_max` bytes.
    pub(in crate::http) async fn message(self, bytes_max: usize) -> Result<Bytes, Fault> {
        let body = body::read(self.body, bytes_max.saturating_add(PREFIX_BYTES));
        let body = body.await.map_err(|error| match error {
            BodyError::TooLong { .. } => {
                let message = format!("the message is longer than {bytes_max} bytes");
                Fault::new(Code::ResourceExhausted, message)
            }
            BodyError::Slow => Fault::new(Code::DeadlineExceeded, error.to_string()),
            BodyError::Broken => Fault::new(Code::InvalidArgument, error.to_string()),
        })?;
        let message = only_message(&body, bytes_max).map_err(fault_of)?;
        Ok(body.slice_ref(message))
    }
}

/// What is wrong with a call's bytes, as a status.
pub(super) fn fault_of(fault: GrpcFault) -> Fault {
    let code = match fault {
        GrpcFault::Compressed | GrpcFault::NotOne => Code::Unimplemented,
        GrpcFault::TooLong { .. } => Code::ResourceExhausted,
        GrpcFault::Flag(_) | GrpcFault::BrokenOff => Code::InvalidArgument,
    };
    Fault::new(code, fault.to_string())
}

pub(super) fn deadline_passed() -> Fault {
    Fault::new(Code::DeadlineExceeded, "the call's deadline has passed")
}

pub(super) async fn answer(
    shard: &ShardHandle,
    method: Unary,
    head: Head,
    body: Incoming,
) -> Result<Answer, Fault> {
    let deadline = head.deadline();
    let serving = method.serve(shard, UnaryCall { head, body });
    let message = match deadline {
        None => serving.await,
        Some(deadline) => {
            let served = runtime::timeout(deadline, serving).await;
            served.unwrap_or_else(|| Err(deadline_passed()))
        }
    };
    message.map(|message| status::one(&message))
}
