//! What a user asks for beside sending and receiving messages: friends, groups, names, and what
//! was said before.
//!
//! An [`Ask`] is asked by a signed-in user, whom it does not name: nobody asks for anybody else.
//! It is answered once, by an [`Answer`] or a [`crate::Refusal`], over whatever transport it came.
//! Dialects decode their own words into these and encode the answers; who may do what, and where
//! the facts live, is decided elsewhere.

use std::sync::Arc;

use crate::event::Posted;
use crate::model::{Category, Content, ConversationId, Message, MessageId, Seq, UserId};

/// One thing that a user asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// The user's own, or another's, public facts: [`Answer::Profile`].
    Profile {
        user: UserId,
    },
    /// The user that an id of the operator's own system leads to, created where there is none:
    /// [`Answer::Profile`]. [`crate::Refusal::BadName`] where it can be no such id.
    FindOrCreateUser {
        external_id: String,
    },

    /// Ask another user to be friends, or agree where they have asked: [`Answer::Befriended`].
    /// `named_only`: the dialect wants who asks to have a name; else
    /// [`crate::Refusal::Nameless`].
    RequestFriend {
        user: UserId,
        text: String,
        named_only: bool,
    },
    /// Agree to what another user asked. [`crate::Refusal::UnknownRequest`] where they did not.
    AcceptFriend {
        user: UserId,
    },
    RefuseFriend {
        user: UserId,
    },
    /// End the friendship, for both.
    RemoveFriend {
        user: UserId,
    },

    /// A group with its creator, who owns it, and these members, who must exist:
    /// [`Answer::Conversation`].
    CreateGroup {
        name: String,
        members: Vec<UserId>,
    },
    /// The same, answered by the group as its members see it: [`Answer::Description`].
    /// `external_ids` name members by ids of the operator's own system, which must lead to users.
    CreateDescribedGroup {
        name: String,
        members: Vec<UserId>,
        external_ids: Vec<String>,
    },
    /// Only its owner may.
    DeleteGroup {
        group: ConversationId,
    },
    /// The owner's place goes to the member with the smallest id; a group without members is
    /// deleted.
    LeaveGroup {
        group: ConversationId,
    },
    /// `leaders_only`: the dialect leaves this to owner and admins; otherwise any member may.
    RenameGroup {
        group: ConversationId,
        name: String,
        leaders_only: bool,
    },
    /// A member brings another user in, who is not asked.
    AddMember {
        group: ConversationId,
        user: UserId,
    },
    /// Owner and admins may, and nobody removes one of a higher duty.
    RemoveMember {
        group: ConversationId,
        user: UserId,
    },
    /// A member asks another user to come in.
    Invite {
        group: ConversationId,
        user: UserId,
    },
    AcceptInvite {
        group: ConversationId,
    },
    RefuseInvite {
        group: ConversationId,
    },
    /// Ask to be let in: owner and admins decide.
    Apply {
        group: ConversationId,
    },
    AcceptApplication {
        group: ConversationId,
        user: UserId,
    },
    RefuseApplication {
        group: ConversationId,
        user: UserId,
    },
    /// Only the owner may. Who gives the owner's duty away becomes an admin; it cannot be laid
    /// down otherwise.
    SetDuty {
        group: ConversationId,
        user: UserId,
        duty: Duty,
    },
    /// How the user is called by everybody who has no other name for them.
    SetOwnName {
        name: String,
    },
    /// How the user calls a friend or a group; only they see it. Empty: as it is called by itself.
    SetAlias {
        target: ConversationId,
        name: String,
    },
    /// How the user is called in a group; every member sees it. Empty: as everywhere.
    SetNameInGroup {
        group: ConversationId,
        name: String,
    },

    /// Have a direct conversation exist before its first message: [`Answer::Conversation`].
    OpenDirect {
        user: UserId,
    },

    /// Friends and groups with where the user stands in each: [`Answer::Relations`].
    Relations,
    /// [`Answer::Members`].
    Members {
        group: ConversationId,
    },
    /// Who asked the user to be friends or to come into a group: [`Answer::Requests`].
    Requests {
        span: RequestSpan,
    },
    /// Who asked to be let into a group; for its owner and admins: [`Answer::Requests`].
    GroupRequests {
        group: ConversationId,
        span: RequestSpan,
    },

    /// The user's conversations, directs left out; the newest [`Ask::CONVERSATIONS_MAX`] where
    /// there are more: [`Answer::Conversations`].
    Conversations,
    /// [`Answer::Description`].
    Describe {
        conversation: ConversationId,
    },
    /// Messages of one conversation by seq, recalled ones among them, and none that were made
    /// before a time in Unix milliseconds: [`Answer::History`].
    HistoryBySeq {
        conversation: ConversationId,
        start: Seq,
        direction: Direction,
        count: u32,
        not_before_ms: u64,
    },
    /// Messages of one conversation by the time of their creation in Unix milliseconds, both
    /// ends inclusive, recalled ones left out, oldest first: [`Answer::History`]. Where there are
    /// more than `count`: the first ones from `from_ms` on, or the last ones where it is `None`.
    HistoryByTime {
        conversation: ConversationId,
        from_ms: Option<u64>,
        to_ms: Option<u64>,
        count: u32,
    },
    /// Recalls of one conversation by their index: [`Answer::Recalls`].
    Recalls {
        conversation: ConversationId,
        start: u32,
        direction: Direction,
        count: u32,
    },
    /// Messages of all the user's conversations above an id, oldest first, recalled ones left
    /// out: [`Answer::History`]. Complete: nothing below the last id may still appear.
    HistoryAfter {
        after: MessageId,
        count: u32,
    },
    /// The user has read everything up to a seq: monotone, [`Answer::Done`].
    /// [`crate::Refusal::UnknownMessage`] past the end.
    MarkRead {
        conversation: ConversationId,
        seq: Seq,
    },
    /// A message to the only group, channel or room that the user is in: [`Answer::Posted`].
    /// [`crate::Refusal::UnknownConversation`] where they are in none, or in several.
    PostToOnly {
        content: Content,
    },
    /// Take back the message with a seq: [`Answer::Recalled`].
    RecallAt {
        conversation: ConversationId,
        seq: Seq,
    },
}

impl Ask {
    /// Messages in one answer.
    pub const HISTORY_MAX: u32 = 1_000;
    /// Conversations in one answer.
    pub const CONVERSATIONS_MAX: usize = 1_000;
    /// Members in one [`Ask::CreateGroup`]; others are added later.
    pub const GROUP_MEMBERS_MAX: usize = 500;
    /// A name of a user or a group, in bytes of UTF-8.
    pub const NAME_BYTES_MAX: usize = 256;
    /// What a request for friendship says, in bytes of UTF-8.
    pub const REQUEST_TEXT_BYTES_MAX: usize = 1_024;
}

/// Which way from a start, which is included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Rising from the start.
    After,
    /// Falling from the start.
    Before,
}

/// Which part of a list of requests, by the time that they were made at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestSpan {
    /// Only how many there are.
    Count,
    /// Requests from a time on, in Unix microseconds, in a direction; the start is not included.
    Page { cursor_us: u64, direction: Direction },
}

impl RequestSpan {
    /// Requests in one page.
    pub const PAGE_MAX: usize = 20;
}

/// What a member may do in a group beside reading and posting. The numbers are the `im` dialect's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Duty {
    #[default]
    Member,
    /// May do what the owner may, but not delete the group or give duties.
    Admin,
    Owner,
}

/// What an [`Ask`] came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    Done,
    Profile(Profile),
    /// `true`: both are friends now; `false`: the other was asked.
    Befriended(bool),
    Conversation(ConversationId),
    Relations(Relations),
    /// Rising by user.
    Members(Vec<Member>),
    Requests {
        total: u32,
        /// In the order of the span's direction; empty for [`RequestSpan::Count`].
        page: Vec<JoinRequest>,
    },
    Conversations(Vec<Description>),
    Description(Description),
    History {
        messages: Vec<Arc<Message>>,
        /// There were others beyond the count.
        more: bool,
    },
    /// Recall index and seq of the recalled message, in the order that was asked for.
    Recalls(Vec<(u32, Seq)>),
    Recalled {
        index: u32,
    },
    Posted(Posted),
}

/// Who somebody says that they are, and what they say of themselves besides.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// [`Ask::FindOrCreateUser`] or [`Ask::Profile`].
    pub ask: Ask,
    pub introduction: Introduction,
}

/// What somebody says of themselves. It counts where they have never said it before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Introduction {
    /// How they want to be called, 1 to [`Ask::NAME_BYTES_MAX`] bytes without NUL.
    pub name: Option<String>,
    /// Where their picture is.
    pub photo: Option<String>,
}

impl Introduction {
    /// Whether it says what the profile does not have.
    pub fn adds_to(&self, profile: &Profile) -> bool {
        (self.name.is_some() && profile.name.is_empty())
            || (self.photo.is_some() && profile.photo.is_empty())
    }
}

/// A user as everybody may see them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    pub user: UserId,
    pub external_id: Option<String>,
    /// As the user wants to be called; empty where never said.
    pub name: String,
    /// Where their picture is; empty where never said.
    pub photo: String,
    /// Unix milliseconds.
    pub created_at_ms: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Relations {
    /// How the user wants to be called.
    pub own_name: String,
    /// Friends' directs and groups; rising by target.
    pub relations: Vec<Relation>,
}

/// One friend or group, as its user sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relation {
    /// A direct stands for the friend.
    pub target: ConversationId,
    /// The user's own name for it, else its own.
    pub name: String,
    pub last_seq: Seq,
    pub recalls: u32,
    /// Everything up to this seq is read by the user.
    pub read_seq: Seq,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    pub user: UserId,
    /// The name in the group, else the user's own.
    pub name: String,
    pub duty: Duty,
}

/// Somebody wants to be friends, to have the user in a group, or to come into one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinRequest {
    pub from: UserId,
    /// The group that it is about; `None`: a friendship.
    pub group: Option<ConversationId>,
    pub text: String,
    pub at_us: u64,
}

/// A conversation as its members see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    pub conversation: ConversationId,
    pub category: Category,
    /// Empty where it has none.
    pub name: String,
    pub owner: Option<UserId>,
    /// Rising.
    pub members: Vec<UserId>,
    /// Unix milliseconds.
    pub created_at_ms: u64,
}
