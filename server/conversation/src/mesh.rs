//! What shards tell one another, and what a caller without a session may ask.
//!
//! A call starts on whatever shard the caller happens to be (`Origin::Call` remembers it), goes
//! to the home of what it is about, and is answered straight to where it came from.

use std::sync::Arc;

use parlance_codecs::dialect::DialectName;
use parlance_codecs::{
    Category, ConversationId, Draft, Message, MessageId, Notice, Posted, Refusal, Seq, UserId,
};

use crate::input::{CallId, SessionId};
use crate::placement::ShardIndex;
use crate::social::{Consent, FriendAct, GroupAct, Named};
use crate::store::{Intent, IntentId, NameKey, NameRecord};

mod calls;

pub use calls::{CallAnswer, CallRefusal, CallRequest, Notify, Related, Standing, View};

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

/// What sent a message, for the sessions on the receiving shard. A session that sends, and the
/// sessions of its user whose dialect a call was made in, know of the message already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SentBy {
    Session(SessionId),
    CallOf(DialectName),
    /// A session that lives elsewhere, or the operator.
    Others,
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
        /// The dialect of the call that sends it.
        call_of: Option<DialectName>,
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
    /// To the other user's home: `by` does something that they must be there for.
    FriendConsent {
        origin: Origin,
        by: Named,
        user: UserId,
        act: FriendAct,
    },
    /// To the pair's home: both users' homes have checked what they know.
    Friend {
        origin: Origin,
        by: Named,
        user: Named,
        act: FriendAct,
    },
    /// To the home of the user whom the act is about.
    GroupConsent {
        origin: Origin,
        by: UserId,
        group: ConversationId,
        act: GroupAct,
        user: UserId,
    },
    /// To the group's home, with what the home of the user whom it is about has said.
    Group {
        origin: Origin,
        by: UserId,
        group: ConversationId,
        act: GroupAct,
        consent: Consent,
    },
    /// To the session's shard, which is the user's home: the notice is on disk.
    Noticed {
        session: SessionId,
        notice: Arc<Notice>,
    },
    /// To the session's shard, which is the user's home: what the user had not acknowledged.
    Notices {
        session: SessionId,
        notices: Vec<Arc<Notice>>,
    },
    /// To the session's shard.
    Posted {
        session: SessionId,
        post: u32,
        draft: u16,
        result: Result<Posted, Refusal>,
    },
    /// A committed message, to each shard that is home to members. In rising id order per
    /// category: no message of the category with a smaller id follows.
    Deliver {
        message: Arc<Message>,
        by: SentBy,
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
    pub notify: Notify,
}
