//! Requests of HTTP that visit a polling session, wherever it lives, and what they come back with.
//!
//! A request may arrive on any shard; its session's id says where the session began, and that
//! shard knows where it is now ([`crate::connections`]). A visit goes there as a message and its
//! outcome comes back as one. Policy: a shard has at most [`WAITING_MAX`] visits of its requests
//! under way, others are told to come back. Invariant: every visit that waits gets one outcome,
//! unless its request ends first; a poll whose request ends tells its session so, because what
//! was to be sent to it may be lost.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use parlance_codecs::framing::engineio::{Protocol, RequestError, Sid};
use parlance_conversation::placement::{Placement, ShardIndex};

use crate::auth::SignedUser;
use crate::inbox::LocalInputs;
use crate::sockets::MovingStream;

/// A poll waits for half a minute, and each is an HTTP request with its own buffers beside.
const WAITING_MAX: usize = 16 * 1024;
/// Shards that a visit may be sent on to before it is given up: from where it arrived to where
/// its session began, to where it lives, and back once where the session has moved meanwhile.
const HOPS_MAX: u8 = 8;

/// The shard on which a session began; `None` for an id that this server did not give.
pub(crate) fn began_on(placement: Placement, sid: Sid) -> Option<ShardIndex> {
    let shard = sid.shard();
    let index = u8::try_from(shard).ok().filter(|_| shard < placement.shards())?;
    Some(ShardIndex(index))
}

/// Whom the handshake's token names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Vouched {
    /// There was no token.
    Nobody,
    User(SignedUser),
    /// There was one, and it is no good.
    Refused,
}

/// What a request wants of a session.
pub(crate) enum Errand {
    /// Begin it, and answer as a poll.
    Open { protocol: Protocol, vouched: Vouched },
    /// Wait for packets.
    Poll,
    /// Take these packets, as [`parlance_codecs::framing::engineio::read_payload`] made them.
    Post { packets: Vec<u8> },
    /// Whether a WebSocket may take polling's place.
    MayUpgrade,
    /// A WebSocket was tried and works: polls end now.
    Probed,
    /// It came to nothing: polls wait as before.
    NotUpgraded,
    /// The WebSocket is the session's transport from now on. `unread` came behind its last packet.
    Upgrade { stream: MovingStream, unread: Vec<u8> },
    /// A poll's request ended before its answer.
    Leave,
    /// A body that is no payload was posted.
    Malformed,
}

/// Where an outcome is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ticket {
    pub(crate) shard: ShardIndex,
    pub(crate) number: u64,
}

pub(crate) struct Visit {
    pub(crate) sid: Sid,
    pub(crate) errand: Errand,
    /// `None` where nobody waits for the outcome.
    pub(crate) ticket: Option<Ticket>,
    hops: u8,
}

impl Visit {
    /// Counts another shard on its way; false where there were too many.
    pub(crate) fn hop(&mut self) -> bool {
        self.hops = self.hops.saturating_add(1);
        self.hops <= HOPS_MAX
    }
}

/// What a visit comes back with.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// A payload, for a poll.
    Packets(Vec<u8>),
    /// What was posted is handled; a WebSocket may come.
    Done,
    Refused(RequestError),
    /// As many sessions or visits as there may be.
    Full,
}

/// One shard's visits under way, and those that are on their way to other shards.
#[derive(Default)]
pub(crate) struct Visits {
    last: Cell<u64>,
    waiting: RefCell<BTreeMap<u64, Rc<Slot>>>,
    leaving: RefCell<Vec<(ShardIndex, Box<Visit>)>>,
}

#[derive(Default)]
struct Slot {
    outcome: Cell<Option<Outcome>>,
    waker: RefCell<Option<Waker>>,
}

impl Visits {
    /// Sends a visit that nobody waits for.
    pub(crate) fn send(&self, to: ShardIndex, sid: Sid, errand: Errand, inputs: &LocalInputs) {
        let visit = Visit { sid, errand, ticket: None, hops: 0 };
        self.pass_on(to, Box::new(visit));
        inputs.bell().ring();
    }

    /// Sends a visit on its way; the turn takes it along.
    pub(crate) fn pass_on(&self, to: ShardIndex, visit: Box<Visit>) {
        self.leaving.borrow_mut().push((to, visit));
    }

    pub(crate) fn take_leaving(&self) -> Vec<(ShardIndex, Box<Visit>)> {
        self.leaving.take()
    }

    pub(crate) fn complete(&self, number: u64, outcome: Outcome) {
        let slot = self.waiting.borrow_mut().remove(&number);
        if let Some(slot) = slot {
            slot.outcome.set(Some(outcome));
            if let Some(waker) = slot.waker.borrow_mut().take() {
                waker.wake();
            }
        }
    }

    /// Makes a visit from `me` and waits for what it comes to.
    pub(crate) async fn make(
        &self,
        me: ShardIndex,
        to: ShardIndex,
        sid: Sid,
        errand: Errand,
        inputs: &LocalInputs,
    ) -> Outcome {
        if self.waiting.borrow().len() >= WAITING_MAX {
            return Outcome::Full;
        }
        let number = self.last.get().wrapping_add(1);
        self.last.set(number);
        let slot = Rc::new(Slot::default());
        self.waiting.borrow_mut().insert(number, Rc::clone(&slot));
        let polls = matches!(errand, Errand::Poll);
        let ticket = Some(Ticket { shard: me, number });
        self.pass_on(to, Box::new(Visit { sid, errand, ticket, hops: 0 }));
        inputs.bell().ring();
        let mut waiting = Waiting { visits: self, number, leave: None };
        if polls {
            waiting.leave = Some((to, sid, inputs));
        }
        let outcome = poll_fn(|cx| match slot.outcome.take() {
            Some(outcome) => Poll::Ready(outcome),
            None => {
                *slot.waker.borrow_mut() = Some(cx.waker().clone());
                Poll::Pending
            }
        })
        .await;
        waiting.leave = None;
        outcome
    }
}

/// A request that waits; where it ends before its outcome, nothing is kept of it.
struct Waiting<'v> {
    visits: &'v Visits,
    number: u64,
    /// Where its end is to be told.
    leave: Option<(ShardIndex, Sid, &'v LocalInputs)>,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.visits.waiting.borrow_mut().remove(&self.number);
        if let Some((to, sid, inputs)) = self.leave.take() {
            self.visits.send(to, sid, Errand::Leave, inputs);
        }
    }
}

#[cfg(test)]
mod tests;
