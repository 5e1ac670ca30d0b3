//! What a client is told, to be encoded in any dialect.

use std::sync::Arc;

use crate::model::{Category, ConversationId, Message, MessageId, Seq, UserId};
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
    #[error("the server cannot take this now, come back later")]
    Unavailable,
}
