//! Who may do what, and that a refusal tells a stranger nothing.

use super::check;

#[test]
fn a_stranger_and_a_wrong_id_get_the_same_answer() {
    check(
        "call group 8 9
        in a 7 onechat
        quiet
        a post 1 hi
        a post 99 hi
        a recall 1 5",
        "a refused: no such conversation
        a refused: no such conversation
        a refused: no such conversation",
    );
}

#[test]
fn an_ex_member_is_a_stranger() {
    check(
        "call group 7 8
        in a 7 stream
        a sync
        a post 1 hi key=k
        call remove 1 7
        quiet
        a post 1 hi
        a post 1 hi key=k
        a recall 1#1
        a read 1#1
        a sync group=0
        call describe 1 user=7",
        "a refused: no such conversation
        a refused: no such conversation
        a refused: no such conversation
        a refused: no such conversation
        a synced
        answer: refused: no such conversation",
    );
}

#[test]
fn members_of_a_channel_read_and_its_posters_post() {
    check(
        "call channel 9 owner=7 poster=8
        in a 7 onechat
        in b 8 onechat
        in c 9 onechat
        quiet
        c post 1 no
        b post 1 poster
        a post 1 owner",
        "c refused: only the owner and the posters of a channel may post in it
        b posted 1#1
        a < 1#1 poster
        b < 1#1 poster
        c < 1#1 poster
        a posted 1#2
        a < 1#2 owner
        b < 1#2 owner
        c < 1#2 owner",
    );
}

#[test]
fn a_poster_who_was_removed_posts_no_more() {
    check(
        "call channel 9 owner=7 poster=8
        in b 8 onechat
        call remove 1 8
        quiet
        b post 1 no",
        "b refused: no such conversation",
    );
}

#[test]
fn a_room_is_for_those_who_joined_it() {
    check(
        "call room
        in a 7 stream
        in b 8 stream room=1
        a sync
        b sync
        quiet
        a post 1 no
        b post 1 yes
        a join 1
        a post 1 yes",
        "a refused: no such conversation
        b posted 1#1
        a joined 1
        b < 1#2 yes
        a posted 1#2",
    );
}

#[test]
fn nobody_posts_between_two_others() {
    check(
        "call ensure 8
        call ensure 9
        in a 7 onechat
        quiet
        a post 8-9 hi
        call token-post 7 8-9 hi
        call post 7 8-9 hi",
        "a refused: no such conversation
        answer: refused: no such conversation
        answer: refused: no such conversation",
    );
}

#[test]
fn friendship_binds_those_who_send_where_the_dialect_says_so() {
    check(
        "call ensure 8
        in a 7 onechat friends=yes
        in s 7 stream
        in b 8 onechat friends=yes
        s sync
        quiet
        a post 7-8 hi
        s post 7-8 hi
        b post 7-8 ho
        call befriend 7 8
        b post 7-8 ho",
        "a refused: the users are not friends
        b < 7-8#1 hi
        a < 7-8#1 hi
        s posted 7-8#1
        b refused: the users are not friends
        answer: done
        a < 7-8#2 ho
        s < 7-8#2 ho
        b posted 7-8#2",
    );
}

#[test]
fn a_direct_needs_two_users_that_exist() {
    check(
        "in a 7 onechat
        quiet
        a post 7-8 hi
        call ensure 8
        a post 7-8 hi",
        "a refused: no such user
        answer: done
        a posted 7-8#1",
    );
}

#[test]
fn another_category_than_the_client_believes_is_another_conversation() {
    check(
        "call group 7 8
        in a 7 stream
        a sync
        quiet
        a post 1 hi as=channel
        a post 1 hi as=group",
        "a refused: no such conversation
        a posted 1#1",
    );
}

#[test]
fn the_operator_vouches_for_a_sender_and_a_token_does_not() {
    check(
        "call group 8
        call ensure 7
        in b 8 onechat
        quiet
        call token-post 7 1 no
        call post 7 1 yes
        call post 99 1 nobody",
        "answer: refused: no such conversation
        b < 1#1 yes
        answer: posted 1#1
        answer: refused: no such user",
    );
}

#[test]
fn a_right_lost_while_a_post_waits_is_lost_for_it() {
    check(
        "call group 7 8
        in a 7 onechat
        a post 1 hi key=k
        crash
        in a 7 onechat
        quiet
        hold loads 0
        a post 1 more key=l
        call remove 1 7
        let loads 0",
        "a refused: no such conversation
        answer: done",
    );
}
