//! What is due comes up, once, in any pattern of turns.

use super::*;

/// Arms each deadline at time 0, turns the wheel to each time, and compares what was due.
fn check(deadlines: &[u64], turns: &[(u64, &[u64])]) {
    let mut wheel = Wheel::new(0);
    for deadline in deadlines {
        wheel.arm(*deadline, *deadline);
    }
    for (now_ms, expected) in turns {
        let mut due = Vec::new();
        wheel.turn(*now_ms, &mut due);
        due.sort_unstable();
        assert_eq!(due, *expected, "due at {now_ms}");
    }
}

#[test]
fn nothing_fires_early_and_everything_fires_once() {
    check(
        &[10, 260, 10_000, 10_001],
        &[
            (0, &[]),
            (249, &[]),
            (250, &[10]),
            (9_999, &[260]),
            (10_000, &[10_000]),
            (10_250, &[10_001]),
            (500_000, &[]),
        ],
    );
}

#[test]
fn a_long_sleep_fires_all_of_it() {
    check(&[1_000, 60_000, 120_000], &[(10_000_000, &[1_000, 60_000, 120_000])]);
}

#[test]
fn beyond_the_horizon_fires_at_the_horizon() {
    let mut wheel = Wheel::new(0);
    let fires_at = wheel.arm("far", 10_000_000);
    assert_eq!(fires_at, (SLOTS as u64 - 1) * TICK_MS);
    let mut due = Vec::new();
    wheel.turn(fires_at, &mut due);
    assert_eq!(due, ["far"]);
}

#[test]
fn a_deadline_in_the_past_fires_at_the_next_turn_of_its_tick() {
    let mut wheel = Wheel::new(100_000);
    let mut due = Vec::new();
    wheel.turn(100_000, &mut due);
    wheel.arm("late", 0);
    wheel.turn(100_250, &mut due);
    assert_eq!(due, ["late"]);
}
