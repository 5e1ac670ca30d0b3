//! When a bucket has a token, and which buckets are forgotten.

use parlance_codecs::UserId;

use super::{FORGET_EVERY, Paced, Paces, Rate};
use crate::limits::PACES_MAX;

fn user(id: u64) -> UserId {
    UserId::new(id).unwrap()
}

/// Takes one at each time and compares.
fn check(rate: Rate, expected: &[(u64, bool)]) {
    let mut paces = Paces::default();
    for (now_ms, taken) in expected {
        assert_eq!(paces.take(user(7), Paced::Send, rate, *now_ms), *taken, "at {now_ms}");
    }
}

#[test]
fn one_a_second_is_one_a_second() {
    let rate = Rate { tokens: 1, per_ms: 1_000 };
    check(
        rate,
        &[(0, true), (1, false), (999, false), (1_000, true), (1_500, false), (9_000, true)],
    );
}

#[test]
fn a_rested_user_may_hurry_for_a_while() {
    let rate = Rate { tokens: 10, per_ms: 60_000 };
    let mut expected: Vec<(u64, bool)> = (0..10).map(|at| (at, true)).collect();
    expected.extend([(10, false), (5_999, false), (6_000, true), (6_001, false), (12_000, true)]);
    check(rate, &expected);
}

#[test]
fn users_and_things_have_buckets_of_their_own() {
    let rate = Rate { tokens: 1, per_ms: 1_000 };
    let mut paces = Paces::default();
    for id in [7, 8] {
        for paced in [Paced::Send, Paced::Pull, Paced::SignIn] {
            assert!(paces.take(user(id), paced, rate, 5));
            assert!(!paces.take(user(id), paced, rate, 5));
        }
    }
}

#[test]
fn full_buckets_are_forgotten() {
    let rate = Rate { tokens: 1, per_ms: 1_000 };
    let mut paces = Paces::default();
    for id in 1..=FORGET_EVERY as u64 {
        assert!(paces.take(user(id), Paced::Send, rate, 0));
    }
    assert!(paces.take(user(1_000_000), Paced::Send, rate, 5_000));
    assert_eq!(paces.full_at_ms.len(), 1);
}

#[test]
fn there_is_a_bound_on_buckets() {
    let rate = Rate { tokens: 2, per_ms: 1_000 };
    let mut paces = Paces::default();
    for id in 1..=PACES_MAX as u64 {
        assert!(paces.take(user(id), Paced::Send, rate, 0));
    }
    assert!(!paces.take(user(PACES_MAX as u64 + 1), Paced::Send, rate, 0));
    assert!(paces.take(user(1), Paced::Send, rate, 0), "who has a bucket keeps it");
    assert!(paces.take(user(PACES_MAX as u64 + 1), Paced::Send, rate, 1_000));
}
