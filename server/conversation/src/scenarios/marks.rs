//! Recalls and read marks.

use super::check;

#[test]
fn a_recall_is_told_live_and_leaves_the_history() {
    check(
        "call group 7 8
        in a 7 stream
        in b 8 stream
        a sync
        b sync
        a post 1 one
        a post 1 two
        quiet
        a recall 1#1
        b sync group=0",
        "b < 1#2.1 recalls 1#1 as 1
        a posted 1#2.1 index 1
        b page 1#2 two, 1#2.1 recalls 1#1 as 1
        b synced",
    );
}

#[test]
fn a_second_recall_returns_the_first_index() {
    check(
        "call group 7
        in a 7 stream
        a post 1 one
        a post 1 two
        quiet
        a recall 1#1
        a recall 1#1
        a recall 1#2
        crash
        in a 7 stream
        a recall 1#1
        a recall 1#2",
        "a posted 1#2.1 index 1
        a posted 1#1 index 1 again
        a posted 1#2.2 index 2
        a posted 1#1 index 1 again
        a posted 1#2 index 2 again",
    );
}

#[test]
fn a_second_recall_while_the_first_is_on_its_way() {
    check(
        "call group 7
        in a 7 stream
        a post 1 one
        quiet
        hold commits 0
        a recall 1#1
        a recall 1#1
        a read 1#1
        let commits 0",
        "a posted 1#1.1 index 1
        a posted 1#1 index 1 again
        a refused: no such message",
    );
}

#[test]
fn a_recall_with_a_key_is_a_retry_like_any_other() {
    check(
        "call group 7
        in a 7 stream
        a post 1 one
        quiet
        a recall 1#1 key=k
        a recall 1#1 key=k",
        "a posted 1#1.1 index 1
        a posted 1#1.1 index 1 again",
    );
}

#[test]
fn only_its_sender_recalls_a_message() {
    check(
        "call group 7 8
        in a 7 stream
        in b 8 stream
        a post 1 one
        quiet
        b recall 1#1
        b recall 1 5
        b recall 1 max",
        "b refused: only its sender may recall a message
        b refused: no such message
        b refused: no such message",
    );
}

#[test]
fn a_mark_is_no_message_to_mark() {
    check(
        "call group 7 8
        in a 7 stream
        a post 1 one
        a read 1#1
        quiet
        a recall 1 1#1.1
        a read 1 1#1.1",
        "a refused: no such message
        a refused: no such message",
    );
}

#[test]
fn a_message_of_another_conversation_is_unknown_here() {
    check(
        "call group 7
        call group 7
        in a 7 stream
        a post 1 one
        a post 2 two
        quiet
        a recall 2 1#1
        a read 2 1#1",
        "a refused: no such message
        a refused: no such message",
    );
}

#[test]
fn an_expired_message_cannot_be_marked() {
    check(
        "call group 7
        in a 7 stream
        a post 1 one expires=100
        quiet
        wait 200
        a recall 1#1
        a read 1#1",
        "a refused: no such message
        a refused: no such message",
    );
}

#[test]
fn read_marks_go_to_all_who_have_a_word_for_them() {
    check(
        "call group 7 8 9
        in a 7 stream
        in b 8 stream
        in c 9 onechat
        a sync
        b sync
        a post 1 one
        quiet
        b read 1#1
        a post 1 two",
        "a < 1#1.1 reads 1#1
        b posted 1#1.1
        c < 1#2 two
        b < 1#2 two
        a posted 1#2",
    );
}

#[test]
fn marks_take_no_seq_and_stand_behind_their_message_after_a_restart() {
    check(
        "call group 7
        in a 7 stream
        a post 1 one
        a read 1#1
        crash
        in a 7 stream
        a read 1#1
        a post 1 two
        quiet
        a sync group=0",
        "a page 1#1 one, 1#1.1 reads 1#1, 1#1.2 reads 1#1, 1#2 two
        a synced",
    );
}

#[test]
fn a_mark_alone_begins_no_direct() {
    check(
        "call ensure 8
        in a 7 stream
        quiet
        a recall 7-8 0
        a read 7-8 5
        call describe 7-8
        a post 7-8 hi
        call describe 7-8",
        "a refused: no such message
        a refused: no such message
        answer: refused: no such conversation
        a posted 7-8#1
        answer: Direct of 7 8",
    );
}

#[test]
fn a_room_shows_marks_only_to_those_who_have_a_word_for_them() {
    check(
        "call room
        in a 7 stream room=1
        in b 8 onechat
        a sync
        b join 1
        a post 1 one
        a read 1#1
        quiet
        b sync room=0",
        "b page 1#1 one
        b synced",
    );
}
