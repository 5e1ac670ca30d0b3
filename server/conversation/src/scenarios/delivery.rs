//! Who is shown a live message, and that it is on disk by then.

use super::check;

#[test]
fn acknowledged_and_shown_only_after_the_commit() {
    check(
        "shards 2
        call group 7 8
        in a 7 stream
        in b 8 onechat
        a sync
        quiet
        hold commits 1
        a post 1 hi
        crash
        let commits 1
        in a 7 stream
        in b 8 onechat
        a sync group=0",
        "b synced
        a synced",
    );
}

#[test]
fn every_session_of_every_member_gets_it_but_the_sending_one() {
    check(
        "shards 2
        call group 7 8 9
        in a 7 stream
        in b 7 stream
        in c 8 stream
        in d 9 onechat
        a sync
        b sync
        c sync
        quiet
        a post 1 hi",
        "d < 1#1 hi
        c < 1#1 hi
        a posted 1#1
        b < 1#1 hi",
    );
}

#[test]
fn an_echo_goes_to_the_sending_session_where_the_dialect_has_it_but_not_in_directs() {
    check(
        "call group 7
        call ensure 8
        in a 7 onechat
        in b 7 onechat
        quiet
        a post 1 hi
        a post 7-8 ho",
        "a posted 1#1
        a < 1#1 hi
        b < 1#1 hi
        b < 7-8#1 ho
        a posted 7-8#1",
    );
}

#[test]
fn a_direct_reaches_both_on_whatever_shards_they_live() {
    check(
        "shards 2
        call ensure 8
        in a 7 onechat
        in b 8 onechat
        quiet
        a post 7-8 hi
        b post 7-8 ho",
        "b < 7-8#1 hi
        a posted 7-8#1
        a < 7-8#2 ho
        b posted 7-8#2",
    );
}

#[test]
fn two_first_messages_of_a_direct_from_both_sides_make_one() {
    check(
        "shards 2
        call ensure 8
        in a 7 onechat
        in b 8 onechat
        quiet
        hold mesh 0 1
        hold commits 1
        a post 7-8 hi
        b post 7-8 ho
        let mesh 0 1
        let commits 1
        a post 7-8 more
        crash
        in a 7 onechat
        in b 8 onechat",
        "a < 7-8#1 ho
        b posted 7-8#1
        b < 7-8#2 hi
        a posted 7-8#2
        b < 7-8#3 more
        a posted 7-8#3
        a page 7-8#1 ho
        a synced
        b page 7-8#2 hi, 7-8#3 more
        b synced",
    );
}

#[test]
fn an_offline_member_costs_nothing_and_misses_nothing() {
    check(
        "shards 2
        call ensure 8
        in a 7 onechat
        a post 7-8 hi
        quiet
        in b 8 onechat",
        "b page 7-8#1 hi
        b synced",
    );
}
