//! Categories whose messages are not stored.

use super::check;

#[test]
fn an_unstored_message_waits_for_no_write() {
    check(
        "memory room
        call room
        in a 7 stream room=1
        in b 8 stream room=1
        a sync
        b sync
        a post 1 first
        quiet
        hold commits 0
        a post 1 second
        let commits 0",
        "a posted 1#2
        b < 1#2 second",
    );
}

#[test]
fn unstored_messages_stay_in_order_behind_one_that_writes() {
    check(
        "memory room
        call room
        in a 7 stream room=1
        in b 8 stream room=1
        a sync
        b sync
        quiet
        hold commits 0
        a post 1 first
        a post 1 second
        wait 1
        let commits 0",
        "a posted 1#1
        b < 1#1 first
        a posted 1#2
        b < 1#2 second",
    );
}

#[test]
fn an_unstored_direct_is_known_to_both_before_its_first_message() {
    check(
        "memory direct
        call ensure 8
        in a 7 onechat
        in b 8 onechat
        quiet
        hold commits 0
        a post 7-8 hi
        wait 1
        let commits 0",
        "b < 7-8#1 hi
        a posted 7-8#1",
    );
}

#[test]
fn unstored_messages_are_in_no_answer_and_seqs_begin_anew() {
    check(
        "memory group
        call group 7 8
        in a 7 stream
        a post 1 one
        quiet
        a sync group=0
        crash
        in a 7 stream
        a post 1 two",
        "a synced
        a posted 1#1",
    );
}

#[test]
fn an_unstored_conversation_keeps_its_seqs_while_others_are_evicted() {
    check(
        "memory group
        idle 0
        call group 7 8
        in a 7 stream
        a post 1 one
        wait 10
        wait 10
        quiet
        a post 1 two",
        "a posted 1#2",
    );
}

#[test]
fn an_unstored_retry_is_a_retry() {
    check(
        "memory group
        call group 7 8
        in a 7 stream
        quiet
        a post 1 one key=k
        a post 1 one key=k
        a recall 1#1",
        "a posted 1#1
        a posted 1#1 again
        a refused: no such message",
    );
}

#[test]
fn acknowledging_what_is_not_stored_moves_no_cursor() {
    // Were the category stored from the next start on, its seqs would begin below the cursor.
    check(
        "memory group
        call group 7 8
        in a 7 onechat
        call post 8 1 one
        a ack 1#1
        wait 500
        out a
        stored group
        crash
        call post 8 1 kept
        quiet
        in a 7 onechat",
        "a page 1#1 kept
        a synced",
    );
}
