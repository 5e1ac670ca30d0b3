//! Cursors: they rise by acknowledgements, are kept, and never skip what was not shown.

use super::check;

#[test]
fn what_was_not_acknowledged_is_sent_at_the_next_sign_in() {
    check(
        "call group 7 8
        in a 7 onechat
        call post 8 1 one
        call post 8 1 two
        call post 8 1 three
        a ack 1#1 1#3
        out a
        quiet
        in a 7 onechat",
        "a page 1#2 two
        a synced",
    );
}

#[test]
fn an_acknowledgement_is_on_disk_within_a_second() {
    check(
        "call group 7 8
        in a 7 onechat
        call post 8 1 one
        a ack 1#1
        wait 500
        crash
        quiet
        in a 7 onechat",
        "a synced",
    );
}

#[test]
fn an_acknowledgement_that_was_lost_costs_a_repetition() {
    check(
        "call group 7 8
        in a 7 onechat
        call post 8 1 one
        a ack 1#1
        crash
        quiet
        in a 7 onechat",
        "a page 1#1 one
        a synced",
    );
}

#[test]
fn a_cursor_survives_eviction() {
    check(
        "idle 0
        call group 7 8
        in a 7 onechat
        call post 8 1 one
        call post 8 1 two
        a ack 1#1
        out a
        wait 10
        wait 500
        wait 10
        quiet
        in a 7 onechat",
        "a page 1#2 two
        a synced",
    );
}

#[test]
fn the_cursor_rises_over_what_nobody_is_shown_any_more() {
    check(
        "call group 7 8
        in b 8 stream
        b post 1 one
        b post 1 two
        b post 1 three
        b recall 1#1
        in a 7 onechat
        a ack 1#2
        out a
        quiet
        in a 7 onechat",
        "a page 1#3 three
        a synced",
    );
}

#[test]
fn one_cannot_acknowledge_what_has_not_come_yet() {
    check(
        "call group 7 8
        in a 7 stream
        a sync
        a ack-up-to group max
        out a
        call post 8 1 one
        in a 7 stream
        quiet
        a sync group=cursor",
        "a page 1#1 one
        a synced",
    );
}

#[test]
fn acknowledging_ones_own_post_skips_nothing_smaller_of_another_shard() {
    // Conversation 4 lives on shard 1, conversation 2 on shard 0; both users live on shard 0.
    check(
        "shards 2
        call group
        call group 7 12
        call group
        call group 7 12
        in a 7 stream
        a sync
        hold commits 1
        call token-post 12 4 slow
        a post 2 fast
        a ack-up-to group 2#1
        out a
        let commits 1
        in a 7 stream
        quiet
        a sync group=cursor",
        "a page 4#1 slow, 2#1 fast
        a synced",
    );
}

#[test]
fn acknowledging_in_one_conversation_says_nothing_about_another() {
    check(
        "call group 7 8
        call group 8
        in a 7 onechat
        in b 8 onechat
        call post 8 2 secret
        a ack 2#1
        call add 2 7
        out a
        quiet
        in a 7 onechat",
        "a synced",
    );
}

#[test]
fn own_messages_of_a_direct_leave_no_gap_in_the_cursor() {
    // More than a cursor holds above a gap: each of them must close over the ones before.
    let mut script = String::from(
        "call ensure 8
        in a 7 onechat
        in b 8 onechat
        ",
    );
    for turn in 1..=1_100 {
        let (mine, theirs) = (2 * turn - 1, 2 * turn);
        script.push_str(&format!("a post 7-8 mine\nb post 7-8 theirs\na ack 7-8#{theirs}\n"));
        script.push_str(&format!("b ack 7-8#{mine}\n"));
    }
    script.push_str("out a\nquiet\nin a 7 onechat\n");
    check(&script, "a synced");
}
