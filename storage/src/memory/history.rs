//! The model of reading one conversation's log: what a history, a time and a recall's index mean.

use std::sync::Arc;

use parlance_codecs::ask::Direction;
use parlance_codecs::{Content, ConversationId, Message, Seq};

use super::tables::Tables;
use crate::history::{HistoryPage, HistoryQuery};
use crate::page::PageInProgress;

impl Tables {
    pub(super) fn read_history(&self, query: &HistoryQuery, examined_max: usize) -> HistoryPage {
        let span = query.first..=query.last;
        let mut wanted: Vec<&Arc<Message>> =
            self.messages_of(query.conversation).filter(|it| span.contains(&it.seq)).collect();
        if query.direction == Direction::Before {
            wanted.reverse();
        }
        let mut page = PageInProgress::new(query, examined_max);
        let mut next = wanted.into_iter();
        loop {
            if page.is_full() {
                let next = next.next().map(|message| message.seq);
                return page.finish_history(next);
            }
            match next.next() {
                Some(message) => page.examine(0, Some(Arc::clone(message))),
                None => return page.finish_history(None),
            }
        }
    }

    pub(super) fn seq_at(&self, conversation: ConversationId, last: Seq, at_ms: u64) -> Seq {
        let mut messages = self.messages_of(conversation).take_while(|it| it.seq <= last);
        let found = messages.find(|message| message.created_at_ms >= at_ms);
        found.map_or(Seq(last.0.saturating_add(1)), |message| message.seq)
    }

    pub(super) fn recalls(
        &self,
        conversation: ConversationId,
        start: u32,
        direction: Direction,
        limit: usize,
    ) -> Vec<(u32, Seq)> {
        let log = self.logs.get(&conversation);
        let marks = log.into_iter().flat_map(|log| log.values());
        let mut recalls: Vec<(u32, Seq)> = marks
            .filter_map(|mark| match mark.content {
                Content::Recall { target_seq, index, .. } => Some((index, target_seq)),
                _ => None,
            })
            .filter(|(index, _)| match direction {
                Direction::After => *index >= start,
                Direction::Before => *index <= start,
            })
            .collect();
        recalls.sort_unstable();
        if direction == Direction::Before {
            recalls.reverse();
        }
        recalls.truncate(limit);
        recalls
    }

    /// Rising, without marks.
    fn messages_of(&self, conversation: ConversationId) -> impl Iterator<Item = &Arc<Message>> {
        let log = self.logs.get(&conversation);
        log.into_iter().flat_map(|log| log.values()).filter(|message| message.mark == 0)
    }
}
