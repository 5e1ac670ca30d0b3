//! Sessions that resume by id, and messages of two shards. Conversations 1 and 4 live on shard 1,
//! conversations 2 and 3 on shard 0; user 7 lives on shard 0 and user 8 on shard 1.

use super::check;

#[test]
fn a_message_waits_until_nothing_smaller_can_follow() {
    check(
        "shards 2
        call group 7 8
        call group 7 8
        in a 7 stream
        in c 7 onechat
        a sync
        quiet
        hold commits 1
        call post 7 1 slow
        call post 7 2 fast
        let commits 1",
        "c < 2#1 fast
        answer: posted 2#1
        c < 1#1 slow
        a < 1#1 slow
        a < 2#1 fast
        answer: posted 1#1",
    );
}

#[test]
fn a_sync_waits_for_what_was_accepted_before_it() {
    check(
        "shards 2
        call group 7 8
        call group 7 8
        in a 7 stream
        quiet
        hold commits 1
        call post 7 1 slow
        call post 7 2 fast
        a sync group=0
        let commits 1",
        "answer: posted 2#1
        answer: posted 1#1
        a page 1#1 slow, 2#1 fast
        a synced",
    );
}

#[test]
fn a_new_member_is_not_shown_what_the_gate_held_and_the_group_hides() {
    check(
        "shards 2
        call group 8
        call group 12 8 history=no
        call group
        call group 12
        in o 12 stream
        in a 7 stream
        o sync
        a sync
        quiet
        hold commits 1
        call token-post 12 4 slow
        call post 8 2 secret
        call add 2 7
        let commits 1
        call post 8 2 open",
        "answer: posted 2#1
        answer: done
        answer: posted 4#1
        o < 4#1 slow
        o < 2#1 secret
        a < 2#2 open
        o < 2#2 open
        answer: posted 2#2",
    );
}

/// The gate holds it for another member at the same shard, whose turn has not come.
#[test]
fn who_signs_in_after_joining_is_not_shown_what_the_gate_held_either() {
    check(
        "shards 2
        call group 8
        call group 12 8 history=no
        call group
        call group 12
        in o 12 rooms
        in s 12 stream
        s sync
        quiet
        hold commits 1
        call token-post 12 4 slow
        call post 8 2 secret
        call add 2 7
        in a 7 rooms
        in b 7 stream
        b sync group=0
        let commits 1
        call post 8 2 open",
        "
        a < 2#2 open
        answer: posted 2#1
        answer: done
        answer: posted 4#1
        answer: posted 2#2
        b synced
        b < 2#2 open
        o < 4#1 slow
        o < 2#1 secret
        o < 2#2 open
        s < 4#1 slow
        s < 2#1 secret
        s < 2#2 open
        ",
    );
}

#[test]
fn what_a_caller_posts_after_an_answer_gets_a_larger_id() {
    // Within one millisecond an id of shard 1 is above every id of shard 0.
    check(
        "shards 2
        call group 7 8
        call group 7 8
        still
        call token-post 7 1 first
        call token-post 7 2 second
        go
        in a 7 stream
        quiet
        a sync group=0
        a sync group=1#1",
        "a page 1#1 first, 2#1 second
        a synced
        a page 2#1 second
        a synced",
    );
}

#[test]
fn what_a_session_posts_after_seeing_an_id_gets_a_larger_one() {
    check(
        "shards 2
        call group 7 8
        call group 7 8
        in b 8 stream
        in a 7 onechat
        still
        b post 1 first
        a post 2 second
        go
        quiet
        b sync group=1#1",
        "b page 2#1 second
        b synced",
    );
}

#[test]
fn more_than_the_gate_may_hold_is_read_from_the_log() {
    check(
        "shards 2
        gate 2
        call group 7 8
        call group 7 8
        in a 7 stream
        in s 7 stream
        a sync
        quiet
        hold commits 1
        call post 7 1 slow
        call post 7 2 one
        call post 7 2 two
        call post 7 2 three
        call post 7 2 four
        call post 7 2 five
        a sync group=1#1
        s sync group=0
        let commits 1
        call post 7 2 live",
        "answer: posted 2#1
        answer: posted 2#2
        answer: posted 2#3
        answer: posted 2#4
        answer: posted 2#5
        answer: posted 1#1
        a page 1#1 slow, 2#1 one, 2#2 two, 2#3 three, 2#4 four, 2#5 five
        a synced
        a page 2#1 one, 2#2 two, 2#3 three, 2#4 four, 2#5 five
        a synced
        a < 2#6 live
        s page 1#1 slow, 2#1 one, 2#2 two, 2#3 three, 2#4 four, 2#5 five
        s synced
        s < 2#6 live
        answer: posted 2#6",
    );
}

#[test]
fn a_sync_that_waits_when_the_gate_overflows_is_still_answered() {
    check(
        "shards 2
        gate 1
        call group 7 8
        call group 7 8
        in a 7 stream
        a sync
        quiet
        hold commits 1
        call post 7 1 slow
        a sync direct=0
        call post 7 2 one
        call post 7 2 two
        call post 7 2 three
        let commits 1
        call post 7 2 live",
        "answer: posted 2#1
        answer: posted 2#2
        answer: posted 2#3
        answer: posted 1#1
        a page 1#1 slow, 2#1 one, 2#2 two, 2#3 three
        a synced
        a synced
        a < 2#4 live
        answer: posted 2#4",
    );
}
