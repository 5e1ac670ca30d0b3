//! What a client is told, to be encoded in any dialect.

use std::sync::Arc;

use crate::ask::{Answer, Ask};
use crate::model::{Category, ConversationId, Message, MessageId, Seq, UserId};
use crate::notice::Notice;
use crate::request::Tag;

/// One thing to tell a session.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A live message. The same for every session, so that it is encoded once per form.
    Delivered(Arc<Message>),
    /// The results of a [`crate::Request::Post`], in the order of its drafts.
    Posted {
        tag: Tag,
        results: Vec<Result<Posted, Refusal>>,
    },
    /// Part of a Sync's answer (or of what was missed, at sign-in: then `tag` is `None`), in
    /// rising id order where the session resumes by id, in log order otherwise. At most
    /// [`Event::PAGE_MESSAGES_MAX`] messages.
    Page {
        tag: Option<Tag>,
        messages: Vec<Arc<Message>>,
    },
    /// The Sync is answered; live messages follow.
    PageEnd {
        tag: Option<Tag>,
    },
    Joined {
        tag: Tag,
        room: ConversationId,
        result: Result<(), Refusal>,
    },
    /// What a [`crate::Request::Ask`] came to; `ask` as it came.
    Answered {
        tag: Tag,
        ask: Box<Ask>,
        result: Result<Answer, Refusal>,
    },
    /// A friendship or a membership changed, just now.
    Noticed(Arc<Notice>),
    /// Notices that the user has not acknowledged, oldest first, at sign-in by cursor. At most
    /// [`Event::PAGE_MESSAGES_MAX`].
    Notices(Vec<Arc<Notice>>),
    /// A request that has no answer of its own was refused.
    Refused {
        tag: Tag,
        refusal: Refusal,
    },
}

impl Event {
    pub const PAGE_MESSAGES_MAX: usize = 256;
}

/// A message that was stored, or had been stored before under the same key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posted {
    pub conversation: ConversationId,
    pub category: Category,
    pub sender: UserId,
    pub id: MessageId,
    pub seq: Seq,
    pub created_at_ms: u64,
    pub expires_at_ms: Option<u64>,
    /// For a recall: its index.
    pub recall_index: Option<u32>,
    /// A retry: this is the first one's result.
    pub duplicate: bool,
}

/// Why a request was not done. Each dialect has its own words for these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Refusal {
    #[error("the users are not friends")]
    NotFriends,
    #[error("no such user")]
    UnknownUser,
    /// Also the answer to those who are not in it: what one may not see does not exist.
    #[error("no such conversation")]
    UnknownConversation,
    #[error("only the owner and the posters of a channel may post in it")]
    NotAPoster,
    #[error("no such message")]
    UnknownMessage,
    #[error("only its sender may recall a message")]
    NotTheSender,
    /// A conversation holds 2^32 - 1 messages at most; seqs never wrap.
    #[error("the conversation is full")]
    ConversationFull,
    #[error("a conversation has at most its members' limit")]
    TooManyMembers,
    #[error("the text has {got} bytes, and may have {max}")]
    TextTooLong { got: usize, max: usize },
    /// The server cannot take writes now (draining, disk full). Nothing was stored.
    #[error("they are friends already")]
    AlreadyFriends,
    /// The same was asked before and is not decided yet.
    #[error("this was asked already")]
    AlreadyAsked,
    #[error("the user is in it already")]
    AlreadyMember,
    /// Nobody asked for what is to be accepted or refused.
    #[error("no such request")]
    UnknownRequest,
    /// The other side has as many open requests as it may have.
    #[error("too many requests are open there")]
    TooManyRequests,
    /// The user has as many friends and groups as one may have.
    #[error("the user has as many friends and groups as one may have")]
    TooManyRelations,
    /// The other user has.
    #[error("the other user has as many friends and groups as one may have")]
    TheirTooManyRelations,
    /// A group's owner, or an admin, may do this, and the user is neither.
    #[error("only those who lead the group may do this")]
    NotALeader,
    /// The user that is meant is not in the group.
    #[error("the user is not in the group")]
    NotAMember,
    /// Before this a user says how they want to be called.
    #[error("the user has no name yet")]
    Nameless,
    #[error("a name has 1 to {max} bytes without NUL, not {got}")]
    BadName { got: usize, max: usize },
    /// Past a rate that the operator set; nothing was done.
    #[error("too fast, come back later")]
    TooFast,
    #[error("the server cannot take this now, come back later")]
    Unavailable,
}
