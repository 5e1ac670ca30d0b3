//! What shards tell one another, and what a caller without a session may ask.
//!
//! A call starts on whatever shard the caller happens to be (`Origin::Call` remembers it), goes
//! to the home of what it is about, and is answered straight to where it came from.

use std::sync::Arc;

use parlance_codecs::ask::Profile;
use parlance_codecs::{
    Category, ConversationId, Description, Draft, Message, MessageId, Posted, Refusal, Seq, UserId,
};

use crate::input::{CallId, SessionId};
use crate::placement::ShardIndex;
use crate::store::{Intent, IntentId, NameKey, NameRecord};

/// Who waits for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// Result number `draft` of the session's Post number `post`.
    Session {
        shard: ShardIndex,
        session: SessionId,
        post: u32,
        draft: u16,
    },
    Call {
        shard: ShardIndex,
        call: CallId,
    },
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
    /// Both ways; creates who is unknown, because the operator vouches. [`CallAnswer::Done`], or
    /// [`Refusal::UnknownUser`] for oneself.
    Befriend { a: UserId, b: UserId },
    /// Send as `sender`: [`CallAnswer::Posted`]. `friends_required` as in a session's style;
    /// `create_sender` where a valid token named the sender.
    Post { sender: UserId, draft: Draft, friends_required: bool, create_sender: bool },
    /// Close the user's sessions, or those of one device: [`CallAnswer::Done`], whether there were
    /// any or not.
    Kick { user: UserId, device: Option<Box<str>> },
    /// The conversation as `user` may see it (`None`: the operator): [`CallAnswer::Described`]
    /// or [`CallRefusal::Refused`] with [`Refusal::UnknownConversation`].
    Describe { conversation: ConversationId, user: Option<UserId> },
    /// [`CallAnswer::Profile`], or [`Refusal::UnknownUser`].
    Profile { user: UserId },
    /// The conversations that the user is in, directs among them: [`CallAnswer::Memberships`].
    Memberships { user: UserId },
    /// Have the direct of two users exist before its first message: [`CallAnswer::Conversation`];
    /// [`Refusal::UnknownUser`] where `other` is nobody, or the user.
    OpenDirect { user: UserId, other: UserId },
    /// Whom and what the user has to do with: [`CallAnswer::Related`].
    Related { user: UserId },
    /// The user has read everything up to a seq: [`CallAnswer::Done`], and on disk soon after.
    /// [`Refusal::UnknownMessage`] past the end, [`Refusal::UnknownConversation`] for who is not
    /// in it.
    MarkRead { user: UserId, conversation: ConversationId, seq: Seq },
    /// Messages of all the user's conversations above an id, rising: [`CallAnswer::History`].
    /// Nothing up to its last id may still appear. [`Refusal::Unavailable`] where that takes too
    /// long.
    HistoryAfter { user: UserId, after: MessageId, count: u32 },
    /// How far a conversation is, and where a user who is in it stands: [`CallAnswer::View`], or
    /// [`Refusal::UnknownConversation`]. A friend's direct is there, although nothing was said.
    Look { user: UserId, conversation: ConversationId },
}

#[derive(Clone, Debug, PartialEq)]
pub enum CallAnswer {
    Name(Option<NameRecord>),
    User(UserId),
    Conversation(ConversationId),
    Described(Description),
    Profile(Profile),
    /// Rising.
    Memberships(Vec<(ConversationId, Category)>),
    View(View),
    Related(Related),
    History {
        messages: Vec<Arc<Message>>,
        /// There are others above the last of them.
        more: bool,
    },
    Posted(Posted),
    Done,
    Refused(CallRefusal),
}

/// A conversation's log as one who is in it may read it. What lies within it is on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    pub category: Category,
    pub name: String,
    pub last_seq: Seq,
    pub last_id: MessageId,
    pub recalls: u32,
    pub standing: Standing,
}

/// Whom and what a user has to do with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// How the user is called.
    pub own_name: String,
    /// Friends' directs, groups and channels; rising.
    pub targets: Vec<ConversationId>,
}

/// What a user's home knows of the user and one conversation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// The direct is with a friend.
    pub is_friend: bool,
    /// Messages with a seq up to this one are not shown.
    pub hidden_up_to: Seq,
    /// Everything up to this seq is read.
    pub read: Seq,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum CallRefusal {
    /// The id, name or external id belongs to another user.
    #[error("already taken")]
    Taken,
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// A message to another shard. `clock` is the largest id shown on the sending shard: a post that
/// travels with it gets a larger one, so that ids follow cause and effect.
#[derive(Clone, Debug, PartialEq)]
pub struct MeshMessage {
    pub clock: MessageId,
    pub body: MeshBody,
}

/// Everything that one shard tells another (or itself, in the same order).
#[derive(Clone, Debug, PartialEq)]
pub enum MeshBody {
    /// To a caller's shard.
    Answer {
        call: CallId,
        answer: CallAnswer,
    },
    /// To the home of what the call is about at this step.
    Call {
        origin: Origin,
        request: CallRequest,
    },
    /// To the new user's home, with its number. `allocated`: another number will do as well.
    CreateUserAt {
        origin: Origin,
        user: UserId,
        allocated: bool,
        claims: UserClaims,
    },
    /// To the new conversation's home, with its number.
    CreateConversationAt {
        origin: Origin,
        conversation: ConversationId,
        draft: ConversationDraft,
    },
    /// To the conversation's home: the sender's home has checked what it knows. `vouched`: by the
    /// operator, who may post where the sender could not.
    Post {
        origin: Origin,
        sender: UserId,
        draft: Draft,
        vouched: bool,
    },
    /// To the conversation's home: the user's home has added what it knows.
    Look {
        origin: Origin,
        user: UserId,
        conversation: ConversationId,
        standing: Standing,
    },
    /// To a direct's home: both users exist.
    OpenDirect {
        origin: Origin,
        conversation: ConversationId,
    },
    /// To the conversation's home: the user's home has added what it knows.
    MarkRead {
        origin: Origin,
        user: UserId,
        conversation: ConversationId,
        seq: Seq,
        standing: Standing,
    },
    /// To the user's home, which answers who waits for it.
    ReadUpTo {
        user: UserId,
        conversation: ConversationId,
        seq: Seq,
        origin: Option<Origin>,
    },
    /// To the session's shard.
    Posted {
        session: SessionId,
        post: u32,
        draft: u16,
        result: Result<Posted, Refusal>,
    },
    /// A committed message, to each shard that is home to members. In rising id order per
    /// category: no message of the category with a smaller id follows. `except` is the sending
    /// session, where it lives on the receiving shard.
    Deliver {
        message: Arc<Message>,
        except: Option<SessionId>,
    },
    /// Asks the receiver to promise that no message with an id up to `up_to` follows. `round`
    /// comes back in the answer.
    Close {
        up_to: MessageId,
        round: u64,
    },
    /// That promise, and perhaps more of it.
    Closed {
        up_to: MessageId,
        round: u64,
    },
    /// Whether a user exists: asked by a direct's home before its first message.
    AskUser {
        user: UserId,
        conversation: ConversationId,
    },
    UserIs {
        user: UserId,
        conversation: ConversationId,
        exists: bool,
    },
    Intend {
        id: IntentId,
        intent: Intent,
    },
    /// The intent is durable where it belongs.
    Done {
        id: IntentId,
    },
    /// To a room's home: a session of `user` on the sending shard joins or leaves.
    JoinRoom {
        room: ConversationId,
        user: UserId,
        session: SessionId,
    },
    LeaveRoom {
        room: ConversationId,
        user: UserId,
    },
    RoomJoined {
        room: ConversationId,
        session: SessionId,
        result: Result<(), Refusal>,
    },
    /// To a name's home, from the home of the user that is being created.
    ClaimName {
        name: NameKey,
        record: NameRecord,
    },
    NameClaimed {
        name: NameKey,
        user: UserId,
        claimed: bool,
    },
    ReleaseName {
        name: NameKey,
        user: UserId,
    },
}

/// The names that a new user wants.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UserClaims {
    pub name: Option<String>,
    pub password_hash: Option<String>,
    pub external_id: Option<String>,
}

/// A conversation that the operator wants.
#[derive(Clone, Debug, PartialEq)]
pub struct ConversationDraft {
    pub category: Category,
    pub name: String,
    pub owner: Option<UserId>,
    pub members: Vec<UserId>,
    pub posters: Vec<UserId>,
    pub history_for_new_members: bool,
}
