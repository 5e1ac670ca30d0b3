//! One shard's part of an answer over several shards: its log, read page by page.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use parlance_codecs::{Content, Message};

use crate::effect::Effect;
use crate::input::Ticket;
use crate::limits::PAGE_BYTES_MAX;
use crate::placement::ShardIndex;
use crate::store::{LogPage, LogQuery, LogRange};
use crate::turn::Turn;

#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) ranges: Vec<LogRange>,
    pub(crate) buffered: VecDeque<Arc<Message>>,
    pub(crate) ticket: Option<Ticket>,
    exhausted: bool,
}

impl Source {
    pub(crate) fn new() -> Self {
        Self { ranges: Vec::new(), buffered: VecDeque::new(), ticket: None, exhausted: false }
    }

    pub(crate) fn is_over(&self) -> bool {
        self.exhausted && self.buffered.is_empty()
    }

    /// Asks for the next page where one is needed and none is on its way.
    pub(crate) fn read(&mut self, shard: ShardIndex, turn: &mut Turn) {
        if self.exhausted || self.ticket.is_some() || !self.buffered.is_empty() {
            return;
        }
        let ticket = turn.next_ticket();
        let query = LogQuery {
            ranges: self.ranges.clone(),
            messages_max: turn.options.page_messages,
            bytes_max: PAGE_BYTES_MAX,
            now_ms: turn.now.wall_ms,
            with_recalled: false,
        };
        self.ticket = Some(ticket);
        turn.effect(Effect::ReadLog { ticket, store: shard, query });
    }

    pub(crate) fn take_page(&mut self, page: LogPage) {
        self.ticket = None;
        self.buffered.extend(page.messages);
        for range in &mut self.ranges {
            range.after_id = range.after_id.max(page.complete_up_to);
        }
        self.ranges.retain(|range| range.after_id < range.up_to);
        self.exhausted = self.ranges.is_empty();
    }
}

/// The next message in id order. Asked only where every source has one or is over.
pub(crate) fn take_smallest(sources: &mut BTreeMap<ShardIndex, Source>) -> Option<Arc<Message>> {
    sources
        .values_mut()
        .filter(|source| !source.buffered.is_empty())
        .min_by_key(|source| source.buffered.front().map(|message| message.id))?
        .buffered
        .pop_front()
}

/// Roughly what a message takes on the wire.
pub(crate) fn weight(message: &Message) -> usize {
    let content = match &message.content {
        Content::Text { text, extra } => text.len() + extra.len(),
        Content::Media { media, .. } | Content::ContactMedia { media } => {
            media.url.len() + media.thumbnail.as_ref().map_or(0, String::len)
        }
        Content::ContactText { text } => text.len(),
        Content::Location { .. } | Content::Recall { .. } | Content::Read { .. } => 16,
    };
    content + 128
}
