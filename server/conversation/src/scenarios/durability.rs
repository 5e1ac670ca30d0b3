//! Restarts: what was told to other shards is told again, names and numbers are not given twice.

use super::check;

#[test]
fn a_membership_that_a_crash_interrupted_is_told_again() {
    check(
        "shards 2
        hold mesh 1 0
        call group 7
        quiet
        crash
        let mesh 1 0
        wait 1
        in a 7 onechat
        call post 7 1 hi",
        "a synced
        a < 1#1 hi
        answer: posted 1#1",
    );
}

#[test]
fn joining_leaving_and_joining_again_are_told_again_in_order() {
    check(
        "shards 2
        call group 8
        hold mesh 1 0
        call add 1 7 on=1
        call remove 1 7 on=1
        call add 1 7 on=1
        call remove 1 7 on=1
        quiet
        crash
        let mesh 1 0
        wait 1
        in a 7 onechat
        call post 8 1 hi on=1",
        "a synced
        answer: posted 1#1",
    );
}

#[test]
fn a_friendship_that_a_crash_interrupted_is_told_again() {
    check(
        "shards 2
        hold commits 0
        call befriend 7 8
        hold mesh 0 1
        let commits 0
        crash
        let mesh 0 1
        in a 8 onechat friends=yes
        quiet
        a post 7-8 hi",
        "a posted 7-8#1",
    );
}

#[test]
fn a_call_is_answered_when_its_intents_are_done() {
    check(
        "shards 2
        hold commits 0
        call group 7 8 on=1
        wait 1
        let commits 0
        hold commits 1
        call befriend 7 8
        wait 1
        let commits 1",
        "answer: conversation 1
        answer: done",
    );
}

#[test]
fn numbers_are_not_given_twice() {
    check(
        "call group 7
        call create-user name=ann
        crash
        call group 7
        call create-user name=bob",
        "answer: conversation 1
        answer: user 1000001
        answer: conversation 2
        answer: user 1000002",
    );
}

#[test]
fn nothing_of_a_post_is_left_when_its_write_was_not() {
    check(
        "call group 7
        in a 7 onechat
        a post 1 one key=k
        hold commits 0
        a post 1 two key=l
        crash
        let commits 0
        in a 7 onechat
        quiet
        a post 1 two key=l",
        "a posted 1#2
        a < 1#2 two",
    );
}
