//! Directs that are opened, what is read, and whom one has to do with. Conversation 1 lives on
//! shard 1, conversation 2 on shard 0; user 7 on shard 0, user 8 on shard 1.

use super::check;

#[test]
fn an_opened_direct_is_there_for_both() {
    check(
        "shards 2
        call ensure 7
        call ensure 8
        call memberships 8
        call open 7 8
        call open 8 7
        call memberships 7
        call memberships 8
        call look 8 7-8
        call post 7 7-8 hi
        call look 8 7-8",
        "answer: done
        answer: done
        answer: in nothing
        answer: conversation 7-8
        answer: conversation 7-8
        answer: in 7-8 Direct
        answer: in 7-8 Direct
        answer: Direct up to 0 with 0 recalls, hidden up to 0, read up to 0
        answer: posted 7-8#1
        answer: Direct up to 1 with 0 recalls, hidden up to 0, read up to 0",
    );
}

#[test]
fn nobody_opens_a_direct_with_nobody_or_themselves() {
    check(
        "call ensure 7
        call open 7 9
        call open 7 7
        call memberships 7",
        "answer: done
        answer: refused: no such user
        answer: refused: no such user
        answer: in nothing",
    );
}

#[test]
fn an_opened_direct_survives_a_crash_and_is_not_answered_before_it_would() {
    check(
        "shards 2
        call ensure 7
        call ensure 8
        quiet
        hold commits 0
        hold commits 1
        call open 7 8
        wait 10
        let commits 0
        let commits 1
        crash
        call memberships 7
        call memberships 8",
        "answer: conversation 7-8
        answer: in 7-8 Direct
        answer: in 7-8 Direct",
    );
}

#[test]
fn a_direct_may_be_opened_while_its_first_message_asks_for_the_other_user() {
    check(
        "shards 2
        call ensure 7
        call ensure 8
        quiet
        hold mesh 1 0
        call post 8 7-8 hi on=1
        call open 7 8 on=1
        let mesh 1 0
        call post 8 7-8 ho",
        "answer: posted 7-8#1
        answer: conversation 7-8
        answer: posted 7-8#2",
    );
}

#[test]
fn what_is_read_rises_and_never_falls() {
    check(
        "shards 2
        call group 7 8
        call post 7 1 one
        call post 7 1 two
        call mark-read 8 1 2
        call mark-read 8 1 1
        call look 8 1
        call mark-read 8 1 3
        call mark-read 8 1 0
        call look 8 1",
        "answer: conversation 1
        answer: posted 1#1
        answer: posted 1#2
        answer: done
        answer: done
        answer: Group up to 2 with 0 recalls, hidden up to 0, read up to 2
        answer: refused: no such message
        answer: done
        answer: Group up to 2 with 0 recalls, hidden up to 0, read up to 2",
    );
}

#[test]
fn who_is_not_in_it_reads_nothing() {
    check(
        "shards 2
        call group 7 8
        call post 7 1 one
        call mark-read 9 1 1
        call mark-read 9 4 1
        call mark-read 9 7-8 1
        call remove 1 8
        call mark-read 8 1 1",
        "answer: conversation 1
        answer: posted 1#1
        answer: refused: no such conversation
        answer: refused: no such conversation
        answer: refused: no such conversation
        answer: done
        answer: refused: no such conversation",
    );
}

#[test]
fn what_is_read_is_on_disk_within_a_second() {
    check(
        "shards 2
        call group 7 8
        call post 7 1 one
        call mark-read 8 1 1
        wait 600
        crash
        call look 8 1
        call look 7 1",
        "answer: conversation 1
        answer: posted 1#1
        answer: done
        answer: Group up to 1 with 0 recalls, hidden up to 0, read up to 1
        answer: Group up to 1 with 0 recalls, hidden up to 0, read up to 1",
    );
}

#[test]
fn who_writes_has_read() {
    check(
        "shards 2
        call group 7 8
        in a 7 stream
        a post 1 one
        call token-post 8 1 two
        quiet
        call look 7 1
        call look 8 1",
        "answer: Group up to 2 with 0 recalls, hidden up to 0, read up to 1
        answer: Group up to 2 with 0 recalls, hidden up to 0, read up to 2",
    );
}

#[test]
fn a_read_mark_raises_what_is_read() {
    check(
        "shards 2
        call group 7 8
        call post 7 1 one
        call post 7 1 two
        in a 8 stream
        a read 1#1
        quiet
        call look 8 1",
        "answer: Group up to 2 with 0 recalls, hidden up to 0, read up to 1",
    );
}

#[test]
fn nothing_read_is_kept_of_what_is_not_stored() {
    check(
        "memory group
        call group 7 8
        call post 7 1 one
        quiet
        call mark-read 8 1 1
        call look 8 1",
        "answer: done
        answer: Group up to 1 with 0 recalls, hidden up to 0, read up to 0",
    );
}

#[test]
fn friends_and_groups_are_relations_and_other_directs_are_not() {
    check(
        "shards 2
        call create-user id=7 name=ann
        call ensure 9
        call group 7 8
        call channel 7
        call befriend 7 8
        call post 7 7-9 hi
        call related 7
        call related 9
        call related 99",
        "answer: user 7
        answer: done
        answer: conversation 1
        answer: conversation 2
        answer: done
        answer: posted 7-9#1
        answer: \"ann\" with 7-8, 1, 2
        answer: \"\" with nobody
        answer: \"\" with nobody",
    );
}
