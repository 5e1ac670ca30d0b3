//! What is committed: the fold of every write that the stores have said is done.
//!
//! Decides whether a write keeps the rules of a log (dense seqs, rising ids, no id twice, no
//! draft twice, every record at its home). Invariant: after a crash the ledger, replayed without
//! the writes that a power cut may lose, equals what the stores hold.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use parlance_codecs::{Category, Content, ConversationId, Message, MessageId, Notice, Seq, UserId};
use parlance_conversation::limits::DELIVERED_ABOVE_MAX;
use parlance_conversation::placement::{Partition, Placement, ShardIndex};
use parlance_conversation::store::{
    Change, ConversationRecord, FriendRecord, GroupRequestRecord, Intent, IntentId, MemberRecord,
    MembershipRecord, NameKey, NameRecord, PairRecord, RequestRecord, UserRecord,
};

use crate::drafts::token_of;
use crate::violation::{Checked, Promise, broken};

/// A place in a conversation's log.
pub(crate) type Place = (Seq, u32);

/// A time during which a user was a member.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stay {
    /// The log's end when it began: what follows is the member's without doubt.
    pub(crate) from: Place,
    /// The log's end when it ended.
    pub(crate) until: Option<Place>,
    /// Whether what came before the stay may be shown as well.
    pub(crate) with_history: bool,
}

/// One conversation as its home has committed it.
#[derive(Clone, Default)]
pub(crate) struct Log {
    pub(crate) record: Option<ConversationRecord>,
    pub(crate) entries: BTreeMap<Place, Arc<Message>>,
    pub(crate) stays: BTreeMap<UserId, Vec<Stay>>,
    /// Who is a member now.
    pub(crate) members: BTreeMap<UserId, MemberRecord>,
    pub(crate) requests: BTreeMap<UserId, GroupRequestRecord>,
    /// Its record and its log are gone from disk. The entries stay here, to be known again.
    pub(crate) deleted: bool,
}

impl Log {
    pub(crate) fn last(&self) -> Option<&Arc<Message>> {
        self.entries.last_key_value().map(|(_, message)| message)
    }

    /// The place of the last entry.
    pub(crate) fn end(&self) -> Place {
        self.last().map_or((Seq(0), 0), |message| (message.seq, message.mark))
    }

    /// The stay that has not ended.
    pub(crate) fn stay(&self, user: UserId) -> Option<Stay> {
        let last = *self.stays.get(&user)?.last()?;
        last.until.is_none().then_some(last)
    }
}

/// A user as their home has committed them.
#[derive(Clone, Default)]
pub(crate) struct Account {
    pub(crate) record: Option<UserRecord>,
    /// When the record was first committed.
    pub(crate) since_us: u64,
    /// With the time at which the membership was first committed.
    pub(crate) memberships: BTreeMap<ConversationId, (MembershipRecord, u64)>,
    /// With the time at which the friendship was first committed.
    pub(crate) friends: BTreeMap<UserId, (FriendRecord, u64)>,
    pub(crate) requests: BTreeMap<ConversationId, RequestRecord>,
    pub(crate) notices: BTreeMap<MessageId, Arc<Notice>>,
    pub(crate) notice_marks: BTreeMap<Partition, MessageId>,
    /// A membership once held as many single acknowledgements as it can: later ones were dropped.
    pub(crate) was_full: bool,
}

#[derive(Clone)]
pub(crate) struct Ledger {
    placement: Placement,
    pub(crate) logs: BTreeMap<ConversationId, Log>,
    pub(crate) accounts: BTreeMap<UserId, Account>,
    pub(crate) pairs: BTreeMap<ConversationId, PairRecord>,
    /// Notices that were decided, and those that have come to their users.
    pub(crate) notices_decided: BTreeSet<MessageId>,
    pub(crate) notices_come: BTreeSet<MessageId>,
    pub(crate) names: BTreeMap<NameKey, NameRecord>,
    /// Where each name ever led.
    pub(crate) names_ever: BTreeSet<(NameKey, UserId)>,
    pub(crate) intents: BTreeMap<IntentId, Intent>,
    /// Where each draft's message stands.
    pub(crate) drafts: BTreeMap<u64, (ConversationId, Place)>,
    pub(crate) ids: BTreeMap<MessageId, (ConversationId, Place)>,
    ceilings: Vec<MessageId>,
}

impl Ledger {
    pub(crate) fn new(placement: Placement) -> Self {
        Self {
            placement,
            logs: BTreeMap::new(),
            accounts: BTreeMap::new(),
            pairs: BTreeMap::new(),
            notices_decided: BTreeSet::new(),
            notices_come: BTreeSet::new(),
            names: BTreeMap::new(),
            names_ever: BTreeSet::new(),
            intents: BTreeMap::new(),
            drafts: BTreeMap::new(),
            ids: BTreeMap::new(),
            ceilings: vec![MessageId::ZERO; placement.shards()],
        }
    }

    /// The next process has another number of shards. Each new store holds the largest ceiling.
    pub(crate) fn reshard(&mut self, placement: Placement) {
        let highest = self.ceilings.iter().copied().max().unwrap_or_default();
        self.placement = placement;
        self.ceilings = vec![highest; placement.shards()];
    }

    pub(crate) fn ceiling(&self, shard: ShardIndex) -> MessageId {
        self.ceilings.get(shard.index()).copied().unwrap_or_default()
    }

    /// The committed message with an id.
    pub(crate) fn message(&self, id: MessageId) -> Option<&Arc<Message>> {
        let (conversation, place) = self.ids.get(&id)?;
        self.logs.get(conversation)?.entries.get(place)
    }

    /// Folds one write in. `at_us` is the time of its commit.
    pub(crate) fn apply(&mut self, shard: ShardIndex, changes: &[Change], at_us: u64) -> Checked {
        for change in changes {
            self.check_home(shard, change)?;
            self.check_notice(change)?;
            self.apply_one(shard, change, at_us)?;
        }
        Ok(())
    }

    fn check_home(&self, shard: ShardIndex, change: &Change) -> Checked {
        let home = match change {
            Change::PutUser { user, .. }
            | Change::DeleteUser { user }
            | Change::PutMembership { user, .. }
            | Change::DeleteMembership { user, .. }
            | Change::PutFriend { user, .. }
            | Change::DeleteFriend { user, .. }
            | Change::PutRequest { user, .. }
            | Change::DeleteRequest { user, .. }
            | Change::DeleteNotice { user, .. }
            | Change::PutNoticeMark { user, .. } => self.placement.home_of_user(*user),
            Change::PutNotice { notice } => self.placement.home_of_user(notice.user),
            Change::PutName { name, .. } | Change::DeleteName { name } => {
                self.placement.home_of_name(name)
            }
            Change::PutAllocator { .. } => self.placement.home_of_allocator(),
            Change::PutConversation { conversation, .. }
            | Change::PutMember { conversation, .. }
            | Change::DeleteMember { conversation, .. }
            | Change::DeleteConversation { conversation }
            | Change::PutGroupRequest { conversation, .. }
            | Change::DeleteGroupRequest { conversation, .. }
            | Change::PutPair { pair: conversation, .. }
            | Change::DeletePair { pair: conversation }
            | Change::PutDedupe { conversation, .. } => {
                self.placement.home_of_conversation(*conversation)
            }
            Change::PutMessage { message } => {
                self.placement.home_of_conversation(message.conversation)
            }
            Change::PutIntent { id, .. } | Change::DeleteIntent { id } => {
                self.placement.shard_of(id.origin)
            }
            Change::PutClock { .. } => shard,
        };
        if home == shard {
            return Ok(());
        }
        broken(Promise::Contract, format!("{change:?} was written on {shard:?}, not on {home:?}"))
    }

    fn apply_one(&mut self, shard: ShardIndex, change: &Change, at_us: u64) -> Checked {
        match change {
            Change::PutUser { user, record } => {
                let account = self.account(*user);
                if account.record.replace(record.clone()).is_none() {
                    account.since_us = at_us;
                }
            }
            Change::DeleteUser { user } => self.account(*user).record = None,
            Change::PutMembership { user, conversation, record } => {
                let account = self.account(*user);
                account.was_full |= record.delivered_above.len() >= DELIVERED_ABOVE_MAX;
                let before = account.memberships.get(conversation);
                if before.is_some_and(|(before, _)| before.read > record.read) {
                    return broken(
                        Promise::Order,
                        format!("what {user} has read of {conversation} fell to {record:?}"),
                    );
                }
                let since_us = before.map_or(at_us, |(_, since)| *since);
                account.memberships.insert(*conversation, (record.clone(), since_us));
            }
            Change::DeleteMembership { user, conversation } => {
                self.account(*user).memberships.remove(conversation);
            }
            Change::PutName { name, record } => {
                self.names_ever.insert((name.clone(), record.user));
                self.names.insert(name.clone(), record.clone());
            }
            Change::DeleteName { name } => {
                self.names.remove(name);
            }
            Change::PutConversation { conversation, record } => {
                self.log(*conversation).record = Some(record.clone());
            }
            Change::DeleteConversation { conversation } => {
                let log = self.log(*conversation);
                log.record = None;
                log.deleted = true;
            }
            Change::PutMessage { message } => self.append(shard, message)?,
            relation @ (Change::PutFriend { .. }
            | Change::DeleteFriend { .. }
            | Change::PutRequest { .. }
            | Change::DeleteRequest { .. }
            | Change::PutNotice { .. }
            | Change::DeleteNotice { .. }
            | Change::PutNoticeMark { .. }
            | Change::PutPair { .. }
            | Change::DeletePair { .. }
            | Change::PutMember { .. }
            | Change::DeleteMember { .. }
            | Change::PutGroupRequest { .. }
            | Change::DeleteGroupRequest { .. }) => self.apply_relation(relation, at_us),
            Change::PutIntent { id, intent } => {
                self.intents.insert(*id, intent.clone());
            }
            Change::DeleteIntent { id } => {
                self.intents.remove(id);
            }
            Change::PutClock { ceiling } => {
                if let Some(at) = self.ceilings.get_mut(shard.index()) {
                    *at = *ceiling;
                }
            }
            Change::PutDedupe { .. } | Change::PutAllocator { .. } => {}
        }
        Ok(())
    }

    pub(super) fn account(&mut self, user: UserId) -> &mut Account {
        self.accounts.entry(user).or_default()
    }

    pub(super) fn log(&mut self, conversation: ConversationId) -> &mut Log {
        self.logs.entry(conversation).or_default()
    }

    pub(super) fn begin_stay(&mut self, conversation: ConversationId, user: UserId) {
        let log = self.log(conversation);
        if log.stay(user).is_some() {
            return;
        }
        let with_history = log.record.as_ref().is_some_and(|it| it.history_for_new_members);
        let stay = Stay { from: log.end(), until: None, with_history };
        log.stays.entry(user).or_default().push(stay);
    }

    pub(super) fn end_stay(&mut self, conversation: ConversationId, user: UserId) {
        let log = self.log(conversation);
        let end = log.end();
        if let Some(stay) = log.stays.get_mut(&user).and_then(|stays| stays.last_mut())
            && stay.until.is_none()
        {
            stay.until = Some(end);
        }
    }

    fn append(&mut self, shard: ShardIndex, message: &Arc<Message>) -> Checked {
        let place = (message.seq, message.mark);
        let ceiling = self.ceiling(shard);
        if message.id > ceiling {
            return broken(
                Promise::Durable,
                format!("{message:?} has an id above the committed ceiling {ceiling}"),
            );
        }
        let log = self.logs.entry(message.conversation).or_default();
        if let Some(old) = log.entries.get(&place) {
            check_replacement(old, message)?;
        } else {
            check_next(log.last(), message)?;
            if let Some((conversation, place)) = self.ids.get(&message.id) {
                return broken(
                    Promise::Order,
                    format!("{message:?} has the id of {conversation} {place:?}"),
                );
            }
            self.ids.insert(message.id, (message.conversation, place));
            self.note_draft(message)?;
        }
        self.log(message.conversation).entries.insert(place, Arc::clone(message));
        Ok(())
    }

    fn note_draft(&mut self, message: &Arc<Message>) -> Checked {
        let Some(token) = token_of(&message.content) else { return Ok(()) };
        let place = (message.conversation, (message.seq, message.mark));
        match self.drafts.insert(token, place) {
            None => Ok(()),
            Some(first) => broken(
                Promise::Once,
                format!("draft {token} was stored at {first:?} and again as {message:?}"),
            ),
        }
    }

    /// Names that lead nowhere, for the end of a run.
    pub(crate) fn names_of_nobody(&self) -> Vec<&NameKey> {
        let exists =
            |user: &UserId| self.accounts.get(user).is_some_and(|account| account.record.is_some());
        self.names.iter().filter(|(_, it)| !exists(&it.user)).map(|(name, _)| name).collect()
    }

    pub(crate) fn category_of(&self, conversation: ConversationId) -> Option<Category> {
        match conversation {
            ConversationId::Direct(..) => Some(Category::Direct),
            ConversationId::Number(_) => {
                self.logs.get(&conversation)?.record.as_ref().map(|record| record.category)
            }
        }
    }
}

/// A message may be put again to say that it was recalled; nothing else of it may change.
fn check_replacement(old: &Message, new: &Message) -> Checked {
    let same = old.id == new.id
        && old.sender == new.sender
        && old.content == new.content
        && old.created_at_ms == new.created_at_ms;
    let recalled_anew = old.recall_index.is_some() && old.recall_index != new.recall_index;
    if same && !recalled_anew {
        return Ok(());
    }
    broken(Promise::Order, format!("{old:?} was replaced by {new:?}"))
}

fn check_next(last: Option<&Arc<Message>>, message: &Message) -> Checked {
    let (seq, mark, id) =
        last.map_or((0, 0, MessageId::ZERO), |last| (last.seq.0, last.mark, last.id));
    let expected = if message.content.is_mark() { (seq, mark + 1) } else { (seq + 1, 0) };
    if (message.seq.0, message.mark) != expected {
        return broken(Promise::Order, format!("{message:?} does not follow {last:?}"));
    }
    if message.id <= id {
        return broken(Promise::Order, format!("{message:?} has no larger id than {last:?}"));
    }
    Ok(())
}

/// Whether it is a message that a page must not show any more, or need not.
pub(crate) fn may_be_left_out(message: &Message) -> bool {
    message.recall_index.is_some() && !matches!(message.content, Content::Recall { .. })
        || message.expires_at_ms.is_some()
}
