//! What a client that comes back receives: everything it missed, once, in order.

use super::check;

#[test]
fn by_id_exactly_what_is_newer_whatever_was_acknowledged() {
    check(
        "call group 7 8
        in a 7 stream
        a sync
        call post 8 1 one
        call post 8 1 two
        call post 8 1 three
        a ack-up-to group 1#3
        out a
        in a 7 stream
        quiet
        a sync group=1#1
        a sync group=1#3
        a sync group=cursor",
        "a page 1#2 two, 1#3 three
        a synced
        a synced
        a synced",
    );
}

#[test]
fn several_conversations_come_in_the_order_of_their_ids() {
    check(
        "shards 2
        call group 7 8
        call group 7 8
        call post 8 1 a
        call post 8 2 b
        call post 8 1 c
        call post 8 7-8 d
        call post 8 2 e
        in a 7 stream
        quiet
        a sync group=0
        a sync direct=0",
        "a page 1#1 a, 2#1 b, 1#2 c, 2#2 e
        a synced
        a page 7-8#1 d
        a synced",
    );
}

#[test]
fn a_long_answer_waits_for_the_client_page_by_page() {
    check(
        "page 2
        call group 7 8
        call post 8 1 one
        call post 8 1 two
        call post 8 1 three
        call post 8 1 four
        call post 8 1 five
        in a 7 stream
        quiet
        a sync group=0
        call post 8 1 six
        drain a
        drain a",
        "a page 1#1 one, 1#2 two
        a full
        answer: posted 1#6
        a page 1#3 three, 1#4 four
        a full
        a page 1#5 five
        a synced
        a < 1#6 six",
    );
}

#[test]
fn by_cursor_what_was_missed_comes_at_sign_in() {
    check(
        "page 2
        call group 7 8
        call post 8 1 one
        call post 8 1 two
        call post 8 1 three
        quiet
        in a 7 onechat
        call post 8 1 four
        drain a",
        "a page 1#1 one, 1#2 two
        a full
        answer: posted 1#4
        a page 1#3 three
        a synced
        a < 1#4 four",
    );
}

#[test]
fn nothing_is_live_before_the_first_sync_or_a_second_of_waiting() {
    check(
        "call group 7 8
        in a 7 stream
        quiet
        call post 8 1 one
        wait 999
        call post 8 1 two
        wait 10
        call post 8 1 three",
        "answer: posted 1#1
        a page 1#1 one
        a synced
        a < 1#2 two
        answer: posted 1#2
        a < 1#3 three
        answer: posted 1#3",
    );
}

#[test]
fn what_comes_while_a_sync_reads_follows_its_answer() {
    check(
        "call group 7 8
        call post 8 1 one
        in a 7 stream
        quiet
        hold reads 0
        a sync group=0
        call post 8 1 two
        let reads 0
        call post 8 1 three",
        "answer: posted 1#2
        a page 1#1 one
        a synced
        a < 1#2 two
        a < 1#3 three
        answer: posted 1#3",
    );
}

#[test]
fn more_than_may_be_kept_beside_a_sync_is_read_instead() {
    check(
        "keep 2
        call group 7 8
        call post 8 1 one
        in a 7 stream
        quiet
        hold reads 0
        a sync group=0
        call post 8 1 two
        call post 8 1 three
        call post 8 1 four
        call post 8 1 five
        let reads 0",
        "answer: posted 1#2
        answer: posted 1#3
        answer: posted 1#4
        answer: posted 1#5
        a page 1#1 one
        a page 1#2 two, 1#3 three, 1#4 four, 1#5 five
        a synced",
    );
}

#[test]
fn a_live_session_that_syncs_again_sees_nothing_twice_nor_out_of_order() {
    // Every commit of shard 1 is held, so that the second barrier takes long enough for a
    // message to come between.
    check(
        "shards 2
        keep 1
        call group 7 8
        call group 7 8
        in a 7 stream
        a sync
        call post 8 2 one
        quiet
        hold reads 0
        a sync group=0
        call post 8 2 two
        call post 8 2 three
        hold mesh 1 0
        let reads 0
        call token-post 7 2 four
        let mesh 1 0",
        "answer: posted 2#2
        answer: posted 2#3
        a page 2#1 one
        a page 2#2 two, 2#3 three, 2#4 four
        a synced
        answer: posted 2#4",
    );
}

#[test]
fn a_category_that_is_not_asked_for_is_not_answered_but_live() {
    check(
        "call group 7 8
        call post 8 1 one
        call post 8 7-8 two
        in a 7 stream
        quiet
        a sync direct=0
        call post 8 1 three",
        "a page 7-8#1 two
        a synced
        a < 1#2 three
        answer: posted 1#2",
    );
}

#[test]
fn expired_messages_are_in_no_answer() {
    check(
        "call group 7 8
        call post 8 1 gone expires=100
        call post 8 1 stays expires=100000
        wait 200
        in a 7 stream
        quiet
        a sync group=0",
        "a page 1#2 stays
        a synced",
    );
}

#[test]
fn what_expires_while_it_waits_is_not_shown() {
    check(
        "page 1
        call group 7 8
        call post 8 1 one
        call post 8 1 two
        in a 7 stream
        quiet
        a sync group=0
        call post 8 1 brief expires=100
        wait 200
        drain a
        drain a",
        "a page 1#1 one
        a full
        answer: posted 1#3
        a page 1#2 two
        a full
        a synced",
    );
}

#[test]
fn ones_own_posts_are_in_an_answer_by_id() {
    check(
        "call group 7 8
        in a 7 stream
        a sync
        a post 1 mine
        quiet
        a sync group=0",
        "a page 1#1 mine
        a synced",
    );
}

#[test]
fn ids_rise_across_a_restart() {
    check(
        "call group 7 8
        call post 8 1 one
        crash
        call post 8 1 two
        in a 7 stream
        quiet
        a sync group=1#1",
        "a page 1#2 two
        a synced",
    );
}

#[test]
fn a_session_that_closes_while_its_sync_reads_leaves_nothing_behind() {
    check(
        "call group 7 8
        call post 8 1 one
        in a 7 stream
        hold reads 0
        a sync group=0
        out a
        quiet
        let reads 0
        in b 7 stream
        b sync group=0",
        "b page 1#1 one
        b synced",
    );
}
