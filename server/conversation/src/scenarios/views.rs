//! What is told of users and conversations, and to whom. Conversations 1 and 4 live on shard 1.

use super::check;

#[test]
fn a_profile_has_the_names_and_what_is_unknown_is_said_so() {
    check(
        "call create-user id=7 name=ann external=x1
        call profile 7
        call ensure 8
        call profile 8
        call profile 9",
        "answer: user 7
        answer: user 7 name \"ann\" external x1
        answer: done
        answer: user 8 name \"\" external none
        answer: refused: no such user",
    );
}

#[test]
fn memberships_list_directs_and_groups_until_one_leaves() {
    check(
        "shards 2
        call group 7 8
        call token-post 7 7-8 hi
        call memberships 7
        call remove 1 7
        call memberships 7
        call memberships 99",
        "answer: conversation 1
        answer: posted 7-8#1
        answer: in 7-8 Direct, 1 Group
        answer: done
        answer: in 7-8 Direct
        answer: in nothing",
    );
}

#[test]
fn a_look_shows_how_far_the_log_is_to_those_who_are_in_it() {
    check(
        "shards 2
        call group 7 8
        call post 7 1 one
        call post 7 1 two
        call look 8 1
        call look 9 1
        call look 8 2
        call remove 1 8
        call look 8 1
        call look 7 1",
        "answer: conversation 1
        answer: posted 1#1
        answer: posted 1#2
        answer: Group up to 2 with 0 recalls, hidden up to 0, read up to 0
        answer: refused: no such conversation
        answer: refused: no such conversation
        answer: done
        answer: refused: no such conversation
        answer: Group up to 2 with 0 recalls, hidden up to 0, read up to 2",
    );
}

#[test]
fn a_look_knows_what_is_hidden_from_a_new_member() {
    check(
        "call group 7 history=no
        call post 7 1 secret
        call add 1 8
        call look 8 1
        call look 7 1",
        "answer: conversation 1
        answer: posted 1#1
        answer: done
        answer: Group up to 1 with 0 recalls, hidden up to 1, read up to 0
        answer: Group up to 1 with 0 recalls, hidden up to 0, read up to 1",
    );
}

#[test]
fn a_direct_is_there_for_friends_before_its_first_message() {
    check(
        "call ensure 7
        call ensure 8
        call look 7 7-8
        call befriend 7 8
        call look 7 7-8
        call look 8 7-8
        call look 9 7-8
        call look 9 8-9",
        "answer: done
        answer: done
        answer: refused: no such conversation
        answer: done
        answer: Direct up to 0 with 0 recalls, hidden up to 0, read up to 0
        answer: Direct up to 0 with 0 recalls, hidden up to 0, read up to 0
        answer: refused: no such conversation
        answer: refused: no such conversation",
    );
}

#[test]
fn a_room_is_read_by_those_who_have_joined_it() {
    check(
        "call room
        in a 7 stream
        call look 7 1
        a join 1
        call look 7 1
        call look 8 1
        out a
        call look 7 1",
        "answer: conversation 1
        answer: refused: no such conversation
        answer: Room up to 0 with 0 recalls, hidden up to 0, read up to 0
        answer: refused: no such conversation
        answer: refused: no such conversation
        a joined 1",
    );
}

#[test]
fn what_one_says_of_oneself_counts_where_it_was_never_said() {
    check(
        "call introduce 7 name=Ann
        call ensure 7
        call introduce 7 name=Ann
        call introduce 7 name=Bob photo=https://a.example/p
        call introduce 7 photo=https://a.example/q
        call create-user id=8 name=login
        call introduce 8 name=Cas
        call profile 7",
        "answer: refused: no such user
        answer: done
        answer: user 7 name \"Ann\" external none
        answer: user 7 name \"Ann\" external none with a photo
        answer: user 7 name \"Ann\" external none with a photo
        answer: user 8
        answer: user 8 name \"login\" external none
        answer: user 7 name \"Ann\" external none with a photo",
    );
}
