//! Everything above an id, for callers without a session, and sessions by one id for everything.
//! Conversations 1 and 4 live on shard 1, conversations 2 and 3 on shard 0; user 7 lives on shard
//! 0, user 8 on shard 1.

use super::check;

#[test]
fn a_history_joins_all_conversations_in_id_order() {
    check(
        "shards 2
        call group 7 8
        call group 7 8
        call post 8 1 one
        call post 8 2 two
        call token-post 8 7-8 three
        call post 8 1 four
        quiet
        call history 7
        call history 7 after=2#1
        call history 7 after=1#2
        call history 7 after=max
        call history 99",
        "answer: history 1#1 one, 2#1 two, 7-8#1 three, 1#2 four
        answer: history 7-8#1 three, 1#2 four
        answer: history nothing
        answer: history nothing
        answer: history nothing",
    );
}

#[test]
fn a_history_ends_at_its_count_and_says_whether_there_is_more() {
    check(
        "shards 2
        page 1
        call group 7 8
        call group 7 8
        call post 8 1 one
        call post 8 2 two
        call post 8 1 three
        quiet
        call history 7 count=2
        call history 7 after=2#1 count=2
        call history 7 count=3",
        "answer: history 1#1 one, 2#1 two and more
        answer: history 1#2 three
        answer: history 1#1 one, 2#1 two, 1#2 three",
    );
}

#[test]
fn a_history_waits_for_what_was_accepted_before_it() {
    check(
        "shards 2
        call group 7 8
        call group 7 8
        quiet
        hold commits 1
        call post 7 1 slow
        call post 7 2 fast
        call history 7
        let commits 1",
        "answer: posted 2#1
        answer: posted 1#1
        answer: history 1#1 slow, 2#1 fast",
    );
}

#[test]
fn recalled_and_expired_messages_and_marks_are_left_out() {
    check(
        "shards 2
        call group 7 8
        in a 8 stream
        a post 1 one
        a post 1 two expires=5
        a post 1 three
        a recall 1#1
        a read 1#3
        wait 20
        quiet
        call history 7",
        "answer: history 1#3 three",
    );
}

#[test]
fn a_history_has_nothing_that_is_hidden_or_was_left() {
    check(
        "shards 2
        call group 7 history=no
        call group 7 8
        call post 7 1 secret
        call add 1 8
        call post 7 1 open
        call post 7 2 gone
        call remove 2 8
        quiet
        call history 8",
        "answer: history 1#2 open",
    );
}

#[test]
fn who_leaves_while_a_history_is_read_is_shown_nothing_more() {
    check(
        "shards 2
        call group 7 8
        call group 7 8
        call post 7 1 one
        call post 7 2 two
        quiet
        hold reads 1
        call history 8
        call remove 2 8
        let reads 1",
        "answer: done
        answer: history 1#1 one",
    );
}

#[test]
fn what_is_not_stored_is_in_no_history() {
    check(
        "memory group
        call group 7 8
        call post 7 1 one
        call token-post 7 7-8 two
        quiet
        call history 8",
        "answer: history 7-8#1 two",
    );
}

#[test]
fn a_history_that_takes_too_long_is_given_up() {
    check(
        "call group 7 8
        call post 7 1 one
        quiet
        hold reads 0
        call history 8
        wait 10000
        let reads 0
        call history 8",
        "answer: refused: the server cannot take this now, come back later
        answer: history 1#1 one",
    );
}

#[test]
fn what_a_caller_posts_after_a_history_gets_a_larger_id() {
    check(
        "shards 2
        still
        call group 7 8
        call group 7 8
        call post 8 1 one
        call post 8 1 two
        call history 7
        call token-post 7 2 three
        quiet
        call history 7",
        "answer: history 1#1 one, 1#2 two, 2#1 three",
    );
}

#[test]
fn ids_rise_in_all_that_a_session_by_one_id_is_shown() {
    check(
        "shards 2
        call channel 7 8
        call group 13
        call group 13
        call group 7 8
        in a 7 rooms
        in s 7 stream
        s sync
        quiet
        hold commits 0
        call post 13 3 other
        call post 8 1 one
        call post 8 4 two
        let commits 0",
        "a < 1#1 one
        a < 4#1 two
        answer: posted 1#1
        answer: posted 4#1
        answer: posted 3#1
        s < 1#1 one
        s < 4#1 two",
    );
}

#[test]
fn a_session_by_one_id_is_live_from_its_sign_in_and_asks_for_the_rest() {
    check(
        "shards 2
        call group 7 8
        call post 8 1 before
        quiet
        in a 7 rooms
        wait 1000
        call post 8 1 after
        call history 7",
        "a < 1#2 after
        answer: posted 1#2
        answer: history 1#1 before, 1#2 after",
    );
}

#[test]
fn a_session_by_one_id_is_sent_its_own() {
    check(
        "call group 7 8
        in a 7 rooms
        in b 7 rooms
        quiet
        a post 1 hi",
        "a posted 1#1
        a < 1#1 hi
        b < 1#1 hi",
    );
}

#[test]
fn what_was_not_yet_shown_at_sign_in_is_in_the_history_or_comes_live() {
    check(
        "shards 2
        call group 7 8
        call group 7 8
        quiet
        hold commits 1
        call post 8 1 slow
        call post 8 2 fast
        in a 7 rooms
        call history 7
        let commits 1
        call post 8 2 last",
        "answer: posted 2#1
        answer: posted 1#1
        a < 1#1 slow
        answer: history 1#1 slow, 2#1 fast
        a < 2#2 last
        answer: posted 2#2",
    );
}

#[test]
fn past_the_bound_on_what_is_held_a_session_by_one_id_reads_from_the_logs() {
    check(
        "shards 2
        gate 1
        call group 7 8
        call group 7 8
        in a 7 rooms
        quiet
        hold commits 1
        call post 8 1 slow
        call post 8 2 one
        call post 8 2 two
        call post 8 2 three
        let commits 1
        call post 8 2 four",
        "answer: posted 2#1
        answer: posted 2#2
        answer: posted 2#3
        answer: posted 1#1
        a page 1#1 slow, 2#1 one, 2#2 two, 2#3 three
        a synced
        a < 2#4 four
        answer: posted 2#4",
    );
}
