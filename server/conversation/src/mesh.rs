//! What shards tell one another, and what a caller without a session may ask.
//!
//! A call starts on whatever shard the caller happens to be (`Origin::Call` remembers it), goes
//! to the home of what it is about, and is answered straight to where it came from.

use std::sync::Arc;

use parlance_codecs::{Category, ConversationId, Draft, Message, MessageId, Posted, Refusal, UserId};

use crate::input::{CallId, SessionId};
use crate::placement::ShardIndex;
use crate::store::{Intent, IntentId, NameKey, NameRecord};

/// Who waits for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// Result number `draft` of the session's Post number `post`.
    Session { shard: ShardIndex, session: SessionId, post: u32, draft: u16 },
    Call { shard: ShardIndex, call: CallId },
}

/// Something asked without a session: by an HTTP request, a sign-in, the operator.
#[derive(Clone, Debug, PartialEq)]
pub enum CallRequest {
    /// Where a name leads: answered by [`CallAnswer::Name`].
    LookUpName { name: NameKey },
    /// A valid token named this user, who exists from now on: [`CallAnswer::Done`] once durable.
    EnsureUser { user: UserId },
    /// [`CallAnswer::User`], or [`CallRefusal::Taken`].
    CreateUser {
        id: Option<UserId>,
        name: Option<String>,
        password_hash: Option<String>,
        external_id: Option<String>,
    },
    /// [`CallAnswer::Done`], or [`CallRefusal::UnknownUser`].
    SetPassword { name: String, password_hash: String },
    /// [`CallAnswer::Conversation`]. Never a direct. Members, owner and posters that are unknown
    /// are created: the operator vouches for them.
    CreateConversation {
        category: Category,
        name: String,
        owner: Option<UserId>,
        members: Vec<UserId>,
        posters: Vec<UserId>,
        history_for_new_members: bool,
    },
    /// [`CallAnswer::Done`]. Members that are already in it stay.
    AddMembers { conversation: ConversationId, members: Vec<UserId> },
    /// [`CallAnswer::Done`]. Users that are not in it are passed over.
    RemoveMembers { conversation: ConversationId, members: Vec<UserId> },
    /// Both ways. [`CallAnswer::Done`], or [`CallRefusal::UnknownUser`].
    Befriend { a: UserId, b: UserId },
    /// Send as `sender`: [`CallAnswer::Posted`]. `friends_required` as in a session's style;
    /// `create_sender` where a valid token named the sender.
    Post { sender: UserId, draft: Draft, friends_required: bool, create_sender: bool },
    /// Whether the conversation is there for `user` (`None`: the operator): [`CallAnswer::Done`]
    /// or [`CallRefusal::Refused`] with [`Refusal::UnknownConversation`].
    Describe { conversation: ConversationId, user: Option<UserId> },
}

#[derive(Clone, Debug, PartialEq)]
pub enum CallAnswer {
    Name(Option<NameRecord>),
    User(UserId),
    Conversation(ConversationId),
    Described(Description),
    Posted(Posted),
    Done,
    Refused(CallRefusal),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Description {
    pub conversation: ConversationId,
    pub category: Category,
    pub name: String,
    pub owner: Option<UserId>,
    /// Rising.
    pub members: Vec<UserId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum CallRefusal {
    /// The id, name or external id belongs to another user.
    #[error("already taken")]
    Taken,
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// A message to another shard, with the sender's clock, which the receiver's never falls behind.
#[derive(Clone, Debug, PartialEq)]
pub struct MeshMessage {
    pub clock: MessageId,
    pub body: MeshBody,
}

#[derive(Clone, Debug, PartialEq)]
pub enum MeshBody {
    /// To a caller's shard.
    Answer { call: CallId, answer: CallAnswer },
    /// To the home of what the call is about at this step.
    Call { origin: Origin, request: CallRequest },
    /// To the conversation's home: the sender's home has checked what it knows.
    Post { origin: Origin, sender: UserId, draft: Draft },
    /// To the session's shard.
    Posted { session: SessionId, post: u32, draft: u16, result: Result<Posted, Refusal> },
    /// A committed message, to each shard that is home to members. In rising id order per
    /// category. `closed`: no message of the category with an id up to this follows.
    Deliver { message: Arc<Message>, closed: MessageId },
    /// Asks the receiver to promise that no message with an id up to `up_to` follows.
    Close { category: Category, up_to: MessageId },
    /// That promise, and perhaps more of it.
    Closed { category: Category, up_to: MessageId },
    /// Whether a user exists: asked by a direct's home before its first message.
    AskUser { user: UserId, conversation: ConversationId },
    UserIs { user: UserId, conversation: ConversationId, exists: bool },
    Intend { id: IntentId, intent: Intent },
    /// The intent is durable where it belongs.
    Done { id: IntentId },
    /// To a room's home: a session of `user` on the sending shard joins or leaves.
    JoinRoom { room: ConversationId, user: UserId, session: SessionId },
    LeaveRoom { room: ConversationId, user: UserId },
    RoomJoined { room: ConversationId, session: SessionId, result: Result<(), Refusal> },
    /// Steps of creating a user; `waiter` is the creating user's home's own number.
    ClaimName { name: NameKey, record: NameRecord, waiter: u64 },
    NameClaimed { waiter: u64, claimed: bool },
    ReleaseName { name: NameKey, user: UserId },
}
