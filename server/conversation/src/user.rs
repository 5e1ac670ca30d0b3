//! One user at their home: whether they exist, their friends, their conversations and cursors.
//!
//! Cursors change in memory and are written a little later, many at once
//! ([`crate::receipts`]); everything else is written as it changes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use parlance_codecs::{Category, ConversationId, MessageId, Notice, Seq, UserId};
use smallvec::SmallVec;

use crate::input::{CommitSeq, SessionId};
use crate::limits::DELIVERED_ABOVE_MAX;
use crate::mesh::{Origin, UserClaims};
use crate::placement::Partition;
use crate::store::{FriendRecord, MembershipRecord, RequestRecord, UserRecord, UserState};

/// A user in memory, also one that does not exist.
#[derive(Debug)]
pub(crate) struct User {
    pub(crate) id: UserId,
    pub(crate) record: Option<UserRecord>,
    pub(crate) memberships: BTreeMap<ConversationId, MembershipRecord>,
    pub(crate) friends: BTreeMap<UserId, FriendRecord>,
    /// What the user is asked, by the direct with who asks to be friends or by the group.
    pub(crate) requests: BTreeMap<ConversationId, RequestRecord>,
    /// Not acknowledged yet, at most [`crate::limits::NOTICES_MAX`].
    pub(crate) notices: BTreeMap<MessageId, Arc<Notice>>,
    /// Up to which id each partition's notices have come.
    pub(crate) notice_marks: BTreeMap<Partition, MessageId>,
    /// Oldest first, at most [`crate::limits::SESSIONS_PER_USER_MAX`].
    pub(crate) sessions: SmallVec<[SessionId; 2]>,
    /// Memberships whose cursors changed since they were written.
    pub(crate) dirty: BTreeSet<ConversationId>,
    pub(crate) record_dirty: bool,
    /// Being created: the names are claimed first.
    pub(crate) creation: Option<Box<Creation>>,
    pub(crate) last_write: CommitSeq,
}

/// A user that the operator creates, until its names are claimed.
#[derive(Debug)]
pub(crate) struct Creation {
    pub(crate) origin: Origin,
    pub(crate) claims: UserClaims,
    /// How many of the claims, login name first, were granted.
    pub(crate) granted: usize,
}

impl User {
    pub(crate) fn loaded(id: UserId, state: Option<UserState>) -> Self {
        let mut user = Self::absent(id);
        if let Some(state) = state {
            user.record = Some(state.record);
            user.memberships = state.memberships.into_iter().collect();
            user.friends = state.friends.into_iter().collect();
            user.requests = state.requests.into_iter().collect();
            user.notices = state.notices.into_iter().map(|one| (one.id, one)).collect();
            let marks = state.notice_marks.into_iter();
            user.notice_marks = marks.map(|mark| (mark.origin, mark.up_to)).collect();
        }
        user
    }

    fn absent(id: UserId) -> Self {
        Self {
            id,
            record: None,
            memberships: BTreeMap::new(),
            friends: BTreeMap::new(),
            requests: BTreeMap::new(),
            notices: BTreeMap::new(),
            notice_marks: BTreeMap::new(),
            sessions: SmallVec::new(),
            dirty: BTreeSet::new(),
            record_dirty: false,
            creation: None,
            last_write: CommitSeq(0),
        }
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.sessions.is_empty()
            && self.dirty.is_empty()
            && !self.record_dirty
            && self.creation.is_none()
    }

    /// Everything up to an id is delivered in a category. Cursors never go back.
    pub(crate) fn deliver_up_to(&mut self, category: Category, up_to: MessageId) {
        let Some(record) = &mut self.record else { return };
        if let Some(cursor) = record.delivered_up_to.get_mut(category.index())
            && *cursor < up_to
        {
            *cursor = up_to;
            self.record_dirty = true;
        }
    }

    /// One message is delivered.
    pub(crate) fn deliver_one(&mut self, conversation: ConversationId, seq: Seq) {
        let Some(membership) = self.memberships.get_mut(&conversation) else { return };
        if membership.deliver_one(seq) {
            self.dirty.insert(conversation);
        }
    }

    /// Everything up to a seq is delivered in a conversation.
    pub(crate) fn deliver_through(&mut self, conversation: ConversationId, seq: Seq) {
        let Some(membership) = self.memberships.get_mut(&conversation) else { return };
        if membership.delivered < seq {
            membership.delivered = seq;
            membership.delivered_above.retain(|above| *above > seq);
            membership.collapse();
            self.dirty.insert(conversation);
        }
    }

    /// Everything up to a seq is read. False where the user is not in the conversation.
    pub(crate) fn read_up_to(&mut self, conversation: ConversationId, seq: Seq) -> bool {
        let Some(membership) = self.memberships.get_mut(&conversation) else { return false };
        if membership.read < seq {
            membership.read = seq;
            self.dirty.insert(conversation);
        }
        true
    }
}

impl MembershipRecord {
    /// True where it changed. Past the bound nothing is recorded: the message comes again.
    fn deliver_one(&mut self, seq: Seq) -> bool {
        if seq <= self.delivered {
            return false;
        }
        let Err(place) = self.delivered_above.binary_search(&seq) else { return false };
        if seq.0 != self.delivered.0 + 1 && self.delivered_above.len() >= DELIVERED_ABOVE_MAX {
            return false;
        }
        self.delivered_above.insert(place, seq);
        self.collapse();
        true
    }

    /// Raises the cumulative cursor over what follows it without a gap.
    fn collapse(&mut self) {
        let mut joined = 0;
        for above in &self.delivered_above {
            if above.0 != self.delivered.0 + 1 {
                break;
            }
            self.delivered = *above;
            joined += 1;
        }
        self.delivered_above.drain(..joined);
    }

    pub(crate) fn is_delivered(&self, seq: Seq) -> bool {
        seq <= self.delivered || self.delivered_above.binary_search(&seq).is_ok()
    }
}

#[cfg(test)]
mod tests;
