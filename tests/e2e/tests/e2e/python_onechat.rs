//! The `onechat` dialect by a client in Python that is as strict as the known ones: each receive
//! must bring one whole frame. Every case runs over the three framings.

use parlance_e2e::python::{USERS, run_case_on};
use parlance_e2e::server::{Server, Setup};

/// So long that a client on a busy machine takes each frame before the next one comes.
const FRAME_GAP_MS: &str = "400";

const ALL: [&str; 3] = ["bare", "onechat", "websocket"];

#[track_caller]
fn over(framings: &[&str], module: &str, case: &str) {
    for framing in framings {
        println!("{module}.{case} over {framing}");
        let settings = vec![("LIMITS__FRAME_GAP_MS", FRAME_GAP_MS.to_owned())];
        let server = Server::with(Setup { settings, ..Setup::default() });
        server.operator().create_users(USERS);
        run_case_on(&server, module, case, &[framing]);
        server.stop();
    }
}

#[test]
fn onechat_signs_in_and_refuses_what_is_no_sign_in() {
    over(&ALL, "onechat_chat", "sign_in");
}

#[test]
fn onechat_single_chats_reach_every_device_but_the_sending_one() {
    over(&ALL, "onechat_chat", "single_chat");
}

#[test]
fn onechat_group_chats_reach_every_member_the_sender_too() {
    over(&ALL, "onechat_chat", "group_chat");
}

#[test]
fn onechat_retries_store_nothing_new() {
    over(&ALL, "onechat_chat", "retries");
}

#[test]
fn onechat_sends_what_was_missed_until_it_is_acknowledged() {
    over(&ALL, "onechat_chat", "missed");
}

#[test]
fn onechat_batches_have_8_kib_at_most() {
    over(&ALL, "onechat_chat", "long_batches");
}

#[test]
fn onechat_devices_stand_beside_each_other_and_replace_themselves() {
    over(&ALL, "onechat_chat", "devices");
}

#[test]
fn onechat_commands_that_come_together_are_answered_in_order() {
    over(&ALL, "onechat_chat", "pipelined");
}

#[test]
fn onechat_friendships_begin_and_end() {
    over(&ALL, "onechat_social", "friendship");
}

#[test]
fn onechat_requests_for_friendship_are_answered() {
    over(&ALL, "onechat_social", "answers");
}

#[test]
fn onechat_refuses_friendships_in_its_words() {
    over(&ALL, "onechat_social", "friends_refusals");
}

#[test]
fn onechat_rooms_live_and_die() {
    over(&ALL, "onechat_social", "rooms");
}

#[test]
fn onechat_rooms_are_asked_for_entry() {
    over(&ALL, "onechat_social", "join_room");
}

#[test]
fn onechat_refuses_room_commands_in_its_words() {
    over(&ALL, "onechat_social", "room_refusals");
}

#[test]
fn onechat_notifications_reach_each_device_until_one_has_seen_them() {
    over(&ALL, "onechat_social", "notifications_on_devices");
}

#[test]
fn onechat_refuses_commands_in_its_words_and_goes_on() {
    over(&ALL, "onechat_refusals", "commands");
}

#[test]
fn onechat_answers_malformed_json_and_goes_on() {
    over(&ALL, "onechat_refusals", "malformed");
}

#[test]
fn onechat_skips_a_frame_that_is_too_long() {
    over(&["bare", "onechat"], "onechat_refusals", "too_long");
    over(&["websocket"], "onechat_refusals", "too_long_websocket");
}
