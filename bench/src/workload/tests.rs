//! Workloads are checked before anything is started.

use parlance_codecs::limits::TEXT_BYTES_MAX;

use super::*;
use crate::stamp::STAMP_BYTES;
use crate::wire::{Category, Foreign, Wire};

pub(crate) fn small() -> Fanout {
    Fanout {
        groups: 2,
        members: 3,
        rate: 10.0,
        size: 100,
        seconds: 5,
        warmup: 1,
        wires: vec![Wire::StreamTcp, Wire::Onechat],
        ..Fanout::default()
    }
}

#[test]
fn seats_are_publisher_and_members_by_group_with_the_mix_dealt_in_turn() {
    let workload = small();
    workload.check().expect("a valid workload");
    let seats = workload.seats(100);
    assert_eq!(seats.len(), workload.connections());
    let wires: Vec<Wire> = seats.iter().map(|seat| seat.wire).collect();
    let (tcp, onechat) = (Wire::StreamTcp, Wire::Onechat);
    assert_eq!(wires, [tcp, tcp, onechat, tcp, tcp, tcp, onechat, tcp]);
    assert!(seats.iter().zip(100..).all(|(seat, user)| seat.user == user));
    assert_eq!([0, 3, 4, 7].map(|seat| workload.group_of(seat)), [0, 0, 1, 1]);
    assert_eq!([0, 1].map(|group| workload.publisher_of(group)), [0, 4]);
    assert!(workload.is_publisher(4) && !workload.is_publisher(5));
    assert_eq!(workload.messages(), 120);
}

#[test]
fn what_cannot_be_run_is_refused_by_its_flag() {
    let refused = |change: fn(&mut Fanout), flag: &str| {
        let mut workload = small();
        change(&mut workload);
        let error = workload.check().expect_err(flag).to_string();
        assert!(error.contains(flag), "{error}");
    };
    refused(|w| w.groups = 0, "groups");
    refused(|w| w.members = 0, "members");
    refused(|w| w.rate = 0.0, "rate");
    refused(|w| w.rate = f64::NAN, "rate");
    refused(|w| w.rate = f64::INFINITY, "rate");
    refused(|w| w.rate = 1e9, "rate");
    refused(|w| w.size = STAMP_BYTES - 1, "size");
    refused(|w| w.size = TEXT_BYTES_MAX + 1, "size");
    refused(|w| w.seconds = 0, "seconds");
    refused(|w| w.warmup = u64::MAX, "warmup");
    refused(|w| w.wires.clear(), "wires");
    refused(|w| w.members = u32::MAX, "members");
}

#[test]
fn users_of_two_runs_do_not_meet() {
    for seed in [0, 1, RUNS - 1, RUNS, u64::MAX] {
        let last = first_user(seed) + CONNECTIONS_MAX as u64;
        assert!(parlance_codecs::UserId::new(last).is_some(), "seed {seed}");
    }
    assert!(first_user(1) > first_user(0) + CONNECTIONS_MAX as u64);
}

#[test]
fn the_slow_ones_are_the_last_members_and_are_awaited_by_nobody() {
    let slow = Slow { members: 5, slow: 2, ..Slow::default() };
    slow.check().expect("a valid workload");
    let layout = slow.layout();
    let seats: Vec<usize> =
        (0..layout.connections()).filter(|seat| layout.is_slow(*seat)).collect();
    assert_eq!(seats, [4, 5]);
    assert_eq!(layout.receipts_per_message(), 3);
    let without = Slow { slow: 0, ..slow }.layout();
    assert!(!(0..6).any(|seat| without.is_slow(seat)));
    assert_eq!(without.receipts_per_message(), 5);
}

#[test]
fn a_pair_is_a_publisher_and_one_receiver() {
    let direct = Direct { pairs: 3, wires: vec![Wire::Rooms], ..Direct::default() };
    direct.check().expect("a valid workload");
    let layout = direct.layout();
    assert_eq!((layout.connections(), layout.category), (6, Category::Direct));
    assert_eq!([0, 1, 2].map(|group| layout.publisher_of(group)), [0, 2, 4]);
}

#[test]
fn each_kind_refuses_what_it_cannot_run() {
    let refused = |checked: Result<(), BenchError>, field: &str| {
        let error = checked.expect_err(field).to_string();
        assert!(error.starts_with(field), "{error}");
    };
    let durable = Durable::default();
    refused(Durable { in_flight: 0, ..durable.clone() }.check(), "in_flight: 0");
    refused(Durable { in_flight: 257, ..durable.clone() }.check(), "in_flight: 257");
    refused(Durable { publishers: 0, ..durable.clone() }.check(), "publishers: 0");
    refused(Durable { wire: Wire::Rooms, ..durable }.check(), "wire: rooms");
    refused(Connect { at_once: 0, ..Connect::default() }.check(), "at_once: 0");
    refused(Connect { connections: 0, ..Connect::default() }.check(), "connections: 0");
    refused(Reconnect { before: 0, ..Reconnect::default() }.check(), "before: 0");
    refused(Reconnect { wire: Wire::Onechat, ..Reconnect::default() }.check(), "wire: onechat");
    refused(Slow { slow: 1_000, ..Slow::default() }.check(), "slow: 1000");
    refused(Ramp { factor: 1.0, ..Ramp::default() }.check(), "factor: 1");
    refused(Ramp { p99_ms_max: 0, ..Ramp::default() }.check(), "p99_ms_max: 0");
    refused(Soak { stages: 1, ..Soak::default() }.check(), "stages: 1");
    refused(History { page: 51, ..History::default() }.check(), "page: 51");
    refused(History { messages: 10, ..History::default() }.check(), "messages: 10");
    refused(History { rate: f64::NAN, ..History::default() }.check(), "rate: NaN");
    let im_first = Direct { wires: vec![Wire::Im], ..Direct::default() };
    refused(im_first.check(), "wires: im");
}

#[test]
fn a_server_of_one_wire_gets_what_it_can_do_and_no_more() {
    let lines = Some(Wire::Foreign(Foreign::Lines));
    let fanout = Workload::Fanout(small());
    assert_eq!(fanout.spoken_in(None).expect("the same"), fanout);
    let Ok(Workload::Fanout(Fanout { wires, .. })) = fanout.spoken_in(lines) else {
        panic!("a floor can fan out")
    };
    assert_eq!(wires, [Wire::Foreign(Foreign::Lines)]);
    for kind in [
        Workload::Durable(Durable::default()),
        Workload::Reconnect(Reconnect::default()),
        Workload::History(History::default()),
    ] {
        let error = kind.spoken_in(lines).expect_err("a floor answers nothing").to_string();
        assert!(error.contains("lines"), "{error}");
    }
    let storm = Workload::Connect(Connect::default());
    assert!(storm.wants_tokens() && storm.spoken_in(lines).is_ok());
}
