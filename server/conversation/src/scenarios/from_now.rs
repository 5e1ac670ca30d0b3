//! Sessions whose live messages begin with their sign-in, and which ask for the past themselves.

use super::check;

#[test]
fn live_messages_begin_with_the_sign_in_without_any_question() {
    check(
        "call group 7 8
        call post 8 1 before
        quiet
        in a 7 events
        call post 8 1 one
        call post 8 7-8 two",
        "a < 1#2 one
        answer: posted 1#2
        a < 7-8#1 two
        answer: posted 7-8#1",
    );
}

#[test]
fn no_shard_is_waited_for() {
    check(
        "shards 2
        call group 7 8
        call group 7 8
        in a 7 push
        in s 7 stream
        s sync
        quiet
        hold commits 1
        call post 8 1 slow
        call post 8 2 fast
        let commits 1",
        "answer: posted 2#1
        answer: posted 1#1
        a < 2#1 fast
        a < 1#1 slow
        s < 1#1 slow
        s < 2#1 fast",
    );
}

#[test]
fn a_new_session_of_the_dialect_closes_the_older_one_and_no_other() {
    check(
        "call group 7 8
        in a 7 push
        in c 7 onechat device=phone
        quiet
        in b 7 push
        call post 8 1 hi",
        "a closed: Replaced
        answer: posted 1#1
        b < 1#1 hi
        c < 1#1 hi",
    );
}

#[test]
fn what_the_user_sends_elsewhere_is_shown() {
    check(
        "call group 7 8
        in a 7 push
        in s 7 stream
        s sync
        in o 7 onechat
        quiet
        s post 1 hello
        s post 7-8 hey
        o post 1 again",
        "a < 1#1 hello
        a < 7-8#1 hey
        a < 1#2 again
        o < 1#1 hello
        o < 7-8#1 hey
        o posted 1#2
        o < 1#2 again
        s posted 1#1
        s posted 7-8#1
        s < 1#2 again",
    );
}

/// The answer to a call says that it was done, as a session's does.
#[test]
fn what_the_user_sends_by_a_call_is_not_shown_in_sessions_of_the_calls_dialect() {
    check(
        "call group 7 8
        in a 7 im
        in b 8 im
        in s 7 stream
        s sync
        quiet
        s post 1 hello
        call post 7 1 again by=im
        call post 7 7-8 hey by=im
        call post 7 7-8 published
        call post 8 7-8 you by=im",
        "a < 1#1 hello
        a < 7-8#2 published
        a < 7-8#3 you
        answer: posted 1#2
        answer: posted 7-8#1
        answer: posted 7-8#2
        answer: posted 7-8#3
        b < 1#1 hello
        b < 1#2 again
        b < 7-8#1 hey
        b < 7-8#2 published
        s posted 1#1
        s < 1#2 again
        s < 7-8#1 hey
        s < 7-8#2 published
        s < 7-8#3 you",
    );
}

#[test]
fn the_sending_session_is_sent_its_own_directs_where_its_dialect_says_so() {
    check(
        "call ensure 8
        in a 7 events
        quiet
        a post 7-8 hey",
        "a posted 7-8#1
        a < 7-8#1 hey",
    );
}

#[test]
fn nothing_counts_as_delivered() {
    check(
        "call group 7 8
        in a 7 push
        call post 8 1 hi
        a post 7-8 hey
        out a
        wait 600
        quiet
        in o 7 onechat
        in s 7 stream
        s sync",
        "o page 1#1 hi
        o synced
        s page 1#1 hi, 7-8#1 hey
        s synced",
    );
}
