//! Reads the logs of several conversations as one, in rising id order.
//!
//! Within a conversation ids rise with the place, so where a range begins is found by search, not
//! by reading from the start. One iterator serves all ranges: it reads on in one log for as long
//! as that has the smallest id, then moves to the next.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use parlance_codecs::{MessageId, Seq};
use parlance_conversation::store::{LogPage, LogQuery, LogRange};

use crate::error::StoreError;
use crate::families::Family;
use crate::keys::{self, Place};
use crate::page::PageInProgress;
use crate::records;
use crate::scan::{Entry, Scan, View, damaged, damaged_key};

/// Opening a range takes one seek where nothing is new in it, and a few times the logarithm of
/// what is new otherwise. What is then examined is bounded by the page.
pub(super) fn read(
    view: &View<'_>,
    query: &LogQuery,
    examined_max: usize,
) -> Result<LogPage, StoreError> {
    let mut scan = view.scan(Family::Messages);
    // The next entry of each range that has one: the smallest id on top.
    let mut heads = BinaryHeap::new();
    for (index, range) in query.ranges.iter().enumerate() {
        let key = keys::conversation(range.conversation);
        let first = first_above(&mut scan, &key, range.after_id, Some(range.after_seq))?;
        heads.extend(
            first.filter(|place| place.id <= range.up_to).map(|place| {
                Reverse(Head { id: place.id, index, seq: place.seq, mark: place.mark })
            }),
        );
    }
    let mut page = PageInProgress::new(query, examined_max);
    while !page.is_full() {
        let Some(Reverse(head)) = heads.pop() else { break };
        let Some(range) = query.ranges.get(head.index) else { break };
        let others_from = heads.peek().map_or(MessageId::MAX, |Reverse(next)| next.id);
        let left = read_on(&mut scan, range, head.place(), others_from, &mut page)?;
        heads.extend(left.map(|place| {
            Reverse(Head { id: place.id, index: head.index, seq: place.seq, mark: place.mark })
        }));
    }
    Ok(page.finish(heads.peek().map(|Reverse(head)| head.id)))
}

/// The last entry of a log.
pub(super) fn last_place(
    scan: &mut Scan<'_>,
    conversation_key: &[u8],
) -> Result<Option<Place>, StoreError> {
    last_up_to(scan, conversation_key, Place::end_of(Seq(u32::MAX)))
}

/// The first entry of a log with an id above `after_id` and, where asked for, a seq above
/// `after_seq`. New messages are at the end, so the search goes back from there in growing steps
/// and then halves what is left.
pub(super) fn first_above(
    scan: &mut Scan<'_>,
    conversation_key: &[u8],
    after_id: MessageId,
    after_seq: Option<Seq>,
) -> Result<Option<Place>, StoreError> {
    let is_above =
        |place: &Place| place.id > after_id && after_seq.is_none_or(|seq| place.seq > seq);
    let Some(mut found) = last_place(scan, conversation_key)?.filter(is_above) else {
        return Ok(None);
    };
    // No entry with a seq below the floor is above both bounds; `found` always is, and is the
    // last of its seq.
    let mut floor = after_seq.map_or(0, |seq| seq.0.saturating_add(1));
    let mut step = 1u32;
    while let Some(probe) = found.seq.0.checked_sub(step).filter(|&probe| probe >= floor) {
        let place = last_up_to(scan, conversation_key, Place::end_of(Seq(probe)))?;
        let Some(place) = place.filter(is_above) else {
            floor = probe.saturating_add(1);
            break;
        };
        found = place;
        step = step.saturating_mul(2);
    }
    while floor < found.seq.0 {
        let middle = floor.midpoint(found.seq.0);
        let place = last_up_to(scan, conversation_key, Place::end_of(Seq(middle)))?;
        match place.filter(is_above) {
            Some(place) => found = place,
            None => floor = middle.saturating_add(1),
        }
    }
    // The same among the marks behind that one message: there may be many.
    let mut floor = 0u32;
    while floor < found.mark {
        let middle = floor.midpoint(found.mark);
        let place = last_up_to(scan, conversation_key, Place::end_of_mark(found.seq, middle))?;
        match place.filter(|place| place.seq == found.seq && is_above(place)) {
            Some(place) => found = place,
            None => floor = middle.saturating_add(1),
        }
    }
    Ok(Some(found))
}

/// A range's next entry, ordered by id and then, should two ranges name one conversation, by the
/// ranges' order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Head {
    id: MessageId,
    index: usize,
    seq: Seq,
    mark: u32,
}

impl Head {
    fn place(self) -> Place {
        Place { seq: self.seq, mark: self.mark, id: self.id }
    }
}

/// Gives the page one range's entries from `start` on, for as long as it takes any and no other
/// range has a smaller id. Returns the range's next entry.
fn read_on(
    scan: &mut Scan<'_>,
    range: &LogRange,
    start: Place,
    others_from: MessageId,
    page: &mut PageInProgress,
) -> Result<Option<Place>, StoreError> {
    let conversation_key = keys::conversation(range.conversation);
    let mut entry = scan.seek(&keys::message_under(&conversation_key, start))?;
    let mut last_id = MessageId::ZERO;
    while let Some((key, value)) = entry {
        let Some(place) = place_of((key, value), &conversation_key)? else { break };
        if place.id <= last_id {
            return Err(damaged(Family::Messages, key, "ids that do not rise"));
        }
        if place.id > range.up_to {
            break;
        }
        if place.id > others_from || page.is_full() {
            return Ok(Some(place));
        }
        let message = records::decode_message(value, range.conversation, place)
            .map_err(|why| damaged(Family::Messages, key, why))?;
        page.examine(value.len(), message.map(Arc::new));
        last_id = place.id;
        entry = scan.next()?;
    }
    Ok(None)
}

/// The last entry of a log at or before a place.
pub(super) fn last_up_to(
    scan: &mut Scan<'_>,
    conversation_key: &[u8],
    place: Place,
) -> Result<Option<Place>, StoreError> {
    match scan.seek_back(&keys::message_under(conversation_key, place))? {
        Some(entry) => place_of(entry, conversation_key),
        None => Ok(None),
    }
}

/// `None` where the entry belongs to another conversation.
pub(super) fn place_of(
    entry: Entry<'_>,
    conversation_key: &[u8],
) -> Result<Option<Place>, StoreError> {
    let (key, _) = entry;
    if !key.starts_with(conversation_key) {
        return Ok(None);
    }
    keys::parse_place(key, conversation_key)
        .map(Some)
        .ok_or_else(|| damaged_key(Family::Messages, key))
}
