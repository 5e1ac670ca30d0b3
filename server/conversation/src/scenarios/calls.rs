//! Calls without a session: users, names, conversations.

use super::check;

#[test]
fn a_user_has_its_names_from_the_answer_on() {
    check(
        "shards 2
        call create-user name=ann external=x1 id=7
        call name ann
        call external x1
        call name bob",
        "answer: user 7
        answer: user 7
        answer: user 7
        answer: no name",
    );
}

#[test]
fn a_taken_name_gives_back_those_claimed_before() {
    check(
        "shards 2
        call create-user id=7 external=x1
        call create-user id=8 name=ann external=x1
        call name ann
        call create-user id=9 name=ann external=x2",
        "answer: user 7
        answer: refused: already taken
        answer: no name
        answer: user 9",
    );
}

#[test]
fn an_id_is_taken_once_and_an_open_one_goes_to_the_next() {
    check(
        "call ensure 1000001
        call create-user name=ann
        call create-user id=1000001
        call create-user id=1000002 name=bob",
        "answer: done
        answer: user 1000002
        answer: refused: already taken
        answer: refused: already taken",
    );
}

#[test]
fn two_who_want_one_name_at_once() {
    check(
        "shards 2
        hold loads 0
        hold loads 1
        call create-user id=7 name=ann
        call create-user id=8 name=ann
        let loads 0
        let loads 1
        call name ann",
        "answer: refused: already taken
        answer: user 7
        answer: user 7",
    );
}

#[test]
fn a_creation_that_a_crash_interrupted_can_be_made_again() {
    check(
        "shards 2
        hold commits 0
        call create-user id=7 name=ann hash=h
        crash
        let commits 0
        call create-user id=7 name=ann hash=h
        call name ann",
        "answer: user 7
        answer: user 7",
    );
}

#[test]
fn a_password_is_set_for_a_name_that_is_there() {
    check(
        "call create-user id=7 name=ann hash=h
        call password ann new
        call password bob new",
        "answer: user 7
        answer: done
        answer: refused: no such user",
    );
}

#[test]
fn nobody_befriends_themselves() {
    check("call befriend 7 7", "answer: refused: no such user");
}

#[test]
fn a_conversation_is_described_to_who_may_know_of_it() {
    check(
        "call group 7 8
        call describe 1
        call describe 1 user=7
        call describe 1 user=9
        call describe 2
        call describe 7-8 user=7
        call room
        call describe 2 user=9",
        "answer: conversation 1
        answer: Group of 7 8
        answer: Group of 7 8
        answer: refused: no such conversation
        answer: refused: no such conversation
        answer: refused: no such conversation
        answer: conversation 2
        answer: Room of nobody",
    );
}

#[test]
fn nothing_is_answered_before_it_is_on_disk() {
    check(
        "hold commits 0
        call ensure 7
        call group 7
        call befriend 7 8
        call create-user name=ann
        wait 1",
        "",
    );
}

#[test]
fn an_operators_retry_is_a_retry() {
    check(
        "call group 7
        quiet
        call post 7 1 hi key=k
        call post 7 1 hi key=k
        call post 7 1 hi",
        "answer: posted 1#1
        answer: posted 1#1 again
        answer: posted 1#2",
    );
}

/// The user's home counts, whichever shard is asked.
#[test]
fn a_bucket_is_one_for_all_shards() {
    check(
        "shards 3
        call pace 7
        call pace 7
        call pace 8
        wait 1000
        call pace 7",
        "answer: done
        answer: refused: too fast, come back later
        answer: done
        answer: done",
    );
}
