//! The two ways into a shard's turn: the queue of its own tasks, and the inbox that other
//! threads fill.
//!
//! Both are bounded. The local queue is not refused at its bound but left alone: whoever wants
//! to add asks [`LocalInputs::has_room`] first and otherwise waits for the turn to wake it, which
//! stops reading from its client and keeps the order of what that client sent. The same happens
//! while the turn has closed the gate, because what the shard owes to its store or to other
//! shards has grown over its mark. What other threads do at a full inbox is theirs to say
//! ([`crate::mesh`], [`crate::lanes`]); the shard never stops draining it, whatever else is full,
//! or two shards could wait for one another for ever.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use flume::{SendError, SendTimeoutError, TrySendError};
use parlance_codecs::framing::engineio::Sid;
use parlance_conversation::Input;
use parlance_conversation::input::{CommitSeq, Ticket};
use parlance_conversation::mesh::MeshMessage;
use parlance_conversation::placement::ShardIndex;
use parlance_conversation::store::{Loaded, LogPage};

use crate::connection::Arriving;
use crate::runtime::Bell;
use crate::sockets::Doorbell;
use crate::visits::{Outcome, Visit};

/// Inputs of the shard's own tasks that wait for a turn: four turns' worth.
const LOCAL_INPUTS_MAX: usize = 4 * TURN_INPUTS_MAX;
/// Inputs of its own tasks that one turn takes where nobody signs in, so that a turn lasts some
/// milliseconds at most.
const TURN_INPUTS_MAX: usize = 1_024;
/// Batches that wait in a shard's inbox, of all senders together.
const INBOX_BATCHES_MAX: usize = 1_024;
/// Batches that one turn takes from the inbox.
pub(crate) const TURN_BATCHES_MAX: usize = 64;

/// The way into a shard's inbox, which wakes the shard.
#[derive(Clone)]
pub(crate) struct InboxSender {
    sender: flume::Sender<ToShard>,
    doorbell: Arc<Doorbell>,
}

/// A shard's inbox, and the way into it.
pub(crate) fn inbox(doorbell: Arc<Doorbell>) -> (InboxSender, flume::Receiver<ToShard>) {
    inbox_of(INBOX_BATCHES_MAX, doorbell)
}

/// The same with room for so many batches.
pub(crate) fn inbox_of(
    batches_max: usize,
    doorbell: Arc<Doorbell>,
) -> (InboxSender, flume::Receiver<ToShard>) {
    let (sender, inbox) = flume::bounded(batches_max);
    (InboxSender { sender, doorbell }, inbox)
}

impl InboxSender {
    pub(crate) fn try_send(&self, message: ToShard) -> Result<(), TrySendError<ToShard>> {
        self.sender.try_send(message)?;
        self.doorbell.ring();
        Ok(())
    }

    /// Waits while the inbox is full; an error where the shard is gone.
    pub(crate) fn send(&self, message: ToShard) -> Result<(), SendError<ToShard>> {
        self.sender.send(message)?;
        self.doorbell.ring();
        Ok(())
    }

    /// The same, for a while.
    pub(crate) fn send_timeout(
        &self,
        message: ToShard,
        patience: Duration,
    ) -> Result<(), SendTimeoutError<ToShard>> {
        self.sender.send_timeout(message, patience)?;
        self.doorbell.ring();
        Ok(())
    }
}

/// What other threads tell a shard.
pub(crate) enum ToShard {
    /// What another shard's turn had for this one, in order.
    Mesh {
        from: ShardIndex,
        messages: Vec<MeshMessage>,
    },
    /// A signed-in connection comes to its user's home shard.
    Arriving(Box<Arriving>),
    /// A request for a polling session.
    Visit(Box<Visit>),
    /// What a request of this shard came to.
    Outcome {
        number: u64,
        outcome: Outcome,
    },
    /// A polling session that began on this shard is over, or a WebSocket carries it.
    PollingOver {
        sid: Sid,
    },
    /// From the commit lane: every write up to this one is done.
    Committed {
        up_to: CommitSeq,
    },
    /// From the read lane, in the order that they were done.
    Reads(Vec<ReadDone>),
    /// A lane's store failed: the shard must not go on.
    StoreFailed {
        reason: String,
    },
    Order(Order),
}

/// What the read lane found for the core.
pub(crate) enum ReadDone {
    Loaded { ticket: Ticket, loaded: Box<Loaded> },
    Read { ticket: Ticket, page: LogPage },
}

/// What the process's main thread tells every shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// Every shard is ready: take clients.
    Open,
    /// Take no more clients, close those there are in good order.
    Drain,
    /// Close them now.
    Hurry,
    /// Every shard has drained: end.
    Finish,
}

/// The queue between a shard's tasks and its turn. A cheap copy of the one queue.
#[derive(Clone, Default)]
pub(crate) struct LocalInputs(Rc<Queue>);

#[derive(Default)]
struct Queue {
    inputs: RefCell<VecDeque<Input>>,
    gate_closed: Cell<bool>,
    waiting: RefCell<Vec<Waker>>,
    /// How often those who waited were woken.
    wakings: Cell<u64>,
    /// Sign-ins among the inputs.
    sign_ins: Cell<usize>,
    bell: Bell,
}

impl LocalInputs {
    /// Whether a client may be read from.
    pub(crate) fn has_room(&self) -> bool {
        !self.0.gate_closed.get() && self.0.inputs.borrow().len() < LOCAL_INPUTS_MAX
    }

    /// Wakes the caller once there may be room. `asked` is the caller's note of when it asked
    /// last, so that it is on the list once, however often it asks.
    pub(crate) fn wake_when_room(&self, waker: &Waker, asked: &Cell<Option<u64>>) {
        let wakings = self.0.wakings.get();
        if asked.replace(Some(wakings)) != Some(wakings) {
            self.0.waiting.borrow_mut().push(waker.clone());
            self.0.bell.ring();
        }
    }

    /// Adds an input for the next turn. Inputs that end something (a connection closed, an
    /// outbox drained) are added whether there is room or not: there is one per connection at
    /// most.
    pub(crate) fn push(&self, input: Input) {
        if let Input::SignedIn(_) = input {
            self.0.sign_ins.update(|waiting| waiting + 1);
        }
        self.0.inputs.borrow_mut().push_back(input);
        self.0.bell.ring();
    }

    /// The next input of a turn that has `taken` so many. While a sign-in waits there is always
    /// one, because the turn sends its answer: whoever has that, and asks another shard for what
    /// they missed, must find that the core knows of their session.
    pub(crate) fn next(&self, taken: usize) -> Option<Input> {
        if taken >= TURN_INPUTS_MAX && self.0.sign_ins.get() == 0 {
            return None;
        }
        let input = self.0.inputs.borrow_mut().pop_front();
        if let Some(Input::SignedIn(_)) = input {
            self.0.sign_ins.update(|waiting| waiting.saturating_sub(1));
        }
        input
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.inputs.borrow().is_empty()
    }

    /// Rung by everything that the turn should look at.
    pub(crate) fn bell(&self) -> &Bell {
        &self.0.bell
    }

    pub(crate) fn close_gate(&self, closed: bool) {
        self.0.gate_closed.set(closed);
    }

    /// Wakes everyone who waits for room, where there is some. Returns whether anyone was.
    pub(crate) fn wake_waiting(&self) -> bool {
        if !self.has_room() {
            return false;
        }
        self.0.wakings.set(self.0.wakings.get().wrapping_add(1));
        let waiting = self.0.waiting.take();
        let any = !waiting.is_empty();
        waiting.into_iter().for_each(Waker::wake);
        any
    }
}

#[cfg(test)]
mod tests;
