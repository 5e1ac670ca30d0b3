//! One shard's store as ordered maps. It loses nothing and fails never; what a script holds back
//! is simply not applied yet.

use std::collections::BTreeMap;
use std::sync::Arc;

use parlance_codecs::{ConversationId, Message, MessageId, Seq, UserId};

use crate::placement::{Placement, ShardIndex, user_partition};
use crate::store::{
    AllocatorState, Change, ConversationRecord, ConversationState, DedupeRecord, Intent, IntentId,
    LoadKey, Loaded, LogPage, LogQuery, MembershipRecord, NameKey, NameRecord, Recovered,
    UserRecord, UserState,
};

#[derive(Debug, Default)]
pub(super) struct Store {
    users: BTreeMap<UserId, UserRecord>,
    pub(super) memberships: BTreeMap<(UserId, ConversationId), MembershipRecord>,
    friends: BTreeMap<(UserId, UserId), ()>,
    names: BTreeMap<NameKey, NameRecord>,
    allocator: AllocatorState,
    conversations: BTreeMap<ConversationId, ConversationRecord>,
    members: BTreeMap<(ConversationId, UserId), ()>,
    log: BTreeMap<(ConversationId, Seq, u32), Arc<Message>>,
    /// Oldest first.
    dedupe: BTreeMap<(ConversationId, UserId), Vec<DedupeRecord>>,
    intents: BTreeMap<IntentId, Intent>,
    clock: MessageId,
}

impl Store {
    pub(super) fn apply(&mut self, change: Change) {
        match change {
            Change::PutUser { user, record } => drop(self.users.insert(user, record)),
            Change::DeleteUser { user } => drop(self.users.remove(&user)),
            Change::PutMembership { user, conversation, record } => {
                self.memberships.insert((user, conversation), record);
            }
            Change::DeleteMembership { user, conversation } => {
                self.memberships.remove(&(user, conversation));
            }
            Change::PutFriend { user, friend } => drop(self.friends.insert((user, friend), ())),
            Change::PutName { name, record } => drop(self.names.insert(name, record)),
            Change::DeleteName { name } => drop(self.names.remove(&name)),
            Change::PutAllocator { next_user, next_conversation } => {
                self.allocator = AllocatorState { next_user, next_conversation };
            }
            Change::PutConversation { conversation, record } => {
                self.conversations.insert(conversation, record);
            }
            Change::PutMember { conversation, user } => {
                self.members.insert((conversation, user), ());
            }
            Change::DeleteMember { conversation, user } => {
                self.members.remove(&(conversation, user));
            }
            Change::PutMessage { message } => {
                self.log.insert((message.conversation, message.seq, message.mark), message);
            }
            Change::PutDedupe { conversation, sender, record } => {
                self.dedupe.entry((conversation, sender)).or_default().push(record);
            }
            Change::PutIntent { id, intent } => drop(self.intents.insert(id, intent)),
            Change::DeleteIntent { id } => drop(self.intents.remove(&id)),
            Change::PutClock { ceiling } => self.clock = ceiling,
        }
    }

    pub(super) fn load(&self, key: &LoadKey) -> Loaded {
        match key {
            LoadKey::User(user) => Loaded::User(self.users.get(user).map(|record| {
                UserState {
                    record: record.clone(),
                    memberships: below(&self.memberships, *user)
                        .map(|(conversation, record)| (conversation, record.clone()))
                        .collect(),
                    friends: below(&self.friends, *user).map(|(friend, ())| friend).collect(),
                }
            })),
            LoadKey::Conversation(id) => Loaded::Conversation(self.conversation(*id)),
            LoadKey::Name(name) => Loaded::Name(self.names.get(name).cloned()),
            LoadKey::Allocator => Loaded::Allocator(self.allocator),
            LoadKey::Dedupe { conversation, sender } => {
                let records = self.dedupe.get(&(*conversation, *sender));
                Loaded::Dedupe(records.into_iter().flatten().rev().copied().collect())
            }
            LoadKey::Message { conversation, id } => {
                Loaded::Message(self.log_of(*conversation).find(|message| message.id == *id))
            }
        }
    }

    fn conversation(&self, id: ConversationId) -> Option<ConversationState> {
        let record = self.conversations.get(&id)?.clone();
        let members = below(&self.members, id).map(|(user, ())| user).collect();
        let last = self.log_of(id).last();
        Some(ConversationState {
            record,
            members,
            last_seq: last.as_ref().map_or(Seq(0), |message| message.seq),
            last_mark: last.as_ref().map_or(0, |message| message.mark),
            last_id: last.as_ref().map_or(MessageId::ZERO, |message| message.id),
        })
    }

    fn log_of(&self, id: ConversationId) -> impl Iterator<Item = Arc<Message>> {
        let range = (id, Seq(0), 0)..=(id, Seq(u32::MAX), u32::MAX);
        self.log.range(range).map(|(_, message)| Arc::clone(message))
    }

    pub(super) fn read(&self, query: &LogQuery) -> LogPage {
        let mut messages = Vec::new();
        for range in &query.ranges {
            messages.extend(self.log_of(range.conversation).filter(|message| {
                message.id > range.after_id
                    && message.id <= range.up_to
                    && message.seq > range.after_seq
                    && message.expires_at_ms.is_none_or(|at| at > query.now_ms)
                    && (query.with_recalled || message.recall_index.is_none())
            }));
        }
        messages.sort_by_key(|message| message.id);
        let whole = messages.len() <= query.messages_max;
        messages.truncate(query.messages_max);
        let complete_up_to = match messages.last() {
            Some(last) if !whole => last.id,
            Some(_) | None => MessageId::MAX,
        };
        LogPage { messages, complete_up_to }
    }

    pub(super) fn clock(&self) -> MessageId {
        self.clock
    }

    pub(super) fn recovered(&self, clock_ceiling: MessageId) -> Recovered {
        let intents = self.intents.iter().map(|(id, intent)| (*id, intent.clone())).collect();
        Recovered { clock_ceiling, intents }
    }

    /// What two shards must not both have: for the scripts' last look at the stores.
    pub(super) fn check_home(&self, me: ShardIndex, placement: Placement) {
        for user in self.users.keys() {
            let home = placement.shard_of(user_partition(*user));
            assert_eq!(home, me, "user {user} is written where it lives");
        }
    }
}

/// The second halves of the keys that begin with `first`.
fn below<A: Ord + Copy, B: Ord + Copy, V>(
    map: &BTreeMap<(A, B), V>,
    first: A,
) -> impl Iterator<Item = (B, &V)> {
    map.iter().filter(move |((a, _), _)| *a == first).map(|((_, b), value)| (*b, value))
}
