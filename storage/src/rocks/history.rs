//! Reads one conversation's log by seq, in either direction, by time, and its recalls by index.
//!
//! Seqs are dense, so each message is sought where it must stand: whatever marks stand between
//! two messages cost nothing. Invariant: a page looks at a bounded number of places and says
//! where it goes on.

use std::sync::Arc;

use parlance_codecs::ask::Direction;
use parlance_codecs::{ConversationId, Message, MessageId, Seq};

use super::log::{last_up_to, place_of};
use crate::error::StoreError;
use crate::families::Family;
use crate::history::{HistoryPage, HistoryQuery, start, step};
use crate::keys::{self, Place};
use crate::page::PageInProgress;
use crate::records;
use crate::retention::unix_ms;
use crate::scan::{Scan, View, damaged, damaged_key};

pub(super) fn read(
    view: &View<'_>,
    query: &HistoryQuery,
    examined_max: usize,
) -> Result<HistoryPage, StoreError> {
    let mut scan = view.scan(Family::Messages);
    let conversation_key = keys::conversation(query.conversation);
    let mut page = PageInProgress::new(query, examined_max);
    let mut next = start(query);
    while let Some(seq) = next.filter(|_| !page.is_full()) {
        let found = match query.direction {
            Direction::After => at_or_after(&mut scan, &conversation_key, seq)?,
            Direction::Before => at_or_before(&mut scan, &conversation_key, seq)?,
        };
        let Some(place) = found.filter(|place| is_within(query, *place)) else {
            next = None;
            break;
        };
        let (stored_bytes, message) = message_at(&mut scan, query.conversation, place)?;
        page.examine(stored_bytes, message.map(Arc::new));
        next = step(query, place.seq);
    }
    Ok(page.finish_history(next))
}

/// Marks may stand before the first message, at seq 0.
fn is_within(query: &HistoryQuery, place: Place) -> bool {
    place.mark == 0 && (query.first..=query.last).contains(&place.seq)
}

/// By halving: places are looked at, and the one message at each.
pub(super) fn seq_at(
    view: &View<'_>,
    conversation: ConversationId,
    last: Seq,
    at_ms: u64,
) -> Result<Seq, StoreError> {
    let mut scan = view.scan(Family::Messages);
    let conversation_key = keys::conversation(conversation);
    let after_last = Seq(last.0.saturating_add(1));
    // Everything below `low` was said before the time, everything from `high` on was not.
    let (mut low, mut high) = (1, after_last.0);
    while low < high {
        let middle = low.midpoint(high);
        let place = at_or_after(&mut scan, &conversation_key, Seq(middle))?;
        let Some(place) = place.filter(|place| place.seq <= last) else {
            high = middle;
            continue;
        };
        let (_, message) = message_at(&mut scan, conversation, place)?;
        // Of what has expired and is gone, the id still tells about when it was.
        let created_at_ms = message.map_or_else(|| unix_ms(place.id), |found| found.created_at_ms);
        if created_at_ms < at_ms {
            low = place.seq.0.saturating_add(1);
        } else {
            high = middle;
        }
    }
    Ok(Seq(low))
}

pub(super) fn recalls(
    view: &View<'_>,
    conversation: ConversationId,
    start: u32,
    direction: Direction,
    limit: usize,
) -> Result<Vec<(u32, Seq)>, StoreError> {
    let mut scan = view.scan(Family::Recalls);
    let mut found = Vec::new();
    let mut next = Some(start);
    while let Some(index) = next.filter(|_| found.len() < limit) {
        let key = keys::recall(conversation, index);
        let entry = match direction {
            Direction::After => scan.seek(&key)?,
            Direction::Before => scan.seek_back(&key)?,
        };
        let Some((key, value)) = entry else { break };
        let (of, index) =
            keys::parse_recall(key).ok_or_else(|| damaged_key(Family::Recalls, key))?;
        if of != conversation {
            break;
        }
        let seq =
            records::decode_recalled(value).map_err(|why| damaged(Family::Recalls, key, why))?;
        found.push((index, seq));
        next = match direction {
            Direction::After => index.checked_add(1),
            Direction::Before => index.checked_sub(1),
        };
    }
    Ok(found)
}

/// The place of the first message with this seq or a later one.
fn at_or_after(
    scan: &mut Scan<'_>,
    conversation_key: &[u8],
    seq: Seq,
) -> Result<Option<Place>, StoreError> {
    match scan.seek(&keys::message_under(conversation_key, start_of(seq)))? {
        Some(entry) => place_of(entry, conversation_key),
        None => Ok(None),
    }
}

/// The place of the last message with this seq or an earlier one.
fn at_or_before(
    scan: &mut Scan<'_>,
    conversation_key: &[u8],
    seq: Seq,
) -> Result<Option<Place>, StoreError> {
    match last_up_to(scan, conversation_key, Place::end_of(seq))? {
        // The message stands before its marks.
        Some(place) if place.mark > 0 => at_or_after(scan, conversation_key, place.seq),
        found => Ok(found),
    }
}

/// Not above any place of a seq.
fn start_of(seq: Seq) -> Place {
    Place { seq, mark: 0, id: MessageId::ZERO }
}

/// How long the entry at a place is, and its message where its content is there.
fn message_at(
    scan: &mut Scan<'_>,
    conversation: ConversationId,
    place: Place,
) -> Result<(usize, Option<Message>), StoreError> {
    let sought = keys::message(conversation, place);
    match scan.seek(&sought)? {
        Some((key, value)) if key == sought => records::decode_message(value, conversation, place)
            .map(|message| (value.len(), message))
            .map_err(|why| damaged(Family::Messages, key, why)),
        Some(_) | None => Err(damaged(Family::Messages, &sought, "an entry that was just there")),
    }
}
