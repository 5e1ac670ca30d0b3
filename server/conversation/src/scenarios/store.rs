//! One shard's store as ordered maps. It loses nothing and fails never; what a script holds back
//! is simply not applied yet.

use std::collections::BTreeMap;
use std::sync::Arc;

use parlance_codecs::{ConversationId, Message, MessageId, Notice, Seq, UserId};

use crate::placement::{Partition, Placement, ShardIndex, user_partition};
use crate::store::{
    AllocatorState, Change, ConversationRecord, ConversationState, DedupeRecord, FriendRecord,
    GroupRequestRecord, Intent, IntentId, LoadKey, Loaded, LogPage, LogQuery, MemberRecord,
    MembershipRecord, NameKey, NameRecord, NoticeMark, PairRecord, Recovered, RequestRecord,
    UserRecord, UserState,
};

#[derive(Debug, Default)]
pub(super) struct Store {
    users: BTreeMap<UserId, UserRecord>,
    pub(super) memberships: BTreeMap<(UserId, ConversationId), MembershipRecord>,
    friends: BTreeMap<(UserId, UserId), FriendRecord>,
    requests: BTreeMap<(UserId, ConversationId), RequestRecord>,
    notices: BTreeMap<(UserId, MessageId), Arc<Notice>>,
    notice_marks: BTreeMap<(UserId, Partition), MessageId>,
    pairs: BTreeMap<ConversationId, PairRecord>,
    names: BTreeMap<NameKey, NameRecord>,
    allocator: AllocatorState,
    conversations: BTreeMap<ConversationId, ConversationRecord>,
    members: BTreeMap<(ConversationId, UserId), MemberRecord>,
    group_requests: BTreeMap<(ConversationId, UserId), GroupRequestRecord>,
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
            Change::PutFriend { user, friend, record } => {
                self.friends.insert((user, friend), record);
            }
            Change::DeleteFriend { user, friend } => drop(self.friends.remove(&(user, friend))),
            Change::PutRequest { user, about, record } => {
                self.requests.insert((user, about), record);
            }
            Change::DeleteRequest { user, about } => drop(self.requests.remove(&(user, about))),
            Change::PutNotice { notice } => {
                self.notices.insert((notice.user, notice.id), notice);
            }
            Change::DeleteNotice { user, id } => drop(self.notices.remove(&(user, id))),
            Change::PutNoticeMark { user, mark } => {
                self.notice_marks.insert((user, mark.origin), mark.up_to);
            }
            Change::PutPair { pair, record } => drop(self.pairs.insert(pair, record)),
            Change::DeletePair { pair } => drop(self.pairs.remove(&pair)),
            Change::PutName { name, record } => drop(self.names.insert(name, record)),
            Change::DeleteName { name } => drop(self.names.remove(&name)),
            Change::PutAllocator { next_user, next_conversation } => {
                self.allocator = AllocatorState { next_user, next_conversation };
            }
            Change::PutConversation { conversation, record } => {
                self.conversations.insert(conversation, record);
            }
            Change::DeleteConversation { conversation } => {
                self.conversations.remove(&conversation);
                self.log.retain(|(of, ..), _| *of != conversation);
                self.dedupe.retain(|(of, _), _| *of != conversation);
            }
            Change::PutMember { conversation, user, record } => {
                self.members.insert((conversation, user), record);
            }
            Change::PutGroupRequest { conversation, user, record } => {
                self.group_requests.insert((conversation, user), record);
            }
            Change::DeleteGroupRequest { conversation, user } => {
                self.group_requests.remove(&(conversation, user));
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
                    memberships: each_of(&self.memberships, *user),
                    friends: each_of(&self.friends, *user),
                    requests: each_of(&self.requests, *user),
                    notices: below(&self.notices, *user).map(|(_, one)| one.clone()).collect(),
                    notice_marks: below(&self.notice_marks, *user)
                        .map(|(origin, up_to)| NoticeMark { origin, up_to: *up_to })
                        .collect(),
                }
            })),
            LoadKey::Conversation(id) => Loaded::Conversation(self.conversation(*id)),
            LoadKey::Pair(pair) => Loaded::Pair(self.pairs.get(pair).copied()),
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
        let members = each_of(&self.members, id);
        let requests = each_of(&self.group_requests, id);
        let last = self.log_of(id).last();
        Some(ConversationState {
            record,
            members,
            requests,
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

fn each_of<A: Ord + Copy, B: Ord + Copy, V: Clone>(
    map: &BTreeMap<(A, B), V>,
    first: A,
) -> Vec<(B, V)> {
    below(map, first).map(|(second, value)| (second, value.clone())).collect()
}
