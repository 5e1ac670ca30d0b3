//! From this shard to every other: messages in batches, and connections with what belongs to them.
//!
//! What a turn has for another shard is sent at its end, in batches, by `try_send`: shards never
//! wait for one another. Policy for a full inbox: what it did not take stays here, in order,
//! and is tried again at the end of every turn. Past [`PENDING_MARK`] this shard stops reading its
//! clients and refuses calls, sign-ins among them; then only what clients already asked for can
//! add to it, which is bounded by the requests that each session may have in flight. This shard keeps draining its own inbox all the while, so that
//! two shards with full inboxes cannot wait for each other. Invariant: between two shards,
//! messages arrive in the order of the sender's effects, and none is lost while both live.

use std::collections::VecDeque;

use flume::TrySendError;
use parlance_conversation::mesh::MeshMessage;
use parlance_conversation::placement::ShardIndex;

use crate::inbox::{InboxSender, ToShard};

/// Messages of one batch: as many inputs as a turn takes from its own clients.
const BATCH_MESSAGES_MAX: usize = 1_024;
/// Messages that wait for one full inbox before nothing new is begun: what a shard takes in some
/// dozens of turns.
const PENDING_MARK: usize = 32 * BATCH_MESSAGES_MAX;

/// This shard's ways to the others.
pub(crate) struct Mesh {
    me: ShardIndex,
    /// One per shard, in their order; this shard's own is never used.
    links: Vec<Link>,
}

/// The way to one shard. The channel behind it is known here alone.
struct Link {
    inbox: InboxSender,
    messages: VecDeque<MeshMessage>,
    /// Connections on their way home, and visits to those that poll.
    singles: VecDeque<ToShard>,
}

/// What a flush came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flushed {
    All,
    /// Some inbox was full; what is for it waits for the next turn.
    SomeWait,
}

impl Mesh {
    pub(crate) fn new(me: ShardIndex, inboxes: Vec<InboxSender>) -> Self {
        let link = |inbox| Link { inbox, messages: VecDeque::new(), singles: VecDeque::new() };
        Self { me, links: inboxes.into_iter().map(link).collect() }
    }

    pub(crate) fn send(&mut self, to: ShardIndex, message: MeshMessage) {
        if let Some(link) = self.links.get_mut(to.index()) {
            link.messages.push_back(message);
        }
    }

    /// Sends what is no message of the core's, in order.
    pub(crate) fn send_single(&mut self, to: ShardIndex, message: ToShard) {
        if let Some(link) = self.links.get_mut(to.index()) {
            link.singles.push_back(message);
        }
    }

    /// Gives every other shard what waits for it, once per turn.
    pub(crate) fn flush(&mut self) -> Flushed {
        let mut flushed = Flushed::All;
        for link in &mut self.links {
            if link.flush(self.me) == Flushed::SomeWait {
                flushed = Flushed::SomeWait;
            }
        }
        flushed
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.links.iter().all(|link| link.messages.is_empty() && link.singles.is_empty())
    }

    /// So much waits for some shard that nothing new should be begun here.
    pub(crate) fn is_over_mark(&self) -> bool {
        self.links.iter().any(|link| link.messages.len() > PENDING_MARK)
    }
}

impl Link {
    fn flush(&mut self, from: ShardIndex) -> Flushed {
        while !self.messages.is_empty() {
            let batch = self.messages.len().min(BATCH_MESSAGES_MAX);
            let messages = self.messages.drain(..batch).collect();
            match self.inbox.try_send(ToShard::Mesh { from, messages }) {
                Ok(()) => {}
                Err(TrySendError::Full(ToShard::Mesh { messages, .. })) => {
                    self.put_back(messages);
                    return Flushed::SomeWait;
                }
                // The other shard has ended, and this one is told to.
                Err(_) => return Flushed::All,
            }
        }
        while let Some(single) = self.singles.pop_front() {
            match self.inbox.try_send(single) {
                Ok(()) => {}
                Err(TrySendError::Full(single)) => {
                    self.singles.push_front(single);
                    return Flushed::SomeWait;
                }
                // Dropping a connection closes it.
                Err(TrySendError::Disconnected(_)) => return Flushed::All,
            }
        }
        Flushed::All
    }

    fn put_back(&mut self, messages: Vec<MeshMessage>) {
        for message in messages.into_iter().rev() {
            self.messages.push_front(message);
        }
    }
}

#[cfg(test)]
mod tests;
