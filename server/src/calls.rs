//! Calls that wait for the core's answer: HTTP requests and sign-ins of this shard.
//!
//! Each call has a number and one deadline for all, so calls expire in the order of their
//! numbers and no call needs a timer. Invariant: a call is in the table exactly as long as its
//! caller waits; an answer that comes later finds nobody and is dropped (the caller was told that
//! the server is unavailable, which leaves open whether the request was done).

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use parlance_conversation::input::{CallId, Now};
use parlance_conversation::mesh::CallAnswer;

/// How long a caller waits: as long as a peer has for its sign-in.
pub(crate) const CALL_DEADLINE_MS: u64 = 10_000;
/// Calls of one shard that wait at a time. Each holds some hundred bytes here and in the core.
const CALLS_MAX: usize = 4_096;

#[derive(Default)]
pub(crate) struct Calls {
    last: Cell<u64>,
    waiting: RefCell<BTreeMap<CallId, Rc<Slot>>>,
}

struct Slot {
    deadline_ms: u64,
    state: Cell<State>,
    waker: RefCell<Option<Waker>>,
}

#[derive(Default)]
enum State {
    #[default]
    Waiting,
    /// Boxed, because most of a call's life it is not there.
    Answered(Box<CallAnswer>),
    Expired,
}

/// A call that was given a number and waits.
pub(crate) struct Waiting<'a> {
    calls: &'a Calls,
    id: CallId,
    slot: Rc<Slot>,
}

impl Calls {
    /// `None` where too many wait already.
    pub(crate) fn begin(&self, now: Now) -> Option<Waiting<'_>> {
        let mut waiting = self.waiting.borrow_mut();
        if waiting.len() >= CALLS_MAX {
            return None;
        }
        let id = CallId(self.last.get() + 1);
        self.last.set(id.0);
        let slot = Rc::new(Slot {
            deadline_ms: now.monotonic_ms + CALL_DEADLINE_MS,
            state: Cell::new(State::Waiting),
            waker: RefCell::new(None),
        });
        waiting.insert(id, Rc::clone(&slot));
        Some(Waiting { calls: self, id, slot })
    }

    pub(crate) fn complete(&self, call: CallId, answer: CallAnswer) {
        if let Some(slot) = self.waiting.borrow_mut().remove(&call) {
            slot.end(State::Answered(Box::new(answer)));
        }
    }

    /// Ends the calls whose deadline has passed.
    pub(crate) fn expire(&self, now: Now) {
        let mut waiting = self.waiting.borrow_mut();
        while let Some(oldest) = waiting.first_entry() {
            if oldest.get().deadline_ms > now.monotonic_ms {
                return;
            }
            oldest.remove().end(State::Expired);
        }
    }
}

impl Slot {
    fn end(&self, state: State) {
        self.state.set(state);
        if let Some(waker) = self.waker.borrow_mut().take() {
            waker.wake();
        }
    }
}

impl Waiting<'_> {
    pub(crate) fn id(&self) -> CallId {
        self.id
    }

    /// `None` where the deadline passed first.
    pub(crate) async fn answer(self) -> Option<CallAnswer> {
        poll_fn(|cx| match self.slot.state.take() {
            State::Waiting => {
                *self.slot.waker.borrow_mut() = Some(cx.waker().clone());
                Poll::Pending
            }
            State::Answered(answer) => Poll::Ready(Some(*answer)),
            State::Expired => Poll::Ready(None),
        })
        .await
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.calls.waiting.borrow_mut().remove(&self.id);
    }
}

#[cfg(test)]
mod tests;
