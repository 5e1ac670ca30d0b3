//! One conversation's log by seq in both directions, by time, and its recalls by index.

use std::sync::Arc;

use parlance_codecs::ask::Direction;
use parlance_codecs::{Content, ConversationId, Message, MessageId, Seq};
use parlance_conversation::store::Change;
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::values::*;
use crate::page::EXAMINED_MAX;
use crate::{HistoryQuery, Store};

fn query(conversation: ConversationId, direction: Direction) -> HistoryQuery {
    HistoryQuery {
        conversation,
        first: Seq(1),
        last: Seq(u32::MAX),
        direction,
        messages_max: 256,
        bytes_max: usize::MAX,
        now_ms: NOW_MS,
        with_recalled: true,
    }
}

/// Reads page by page as a reader does.
fn read_all(store: &dyn Store, mut query: HistoryQuery) -> Vec<Arc<Message>> {
    let mut all = Vec::new();
    loop {
        let page = store.read_history(&query).expect("the store reads");
        assert!(page.messages.len() <= query.messages_max.max(1));
        all.extend(page.messages);
        let Some(next) = page.next else { return all };
        assert!((query.first..=query.last).contains(&next), "{next:?} is outside of {query:?}");
        match query.direction {
            Direction::After => {
                assert!(next > query.first, "no page is without progress");
                query.first = next;
            }
            Direction::Before => {
                assert!(next < query.last, "no page is without progress");
                query.last = next;
            }
        }
    }
}

fn any_direction(rng: &mut ChaCha8Rng) -> Direction {
    if rng.random() { Direction::After } else { Direction::Before }
}

fn write_log(
    store: &dyn Store,
    rng: &mut ChaCha8Rng,
    of: ConversationId,
    entries: u64,
) -> Vec<Arc<Message>> {
    let mut writer = LogWriter::new(of);
    let log: Vec<_> = (1..=entries).map(|raw| Arc::new(writer.next(rng, id(raw)))).collect();
    let put_one = |message: &Arc<Message>| Change::PutMessage { message: Arc::clone(message) };
    put(store, &log.iter().map(put_one).collect::<Vec<_>>());
    log
}

pub(super) fn a_history_is_the_naive_answer_in_both_directions(store: &dyn Store) {
    with_seeds(3, |rng| {
        let shift = rng.random_range(1..1 << 40);
        let ours = [number(shift), number(shift + 1)];
        let logs = ours.map(|of| write_log(store, rng, of, 300));
        for _ in 0..150 {
            let which = rng.random_range(0..ours.len());
            let query = HistoryQuery {
                first: Seq(rng.random_range(0..250)),
                last: Seq(rng.random_range(0..250)),
                messages_max: rng.random_range(0..40),
                bytes_max: rng.random_range(0..400),
                with_recalled: rng.random(),
                ..query(ours[which], any_direction(rng))
            };
            let is_wanted = |message: &&Arc<Message>| {
                message.mark == 0
                    && (query.first..=query.last).contains(&message.seq)
                    && message.expires_at_ms.is_none_or(|at| at > query.now_ms)
                    && (query.with_recalled || message.recall_index.is_none())
            };
            let mut expected: Vec<_> = logs[which].iter().filter(is_wanted).cloned().collect();
            if query.direction == Direction::Before {
                expected.reverse();
            }
            assert_eq!(read_all(store, query.clone()), expected, "{query:?}");
        }
    });
}

pub(super) fn a_page_of_history_keeps_to_its_bounds(store: &dyn Store) {
    let of = number(1);
    let changes: Vec<_> = (1..=600)
        .map(|seq| {
            let mut message = message(of, seq, 0, u64::from(seq));
            message.content = Content::text("x".repeat(100));
            put_message(message)
        })
        .collect();
    put(store, &changes);
    for direction in [Direction::After, Direction::Before] {
        let mut query = query(of, direction);
        for (asked, given) in [(0, 1), (1, 1), (7, 7), (256, 256), (usize::MAX, 256)] {
            query.messages_max = asked;
            let page = store.read_history(&query).expect("the store reads");
            assert_eq!(page.messages.len(), given);
            assert!(page.next.is_some());
        }
        for (bytes_max, given) in [(0, 1), (1, 1), (100, 1), (101, 2), (1_000, 10)] {
            query.bytes_max = bytes_max;
            let page = store.read_history(&query).expect("the store reads");
            assert_eq!(page.messages.len(), given, "{bytes_max} bytes");
        }
    }
}

pub(super) fn a_history_reads_past_thousands_of_marks(store: &dyn Store) {
    let of = number(1);
    let marks = 2 * u32::try_from(EXAMINED_MAX).expect("a small number");
    let mut changes = vec![put_message(message(of, 1, 0, 1))];
    changes.extend((1..=marks).map(|mark| put_message(message(of, 1, mark, u64::from(mark) + 1))));
    changes.push(put_message(message(of, 2, 0, u64::from(marks) + 2)));
    put(store, &changes);
    for (direction, expected) in [(Direction::After, [1, 2]), (Direction::Before, [2, 1])] {
        let page = store.read_history(&query(of, direction)).expect("the store reads");
        let seqs: Vec<u32> = page.messages.iter().map(|message| message.seq.0).collect();
        assert_eq!(seqs, expected, "in one page");
    }
}

pub(super) fn spans_that_hold_nothing_give_nothing(store: &dyn Store) {
    let of = number(1);
    put(store, &[put_message(message(of, 1, 0, 10)), put_message(message(of, 2, 0, 20))]);
    put(store, &[put_message(message(number(2), 1, 0, 30))]);
    for direction in [Direction::After, Direction::Before] {
        let whole = query(of, direction);
        assert_eq!(read_all(store, whole.clone()).len(), 2);
        let empty = [
            query(number(3), direction),
            query(direct(1, 2), direction),
            HistoryQuery { first: Seq(3), ..whole.clone() },
            HistoryQuery { first: Seq(2), last: Seq(1), ..whole.clone() },
            HistoryQuery { first: Seq(0), last: Seq(0), ..whole.clone() },
            HistoryQuery { first: Seq(u32::MAX), ..whole.clone() },
        ];
        for query in empty {
            assert_eq!(read_all(store, query.clone()), [], "{query:?}");
        }
        let all_numbers = HistoryQuery { first: Seq(0), ..whole };
        assert_eq!(read_all(store, all_numbers).len(), 2);
    }
}

pub(super) fn a_time_leads_to_the_first_message_from_it_on(store: &dyn Store) {
    with_seeds(3, |rng| {
        let of = number(rng.random_range(1..1 << 40));
        let mut times = Vec::new();
        let mut at_ms = NOW_MS;
        let mut raw_id = 0;
        for seq in 1..=60 {
            at_ms += rng.random_range(0..3);
            times.push(at_ms);
            for mark in 0..rng.random_range(1..4) {
                raw_id += 1;
                let entry = message(of, seq, mark, raw_id);
                put(store, &[put_message(Message { created_at_ms: at_ms, ..entry })]);
            }
        }
        for sought in NOW_MS - 1..=at_ms + 1 {
            for last in [0, 1, 30, 60] {
                let earlier = times.iter().take(last).filter(|time| **time < sought).count();
                let last = Seq(u32::try_from(last).expect("a small number"));
                let expected = Seq(u32::try_from(earlier).expect("a small number") + 1);
                let found = store.seq_at(of, last, sought).expect("the store reads");
                assert_eq!(found, expected, "{sought} up to {last:?}");
            }
        }
        assert_eq!(store.seq_at(number(1 << 41), Seq(0), 0).expect("the store reads"), Seq(1));
    });
}

pub(super) fn recalls_are_found_by_their_index(store: &dyn Store) {
    let recall = |of, seq: u32, index: u32| {
        let content = Content::Recall { target: MessageId::ZERO, target_seq: Seq(seq), index };
        Message { content, ..message(of, 9, index, u64::from(index) + 100) }
    };
    let ours = number(7);
    for (of, seq, index) in [(ours, 5, 1), (ours, 2, 2), (number(8), 4, 1), (ours, 9, 3)] {
        put(store, &[put_message(recall(of, seq, index))]);
    }
    let read = |start, direction, limit| {
        let found = store.recalls(ours, start, direction, limit).expect("the store reads");
        found.into_iter().map(|(index, seq)| (index, seq.0)).collect::<Vec<_>>()
    };
    assert_eq!(read(1, Direction::After, 9), [(1, 5), (2, 2), (3, 9)]);
    assert_eq!(read(0, Direction::After, 2), [(1, 5), (2, 2)]);
    assert_eq!(read(3, Direction::After, 9), [(3, 9)]);
    assert_eq!(read(4, Direction::After, 9), []);
    assert_eq!(read(2, Direction::Before, 9), [(2, 2), (1, 5)]);
    assert_eq!(read(u32::MAX, Direction::Before, 2), [(3, 9), (2, 2)]);
    assert_eq!(read(0, Direction::Before, 9), []);
    assert_eq!(read(1, Direction::After, 0), []);
}
