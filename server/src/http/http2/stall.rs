//! Whether a peer takes what it is answered.
//!
//! hyper asks a body for its next piece once the piece before it found room in the peer's window.
//! So a body that gave a piece and is not asked again belongs to a peer that does not read; after
//! [`STALL_MS`] its request is ended. An answer that has nothing to say has all the time it wants.

use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

use super::limits::STALL_MS;

/// What is known of one answer.
#[derive(Default)]
pub(super) struct Stall {
    state: Cell<State>,
    waker: RefCell<Option<Waker>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// It has nothing to say, or says it and is heard.
    #[default]
    Flows,
    /// A piece waits for the peer's window, and nobody has looked since.
    Gave,
    WaitsSince(u64),
    /// It has waited for too long.
    Over,
}

impl Stall {
    /// Ends the request where its peer takes nothing. Called every now and then, which is also
    /// how exactly the time is taken.
    pub(super) fn judge(&self, now_ms: u64) {
        match self.state.get() {
            State::Flows | State::Over => {}
            State::Gave => self.state.set(State::WaitsSince(now_ms)),
            State::WaitsSince(since) if now_ms < since.saturating_add(STALL_MS) => {}
            State::WaitsSince(_) => {
                self.state.set(State::Over);
                if let Some(waker) = self.waker.borrow_mut().take() {
                    waker.wake();
                }
            }
        }
    }

    pub(super) async fn until_over(&self) {
        poll_fn(|cx| {
            if self.state.get() == State::Over {
                return Poll::Ready(());
            }
            let mut waker = self.waker.borrow_mut();
            if !waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
                *waker = Some(cx.waker().clone());
            }
            Poll::Pending
        })
        .await;
    }
}

/// An answer's body, watched; `R` is kept until the body is over.
pub(super) struct Watched<B, R> {
    body: B,
    stall: Rc<Stall>,
    _running: R,
}

impl<B, R> Watched<B, R> {
    pub(super) fn new(body: B, stall: Rc<Stall>, running: R) -> Self {
        Self { body, stall, _running: running }
    }
}

impl<B, R> Body for Watched<B, R>
where
    B: Body<Data = Bytes, Error = Infallible> + Unpin,
    R: Unpin,
{
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        let gave = matches!(&polled, Poll::Ready(Some(Ok(frame))) if frame.is_data());
        self.stall.state.set(if gave { State::Gave } else { State::Flows });
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests;
