//! Who on this shard receives a message: its sessions by conversation, and by user for directs.
//!
//! Three lists each, because sessions that resume by an id per category, or by one id for
//! everything, are shown a message when the gate lets it through, and the others at once.

use std::collections::BTreeMap;

use parlance_codecs::{ConversationId, UserId};
use smallvec::SmallVec;

use crate::input::{ResumeStyle, SessionId};

/// Mostly one of a user's, none or many of a conversation's.
pub(crate) type Listed = SmallVec<[SessionId; 1]>;

/// Sessions that are shown a conversation, or a user's directs; each list rising.
#[derive(Debug, Default)]
pub(crate) struct Subscribers {
    pub(crate) by_id: Listed,
    pub(crate) by_one_id: Listed,
    pub(crate) at_once: Listed,
}

impl Subscribers {
    fn list(&mut self, resume: ResumeStyle) -> &mut Listed {
        match resume {
            ResumeStyle::ById => &mut self.by_id,
            ResumeStyle::ByOneId => &mut self.by_one_id,
            ResumeStyle::ByCursor | ResumeStyle::FromNow => &mut self.at_once,
        }
    }

    fn is_empty(&self) -> bool {
        self.by_id.is_empty() && self.by_one_id.is_empty() && self.at_once.is_empty()
    }
}

#[derive(Debug, Default)]
pub(crate) struct Subscriptions {
    conversations: BTreeMap<ConversationId, Subscribers>,
    users: BTreeMap<UserId, Subscribers>,
}

impl Subscriptions {
    pub(crate) fn add_user(&mut self, user: UserId, resume: ResumeStyle, session: SessionId) {
        insert(self.users.entry(user).or_default().list(resume), session);
    }

    pub(crate) fn remove_user(&mut self, user: UserId, resume: ResumeStyle, session: SessionId) {
        let Some(subscribers) = self.users.get_mut(&user) else { return };
        remove(subscribers.list(resume), session);
        if subscribers.is_empty() {
            self.users.remove(&user);
        }
    }

    /// Directs need none: they go by user.
    pub(crate) fn add(
        &mut self,
        conversation: ConversationId,
        resume: ResumeStyle,
        session: SessionId,
    ) {
        if let ConversationId::Number(_) = conversation {
            insert(self.conversations.entry(conversation).or_default().list(resume), session);
        }
    }

    pub(crate) fn remove(
        &mut self,
        conversation: ConversationId,
        resume: ResumeStyle,
        session: SessionId,
    ) {
        let Some(subscribers) = self.conversations.get_mut(&conversation) else { return };
        remove(subscribers.list(resume), session);
        if subscribers.is_empty() {
            self.conversations.remove(&conversation);
        }
    }

    /// The lists of those who may be shown a message of the conversation.
    pub(crate) fn of(&self, conversation: ConversationId) -> impl Iterator<Item = &Subscribers> {
        let (first, second) = match conversation {
            ConversationId::Direct(a, b) => (self.users.get(&a), self.users.get(&b)),
            ConversationId::Number(_) => (self.conversations.get(&conversation), None),
        };
        first.into_iter().chain(second)
    }
}

fn insert(list: &mut Listed, session: SessionId) {
    if let Err(place) = list.binary_search(&session) {
        list.insert(place, session);
    }
}

fn remove(list: &mut Listed, session: SessionId) {
    if let Ok(place) = list.binary_search(&session) {
        list.remove(place);
    }
}
