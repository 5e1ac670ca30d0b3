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

/// What the answers of one connection share.
#[derive(Default)]
pub(super) struct Stalls {
    /// Answers that wait for the peer's window.
    waiting: Cell<usize>,
    /// The connection's task, whose timer looks at them.
    connection: RefCell<Option<Waker>>,
}

impl Stalls {
    /// Whether there is anything to look at.
    pub(super) fn any(&self) -> bool {
        self.waiting.get() > 0
    }

    /// Has the task of `cx` woken once there is.
    pub(super) fn remember_waker(&self, cx: &Context<'_>) {
        remember(&self.connection, cx);
    }

    fn one_waits(&self) {
        self.waiting.set(self.waiting.get().saturating_add(1));
        if self.waiting.get() == 1
            && let Some(connection) = self.connection.borrow().as_ref()
        {
            connection.wake_by_ref();
        }
    }

    fn one_flows(&self) {
        self.waiting.set(self.waiting.get().saturating_sub(1));
    }
}

fn remember(slot: &RefCell<Option<Waker>>, cx: &Context<'_>) {
    let mut waker = slot.borrow_mut();
    if !waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
        *waker = Some(cx.waker().clone());
    }
}

/// What is known of one answer.
#[derive(Default)]
pub(super) struct Stall {
    all: Rc<Stalls>,
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
    pub(super) fn new(all: Rc<Stalls>) -> Self {
        Self { all, state: Cell::default(), waker: RefCell::default() }
    }

    fn become_state(&self, state: State) {
        let before = self.state.replace(state);
        match (before == State::Flows, state == State::Flows) {
            (true, false) => self.all.one_waits(),
            (false, true) => self.all.one_flows(),
            (true, true) | (false, false) => {}
        }
    }

    /// Ends the request where its peer takes nothing. Called every now and then, which is also
    /// how exactly the time is taken.
    pub(super) fn judge(&self, now_ms: u64) {
        match self.state.get() {
            State::Flows | State::Over => {}
            State::Gave => self.become_state(State::WaitsSince(now_ms)),
            State::WaitsSince(since) if now_ms < since.saturating_add(STALL_MS) => {}
            State::WaitsSince(_) => {
                self.become_state(State::Over);
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
            remember(&self.waker, cx);
            Poll::Pending
        })
        .await;
    }
}

impl Drop for Stall {
    fn drop(&mut self) {
        self.become_state(State::Flows);
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
        self.stall.become_state(if gave { State::Gave } else { State::Flows });
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
