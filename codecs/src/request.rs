//! What a client asks for, decoded from any dialect.
//!
//! Sign-in is not here: it happens before a session exists, and each dialect has its own
//! credentials ([`crate::dialect`] names them).

use crate::ask::Ask;
use crate::model::{Category, Content, ConversationId, MessageId};

/// What the client wants echoed in the answer (`sn` of `stream`, `ack` of `onechat`), kept as it
/// came. At most [`Tag::BYTES_MAX`]; longer ones are refused by the dialect. A dialect whose answer
/// repeats what was sent keeps it here too, which is bounded by the frame that it came in.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(pub Box<str>);

impl Tag {
    pub const BYTES_MAX: usize = 256;
}

/// A message that a client wants to send. Its sender is the session's user, whatever the payload
/// said.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    pub conversation: ConversationId,
    /// What the client believes the conversation to be; a mismatch is an unknown conversation.
    /// `None` where the dialect does not tell.
    pub category: Option<Category>,
    pub body: DraftBody,
    /// Lifetime in milliseconds from acceptance.
    pub expires_in_ms: Option<u64>,
    /// The client's own key for this message: a retry with the same key and content stores
    /// nothing new. At most 512 bytes.
    pub key: Option<Box<[u8]>>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum DraftBody {
    /// Never [`Content::Recall`] or [`Content::Read`].
    Content(Content),
    Recall {
        target: MessageId,
    },
    Read {
        target: MessageId,
    },
}

/// A signed-in session's request.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// Send these, each on its own; answered by one [`crate::Event::Posted`] with a result for
    /// each, in order. At least one, at most [`Request::DRAFTS_MAX`].
    Post { tag: Tag, drafts: Vec<Draft> },
    /// Everything newer than `after` for each category listed. `None` goes by the server's own
    /// cursors. An empty list means every category by the server's cursors. Answered by
    /// [`crate::Event::Page`]s.
    Sync { tag: Tag, after: Vec<(Category, Option<MessageId>)>, room: Option<ConversationId> },
    /// Delivered: everything up to an id in a category. No answer.
    ReceiptUpTo { category: Category, up_to: MessageId },
    /// Delivered: these messages. No answer. At most [`Request::RECEIPTS_MAX`]; the dialect
    /// splits longer lists.
    Receipts { ids: Vec<MessageId> },
    /// Join a room for as long as the session lasts. Answered by [`crate::Event::Joined`].
    Join { tag: Tag, room: ConversationId },
    /// Answered by [`crate::Event::Answered`]. The last meaning of its frame; nothing that the
    /// client sends after it is looked at before it is answered.
    Ask { tag: Tag, ask: Ask },
    /// These notices were seen. No answer. At most [`Request::RECEIPTS_MAX`].
    NoticesSeen { ids: Vec<MessageId> },
}

impl Request {
    pub const DRAFTS_MAX: usize = 256;
    pub const RECEIPTS_MAX: usize = 1024;
}
