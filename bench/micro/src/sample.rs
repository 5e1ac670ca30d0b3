//! The message that everything here is done to: two hundred bytes of text to group 12.

use std::sync::Arc;

use parlance_codecs::{Category, Content, ConversationId, Message, MessageId, Seq, UserId};

/// A text of two hundred bytes, as the load generator sends.
pub(crate) fn text() -> String {
    "The quick brown fox jumps over the lazy dog. ".repeat(5).chars().take(200).collect()
}

pub(crate) fn user(raw: u64) -> UserId {
    UserId::new(raw).expect("a small number is an id")
}

pub(crate) fn message() -> Arc<Message> {
    Arc::new(Message {
        id: MessageId::from_parts(10_912_089_010, 3, 1),
        seq: Seq(5),
        mark: 0,
        conversation: ConversationId::number(12).expect("twelve is an id"),
        category: Category::Group,
        sender: user(7),
        content: Content::text(text()),
        created_at_ms: 1_714_979_289_010,
        expires_at_ms: None,
        recall_index: None,
    })
}
