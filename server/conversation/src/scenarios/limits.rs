//! What one peer may make the core keep.

use super::check;
use crate::limits::{ROOMS_PER_SESSION_MAX, SESSIONS_PER_USER_MAX, SYNCS_WAITING_MAX};

#[test]
fn one_session_too_many_closes_the_oldest_also_in_a_burst() {
    let mut script = String::from("call ensure 7\n");
    for n in 0..SESSIONS_PER_USER_MAX {
        script.push_str(&format!("in s{n} 7 stream\n"));
    }
    script.push_str("quiet\nin x 7 stream\nin y 7 stream\nin z 7 stream");
    check(
        &script,
        "s0 closed: TooManySessions
        s1 closed: TooManySessions
        s2 closed: TooManySessions",
    );
}

#[test]
fn a_text_over_the_limit_is_refused_whatever_the_dialect_let_through() {
    let most = "x".repeat(parlance_codecs::limits::TEXT_BYTES_MAX);
    check(
        &format!("call group 7\nin a 7 onechat\nquiet\na post 1 {most}x\na post 1 short"),
        "a refused: the text has 32769 bytes, and may have 32768
        a posted 1#1
        a < 1#1 short",
    );
}

#[test]
fn joins_that_wait_are_bounded_also_for_one_room() {
    let mut script = String::from("shards 2\ncall room\nin a 7 stream\nquiet\nhold mesh 0 1\n");
    for _ in 0..ROOMS_PER_SESSION_MAX + 2 {
        script.push_str("a join 1\n");
    }
    script.push_str("quiet\nlet mesh 0 1\n");
    let expected = "a joined 1\n".repeat(ROOMS_PER_SESSION_MAX);
    check(&script, &expected);
}

#[test]
fn syncs_that_wait_are_bounded() {
    let mut script = String::from("shards 2\nin a 7 stream\nquiet\nhold mesh 0 1\n");
    for _ in 0..SYNCS_WAITING_MAX + 3 {
        script.push_str("a sync\n");
    }
    script.push_str("let mesh 0 1\n");
    check(&script, "a closed: TooManyRequests");
}

#[test]
fn requests_behind_a_load_count_as_in_flight() {
    check(
        "call group 7
        crash
        quiet
        hold loads 0
        in a 7 stream
        a post 1 one
        a sync
        a join 1
        busy a
        hold commits 0
        let loads 0
        busy a
        let commits 0
        busy a",
        "a busy 3
        a synced
        a busy 1
        a posted 1#1
        a not joined 1: no such conversation
        a busy 0",
    );
}
