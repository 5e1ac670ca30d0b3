//! What a caller without a session may ask, and what comes of it.

use std::sync::Arc;

use parlance_codecs::ask::{JoinRequest, Member, Profile, RequestSpan};
use parlance_codecs::dialect::DialectName;
use parlance_codecs::{
    Category, ConversationId, Description, Draft, Message, MessageId, Posted, Refusal, Seq, UserId,
};

use crate::paces::{Paced, Rate};
use crate::social::{FriendAct, GroupAct};
use crate::store::{NameKey, NameRecord};

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
        notify: Notify,
    },
    /// [`CallAnswer::Done`]. Members that are already in it stay.
    AddMembers { conversation: ConversationId, members: Vec<UserId>, notify: Notify },
    /// [`CallAnswer::Done`]. Users that are not in it are passed over.
    RemoveMembers { conversation: ConversationId, members: Vec<UserId>, notify: Notify },
    /// Both ways; creates who is unknown, because the operator vouches. [`CallAnswer::Done`], or
    /// [`Refusal::UnknownUser`] for oneself.
    Befriend { a: UserId, b: UserId, notify: Notify },
    /// What `by` does about a friendship with `user`: [`CallAnswer::Befriended`] for
    /// [`FriendAct::Ask`], else [`CallAnswer::Done`].
    Friend { by: UserId, user: UserId, act: FriendAct },
    /// What `by` does in or about a group: [`CallAnswer::Done`].
    Group { by: UserId, group: ConversationId, act: GroupAct },
    /// Whether the user exists and may have one more friend or group: [`CallAnswer::Done`],
    /// [`Refusal::UnknownUser`] or [`Refusal::TheirTooManyRelations`].
    MayRelate { user: UserId },
    /// [`CallAnswer::Done`], or [`Refusal::BadName`].
    SetOwnName { user: UserId, name: String },
    /// What the user says of themselves, where they never said it before: [`CallAnswer::Profile`].
    Introduce { user: UserId, name: Option<String>, photo: Option<String> },
    /// How the user calls a friend or a group; empty: as it is called by itself.
    /// [`CallAnswer::Done`].
    SetAlias { user: UserId, target: ConversationId, name: String },
    /// The members of a group as one of them sees it: [`CallAnswer::Members`]. Who has no name in
    /// the group is there without a name.
    Members { by: UserId, group: ConversationId },
    /// What the user is asked: [`CallAnswer::Requests`].
    Requests { user: UserId, span: RequestSpan },
    /// Who wants to be let into a group, for those who lead it: [`CallAnswer::Requests`].
    GroupRequests { by: UserId, group: ConversationId, span: RequestSpan },
    /// Send as `sender`: [`CallAnswer::Posted`]. `friends_required` as in a session's style;
    /// `create_sender` where a valid token named the sender. `call_of`: the dialect whose own
    /// sessions of the sender are not shown it, unless they echo.
    Post {
        sender: UserId,
        draft: Draft,
        friends_required: bool,
        create_sender: bool,
        call_of: Option<DialectName>,
    },
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
    /// Takes one from the user's bucket: [`CallAnswer::Done`], or [`Refusal::TooFast`] where it is
    /// empty.
    Pace { user: UserId, paced: Paced, rate: Rate },
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
    /// `true`: both are friends now; `false`: the other was asked.
    Befriended(bool),
    /// Rising by user.
    Members(Vec<Member>),
    Requests {
        total: u32,
        page: Vec<JoinRequest>,
    },
    Posted(Posted),
    Done,
    Refused(CallRefusal),
}

/// Whether those whom a call of the operator's concerns are told by a notice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Notify {
    #[default]
    Nobody,
    Concerned,
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
    /// Friends' directs, groups and channels, rising, with the user's own names for them (empty
    /// where there is none).
    pub targets: Vec<(ConversationId, String)>,
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

impl From<Refusal> for CallAnswer {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal.into())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum CallRefusal {
    /// The id, name or external id belongs to another user.
    #[error("already taken")]
    Taken,
    #[error(transparent)]
    Refused(#[from] Refusal),
}
