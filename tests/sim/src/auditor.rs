//! Holds every effect of the core against the design's promises, at the moment it comes.
//!
//! The auditor knows what is committed ([`ledger`]), what senders wanted ([`crate::drafts`]) and
//! what each session was asked and shown ([`sessions`]). It never asks the core anything, and
//! the core knows nothing of it.

pub(crate) mod answers;
pub(crate) mod asks;
pub(crate) mod ledger;
mod relations;
pub(crate) mod rights;
pub(crate) mod sessions;
pub(crate) mod stores;
pub(crate) mod verdict;

use std::collections::{BTreeMap, BTreeSet};

use parlance_codecs::{
    Category, ConversationId, DraftBody, Event, Message, MessageId, Posted, Refusal, Seq, Tag,
    UserId,
};
use parlance_conversation::placement::{Placement, ShardIndex};
use parlance_conversation::store::{Change, Durability, NameKey};

use crate::auditor::ledger::{Ledger, Log, Place};
use crate::auditor::sessions::{SessionAudit, Shown, name_of};
use crate::drafts::{Drafts, fits};
use crate::situations::{Situation, Situations};
use crate::violation::{Checked, Promise, broken};

/// What a user's clients have acknowledged, as far as they know.
#[derive(Default)]
pub(crate) struct Acknowledged {
    pub(crate) ids: BTreeSet<MessageId>,
    pub(crate) up_to: [MessageId; Category::COUNT],
}

impl Acknowledged {
    pub(crate) fn covers(&self, message: &Message) -> bool {
        message.id <= self.up_to[message.category.index()] || self.ids.contains(&message.id)
    }
}

pub(crate) struct Auditor {
    placement: Placement,
    durability: [Durability; Category::COUNT],
    pub(crate) ledger: Ledger,
    pub(crate) drafts: Drafts,
    /// By the world's number of the connection.
    pub(crate) sessions: BTreeMap<usize, SessionAudit>,
    pub(crate) acknowledged: BTreeMap<UserId, Acknowledged>,
    /// The ledger as the present process found it, and every write since, with its time, by
    /// shard: what a power cut took is left out when this is replayed.
    base: Ledger,
    journals: Vec<Vec<(Vec<Change>, u64)>>,
    /// Every id that was ever on disk, also where a power cut took the message back.
    ids_given: BTreeMap<MessageId, (ConversationId, Place)>,
    /// Memberships whose end the user's own home has decided: nothing is shown any more.
    left: BTreeSet<(UserId, ConversationId)>,
    /// What anybody was shown at a place; it stays so.
    shown_at: BTreeMap<(ConversationId, Place), MessageId>,
    /// What the operator asked for: pairs to become friends, members to remove and to add.
    pub(crate) befriending: BTreeSet<(UserId, UserId)>,
    /// Pairs that were to part: what was said of their friendship may be over.
    pub(crate) parting: BTreeSet<(UserId, UserId)>,
    /// Which notices each connection was shown.
    noticed: BTreeSet<(usize, MessageId)>,
    pub(crate) removing: BTreeSet<(ConversationId, UserId)>,
    pub(crate) adding: BTreeSet<(ConversationId, UserId)>,
    /// Names that somebody was to be created with, and was not: a crash may leave them claimed for
    /// a user who never comes to be.
    pub(crate) abandoned_names: BTreeSet<NameKey>,
    /// Nothing with an id up to this one may still appear: somebody was told everything below.
    pub(crate) told_up_to: MessageId,
    /// What users were answered that they have read, in the present process.
    pub(crate) marked_read: BTreeMap<(UserId, ConversationId), Seq>,
    pub(crate) reached: Situations,
}

impl Auditor {
    pub(crate) fn new(placement: Placement, durability: [Durability; Category::COUNT]) -> Self {
        Self {
            placement,
            durability,
            ledger: Ledger::new(placement),
            drafts: Drafts::default(),
            sessions: BTreeMap::new(),
            acknowledged: BTreeMap::new(),
            base: Ledger::new(placement),
            journals: vec![Vec::new(); placement.shards()],
            ids_given: BTreeMap::new(),
            left: BTreeSet::new(),
            shown_at: BTreeMap::new(),
            befriending: BTreeSet::new(),
            parting: BTreeSet::new(),
            noticed: BTreeSet::new(),
            removing: BTreeSet::new(),
            adding: BTreeSet::new(),
            abandoned_names: BTreeSet::new(),
            told_up_to: MessageId::ZERO,
            marked_read: BTreeMap::new(),
            reached: Situations::default(),
        }
    }

    pub(crate) fn reach(&mut self, situation: Situation) {
        self.reached.reach(situation);
    }

    pub(crate) fn durability_of(&self, category: Category) -> Durability {
        self.durability[category.index()]
    }

    /// No id that was ever on disk is given out again, not even after a power cut took the
    /// message back.
    fn check_ids(&mut self, changes: &[Change]) -> Checked {
        for change in changes {
            let Change::PutMessage { message } = change else { continue };
            let place = (message.conversation, (message.seq, message.mark));
            let before = self.ids_given.insert(message.id, place);
            if before.is_none() && message.id <= self.told_up_to && message.mark == 0 {
                return broken(
                    Promise::Resume,
                    format!("{message:?} appeared, all was told up to {}", self.told_up_to),
                );
            }
            if let Some(before) = before
                && before != place
            {
                return broken(
                    Promise::Order,
                    format!("{message:?} has an id that was given out for {before:?}"),
                );
            }
        }
        Ok(())
    }

    /// A write was committed.
    pub(crate) fn committed(&mut self, shard: usize, changes: Vec<Change>, at_us: u64) -> Checked {
        let index = self.shard_index(shard);
        self.ledger.apply(index, &changes, at_us)?;
        self.check_ids(&changes)?;
        self.note_stays(&changes);
        if let Some(journal) = self.journals.get_mut(shard) {
            journal.push((changes, at_us));
        }
        Ok(())
    }

    fn shard_index(&self, shard: usize) -> ShardIndex {
        let index = u8::try_from(shard).unwrap_or(u8::MAX);
        assert!(shard < self.placement.shards(), "shard {shard} is none of the run's");
        ShardIndex(index)
    }

    fn note_stays(&mut self, changes: &[Change]) {
        for change in changes {
            let Change::PutMember { conversation, user, .. } = change else { continue };
            let Some(log) = self.ledger.logs.get(conversation) else { continue };
            let Some(stays) = log.stays.get(user) else { continue };
            let again = stays.len() > 1;
            let hidden = stays.last().is_some_and(|stay| !stay.with_history && stay.from.0.0 > 0);
            if again {
                self.reach(Situation::AddedAgain);
            }
            if hidden {
                self.reach(Situation::HistoryHidden);
            }
        }
    }

    /// A message is handed to a session.
    pub(crate) fn shown(&mut self, connection: usize, message: &Message, how: Shown) -> Checked {
        self.check_committed(message)?;
        self.check_rights(connection, message)?;
        let place = (message.conversation, (message.seq, message.mark));
        if let Some(before) = self.shown_at.insert(place, message.id)
            && before != message.id
        {
            return broken(
                Promise::Order,
                format!("{message:?} is where id {before} had been shown"),
            );
        }
        let Some(session) = self.sessions.get_mut(&connection) else {
            return broken(Promise::Contract, format!("no session on connection {connection}"));
        };
        let before = session.room_place_before(message, how);
        session.shown(message, how).map_err(|mut violation| {
            violation.what = format!("connection {connection}: {}", violation.what);
            violation
        })?;
        match before {
            Some(before) => self.check_room_gap(connection, before, message),
            None => Ok(()),
        }
    }

    fn check_committed(&self, message: &Message) -> Checked {
        if message.recall_index.is_some() {
            return broken(Promise::Resume, format!("{message:?} was shown though recalled"));
        }
        if self.durability_of(message.category) == Durability::Memory {
            let home = self.placement.home_of_conversation(message.conversation);
            let ceiling = self.ledger.ceiling(home);
            if message.id > ceiling {
                return broken(
                    Promise::Order,
                    format!("{message:?} was shown above its home's ceiling {ceiling}"),
                );
            }
            return Ok(());
        }
        let Some(stored) = self.ledger.message(message.id) else {
            return broken(Promise::Durable, format!("{message:?} was shown before its commit"));
        };
        let same = stored.seq == message.seq
            && stored.mark == message.mark
            && stored.conversation == message.conversation
            && stored.category == message.category
            && stored.sender == message.sender
            && stored.content == message.content;
        if same {
            return Ok(());
        }
        broken(Promise::Durable, format!("{message:?} was shown, committed is {stored:?}"))
    }

    /// The results of a Post are handed to its session.
    pub(crate) fn posted(
        &mut self,
        connection: usize,
        tag: &Tag,
        results: &[Result<Posted, Refusal>],
    ) -> Checked {
        let Some(session) = self.sessions.get_mut(&connection) else {
            return broken(Promise::Contract, format!("no session on connection {connection}"));
        };
        let style = session.style;
        let Some(tokens) = session.posts.remove(tag) else {
            return broken(Promise::Contract, format!("{tag:?} asked for no Post, or twice"));
        };
        if tokens.len() != results.len() {
            return broken(
                Promise::Contract,
                format!("{} drafts got {} results", tokens.len(), results.len()),
            );
        }
        for (token, result) in tokens.iter().zip(results) {
            match result {
                Ok(posted) => {
                    self.check_posted(*token, *posted)?;
                    self.check_sender_order(connection, *token, *posted)?;
                }
                Err(refusal) => self.check_refusal(*token, *refusal, style.friends_required)?,
            }
        }
        Ok(())
    }

    /// A result is committed, is what the draft asked for, and is the same each time.
    pub(crate) fn check_posted(&mut self, token: u64, posted: Posted) -> Checked {
        let Some(fact) = self.drafts.fact(token) else {
            return broken(Promise::Contract, format!("a result for unknown draft {token}"));
        };
        let body = fact.draft.body.clone();
        self.note_posted(&body, posted);
        self.drafts.answered(token, posted)?;
        if self.durability_of(posted.category) == Durability::Memory {
            return Ok(());
        }
        let Some(stored) = self.ledger.message(posted.id) else {
            return broken(
                Promise::Durable,
                format!("draft {token} was acknowledged before its commit: {posted:?}"),
            );
        };
        let same = stored.seq == posted.seq
            && stored.conversation == posted.conversation
            && stored.category == posted.category
            && stored.sender == posted.sender
            && stored.created_at_ms == posted.created_at_ms
            && (fits(&body, &stored.content) || is_recalled_again(&body, stored, posted));
        if same {
            return Ok(());
        }
        broken(Promise::Durable, format!("draft {token} got {posted:?}, committed is {stored:?}"))
    }

    fn note_posted(&mut self, body: &DraftBody, posted: Posted) {
        let situation = match (body, posted.duplicate) {
            (DraftBody::Recall { .. }, false) => Situation::Recalled,
            (DraftBody::Recall { .. }, true) => Situation::RecalledTwice,
            (DraftBody::Content(_) | DraftBody::Read { .. }, true) => Situation::RetryDuplicate,
            (DraftBody::Content(_) | DraftBody::Read { .. }, false) => return,
        };
        self.reach(situation);
    }

    /// A draft that only this session has sent, and once, stands in the session's order.
    fn check_sender_order(&mut self, connection: usize, token: u64, posted: Posted) -> Checked {
        let Some(fact) = self.drafts.fact(token) else { return Ok(()) };
        if fact.arrivals != 1 || posted.duplicate {
            return Ok(());
        }
        let Some(session) = self.sessions.get_mut(&connection) else { return Ok(()) };
        session.stored(posted.conversation, token, posted.id)
    }

    /// An event other than a live message or a Post's results.
    pub(crate) fn told(&mut self, connection: usize, event: &Event) -> Checked {
        match event {
            Event::Delivered(message) => return self.shown(connection, message, Shown::Live),
            Event::Posted { tag, results } => return self.posted(connection, tag, results),
            Event::Page { tag, messages } => {
                return self.page(connection, tag.as_ref(), messages.iter().map(AsRef::as_ref));
            }
            Event::Noticed(notice) => return self.noticed(connection, [notice]),
            Event::Notices(notices) => return self.noticed(connection, notices),
            Event::PageEnd { .. }
            | Event::Joined { .. }
            | Event::Answered { .. }
            | Event::Refused { .. } => {}
        }
        let Some(session) = self.sessions.get_mut(&connection) else {
            return broken(Promise::Contract, format!("{} to no session", name_of(event)));
        };
        match event {
            Event::PageEnd { tag } => {
                let many = session.pages_in_answer > 1;
                session.page_end(tag.as_ref())?;
                if many {
                    self.reach(Situation::SyncManyPages);
                }
                Ok(())
            }
            Event::Joined { tag, room, result } => {
                let log = self.ledger.logs.get(room);
                let end = log.map(Log::end).unwrap_or_default();
                session.joined(tag, *room, result.is_ok().then_some(end))?;
                self.check_joined(*room, *result)
            }
            Event::Refused { tag, refusal } => {
                broken(Promise::Liveness, format!("{tag:?} was refused: {refusal}"))
            }
            Event::Answered { .. }
            | Event::Noticed(_)
            | Event::Notices(_)
            | Event::Delivered(_)
            | Event::Posted { .. }
            | Event::Page { .. } => Ok(()),
        }
    }

    fn page<'a>(
        &mut self,
        connection: usize,
        tag: Option<&Tag>,
        messages: impl ExactSizeIterator<Item = &'a Message>,
    ) -> Checked {
        let Some(session) = self.sessions.get_mut(&connection) else {
            return broken(Promise::Contract, "a Page to no session");
        };
        if messages.len() > Event::PAGE_MESSAGES_MAX {
            return broken(Promise::Contract, format!("a page of {} messages", messages.len()));
        }
        session.page(tag, messages.len() == 0)?;
        let how = if tag.is_some() { Shown::Answer } else { Shown::Missed };
        for message in messages {
            self.shown(connection, message, how)?;
        }
        Ok(())
    }
}

/// Who recalls what was recalled before gets the message's own place and the first recall's index.
fn is_recalled_again(body: &DraftBody, stored: &Message, posted: Posted) -> bool {
    let DraftBody::Recall { target } = body else { return false };
    posted.duplicate && stored.id == *target && stored.recall_index == posted.recall_index
}
