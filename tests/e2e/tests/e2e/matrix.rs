//! Every dialect's sender meets every dialect's receiver: live and offline, directly and in a
//! group, with each kind of content that the sender's dialect has.
//!
//! The clients are Python's (see `python/matrix`). Users and conversations lie on several shards.

use parlance_e2e::python::run_case_on;
use parlance_e2e::server::{Server, Setup};

/// One to send, and one to receive for each dialect.
const USERS: std::ops::RangeInclusive<u64> = 1..=6;
const SHARDS: u32 = 3;

#[track_caller]
fn meet(case: &str, arguments: &[&str]) {
    let server = Server::with(Setup { shards: SHARDS, ..Setup::default() });
    server.operator().create_users(USERS);
    run_case_on(&server, "matrix", case, arguments);
    server.stop();
}

#[track_caller]
fn sends(dialect: &str) {
    meet("live", &[dialect]);
    meet("offline", &[dialect]);
}

#[test]
fn stream_is_received_in_every_dialect() {
    sends("stream");
}

#[test]
fn onechat_is_received_in_every_dialect() {
    sends("onechat");
}

#[test]
fn rooms_is_received_in_every_dialect() {
    sends("rooms");
}

#[test]
fn im_is_received_in_every_dialect() {
    sends("im");
}

#[test]
fn events_is_received_in_every_dialect() {
    sends("events");
}

#[test]
fn writers_of_all_dialects_at_once_are_shown_in_one_order() {
    meet("one_order", &[]);
}
