//! Every dialect's sender meets every dialect's receiver: live and offline, directly and in a
//! group, with each kind of content that the sender's dialect has, and its recalls and read marks.
//!
//! The clients are Python's (see `python/matrix`). Users and conversations lie on several shards.

use parlance_e2e::python::run_case_on;
use parlance_e2e::server::{Server, Setup};

/// One to send, and one to receive for each dialect.
const USERS: std::ops::RangeInclusive<u64> = 1..=6;
const SHARDS: u32 = 3;

#[track_caller]
fn meet(module: &str, case: &str, arguments: &[&str]) {
    let server = Server::with(Setup { shards: SHARDS, ..Setup::default() });
    server.operator().create_users(USERS);
    run_case_on(&server, module, case, arguments);
    server.stop();
}

#[track_caller]
fn sends(dialect: &str) {
    meet("matrix", "live", &[dialect]);
    meet("matrix", "offline", &[dialect]);
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
    meet("matrix", "one_order", &[]);
}

/// They are shown to whoever has words for them, and what was recalled is in the past of those only
/// whose dialect keeps it.
#[test]
fn recalls_and_read_marks_of_stream_reach_who_has_words_for_them() {
    meet("marks", "live", &["stream"]);
    meet("marks", "offline", &["stream"]);
}

#[test]
fn recalls_of_im_reach_who_has_words_for_them() {
    meet("marks", "live", &["im"]);
    meet("marks", "offline", &["im"]);
}
