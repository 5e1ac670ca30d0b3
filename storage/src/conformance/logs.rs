//! Logs: where they end, finding by id, and pages over several conversations.

use std::sync::Arc;

use parlance_codecs::{ConversationId, Message, MessageId, Seq};
use parlance_conversation::store::{
    Change, ConversationState, LoadKey, Loaded, LogPage, LogQuery, LogRange,
};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::values::*;
use crate::Store;
use crate::page::EXAMINED_MAX;

fn range(conversation: ConversationId) -> LogRange {
    let (after_id, up_to) = (MessageId::ZERO, MessageId::MAX);
    LogRange { conversation, after_id, after_seq: Seq(0), up_to }
}

fn query(ranges: Vec<LogRange>) -> LogQuery {
    LogQuery {
        ranges,
        messages_max: LogQuery::MESSAGES_MAX,
        bytes_max: usize::MAX,
        now_ms: NOW_MS,
        with_recalled: false,
    }
}

fn read(store: &dyn Store, query: &LogQuery) -> LogPage {
    store.read_log(query).expect("the store reads")
}

/// Reads page by page as a reader does, and checks that each page gets further.
fn read_all(store: &dyn Store, mut query: LogQuery) -> Vec<Arc<Message>> {
    let mut all: Vec<Arc<Message>> = Vec::new();
    let mut complete_up_to = MessageId::ZERO;
    loop {
        let page = read(store, &query);
        assert!(page.messages.len() <= query.messages_max);
        assert!(page.complete_up_to > complete_up_to, "{page:?} is no further");
        for message in &page.messages {
            assert!(all.last().is_none_or(|last| last.id < message.id), "ids rise");
            assert!(message.id > complete_up_to && message.id <= page.complete_up_to);
            all.push(Arc::clone(message));
        }
        complete_up_to = page.complete_up_to;
        if complete_up_to == MessageId::MAX {
            return all;
        }
        for range in &mut query.ranges {
            range.after_id = range.after_id.max(complete_up_to);
        }
    }
}

/// Writes entries of several conversations with ids that rise over all of them.
fn write_logs(
    store: &dyn Store,
    rng: &mut ChaCha8Rng,
    conversations: &[ConversationId],
    entries: usize,
) -> Vec<Arc<Message>> {
    let mut writers: Vec<_> = conversations.iter().map(|&of| LogWriter::new(of)).collect();
    let mut all = Vec::new();
    let mut last_id = 0;
    while all.len() < entries {
        let mut changes = Vec::new();
        for _ in 0..rng.random_range(1..40) {
            last_id += rng.random_range(1..4);
            let writer = rng.random_range(0..writers.len());
            let message = Arc::new(writers[writer].next(rng, id(last_id)));
            all.push(Arc::clone(&message));
            changes.push(Change::PutMessage { message });
        }
        put(store, &changes);
    }
    all
}

/// What a query means, without any cleverness. `all` rises by id.
fn naive(all: &[Arc<Message>], query: &LogQuery) -> Vec<Arc<Message>> {
    let is_wanted = |message: &&Arc<Message>| {
        let in_a_range = query.ranges.iter().any(|range| {
            range.conversation == message.conversation
                && message.id > range.after_id
                && message.seq > range.after_seq
                && message.id <= range.up_to
        });
        let expired = message.expires_at_ms.is_some_and(|at| at <= query.now_ms);
        in_a_range && !expired && (query.with_recalled || message.recall_index.is_none())
    };
    all.iter().filter(is_wanted).cloned().collect()
}

fn conversations() -> Vec<ConversationId> {
    let mut all = [1, 2, 3, 0xff, 0x100].map(number).to_vec();
    all.extend([direct(1, 2), direct(1, 3)]);
    all
}

pub(super) fn the_last_place_is_that_of_the_last_entry(store: &dyn Store) {
    with_seeds(3, |rng| {
        // Another set of conversations for each seed: a log is only ever added to.
        let shift = rng.random_range(1..1 << 40);
        let all: Vec<_> = (0..5).map(|of| number(shift + of)).collect();
        for &conversation in &all {
            let record = any_conversation_record(rng);
            put(store, &[Change::PutConversation { conversation, record }]);
        }
        let written = write_logs(store, rng, &all[..4], 100);
        for &of in &all {
            let Loaded::Conversation(Some(state)) = load(store, LoadKey::Conversation(of)) else {
                panic!("the conversation is gone");
            };
            let ConversationState { last_seq, last_mark, last_id, .. } = state;
            let last = written.iter().rev().find(|message| message.conversation == of);
            let expected =
                last.map_or((Seq(0), 0, MessageId::ZERO), |last| (last.seq, last.mark, last.id));
            assert_eq!((last_seq, last_mark, last_id), expected);
        }
    });
}

pub(super) fn every_message_is_found_by_its_id(store: &dyn Store) {
    with_seeds(1, |rng| {
        let all = write_logs(store, rng, &conversations(), 600);
        let last = all.last().expect("some were written").id.raw();
        for raw in 0..=last + 1 {
            for &conversation in &conversations() {
                let found = load(store, LoadKey::Message { conversation, id: id(raw) });
                let expected = all
                    .iter()
                    .find(|message| message.id == id(raw) && message.conversation == conversation);
                assert_eq!(found, Loaded::Message(expected.cloned()), "{conversation}, {raw}");
            }
        }
    });
}

pub(super) fn a_recall_replaces_its_message_in_place(store: &dyn Store) {
    let of = number(1);
    let sent = message(of, 1, 0, 10);
    let recalled = Message { recall_index: Some(1), ..sent.clone() };
    put(store, &[put_message(sent), put_message(message(of, 2, 0, 11))]);
    put(store, &[put_message(recalled.clone())]);
    let found = load(store, LoadKey::Message { conversation: of, id: id(10) });
    assert_eq!(found, Loaded::Message(Some(Arc::new(recalled))));
    let mut query = query(vec![range(of)]);
    let seqs = |page: LogPage| page.messages.iter().map(|m| m.seq.0).collect::<Vec<_>>();
    assert_eq!(seqs(read(store, &query)), [2]);
    query.with_recalled = true;
    assert_eq!(seqs(read(store, &query)), [1, 2]);
}

fn any_range(rng: &mut ChaCha8Rng, conversation: ConversationId, last_id: u64) -> LogRange {
    LogRange {
        conversation,
        after_id: id(rng.random_range(0..=last_id)),
        after_seq: Seq(if rng.random() { 0 } else { rng.random_range(0..150) }),
        up_to: if rng.random() { MessageId::MAX } else { id(rng.random_range(0..=last_id + 5)) },
    }
}

pub(super) fn pages_together_are_the_naive_answer(store: &dyn Store) {
    with_seeds(4, |rng| {
        let shift = rng.random_range(1..1 << 40);
        let ours: Vec<_> = (0..4).map(|of| number(shift + of)).collect();
        let all = write_logs(store, rng, &ours, 500);
        let last = all.last().expect("some were written").id.raw();
        for _ in 0..150 {
            let mut ranges = Vec::new();
            for &conversation in &ours {
                if rng.random_bool(0.7) {
                    ranges.push(any_range(rng, conversation, last));
                }
            }
            let turn = rng.random_range(0..=ranges.len().saturating_sub(1));
            ranges.rotate_left(turn);
            let query = LogQuery {
                ranges,
                messages_max: rng.random_range(1..40),
                bytes_max: rng.random_range(0..400),
                now_ms: NOW_MS,
                with_recalled: rng.random(),
            };
            let expected = naive(&all, &query);
            assert_eq!(read_all(store, query.clone()), expected, "{query:?}");
        }
    });
}

pub(super) fn a_page_keeps_to_its_bounds(store: &dyn Store) {
    let of = number(1);
    let changes: Vec<_> = (1..=1_000)
        .map(|seq| {
            let mut message = message(of, seq, 0, u64::from(seq));
            message.content = parlance_codecs::Content::text("x".repeat(100));
            put_message(message)
        })
        .collect();
    put(store, &changes);
    let mut query = query(vec![range(of)]);
    for (asked, given) in [(0, 1), (1, 1), (7, 7), (256, 256), (usize::MAX, 256)] {
        query.messages_max = asked;
        let page = read(store, &query);
        assert_eq!(page.messages.len(), given);
        assert_eq!(page.complete_up_to, id(given as u64));
    }
    // The page ends with the message that reaches the limit of bytes.
    for (bytes_max, given) in [(0, 1), (1, 1), (100, 1), (101, 2), (1_000, 10)] {
        query.bytes_max = bytes_max;
        assert_eq!(read(store, &query).messages.len(), given, "{bytes_max} bytes");
    }
}

pub(super) fn bounds_that_leave_nothing_give_nothing(store: &dyn Store) {
    let of = number(1);
    put(store, &[put_message(message(of, 1, 0, 10)), put_message(message(of, 2, 0, 20))]);
    let nothing = LogPage { messages: Vec::new(), complete_up_to: MessageId::MAX };
    assert_eq!(read(store, &query(Vec::new())), nothing);
    let empty = [
        range(number(2)),
        range(direct(1, 2)),
        LogRange { after_id: id(20), ..range(of) },
        LogRange { after_id: MessageId::MAX, ..range(of) },
        LogRange { after_seq: Seq(2), ..range(of) },
        LogRange { after_seq: Seq(u32::MAX), ..range(of) },
        LogRange { up_to: id(9), ..range(of) },
        LogRange { up_to: MessageId::ZERO, ..range(of) },
        LogRange { after_id: id(10), up_to: id(10), ..range(of) },
        LogRange { after_id: id(20), up_to: id(10), ..range(of) },
        LogRange { after_id: id(10), up_to: id(19), ..range(of) },
    ];
    for range in empty {
        assert_eq!(read(store, &query(vec![range.clone()])), nothing, "{range:?}");
    }
    let one = LogRange { after_id: id(9), up_to: id(10), ..range(of) };
    let page = read(store, &query(vec![one]));
    assert_eq!(page.messages.len(), 1);
    assert_eq!(page.complete_up_to, MessageId::MAX);
}

pub(super) fn the_ends_of_the_number_ranges_work(store: &dyn Store) {
    let of = number(parlance_codecs::UserId::MAX);
    let max = MessageId::MAX.raw();
    let entries = [
        message(of, 0, 1, 1),
        message(of, 0, u32::MAX, 2),
        message(of, u32::MAX - 1, 0, max - 3),
        message(of, u32::MAX - 1, u32::MAX, max - 2),
        message(of, u32::MAX, 0, max - 1),
        message(of, u32::MAX, u32::MAX, max),
    ];
    for entry in &entries {
        put(store, &[put_message(entry.clone())]);
    }
    for entry in &entries {
        let found = load(store, LoadKey::Message { conversation: of, id: entry.id });
        assert_eq!(found, Loaded::Message(Some(Arc::new(entry.clone()))));
    }
    let ids = |range: LogRange| -> Vec<u64> {
        read(store, &query(vec![range])).messages.iter().map(|found| found.id.raw()).collect()
    };
    // A bound of seq 0 leaves out what stands before the first message.
    assert_eq!(ids(range(of)), [max - 3, max - 2, max - 1, max]);
    assert_eq!(ids(LogRange { after_id: id(max - 3), ..range(of) }), [max - 2, max - 1, max]);
    assert_eq!(ids(LogRange { after_id: id(max - 1), ..range(of) }), [max]);
    let before_last = LogRange { after_seq: Seq(u32::MAX - 1), ..range(of) };
    assert_eq!(ids(before_last), [max - 1, max]);
}

pub(super) fn thousands_of_hidden_messages_end_a_page_early_but_never_stall(store: &dyn Store) {
    let of = number(1);
    let hidden = 2 * EXAMINED_MAX as u64 + 100;
    let changes: Vec<_> = (1..=hidden)
        .map(|raw| {
            let seq = u32::try_from(raw).expect("a small number");
            let mut message = message(of, seq, 0, raw);
            match raw % 2 {
                0 => message.expires_at_ms = Some(NOW_MS),
                _ => message.recall_index = Some(seq),
            }
            put_message(message)
        })
        .collect();
    put(store, &changes);
    let seq = u32::try_from(hidden).expect("a small number") + 1;
    put(store, &[put_message(message(of, seq, 0, hidden + 1))]);
    let query = query(vec![range(of)]);
    let first = read(store, &query);
    assert_eq!(first.messages, Vec::new());
    assert_eq!(first.complete_up_to, id(EXAMINED_MAX as u64));
    let all = read_all(store, query);
    assert_eq!(all.iter().map(|found| found.id.raw()).collect::<Vec<_>>(), [hidden + 1]);
}

pub(super) fn thousands_of_ranges_are_read_as_one_log(store: &dyn Store) {
    let count = 3_000;
    // One message each, in an order of ids that is not the order of the keys.
    let changes: Vec<_> = (1..=count)
        .map(|of| put_message(message(number(of), 1, 0, (of * 7_919) % 30_011)))
        .collect();
    put(store, &changes);
    let all = read_all(store, query((1..=count).map(|of| range(number(of))).collect()));
    assert_eq!(all.len(), usize::try_from(count).expect("a small number"));
}
