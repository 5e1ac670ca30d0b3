//! The simulation's own tests: it runs clean, runs the same twice, and notices planted faults.

use crate::{Outcome, Planted, Promise, Recording, run, run_twice};

/// Seeds in which a planted fault has to be noticed at least once. A seed without the shards,
/// clients or crashes that the fault needs cannot notice it.
const SEEDS: u64 = 60;

fn broken(planted: Planted) -> Vec<Outcome> {
    let outcomes = (0..SEEDS).map(|seed| run(seed, Some(planted), Recording::Off));
    outcomes.filter(|outcome| outcome.violation.is_some()).collect()
}

/// The fault is noticed, and by the promise that it breaks.
#[track_caller]
fn check_noticed(planted: Planted, promises: &[Promise]) {
    let outcomes = broken(planted);
    let by_promise = outcomes
        .iter()
        .any(|outcome| outcome.violation.as_ref().is_some_and(|it| promises.contains(&it.promise)));
    let seen: Vec<_> = outcomes.iter().map(|outcome| (outcome.seed, &outcome.violation)).collect();
    assert!(by_promise, "{planted:?} was not noticed as {promises:?}, but as {seen:?}");
}

#[test]
fn seeds_run_clean() {
    for seed in 0..SEEDS {
        let outcome = run(seed, None, Recording::Off);
        assert!(outcome.violation.is_none(), "seed {seed}: {:?}", outcome.violation);
        assert!(outcome.steps > 0, "seed {seed} did nothing");
    }
}

#[test]
fn a_seed_runs_the_same_twice() {
    for seed in 0..10 {
        let outcome = run_twice(seed);
        assert!(outcome.violation.is_none(), "seed {seed}: {:?}", outcome.violation);
    }
}

#[test]
fn two_seeds_run_differently() {
    let [first, second] = [1, 2].map(|seed| run(seed, None, Recording::Hash).hash);
    assert_ne!(first, second);
}

#[test]
fn an_acknowledgement_before_the_commit_is_noticed() {
    check_noticed(Planted::EarlyCommit, &[Promise::Durable]);
}

#[test]
fn a_lost_synced_write_is_noticed() {
    check_noticed(Planted::LostCommit, &[Promise::Durable]);
}

#[test]
fn a_lost_mesh_message_is_noticed() {
    check_noticed(Planted::MeshLoss, &[Promise::Liveness, Promise::Resume]);
}

#[test]
fn reordered_mesh_messages_are_noticed() {
    check_noticed(Planted::MeshSwap, &[Promise::Order, Promise::Resume, Promise::Rights]);
}

#[test]
fn a_message_shown_twice_is_noticed() {
    check_noticed(Planted::DoubleDelivery, &[Promise::Order]);
}

#[test]
fn a_message_never_shown_is_noticed() {
    check_noticed(Planted::LostDelivery, &[Promise::Resume]);
}

#[test]
fn forgotten_keys_are_noticed() {
    check_noticed(Planted::ForgottenKeys, &[Promise::Once]);
}

#[test]
fn a_message_shown_to_a_stranger_is_noticed() {
    check_noticed(Planted::WrongSession, &[Promise::Rights]);
}

#[test]
fn a_gap_in_what_a_caller_is_told_is_noticed() {
    check_noticed(Planted::HistoryGap, &[Promise::Resume]);
}

#[test]
fn reordered_requests_are_noticed() {
    check_noticed(Planted::RequestSwap, &[Promise::Order]);
}
