//! Ids rise, whatever the wall clock and the other shards do.

use super::*;

fn at(ms: u64) -> Now {
    Now { monotonic_ms: ms, wall_ms: MessageId::EPOCH_MS + 1_000_000 + ms }
}

#[test]
fn ids_rise_within_and_beyond_a_millisecond() {
    let mut clock = Clock::new(ShardIndex(3), MessageId::ZERO, at(0));
    let mut last = MessageId::ZERO;
    for i in 0..1_000 {
        let id = clock.next_id(at(i / 500));
        assert!(id > last, "{id} after {last}");
        assert_eq!((id.raw() >> MessageId::COUNTER_BITS) & 63, 3, "{id} bears its shard");
        last = id;
    }
}

#[test]
fn ids_rise_above_what_was_observed_from_either_side() {
    for shard in [0, 5, 63] {
        let mut clock = Clock::new(ShardIndex(shard), MessageId::ZERO, at(0));
        for (ms, other, counter) in [(1_000_000, 63, 63), (1_000_005, 0, 7), (1_000_005, 62, 1)] {
            let seen = MessageId::from_parts(ms, other, counter);
            clock.observe(seen);
            let id = clock.next_id(at(0));
            assert!(id > seen, "shard {shard}: {id} after {seen}");
        }
    }
}

#[test]
fn a_wall_clock_that_jumps_changes_nothing() {
    let mut clock = Clock::new(ShardIndex(0), MessageId::ZERO, at(10));
    let before = clock.next_id(at(10));
    let back = Now { monotonic_ms: 11, wall_ms: 5 };
    let after = clock.next_id(back);
    assert_eq!(after.ms_since_epoch(), before.ms_since_epoch() + 1);
}

#[test]
fn every_id_stays_below_the_ceiling_that_was_asked_for() {
    let mut clock = Clock::new(ShardIndex(1), MessageId::ZERO, at(0));
    let mut ceiling = MessageId::ZERO;
    for ms in (0..60_000).step_by(777) {
        let id = clock.next_id(at(ms));
        if let Some(next) = clock.ceiling_due() {
            ceiling = next;
        }
        assert!(id < ceiling, "{id} at {ms} ms against {ceiling}");
    }
}
