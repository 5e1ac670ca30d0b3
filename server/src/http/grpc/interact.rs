//! A stream of the `stream` dialect as a call: a session at the other end of a
//! [link](crate::link), wherever its user is at home.
//!
//! [`Interaction`] carries bytes both ways as the answer's body is asked for them: what the
//! client sent goes into the link as far as that takes it, what the session says comes out.
//! Whoever asks and does not read is therefore not read from either. The call ends with one
//! status: the session's last word where it came to that, and otherwise why it ended. A client
//! that resets its call, or whose connection is gone, drops the body, and with it the session. A
//! client that only sends nothing more is given what it is owed, and then OK.

use std::convert::Infallible;
use std::future::Future as _;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::{Buf as _, Bytes};
use hyper::body::{Body, Frame, Incoming};
use hyper::header::HeaderMap;
use parlance_codecs::dialect::{DialectName, EndReason, Form, Framing, PayloadKind};
use parlance_codecs::framing::grpc::{Inward, Outward};
use parlance_codecs::stream::{Code, Fault};

use super::call::Head;
use super::status::{self, trailers, trailers_of};
use super::unary::{deadline_passed, fault_of};
use crate::connection::{Opening, SignedIn};
use crate::connections::Connections;
use crate::http::answer::Answer;
use crate::http::stream_calls::room_id;
use crate::link::{LinkEnd, LinkReader, LinkWriter};
use crate::runtime::{Sleep, sleep};

/// Begins a session. With `rooms`, the metadata may name one to join.
pub(super) async fn answer(
    connections: &Rc<Connections>,
    head: Head,
    body: Incoming,
    rooms: bool,
) -> Result<Answer, Fault> {
    let room = match head.metadata(&["room", "grpc-metadata-room"]).filter(|_| rooms) {
        Some(room) => Some(room_id(room)?),
        None => None,
    };
    let device = head.device()?;
    let deadline = head.deadline().map(sleep);
    let user = head.signed_in(connections.handle()).await?;
    let form =
        Form { dialect: DialectName::Stream, framing: Framing::Grpc, kind: PayloadKind::Binary };
    let opening = Opening::SignedIn(Box::new(SignedIn { user, device, tag: None, room }));
    let link = connections.begin_linked(form, opening).ok_or_else(|| {
        Fault::new(Code::Unavailable, "the server takes no more sessions at the moment")
    })?;
    let frame_bytes_max = connections.frame_limits().frame_bytes;
    Ok(status::answer(Interaction::new(body, link, deadline, frame_bytes_max)))
}

/// The body of the answer, and what it takes its bytes from.
struct Interaction {
    /// What the client sends; `None` once that is over.
    incoming: Option<Incoming>,
    /// A piece of it that the link has not taken whole.
    unwritten: Bytes,
    writer: LinkWriter,
    inward: Inward,
    reader: LinkReader,
    outward: Outward,
    deadline: Option<Sleep>,
    frame_bytes_max: usize,
    /// What is still to be told behind the last messages.
    status: Option<HeaderMap>,
    is_over: bool,
}

impl Interaction {
    fn new(
        incoming: Incoming,
        link: LinkEnd,
        deadline: Option<Sleep>,
        frame_bytes_max: usize,
    ) -> Self {
        let (reader, writer) = link.split();
        Self {
            incoming: Some(incoming),
            unwritten: Bytes::new(),
            writer,
            inward: Inward::default(),
            reader,
            outward: Outward::default(),
            deadline,
            frame_bytes_max,
            status: None,
            is_over: false,
        }
    }

    /// Moves what the client sent into the link, until either has no more. The peer's window
    /// bounds what there may be.
    fn take_in(&mut self, cx: &mut Context<'_>) -> Result<(), Fault> {
        loop {
            while !self.unwritten.is_empty() {
                match self.writer.poll_write(cx, &self.unwritten) {
                    Poll::Pending => return Ok(()),
                    Poll::Ready(Ok(count)) => self.unwritten.advance(count),
                    // The session has ended, and says why.
                    Poll::Ready(Err(_)) => {
                        self.unwritten = Bytes::new();
                        self.incoming = None;
                    }
                }
            }
            let Some(incoming) = &mut self.incoming else { return Ok(()) };
            match Pin::new(incoming).poll_frame(cx) {
                Poll::Pending => return Ok(()),
                Poll::Ready(Some(Ok(frame))) => {
                    // Trailers of a request mean nothing.
                    let Ok(piece) = frame.into_data() else { continue };
                    self.inward.check(&piece, self.frame_bytes_max).map_err(fault_of)?;
                    self.unwritten = piece;
                }
                // Its end, or a failure, after which hyper drops the answer.
                Poll::Ready(None | Some(Err(_))) => {
                    self.incoming = None;
                    self.writer.finish();
                }
            }
        }
    }

    /// The next messages of the session; `None` once only its status is left.
    fn poll_messages(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        while self.status.is_none() {
            match self.reader.poll_chunk(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Some(chunk)) => {
                    let mut messages = Vec::with_capacity(chunk.len());
                    if let Some(last) = self.outward.pass(&chunk, &mut messages) {
                        self.status = Some(trailers(last.code.into(), &last.message));
                    }
                    if !messages.is_empty() {
                        return Poll::Ready(Some(messages.into()));
                    }
                }
                Poll::Ready(None) => {
                    self.status = Some(trailers_of(&unsaid(self.reader.conclusion())));
                }
            }
        }
        Poll::Ready(None)
    }

    fn has_expired(&mut self, cx: &mut Context<'_>) -> bool {
        let Some(deadline) = &mut self.deadline else { return false };
        let expired = Pin::new(deadline).poll(cx).is_ready();
        if expired {
            self.deadline = None;
        }
        expired
    }

    /// Ends the call, and with it the session.
    fn end(&mut self, status: HeaderMap) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.is_over = true;
        self.incoming = None;
        self.writer.finish();
        Poll::Ready(Some(Ok(Frame::trailers(status))))
    }
}

/// The status of a session that ended without a last word: its client did not read.
fn unsaid(conclusion: Option<EndReason>) -> Fault {
    conclusion
        .and_then(Fault::of_end)
        .unwrap_or_else(|| Fault::new(Code::Unavailable, "the session has ended"))
}

impl Body for Interaction {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        if self.has_expired(cx) {
            return self.end(trailers_of(&deadline_passed()));
        }
        if let Err(fault) = self.take_in(cx) {
            return self.end(trailers_of(&fault));
        }
        match self.poll_messages(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Some(messages)) => Poll::Ready(Some(Ok(Frame::data(messages)))),
            Poll::Ready(None) => {
                let status = self.status.take().unwrap_or_default();
                self.end(status)
            }
        }
    }
}
