//! Workloads are checked before anything is started.

use parlance_codecs::limits::TEXT_BYTES_MAX;

use super::*;
use crate::stamp::STAMP_BYTES;
use crate::wire::Wire;

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
