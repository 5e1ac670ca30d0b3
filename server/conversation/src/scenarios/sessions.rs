//! Sessions of one user: several at once, replaced, closed in every state.

use super::check;

#[test]
fn the_same_device_again_closes_the_older_session() {
    check(
        "call group 7 8
        in a 7 onechat device=phone
        in b 7 onechat device=desk
        quiet
        in c 7 onechat device=phone
        call post 8 1 hi",
        "a closed: Replaced
        c synced
        b < 1#1 hi
        c < 1#1 hi
        answer: posted 1#1",
    );
}

#[test]
fn a_kick_closes_a_users_sessions_or_those_of_one_device() {
    check(
        "call group 7 8
        in a 7 onechat device=phone
        in b 7 onechat device=desk
        in c 8 onechat device=phone
        quiet
        call kick 7 device=phone
        call kick 7
        call kick 9
        call post 8 1 hi",
        "a closed: Kicked
        answer: done
        b closed: Kicked
        answer: done
        answer: done
        c < 1#1 hi
        answer: posted 1#1",
    );
}

#[test]
fn a_session_that_the_core_closed_is_sent_nothing_more() {
    check(
        "call group 7 8
        in a 7 onechat device=phone
        quiet
        hold commits 0
        a post 1 hi
        in c 7 onechat device=phone
        let commits 0
        a post 1 more
        out a",
        "a closed: Replaced
        c page 1#1 hi
        c synced",
    );
}

#[test]
fn a_session_that_closes_while_its_user_is_loaded() {
    check(
        "call group 7 8
        crash
        quiet
        hold loads 0
        in a 7 onechat
        a post 1 hi
        out a
        let loads 0
        call post 8 1 hi
        in b 7 onechat",
        "answer: posted 1#1
        b page 1#1 hi
        b synced",
    );
}

#[test]
fn a_session_that_closes_with_posts_on_their_way_loses_only_their_answers() {
    check(
        "call group 7 8
        in a 7 stream
        in b 8 onechat
        quiet
        hold commits 0
        a post 1 hi key=k
        out a
        let commits 0
        in c 7 stream
        c post 1 hi key=k",
        "b < 1#1 hi
        c posted 1#1 again",
    );
}

#[test]
fn a_session_with_messages_held_at_the_gate_closes_and_another_gets_them() {
    check(
        "shards 2
        call group 7 8
        call group 7 8
        in a 7 stream
        in b 7 stream
        a sync
        b sync
        quiet
        hold commits 1
        call token-post 7 1 slow
        call token-post 7 2 fast
        out a
        let commits 1",
        "answer: posted 2#1
        b < 1#1 slow
        b < 2#1 fast
        answer: posted 1#1",
    );
}

#[test]
fn a_request_before_the_user_is_loaded_waits_its_turn() {
    check(
        "call group 7 8
        crash
        quiet
        hold loads 0
        in a 7 onechat
        a post 1 one
        a post 1 two
        let loads 0",
        "a synced
        a posted 1#1
        a < 1#1 one
        a posted 1#2
        a < 1#2 two",
    );
}
