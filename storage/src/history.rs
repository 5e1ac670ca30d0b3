//! What is asked of one conversation's log: its messages by seq, when they were said, its recalls.
//!
//! A history is read page by page, each bounded by what it may take and by what it may look at;
//! the marks between messages are passed over without being read.

use std::sync::Arc;

use parlance_codecs::ask::Direction;
use parlance_codecs::{ConversationId, Message, Seq};

/// Recalls that one [`crate::Store::recalls`] returns at most.
pub const RECALLS_MAX: usize = 1_000;

/// Messages of one conversation whose seq lies in a span, from one end of it on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryQuery {
    pub conversation: ConversationId,
    /// Both ends are included.
    pub first: Seq,
    pub last: Seq,
    /// Rising from the first, or falling from the last.
    pub direction: Direction,
    /// At least 1, at most [`parlance_conversation::store::LogQuery::MESSAGES_MAX`].
    pub messages_max: usize,
    /// Soft: the page ends with the message that passes it.
    pub bytes_max: usize,
    /// Expired by then: left out. Unix milliseconds.
    pub now_ms: u64,
    /// Whether recalled messages are in it.
    pub with_recalled: bool,
}

/// A [`HistoryQuery`]'s answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HistoryPage {
    /// In the direction of the query.
    pub messages: Vec<Arc<Message>>,
    /// Where the span goes on: the first (or, falling, the last) seq that was not looked at.
    /// `None` where all of it was.
    pub next: Option<Seq>,
}

/// The seq after one in a direction, if it lies within the span.
pub(crate) fn step(query: &HistoryQuery, from: Seq) -> Option<Seq> {
    let next = match query.direction {
        Direction::After => from.0.checked_add(1)?,
        Direction::Before => from.0.checked_sub(1)?,
    };
    (query.first.0..=query.last.0).contains(&next).then_some(Seq(next))
}

/// The end of the span that its direction begins at; `None` where it holds nothing.
pub(crate) fn start(query: &HistoryQuery) -> Option<Seq> {
    let first = query.first.max(Seq(1));
    if first > query.last {
        return None;
    }
    Some(match query.direction {
        Direction::After => first,
        Direction::Before => query.last,
    })
}
