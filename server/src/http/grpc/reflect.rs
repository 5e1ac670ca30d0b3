//! Server reflection as a call: each request of the stream is answered in its order.
//!
//! What is asked for, the codecs know. Nobody need sign in: what is shown is what this project
//! publishes. A call may be open for as long as its connection, and holds one request at most.

use std::convert::Infallible;
use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use hyper::body::{Body, Frame, Incoming};
use parlance_codecs::dialect::PayloadKind;
use parlance_codecs::framing::grpc::{GrpcFault, Inward, append_message};
use parlance_codecs::framing::{FrameLimits, Splitter, Step};
use parlance_codecs::reflection;
use parlance_codecs::stream::{Code, Fault};

use super::call::Head;
use super::status::{self, trailers, trailers_of};
use super::unary::{deadline_passed, fault_of};
use crate::http::answer::Answer;
use crate::runtime::{Sleep, sleep};

/// A request names one symbol or file.
const REQUEST_BYTES_MAX: usize = 16 * 1024;

pub(super) fn answer(head: &Head, body: Incoming) -> Answer {
    status::answer(Reflection {
        incoming: body,
        inward: Inward::default(),
        unread: BytesMut::new(),
        deadline: head.deadline().map(sleep),
        is_over: false,
    })
}

struct Reflection {
    incoming: Incoming,
    inward: Inward,
    /// What came and is not answered yet: the peer's window bounds it.
    unread: BytesMut,
    deadline: Option<Sleep>,
    is_over: bool,
}

impl Reflection {
    /// The answer to the next request; `None` once there are no more.
    fn poll_answer(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Fault>> {
        loop {
            if let Some(answer) = self.answer_one()? {
                return Poll::Ready(Ok(Some(answer)));
            }
            match ready!(Pin::new(&mut self.incoming).poll_frame(cx)) {
                Some(Ok(frame)) => {
                    let Ok(piece) = frame.into_data() else { continue };
                    self.inward.check(&piece, REQUEST_BYTES_MAX).map_err(fault_of)?;
                    self.unread.extend_from_slice(&piece);
                }
                None if self.unread.is_empty() => return Poll::Ready(Ok(None)),
                None => return Poll::Ready(Err(fault_of(GrpcFault::BrokenOff))),
                Some(Err(error)) => {
                    return Poll::Ready(Err(Fault::new(Code::InvalidArgument, error.to_string())));
                }
            }
        }
    }

    /// Answers what the unread bytes begin with, if that is whole.
    fn answer_one(&mut self) -> Result<Option<Bytes>, Fault> {
        let limits = FrameLimits { frame_bytes: REQUEST_BYTES_MAX, ..FrameLimits::default() };
        let mut splitter = Splitter::Grpc;
        let Step::Frame { frame, consumed } = splitter.next(&mut self.unread, &limits) else {
            // Whatever else it could be was refused on its way in.
            return Ok(None);
        };
        debug_assert_eq!(frame.kind, PayloadKind::Binary);
        let mut answer = Vec::new();
        append_message(&reflection::answer(frame.payload)?, &mut answer);
        bytes::Buf::advance(&mut self.unread, consumed);
        Ok(Some(answer.into()))
    }
}

impl Body for Reflection {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        let expired =
            self.deadline.as_mut().is_some_and(|deadline| Pin::new(deadline).poll(cx).is_ready());
        let answered = if expired { Err(deadline_passed()) } else { ready!(self.poll_answer(cx)) };
        let status = match answered {
            Ok(Some(answer)) => return Poll::Ready(Some(Ok(Frame::data(answer)))),
            Ok(None) => trailers(Code::Ok.number(), ""),
            Err(fault) => trailers_of(&fault),
        };
        self.is_over = true;
        Poll::Ready(Some(Ok(Frame::trailers(status))))
    }
}
