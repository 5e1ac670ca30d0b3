//! Members come and go while they are online.

use super::check;

#[test]
fn a_new_member_gets_what_follows_its_join() {
    check(
        "shards 2
        call group 8
        in a 7 stream
        in b 7 onechat
        a sync
        call post 8 1 before
        quiet
        call add 1 7
        call post 8 1 after
        a sync group=0",
        "answer: done
        b < 1#2 after
        a < 1#2 after
        answer: posted 1#2
        a page 1#1 before, 1#2 after
        a synced",
    );
}

#[test]
fn the_past_of_a_group_that_hides_it_stays_hidden() {
    check(
        "shards 2
        call group 8 history=no
        in b 8 stream
        in a 7 stream
        b post 1 before
        b read 1#1
        call add 1 7
        b post 1 after
        quiet
        a sync group=0",
        "a page 1#2 after
        a synced",
    );
}

#[test]
fn a_removed_member_is_shown_nothing_after_it() {
    check(
        "shards 2
        call group 7 8
        in a 7 stream
        in b 7 onechat
        a sync
        quiet
        call remove 1 7
        call post 8 1 after
        a sync group=0
        out b
        in b 7 onechat",
        "answer: done
        answer: posted 1#1
        a synced
        b synced",
    );
}

#[test]
fn what_was_kept_beside_a_sync_is_not_shown_to_who_has_left() {
    check(
        "call group 7 8
        call post 8 1 one
        in a 7 stream
        quiet
        hold reads 0
        a sync group=0
        call post 8 1 two
        call remove 1 7
        let reads 0",
        "answer: posted 1#2
        answer: done
        a synced",
    );
}

#[test]
fn removing_and_adding_again_in_one_breath_ends_inside() {
    check(
        "shards 2
        call group 7 8
        in a 7 onechat
        quiet
        hold mesh 1 0
        call remove 1 7 on=1
        call add 1 7 on=1
        let mesh 1 0
        call post 8 1 hi on=1",
        "answer: done
        answer: done
        a < 1#1 hi
        answer: posted 1#1",
    );
}

#[test]
fn a_member_who_is_added_twice_keeps_its_cursor() {
    check(
        "call group 7 8
        in a 7 onechat
        call post 8 1 one
        call post 8 1 two
        a ack 1#1
        call add 1 7 8
        out a
        quiet
        in a 7 onechat",
        "a page 1#2 two
        a synced",
    );
}

#[test]
fn a_new_member_by_cursor_begins_at_its_join() {
    check(
        "call group 8
        call ensure 7
        call post 8 1 before
        call add 1 7
        call post 8 1 after
        quiet
        in a 7 onechat",
        "a page 1#2 after
        a synced",
    );
}

#[test]
fn directs_and_unknown_conversations_have_no_members_to_change() {
    check(
        "in a 7 onechat
        call ensure 8
        a post 7-8 hi
        quiet
        call add 7-8 9
        call remove 7-8 7
        call add 99 7
        call remove 1 7",
        "answer: refused: no such conversation
        answer: refused: no such conversation
        answer: refused: no such conversation
        answer: refused: no such conversation",
    );
}
