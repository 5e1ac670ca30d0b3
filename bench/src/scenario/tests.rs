//! Whole runs against servers that do something wrong on purpose: each fault is told.

use super::fake_server::{FakeServer, Misdeed};
use super::fanout::FanoutResult;
use super::tally::Faults;
use super::*;
use crate::limits::EXAMPLES_MAX;
use crate::wire::{Category, Wire};
use crate::workload::{Fanout, Idle};

const ALL: [Wire; 4] = [Wire::StreamWsJson, Wire::StreamWsProto, Wire::StreamTcp, Wire::Onechat];
/// Prints with every failure; the ids of a run hang on it.
const SEED: u64 = 77;
const MEMBERS: u32 = 8;
const RATE: f64 = 40.0;

fn setting<'a>(
    target: &'a Target,
    interrupt: &'a Interrupt,
    progress: &'a Progress,
) -> Setting<'a> {
    Setting { target, seed: SEED, settle_ns: 0, interrupt, progress }
}

fn run(misdeed: Misdeed, wires: &[Wire]) -> FanoutResult {
    let workload = Fanout {
        groups: 2,
        members: MEMBERS,
        rate: RATE,
        size: 120,
        seconds: 1,
        warmup: 0,
        wires: wires.to_vec(),
        ..Fanout::default()
    };
    let server = FakeServer::start(misdeed);
    let (target, interrupt) = (server.target(), Interrupt::default());
    let progress = Progress::silent();
    let setting = setting(&target, &interrupt, &progress);
    let result = fanout::run(&workload, &setting).expect("a run");
    assert_eq!(result.published, 80, "seed {SEED}");
    assert!(result.fault_examples.len() <= EXAMPLES_MAX, "seed {SEED}");
    result
}

/// A misdeed shows as exactly these faults, whatever the dialects.
fn check(misdeed: Misdeed, expected: Faults) {
    let result = run(misdeed, &ALL);
    assert_eq!(result.faults, expected, "seed {SEED} {misdeed:?} {:?}", result.fault_examples);
    assert_eq!(result.fault_examples.is_empty(), !expected.any(), "seed {SEED} {misdeed:?}");
}

#[test]
fn an_honest_server_is_clean_over_every_dialect() {
    for wire in ALL {
        let result = run(Misdeed::Nothing, &[wire]);
        assert!(!result.faults.any(), "seed {SEED} {wire:?} {:?}", result.fault_examples);
        let receivers = u64::from(MEMBERS) + u64::from(wire.echoes(Category::Group));
        assert_eq!(result.receipts, 80 * receivers, "seed {SEED} {wire:?}");
        assert_eq!(result.delivery.count, 80 * receivers);
        assert_eq!(result.last_recipient.count, 80);
        assert_eq!(result.acknowledgement.count, 80);
        assert_eq!(result.generator.lag.count, 80);
        assert!(result.delivery.max_us <= result.last_recipient.max_us);
        assert!(result.server_cpu.is_some() && result.memory.is_some());
    }
}

#[test]
fn a_mix_of_dialects_meets_in_one_group() {
    check(Misdeed::Nothing, Faults::default());
}

#[test]
fn loss_is_noticed() {
    check(Misdeed::Drop, Faults { lost: 1, ..Faults::default() });
}

#[test]
fn a_duplicate_is_noticed() {
    check(Misdeed::Duplicate, Faults { duplicated: 1, ..Faults::default() });
}

#[test]
fn a_swap_is_noticed_and_is_no_loss() {
    check(Misdeed::Swap, Faults { reordered: 1, ..Faults::default() });
}

#[test]
fn a_message_for_others_is_noticed() {
    check(Misdeed::Misdeliver, Faults { misdelivered: 1, ..Faults::default() });
}

#[test]
fn a_refusal_is_noticed_with_what_it_causes() {
    let lost = u64::from(MEMBERS);
    let result = run(Misdeed::Refuse, &ALL);
    let expected = Faults { refused: 1, unacknowledged: 1, lost, ..Faults::default() };
    assert_eq!(result.faults, expected, "seed {SEED} {:?}", result.fault_examples);
}

#[test]
fn an_altered_message_is_noticed_by_the_samples() {
    let result = run(Misdeed::Spoil, &ALL);
    // 2 groups of 8 members get 40 messages each: 640 receipts, of which 1 in 256 is decoded.
    let expected = Faults { malformed: 3, ..Faults::default() };
    assert_eq!(result.faults, expected, "seed {SEED} {:?}", result.fault_examples);
}

#[test]
fn a_closed_connection_is_noticed_with_what_it_misses() {
    let result = run(Misdeed::Disconnect, &ALL);
    let expected = Faults { disconnected: 1, lost: 35, ..Faults::default() };
    assert_eq!(result.faults, expected, "seed {SEED} {:?}", result.fault_examples);
}

#[test]
fn a_stall_counts_for_every_message_that_was_due_in_it() {
    let result = run(Misdeed::Stall { from: 10, to: 30 }, &ALL);
    assert!(!result.faults.any(), "seed {SEED} {:?}", result.fault_examples);
    // Of each group's 40 messages, 20 waited until the 31st was due: 25 to 500 ms, evenly. A
    // closed loop would have counted one of them.
    let delivery = result.delivery;
    assert!(delivery.max_us > 490_000.0, "seed {SEED} {delivery:?}");
    assert!(delivery.p90_us > 390_000.0, "seed {SEED} {delivery:?}");
    assert!(result.acknowledgement.p90_us > 390_000.0, "seed {SEED}");
}

#[test]
fn idle_sessions_are_held_and_counted() {
    for wire in ALL {
        let workload = Idle { connections: 50, seconds: 0, wire };
        let server = FakeServer::start(Misdeed::Nothing);
        let (target, interrupt) = (server.target(), Interrupt::default());
        let progress = Progress::silent();
        let setting = setting(&target, &interrupt, &progress);
        let result = idle::run(&workload, &setting).expect("a run");
        assert_eq!(result.disconnected, 0, "seed {SEED} {wire:?} {:?}", result.first_end);
        assert!(result.memory.is_some_and(|memory| memory.idle.tcp_sockets >= 100));
    }
}

#[test]
fn a_server_that_is_not_there_is_an_error_that_names_it() {
    let server = FakeServer::start(Misdeed::Nothing);
    let mut target = server.target();
    // Port 1 of loopback: nobody listens there.
    target.addresses.main.set_port(1);
    let interrupt = Interrupt::default();
    let progress = Progress::silent();
    let setting = setting(&target, &interrupt, &progress);
    let workload = Idle { connections: 1, seconds: 0, wire: Wire::Onechat };
    let error = idle::run(&workload, &setting).expect_err("no server").to_string();
    assert!(error.contains("onechat") && error.contains("refused"), "{error}");
}

#[test]
fn what_does_not_grow_has_no_slope() {
    let line = |points: &[(f64, f64)]| soak::slope(points.iter().copied());
    assert_eq!(line(&[(0.0, 5.0), (1.0, 5.0), (2.0, 5.0)]), Some(0.0));
    assert_eq!(line(&[(10.0, 0.0), (20.0, 30.0)]), Some(3.0));
    assert_eq!(line(&[(0.0, 1.0), (1.0, 3.0), (2.0, 2.0)]), Some(0.5));
    assert_eq!(line(&[(1.0, 1.0)]), None);
    assert_eq!(line(&[]), None);
}
