//! At least once, once in effect.

use super::check;
use crate::limits::WINDOWS_MAX;

#[test]
fn a_retry_gets_the_first_result_and_nobody_sees_it_again() {
    check(
        "call group 7 8
        in a 7 stream
        in b 8 onechat
        a sync
        quiet
        a post 1 hi key=k
        a post 1 hi key=k
        a post 1 other key=k
        a post 1 hi key=l",
        "b < 1#1 hi
        a posted 1#1
        a posted 1#1 again
        b < 1#2 other
        a posted 1#2
        b < 1#3 hi
        a posted 1#3",
    );
}

#[test]
fn a_retry_overtakes_no_commit() {
    check(
        "call group 7
        in a 7 stream
        a sync
        quiet
        hold commits 0
        a post 1 hi key=k
        a post 1 hi key=k
        wait 1
        let commits 0",
        "a posted 1#1
        a posted 1#1 again",
    );
}

#[test]
fn keys_survive_a_restart() {
    check(
        "call group 7
        in a 7 stream
        a post 1 hi key=k
        crash
        in a 7 stream
        quiet
        a post 1 hi key=k
        a post 1 hi key=l
        a post 1 hi key=k",
        "a posted 1#1 again
        a posted 1#2
        a posted 1#1 again",
    );
}

#[test]
fn keys_survive_eviction() {
    check(
        "idle 0
        call group 7
        in a 7 stream
        a post 1 hi key=k
        wait 10
        wait 10
        quiet
        a post 1 hi key=k",
        "a posted 1#1 again",
    );
}

#[test]
fn another_sender_and_another_conversation_have_keys_of_their_own() {
    check(
        "call group 7 8
        call group 7 8
        in a 7 stream
        in b 8 stream
        quiet
        a post 1 hi key=k
        b post 1 hi key=k
        a post 2 hi key=k",
        "a posted 1#1
        b posted 1#2
        a posted 2#1",
    );
}

#[test]
fn the_same_key_with_another_lifetime_is_another_message() {
    check(
        "call group 7
        in a 7 stream
        quiet
        a post 1 hi key=k
        a post 1 hi key=k expires=5000",
        "a posted 1#1
        a posted 1#2",
    );
}

#[test]
fn a_key_ends_after_a_day() {
    check(
        "call group 7
        in a 7 onechat
        a post 1 hi key=k
        wait 86400001
        quiet
        a post 1 hi key=k
        a post 1 hi key=k",
        "a posted 1#2
        a < 1#2 hi
        a posted 1#2 again",
    );
}

#[test]
fn a_refused_post_takes_no_key() {
    check(
        "call group 8
        in a 7 onechat
        quiet
        a post 1 hi key=k
        call add 1 7
        a post 1 hi key=k",
        "a refused: no such conversation
        answer: done
        a posted 1#1
        a < 1#1 hi",
    );
}

#[test]
fn posts_behind_one_that_waits_keep_their_order() {
    check(
        "call group 7 8
        in a 7 onechat
        a post 1 one key=k
        crash
        in a 7 onechat
        in b 8 onechat
        b ack 1#1
        call describe 1
        quiet
        hold loads 0
        a post 1 two key=l
        b post 1 three
        a post 1 one key=k
        let loads 0",
        "a posted 1#2
        a < 1#2 two
        b < 1#2 two
        a < 1#3 three
        b posted 1#3
        b < 1#3 three
        a posted 1#1 again",
    );
}

#[test]
fn a_sender_keeps_every_key_while_those_of_others_are_dropped() {
    let users: Vec<String> = (1..=WINDOWS_MAX + 1).map(|user| user.to_string()).collect();
    let mut script = format!("call group {}\n", users.join(" "));
    for user in &users {
        script.push_str(&format!("call token-post {user} 1 hi key=k\n"));
    }
    script.push_str("quiet\ncall token-post 1 1 hi key=l\ncall token-post 1 1 hi key=k\n");
    script.push_str("call token-post 2 1 hi key=k\n");
    let posted = WINDOWS_MAX + 2;
    check(
        &script,
        &format!("answer: posted 1#{posted}\nanswer: posted 1#1 again\nanswer: posted 1#2 again"),
    );
}
