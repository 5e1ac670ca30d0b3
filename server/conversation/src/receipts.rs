//! Acknowledgements that name only a message id, and the writing of cursors.
//!
//! A client's acknowledgement has no answer, so cursors are written together a little later:
//! at the latest after [`CURSOR_WRITE_MS`], well inside the second that is promised.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use parlance_codecs::{ConversationId, Message, MessageId, Seq, UserId};

use crate::limits::{CURSOR_WRITE_MS, RECENT_MESSAGES_MAX};
use crate::store::Change;
use crate::user::User;

/// Where the messages shown lately on this shard stand. An acknowledgement of one that is
/// forgotten is passed over, and the message is sent again at the next sign-in.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    places: BTreeMap<MessageId, (ConversationId, Seq)>,
    order: VecDeque<MessageId>,
}

impl Recent {
    pub(crate) fn remember(&mut self, message: &Message) {
        if message.content.is_mark() {
            return;
        }
        let place = (message.conversation, message.seq);
        if self.places.insert(message.id, place).is_some() {
            return;
        }
        self.order.push_back(message.id);
        if self.order.len() > RECENT_MESSAGES_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.places.remove(&oldest);
        }
    }

    pub(crate) fn place(&self, id: MessageId) -> Option<(ConversationId, Seq)> {
        self.places.get(&id).copied()
    }
}

/// Which users' cursors wait to be written, and since when.
#[derive(Debug, Default)]
pub(crate) struct DirtyCursors {
    users: BTreeSet<UserId>,
    since_ms: Option<u64>,
}

impl DirtyCursors {
    /// Call after anything that may have moved the user's cursors.
    pub(crate) fn note(&mut self, user: &User, monotonic_ms: u64) {
        if user.record_dirty || !user.dirty.is_empty() {
            self.users.insert(user.id);
            self.since_ms.get_or_insert(monotonic_ms);
        }
    }

    /// The users to write now, if it is time.
    pub(crate) fn due(&mut self, monotonic_ms: u64) -> BTreeSet<UserId> {
        match self.since_ms {
            Some(since_ms) if monotonic_ms.saturating_sub(since_ms) >= CURSOR_WRITE_MS => {
                self.since_ms = None;
                std::mem::take(&mut self.users)
            }
            Some(_) | None => BTreeSet::new(),
        }
    }
}

/// The changed cursors of one user, as changes to write.
pub(crate) fn take_changes(user: &mut User, changes: &mut Vec<Change>) {
    if std::mem::take(&mut user.record_dirty)
        && let Some(record) = &user.record
    {
        changes.push(Change::PutUser { user: user.id, record: record.clone() });
    }
    for conversation in std::mem::take(&mut user.dirty) {
        if let Some(membership) = user.memberships.get(&conversation) {
            let record = membership.clone();
            changes.push(Change::PutMembership { user: user.id, conversation, record });
        }
    }
}
