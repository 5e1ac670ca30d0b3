//! The model store's content: one ordered map per kind of thing.
//!
//! Plainly the meaning of each change and each read, without keys or bytes, so that the stores
//! on disk can be held against it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::ops::Bound;
use std::sync::Arc;

use parlance_codecs::{ConversationId, Message, MessageId, Notice, Seq, UserId};
use parlance_conversation::placement::{
    ALLOCATOR_PARTITION, Partition, Placement, conversation_partition, name_partition,
    user_partition,
};
use parlance_conversation::store::{
    AllocatorState, Change, ConversationRecord, ConversationState, DEDUPE_RECORDS_MAX,
    DedupeRecord, FriendRecord, GroupRequestRecord, Intent, IntentId, LoadKey, Loaded, LogPage,
    LogQuery, LogRange, MemberRecord, MembershipRecord, NameKey, NameRecord, NoticeMark,
    PairRecord, Recovered, RequestRecord, UserRecord, UserState,
};

use crate::page::PageInProgress;
use crate::retention::dedupe_remembered;

#[derive(Clone, Debug, Default)]
pub(super) struct Tables {
    users: BTreeMap<UserId, UserRecord>,
    memberships: BTreeMap<(UserId, ConversationId), MembershipRecord>,
    friends: BTreeMap<(UserId, UserId), FriendRecord>,
    requests: BTreeMap<(UserId, ConversationId), RequestRecord>,
    notices: BTreeMap<(UserId, MessageId), Arc<Notice>>,
    notice_marks: BTreeMap<(UserId, Partition), MessageId>,
    pairs: BTreeMap<ConversationId, PairRecord>,
    names: BTreeMap<NameKey, NameRecord>,
    allocator: Option<AllocatorState>,
    conversations: BTreeMap<ConversationId, ConversationRecord>,
    members: BTreeMap<(ConversationId, UserId), MemberRecord>,
    group_requests: BTreeMap<(ConversationId, UserId), GroupRequestRecord>,
    pub(super) logs: BTreeMap<ConversationId, Log>,
    dedupe: BTreeMap<(ConversationId, UserId, MessageId), DedupeRecord>,
    intents: BTreeMap<IntentId, Intent>,
    clock_ceiling: MessageId,
}

/// One conversation's messages by id. Ids rise with `(seq, mark)`, so this is also their order
/// in the log.
pub(super) type Log = BTreeMap<MessageId, Arc<Message>>;

impl Tables {
    pub(super) fn apply(&mut self, changes: &[Change]) {
        for change in changes {
            self.apply_one(change);
        }
    }

    fn apply_one(&mut self, change: &Change) {
        match change {
            Change::PutUser { user, record } => {
                self.users.insert(*user, record.clone());
            }
            Change::DeleteUser { user } => {
                self.users.remove(user);
            }
            Change::PutMembership { user, conversation, record } => {
                self.memberships.insert((*user, *conversation), record.clone());
            }
            Change::DeleteMembership { user, conversation } => {
                self.memberships.remove(&(*user, *conversation));
            }
            Change::PutName { name, record } => {
                self.names.insert(name.clone(), record.clone());
            }
            Change::DeleteName { name } => {
                self.names.remove(name);
            }
            Change::PutAllocator { next_user, next_conversation } => {
                let (next_user, next_conversation) = (*next_user, *next_conversation);
                self.allocator = Some(AllocatorState { next_user, next_conversation });
            }
            Change::PutConversation { conversation, record } => {
                self.conversations.insert(*conversation, record.clone());
            }
            Change::DeleteConversation { conversation } => {
                self.conversations.remove(conversation);
                self.logs.remove(conversation);
                self.dedupe.retain(|(of, ..), _| of != conversation);
            }
            Change::PutMessage { message } => {
                let log = self.logs.entry(message.conversation).or_default();
                log.insert(message.id, Arc::clone(message));
            }
            Change::PutDedupe { conversation, sender, record } => {
                self.dedupe.insert((*conversation, *sender, record.id), *record);
            }
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
            | Change::PutGroupRequest { .. }
            | Change::DeleteGroupRequest { .. }
            | Change::DeleteMember { .. }) => self.apply_relation(relation),
            Change::PutIntent { id, intent } => {
                self.intents.insert(*id, intent.clone());
            }
            Change::DeleteIntent { id } => {
                self.intents.remove(id);
            }
            Change::PutClock { ceiling } => self.clock_ceiling = *ceiling,
        }
    }

    /// Friends, members, requests and notices.
    fn apply_relation(&mut self, change: &Change) {
        match change {
            Change::PutFriend { user, friend, record } => {
                self.friends.insert((*user, *friend), record.clone());
            }
            Change::DeleteFriend { user, friend } => {
                self.friends.remove(&(*user, *friend));
            }
            Change::PutRequest { user, about, record } => {
                self.requests.insert((*user, *about), record.clone());
            }
            Change::DeleteRequest { user, about } => {
                self.requests.remove(&(*user, *about));
            }
            Change::PutNotice { notice } => {
                self.notices.insert((notice.user, notice.id), Arc::clone(notice));
            }
            Change::DeleteNotice { user, id } => {
                self.notices.remove(&(*user, *id));
            }
            Change::PutNoticeMark { user, mark } => {
                self.notice_marks.insert((*user, mark.origin), mark.up_to);
            }
            Change::PutPair { pair, record } => {
                self.pairs.insert(*pair, *record);
            }
            Change::DeletePair { pair } => {
                self.pairs.remove(pair);
            }
            Change::PutMember { conversation, user, record } => {
                self.members.insert((*conversation, *user), record.clone());
            }
            Change::PutGroupRequest { conversation, user, record } => {
                self.group_requests.insert((*conversation, *user), record.clone());
            }
            Change::DeleteGroupRequest { conversation, user } => {
                self.group_requests.remove(&(*conversation, *user));
            }
            Change::DeleteMember { conversation, user } => {
                self.members.remove(&(*conversation, *user));
            }
            other => unreachable!("no relation: {other:?}"),
        }
    }

    pub(super) fn load(&self, key: &LoadKey, now_ms: u64) -> Loaded {
        match key {
            LoadKey::User(user) => Loaded::User(self.user(*user)),
            LoadKey::Conversation(conversation) => {
                Loaded::Conversation(self.conversation(*conversation))
            }
            LoadKey::Pair(pair) => Loaded::Pair(self.pairs.get(pair).copied()),
            LoadKey::Name(name) => Loaded::Name(self.names.get(name).cloned()),
            LoadKey::Allocator => Loaded::Allocator(self.allocator.unwrap_or_default()),
            LoadKey::Dedupe { conversation, sender } => {
                let all = (*conversation, *sender, MessageId::ZERO)
                    ..=(*conversation, *sender, MessageId::MAX);
                let newest_first = self.dedupe.range(all).rev().map(|(_, record)| *record);
                Loaded::Dedupe(
                    newest_first
                        .take_while(|record| dedupe_remembered(record.id, now_ms))
                        .take(DEDUPE_RECORDS_MAX)
                        .collect(),
                )
            }
            LoadKey::Message { conversation, id } => {
                let log = self.logs.get(conversation);
                Loaded::Message(log.and_then(|log| log.get(id)).cloned())
            }
        }
    }

    fn user(&self, user: UserId) -> Option<UserState> {
        let record = self.users.get(&user)?.clone();
        let first = UserId::new(1)?;
        let friends = self.friends.range((user, first)..=(user, UserId::new(UserId::MAX)?));
        let notices = self.notices.range((user, MessageId::ZERO)..=(user, MessageId::MAX));
        let marks = self.notice_marks.range((user, Partition(0))..=(user, Partition(u8::MAX)));
        Some(UserState {
            record,
            memberships: of_user(&self.memberships, user),
            friends: friends.map(|(&(_, friend), record)| (friend, record.clone())).collect(),
            requests: of_user(&self.requests, user),
            notices: notices.map(|(_, notice)| Arc::clone(notice)).collect(),
            notice_marks: marks
                .map(|(&(_, origin), up_to)| NoticeMark { origin, up_to: *up_to })
                .collect(),
        })
    }

    fn conversation(&self, conversation: ConversationId) -> Option<ConversationState> {
        let record = self.conversations.get(&conversation)?.clone();
        let users = (conversation, UserId::new(1)?)..=(conversation, UserId::new(UserId::MAX)?);
        let members = self.members.range(users.clone());
        let requests = self.group_requests.range(users);
        let last = self.logs.get(&conversation).and_then(|log| log.values().next_back());
        Some(ConversationState {
            record,
            members: members.map(|(&(_, user), record)| (user, record.clone())).collect(),
            requests: requests.map(|(&(_, user), record)| (user, record.clone())).collect(),
            last_seq: last.map_or(Seq(0), |last| last.seq),
            last_mark: last.map_or(0, |last| last.mark),
            last_id: last.map_or(MessageId::ZERO, |last| last.id),
        })
    }

    pub(super) fn read_log(&self, query: &LogQuery, examined_max: usize) -> LogPage {
        let mut runs: Vec<_> =
            query.ranges.iter().map(|range| self.run(range).peekable()).collect();
        let mut heads = BinaryHeap::new();
        for (index, run) in runs.iter_mut().enumerate() {
            heads.extend(run.peek().map(|next| Reverse((next.id, index))));
        }
        let mut page = PageInProgress::new(query, examined_max);
        while !page.is_full() {
            let Some(Reverse((_, index))) = heads.pop() else { break };
            let Some(run) = runs.get_mut(index) else { break };
            // The weight on disk is not known here; pages end by entries alone.
            page.examine(0, run.next().map(Arc::clone));
            heads.extend(run.peek().map(|next| Reverse((next.id, index))));
        }
        page.finish(heads.peek().map(|Reverse((id, _))| *id))
    }

    /// One range's messages, rising.
    fn run<'t>(&'t self, range: &'t LogRange) -> impl Iterator<Item = &'t Arc<Message>> {
        let bounds = (Bound::Excluded(range.after_id), Bound::Included(range.up_to));
        // The map's own ranges panic where the end lies before the start.
        let log = self.logs.get(&range.conversation).filter(|_| range.after_id < range.up_to);
        log.into_iter()
            .flat_map(move |log| log.range(bounds))
            .map(|(_, message)| message)
            .skip_while(|message| message.seq <= range.after_seq)
    }

    pub(super) fn recover(&self) -> Recovered {
        let intents = self.intents.iter().map(|(id, intent)| (*id, intent.clone())).collect();
        Recovered { clock_ceiling: self.clock_ceiling, intents }
    }

    pub(super) fn users(&self, after: Option<UserId>, limit: usize) -> Vec<(UserId, UserRecord)> {
        let above = after.map_or(Bound::Unbounded, Bound::Excluded);
        let users = self.users.range((above, Bound::Unbounded));
        users.take(limit).map(|(user, record)| (*user, record.clone())).collect()
    }

    /// Adds everything to the tables of the shards that own it. The clock's ceiling holds for
    /// all of them, because every one now has messages of this one.
    pub(super) fn spread(&self, shards: &mut [Tables], placement: Placement) {
        for tables in shards.iter_mut() {
            tables.clock_ceiling = tables.clock_ceiling.max(self.clock_ceiling);
        }
        for (user, record) in &self.users {
            owner(shards, placement, user_partition(*user)).users.insert(*user, record.clone());
        }
        for (key, record) in &self.memberships {
            owner(shards, placement, user_partition(key.0))
                .memberships
                .insert(*key, record.clone());
        }
        for (key, record) in &self.friends {
            let owner = owner(shards, placement, user_partition(key.0));
            owner.friends.insert(*key, record.clone());
        }
        for (key, record) in &self.requests {
            let owner = owner(shards, placement, user_partition(key.0));
            owner.requests.insert(*key, record.clone());
        }
        for (key, notice) in &self.notices {
            let owner = owner(shards, placement, user_partition(key.0));
            owner.notices.insert(*key, Arc::clone(notice));
        }
        for (key, up_to) in &self.notice_marks {
            owner(shards, placement, user_partition(key.0)).notice_marks.insert(*key, *up_to);
        }
        for (pair, record) in &self.pairs {
            owner(shards, placement, conversation_partition(*pair)).pairs.insert(*pair, *record);
        }
        for (name, record) in &self.names {
            owner(shards, placement, name_partition(name))
                .names
                .insert(name.clone(), record.clone());
        }
        if self.allocator.is_some() {
            owner(shards, placement, ALLOCATOR_PARTITION).allocator = self.allocator;
        }
        for (id, record) in &self.conversations {
            owner(shards, placement, conversation_partition(*id))
                .conversations
                .insert(*id, record.clone());
        }
        for (key, record) in &self.members {
            let owner = owner(shards, placement, conversation_partition(key.0));
            owner.members.insert(*key, record.clone());
        }
        for (key, record) in &self.group_requests {
            let owner = owner(shards, placement, conversation_partition(key.0));
            owner.group_requests.insert(*key, record.clone());
        }
        for (id, log) in &self.logs {
            owner(shards, placement, conversation_partition(*id)).logs.insert(*id, log.clone());
        }
        for (key, record) in &self.dedupe {
            owner(shards, placement, conversation_partition(key.0)).dedupe.insert(*key, *record);
        }
        for (id, intent) in &self.intents {
            owner(shards, placement, id.origin).intents.insert(*id, intent.clone());
        }
    }
}

fn owner(shards: &mut [Tables], placement: Placement, partition: Partition) -> &mut Tables {
    shards
        .get_mut(placement.shard_of(partition).index())
        .expect("there are as many tables as the placement has shards")
}

/// What a table holds of one user by conversation, rising.
fn of_user<V: Clone>(
    table: &BTreeMap<(UserId, ConversationId), V>,
    user: UserId,
) -> Vec<(ConversationId, V)> {
    let next_user = user.raw().checked_add(1).and_then(UserId::new);
    // No conversation sorts before the direct of the first two users.
    let first = UserId::new(1).zip(UserId::new(2)).map(|(a, b)| ConversationId::Direct(a, b));
    let from = first.map_or(Bound::Unbounded, |first| Bound::Included((user, first)));
    let to = next_user
        .zip(first)
        .map_or(Bound::Unbounded, |(next, first)| Bound::Excluded((next, first)));
    table.range((from, to)).map(|(&(_, id), value)| (id, value.clone())).collect()
}
