//! Decides what of a log goes into a page, and when the page ends.
//!
//! It leaves to the stores where each conversation's part begins. The invariant: however little
//! a page could take, at least one entry was examined, so a reader that goes on from
//! `complete_up_to` always gets further.

use std::sync::Arc;

use parlance_codecs::{Content, Media, Message, MessageId, Seq};
use parlance_conversation::store::{LogPage, LogQuery};

use crate::history::{HistoryPage, HistoryQuery};
use crate::retention::expired;

/// Log entries that one page looks at, shown or not: some milliseconds of the read lane, even
/// where thousands of messages in a row are expired or recalled.
pub(crate) const EXAMINED_MAX: usize = 4_096;
/// Stored bytes that one page looks at; it bounds the reads where the entries are long.
pub(crate) const EXAMINED_BYTES_MAX: usize = 8 << 20;

/// What a page may take and show.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    messages_max: usize,
    bytes_max: usize,
    now_ms: u64,
    with_recalled: bool,
}

impl From<&LogQuery> for Bounds {
    fn from(query: &LogQuery) -> Self {
        Self {
            messages_max: query.messages_max,
            bytes_max: query.bytes_max,
            now_ms: query.now_ms,
            with_recalled: query.with_recalled,
        }
    }
}

impl From<&HistoryQuery> for Bounds {
    fn from(query: &HistoryQuery) -> Self {
        Self {
            messages_max: query.messages_max,
            bytes_max: query.bytes_max,
            now_ms: query.now_ms,
            with_recalled: query.with_recalled,
        }
    }
}

pub(crate) struct PageInProgress {
    bounds: Bounds,
    messages: Vec<Arc<Message>>,
    bytes: usize,
    /// How many more entries and stored bytes may be looked at.
    entries_left: usize,
    bytes_left: usize,
}

impl PageInProgress {
    pub(crate) fn new(bounds: impl Into<Bounds>, examined_max: usize) -> Self {
        let bounds = bounds.into();
        let messages_max = bounds.messages_max.clamp(1, LogQuery::MESSAGES_MAX);
        Self {
            bounds: Bounds { messages_max, ..bounds },
            messages: Vec::new(),
            bytes: 0,
            entries_left: examined_max.max(1),
            bytes_left: EXAMINED_BYTES_MAX,
        }
    }

    /// Whether the page ends here: no further entry may be examined.
    pub(crate) fn is_full(&self) -> bool {
        self.messages.len() >= self.bounds.messages_max
            || (!self.messages.is_empty() && self.bytes >= self.bounds.bytes_max)
            || self.entries_left == 0
            || self.bytes_left == 0
    }

    /// Takes the next entry of the log: `None` where its content is gone. Entries must come in
    /// the order of the page.
    pub(crate) fn examine(&mut self, stored_bytes: usize, message: Option<Arc<Message>>) {
        self.entries_left = self.entries_left.saturating_sub(1);
        self.bytes_left = self.bytes_left.saturating_sub(stored_bytes);
        if let Some(message) = message.filter(|message| self.shows(message)) {
            self.bytes = self.bytes.saturating_add(content_bytes(&message.content));
            self.messages.push(message);
        }
    }

    /// `next`: the smallest id of the query that was not examined.
    pub(crate) fn finish(self, next: Option<MessageId>) -> LogPage {
        let complete_up_to =
            next.map_or(MessageId::MAX, |id| MessageId::from_raw(id.raw().saturating_sub(1)));
        LogPage { messages: self.messages, complete_up_to }
    }

    /// For a history: where to go on, if anywhere.
    pub(crate) fn finish_history(self, next: Option<Seq>) -> HistoryPage {
        HistoryPage { messages: self.messages, next }
    }

    fn shows(&self, message: &Message) -> bool {
        let recalled = message.recall_index.is_some() && !message.content.is_mark();
        !expired(message.expires_at_ms, self.bounds.now_ms)
            && (self.bounds.with_recalled || !recalled)
    }
}

/// What a message's content weighs in a page.
fn content_bytes(content: &Content) -> usize {
    /// Two coordinates, a target, a read mark: fixed and small.
    const FIXED: usize = 16;
    let media_bytes =
        |media: &Media| media.url.len() + media.thumbnail.as_ref().map_or(0, String::len);
    match content {
        Content::Text { text, extra } => text.len() + extra.len(),
        Content::Media { kind: _, media } | Content::ContactMedia { media } => media_bytes(media),
        Content::ContactText { text } => text.len(),
        Content::Location { .. } | Content::Recall { .. } | Content::Read { .. } => FIXED,
    }
}
