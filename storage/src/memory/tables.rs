//! The model store's content: one ordered map per kind of thing.
//!
//! Plainly the meaning of each change and each read, without keys or bytes, so that the stores
//! on disk can be held against it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::ops::Bound;
use std::sync::Arc;

use parlance_codecs::{ConversationId, Message, MessageId, Seq, UserId};
use parlance_conversation::placement::{
    ALLOCATOR_PARTITION, Partition, Placement, conversation_partition, name_partition,
    user_partition,
};
use parlance_conversation::store::{
    AllocatorState, Change, ConversationRecord, ConversationState, DEDUPE_RECORDS_MAX,
    DedupeRecord, Intent, IntentId, LoadKey, Loaded, LogPage, LogQuery, LogRange, MembershipRecord,
    NameKey, NameRecord, Recovered, UserRecord, UserState,
};

use crate::page::PageInProgress;
use crate::retention::dedupe_remembered;

#[derive(Clone, Debug, Default)]
pub(super) struct Tables {
    users: BTreeMap<UserId, UserRecord>,
    memberships: BTreeMap<(UserId, ConversationId), MembershipRecord>,
    friends: BTreeSet<(UserId, UserId)>,
    names: BTreeMap<NameKey, NameRecord>,
    allocator: Option<AllocatorState>,
    conversations: BTreeMap<ConversationId, ConversationRecord>,
    members: BTreeSet<(ConversationId, UserId)>,
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
            Change::PutFriend { user, friend } => {
                self.friends.insert((*user, *friend));
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
            Change::PutMember { conversation, user } => {
                self.members.insert((*conversation, *user));
            }
            Change::DeleteMember { conversation, user } => {
                self.members.remove(&(*conversation, *user));
            }
            Change::PutMessage { message } => {
                let log = self.logs.entry(message.conversation).or_default();
                log.insert(message.id, Arc::clone(message));
            }
            Change::PutDedupe { conversation, sender, record } => {
                self.dedupe.insert((*conversation, *sender, record.id), *record);
            }
            Change::PutIntent { id, intent } => {
                self.intents.insert(*id, intent.clone());
            }
            Change::DeleteIntent { id } => {
                self.intents.remove(id);
            }
            Change::PutClock { ceiling } => self.clock_ceiling = *ceiling,
        }
    }

    pub(super) fn load(&self, key: &LoadKey, now_ms: u64) -> Loaded {
        match key {
            LoadKey::User(user) => Loaded::User(self.user(*user)),
            LoadKey::Conversation(conversation) => {
                Loaded::Conversation(self.conversation(*conversation))
            }
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
        let memberships = self.memberships_of(user).map(|(id, record)| (id, record.clone()));
        let friends =
            self.friends.range((user, UserId::new(1)?)..=(user, UserId::new(UserId::MAX)?));
        Some(UserState {
            record,
            memberships: memberships.collect(),
            friends: friends.map(|&(_, friend)| friend).collect(),
        })
    }

    fn memberships_of(
        &self,
        user: UserId,
    ) -> impl Iterator<Item = (ConversationId, &MembershipRecord)> {
        let next_user = user.raw().checked_add(1).and_then(UserId::new);
        // No conversation sorts before the direct of the first two users.
        let first = UserId::new(1).zip(UserId::new(2)).map(|(a, b)| ConversationId::Direct(a, b));
        let from = first.map_or(Bound::Unbounded, |first| Bound::Included((user, first)));
        let to = next_user
            .zip(first)
            .map_or(Bound::Unbounded, |(next, first)| Bound::Excluded((next, first)));
        self.memberships.range((from, to)).map(|(&(_, id), record)| (id, record))
    }

    fn conversation(&self, conversation: ConversationId) -> Option<ConversationState> {
        let record = self.conversations.get(&conversation)?.clone();
        let users = (conversation, UserId::new(1)?)..=(conversation, UserId::new(UserId::MAX)?);
        let members = self.members.range(users).map(|&(_, user)| user).collect();
        let last = self.logs.get(&conversation).and_then(|log| log.values().next_back());
        Some(ConversationState {
            record,
            members,
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
        for pair in &self.friends {
            owner(shards, placement, user_partition(pair.0)).friends.insert(*pair);
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
        for pair in &self.members {
            owner(shards, placement, conversation_partition(pair.0)).members.insert(*pair);
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
