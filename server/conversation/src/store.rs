//! What the core asks of a store, as plain values: what to load, what to read, what to write.
//!
//! The store keeps these; it decides nothing. Every value belongs to one partition
//! ([`crate::placement`]), so that partitions can move. Stored bytes are the store's own matter.

use std::sync::Arc;

use parlance_codecs::{Category, ConversationId, Message, MessageId, Notice, Seq, UserId};

use crate::placement::ShardIndex;

mod intent;
mod relations;

pub use intent::{Intent, IntentId};
pub use relations::{
    FriendRecord, GroupRequestRecord, MemberDuty, MemberRecord, NoticeMark, PairRecord,
    RequestRecord,
};

/// How safe a write must be before it counts as done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Durability {
    /// Never stored; gone with the process.
    Memory,
    /// Written to the operating system, not synced.
    Os,
    /// On disk.
    Sync,
}

/// A name that leads to a user: their login name, or their id in the operator's own system.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NameKey {
    Login(String),
    External(String),
}

/// Where a name leads. The password hash (argon2id, PHC string) stands beside the login name,
/// because whoever signs in brings both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameRecord {
    pub user: UserId,
    pub password_hash: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserRecord {
    /// The login name.
    pub name: Option<String>,
    pub external_id: Option<String>,
    pub created_at_ms: u64,
    /// Everything up to this id counts as delivered, per category ([`Category::index`]).
    pub delivered_up_to: [MessageId; Category::COUNT],
    /// How the user wants to be called; empty where never said.
    pub own_name: String,
    /// Where the user's picture is; empty where never said.
    pub photo: String,
}

/// A conversation as its member sees it, kept at the user's home.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MembershipRecord {
    pub category: Category,
    /// Everything up to this seq counts as delivered.
    pub delivered: Seq,
    /// Seqs above `delivered` that were acknowledged one by one, rising, bounded.
    pub delivered_above: Vec<Seq>,
    /// Everything up to this seq is read.
    pub read: Seq,
    /// Messages with a seq up to this one are not shown (a group that hides its past).
    pub hidden_up_to: Seq,
    /// How the user calls it; empty where never said.
    pub alias: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConversationRecord {
    pub category: Category,
    pub name: String,
    pub owner: Option<UserId>,
    /// Who may post in a channel beside its owner, rising.
    pub posters: Vec<UserId>,
    pub created_at_ms: u64,
    /// How many messages were recalled; the last recall's index.
    pub recalls: u32,
    /// New members see what was said before they came.
    pub history_for_new_members: bool,
}

/// Two keys meet when both the client key and the content are the same: xxh3-128 of both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DedupeIdentity(pub u128);

/// What the first send with a key gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DedupeRecord {
    pub identity: DedupeIdentity,
    pub id: MessageId,
    pub seq: Seq,
    pub created_at_ms: u64,
    pub expires_at_ms: Option<u64>,
    pub recall_index: Option<u32>,
}

/// One change to a store. A write is a list of these, applied whole or not at all.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    PutUser {
        user: UserId,
        record: UserRecord,
    },
    DeleteUser {
        user: UserId,
    },
    PutMembership {
        user: UserId,
        conversation: ConversationId,
        record: MembershipRecord,
    },
    DeleteMembership {
        user: UserId,
        conversation: ConversationId,
    },
    PutFriend {
        user: UserId,
        friend: UserId,
        record: FriendRecord,
    },
    DeleteFriend {
        user: UserId,
        friend: UserId,
    },
    /// `about`: the direct with who wants to be friends, or the group that one is asked into.
    PutRequest {
        user: UserId,
        about: ConversationId,
        record: RequestRecord,
    },
    DeleteRequest {
        user: UserId,
        about: ConversationId,
    },
    PutNotice {
        notice: Arc<Notice>,
    },
    DeleteNotice {
        user: UserId,
        id: MessageId,
    },
    PutNoticeMark {
        user: UserId,
        mark: NoticeMark,
    },
    /// `pair`: the direct of the two.
    PutPair {
        pair: ConversationId,
        record: PairRecord,
    },
    DeletePair {
        pair: ConversationId,
    },
    PutName {
        name: NameKey,
        record: NameRecord,
    },
    DeleteName {
        name: NameKey,
    },
    /// The next numbers to hand out.
    PutAllocator {
        next_user: u64,
        next_conversation: u64,
    },
    PutConversation {
        conversation: ConversationId,
        record: ConversationRecord,
    },
    /// With its log and its keys, but not its members and what is asked about it.
    DeleteConversation {
        conversation: ConversationId,
    },
    PutMember {
        conversation: ConversationId,
        user: UserId,
        record: MemberRecord,
    },
    DeleteMember {
        conversation: ConversationId,
        user: UserId,
    },
    PutGroupRequest {
        conversation: ConversationId,
        user: UserId,
        record: GroupRequestRecord,
    },
    DeleteGroupRequest {
        conversation: ConversationId,
        user: UserId,
    },
    /// Puts the message at `(seq, mark)` of its conversation; a second put at the same place
    /// replaces it (a recall).
    PutMessage {
        message: Arc<Message>,
    },
    PutDedupe {
        conversation: ConversationId,
        sender: UserId,
        record: DedupeRecord,
    },
    PutIntent {
        id: IntentId,
        intent: Intent,
    },
    DeleteIntent {
        id: IntentId,
    },
    /// No id above this was or will be given out before the next `PutClock` is durable.
    PutClock {
        ceiling: MessageId,
    },
}

/// Which of a shard's own things to load into memory.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LoadKey {
    User(UserId),
    Conversation(ConversationId),
    /// What the two of a direct are to each other.
    Pair(ConversationId),
    Name(NameKey),
    Allocator,
    /// The newest dedupe records of one sender in one conversation.
    Dedupe {
        conversation: ConversationId,
        sender: UserId,
    },
    /// One message by its id.
    Message {
        conversation: ConversationId,
        id: MessageId,
    },
}

/// What a load found. `None` inside means that it is not there.
#[derive(Clone, Debug, PartialEq)]
pub enum Loaded {
    User(Option<UserState>),
    Conversation(Option<ConversationState>),
    Pair(Option<PairRecord>),
    Name(Option<NameRecord>),
    Allocator(AllocatorState),
    /// Newest first, at most [`DEDUPE_RECORDS_MAX`].
    Dedupe(Vec<DedupeRecord>),
    Message(Option<Arc<Message>>),
}

/// The sender's last keys that are remembered, per conversation.
pub const DEDUPE_RECORDS_MAX: usize = 10_000;
/// How long a key is remembered, at most.
pub const DEDUPE_WINDOW_MS: u64 = 24 * 60 * 60 * 1000;

#[derive(Clone, Debug, PartialEq)]
pub struct UserState {
    pub record: UserRecord,
    /// Rising by conversation.
    pub memberships: Vec<(ConversationId, MembershipRecord)>,
    /// Rising.
    pub friends: Vec<(UserId, FriendRecord)>,
    /// Rising by what they are about.
    pub requests: Vec<(ConversationId, RequestRecord)>,
    /// Rising by id.
    pub notices: Vec<Arc<Notice>>,
    /// Rising by origin.
    pub notice_marks: Vec<NoticeMark>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ConversationState {
    pub record: ConversationRecord,
    /// Rising.
    pub members: Vec<(UserId, MemberRecord)>,
    /// Rising by user.
    pub requests: Vec<(UserId, GroupRequestRecord)>,
    /// The log's last place and its id; zeros where it is empty.
    pub last_seq: Seq,
    pub last_mark: u32,
    pub last_id: MessageId,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AllocatorState {
    /// Zero where nothing was handed out yet.
    pub next_user: u64,
    pub next_conversation: u64,
}

/// One conversation's part of a [`LogQuery`]: messages strictly above both bounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogRange {
    pub conversation: ConversationId,
    pub after_id: MessageId,
    /// Messages and marks at or below this seq are left out.
    pub after_seq: Seq,
    /// Messages up to this id, inclusive.
    pub up_to: MessageId,
}

/// Read several conversations of one shard as one log in rising id order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogQuery {
    pub ranges: Vec<LogRange>,
    /// At least 1, at most [`LogQuery::MESSAGES_MAX`].
    pub messages_max: usize,
    /// Soft: the page ends with the message that passes it.
    pub bytes_max: usize,
    /// Expired by then: left out. Unix milliseconds.
    pub now_ms: u64,
    /// Whether recalled messages are in it.
    pub with_recalled: bool,
}

impl LogQuery {
    pub const MESSAGES_MAX: usize = 256;
}

/// A [`LogQuery`]'s answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogPage {
    /// Rising by id.
    pub messages: Vec<Arc<Message>>,
    /// Every message of the query up to this id is in the page (or is expired or recalled).
    /// Continue with `after_id` raised to it. [`MessageId::MAX`] where nothing is left.
    pub complete_up_to: MessageId,
}

/// What a restart finds in a shard's store before anything is loaded.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recovered {
    pub clock_ceiling: MessageId,
    /// Rising by id.
    pub intents: Vec<(IntentId, Intent)>,
}

/// Which shard's store a read goes to; reads need no shard's turn.
pub type StoreOf = ShardIndex;
