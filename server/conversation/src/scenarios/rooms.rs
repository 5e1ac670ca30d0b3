//! Rooms: joined for as long as a session lasts.

use super::check;

#[test]
fn a_room_that_is_not_there_ends_the_session_that_signs_in_for_it() {
    check(
        "call group 7
        in a 7 stream room=1
        in b 7 stream room=99
        quiet
        wait 2000
        in c 7 stream
        c join 99
        c join 7-8",
        "c not joined 99: no such conversation
        c not joined 7-8: no such conversation",
    );
}

#[test]
fn a_sign_in_without_its_room_is_closed() {
    check("in a 7 stream room=99\nwait 2000", "a closed: UnknownRoom");
}

#[test]
fn who_leaves_a_room_is_out_of_it() {
    check(
        "shards 2
        call room
        in a 7 stream room=1
        in b 7 stream room=1
        in c 8 stream room=1
        a sync
        b sync
        c sync
        quiet
        out a
        c post 1 hi
        b post 1 still-in
        out b
        in d 7 stream
        d post 1 out",
        "c posted 1#1
        b < 1#1 hi
        c < 1#2 still-in
        b posted 1#2
        d refused: no such conversation",
    );
}

#[test]
fn leaving_while_the_join_is_on_its_way_leaves() {
    check(
        "shards 2
        call room
        hold mesh 0 1
        in a 7 stream room=1
        out a
        let mesh 0 1
        in b 7 stream
        quiet
        b post 1 no",
        "b refused: no such conversation",
    );
}

#[test]
fn joining_twice_is_joining_once() {
    check(
        "shards 2
        call room
        in a 7 stream
        quiet
        hold mesh 0 1
        a join 1
        a join 1
        let mesh 0 1
        a join 1
        out a
        in b 7 stream
        b post 1 no",
        "a joined 1
        a joined 1
        a joined 1
        b refused: no such conversation",
    );
}

#[test]
fn a_sync_waits_for_the_room_and_shows_its_history() {
    check(
        "shards 2
        call room
        call post 8 1 no
        call ensure 8
        call post 8 1 before
        quiet
        hold mesh 1 0
        in a 7 stream room=1
        a sync room=0
        let mesh 1 0
        call post 8 1 after",
        "a joined 1
        a page 1#1 before
        a synced
        a < 1#2 after
        answer: posted 1#2",
    );
}

/// What the peer does may depend on it: it may have sent all that it wants to send.
#[test]
fn a_session_that_began_with_a_room_is_told_once_it_is_in() {
    check(
        "call room
        quiet
        in a 7 stream room=1",
        "a joined 1",
    );
}

#[test]
fn a_sync_for_a_room_that_was_refused_has_that_refusal_as_its_answer() {
    check(
        "in a 7 stream
        quiet
        a join 99
        a sync target=99",
        "a not joined 99: no such conversation",
    );
}
