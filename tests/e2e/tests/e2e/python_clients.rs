//! The `stream` dialect by clients in Python: `websockets`, `grpcio`, and `protobuf` with classes
//! built from the documented tables. A case that knows its transport by name runs over each.

use parlance_e2e::python::run_case;

const ALL: [&str; 4] = ["json", "binary", "tcp", "grpc"];
const WEBSOCKETS: [&str; 2] = ["json", "binary"];

#[track_caller]
fn over(transports: &[&str], module: &str, case: &str) {
    for transport in transports {
        println!("{module}.{case} over {transport}");
        run_case(module, case, &[transport]);
    }
}

#[test]
fn a_private_message_reaches_the_peer_and_the_senders_other_session() {
    over(&ALL, "stream", "private_message");
}

#[test]
fn posts_of_one_frame_stay_in_order() {
    over(&ALL, "stream", "posts_of_one_frame");
}

#[test]
fn a_sync_by_last_id_gives_exactly_what_is_newer() {
    over(&ALL, "stream", "sync_by_last_id");
}

#[test]
fn a_sync_by_cursor_gives_what_was_not_receipted() {
    over(&ALL, "stream", "sync_by_cursor");
}

#[test]
fn a_long_sync_comes_in_pages() {
    over(&ALL, "stream", "sync_in_pages");
}

#[test]
fn without_a_sync_the_server_answers_an_empty_one() {
    // Not in binary frames: before a client's first frame the server writes text.
    over(&["json", "tcp", "grpc"], "stream", "no_sync_at_all");
}

#[test]
fn a_recall_reaches_the_peer_and_leaves_no_message() {
    over(&ALL, "stream", "recall");
}

#[test]
fn a_read_mark_reaches_the_sender() {
    over(&ALL, "stream", "read_mark");
}

#[test]
fn an_expired_post_is_shown_to_nobody() {
    over(&["json"], "stream", "expire");
}

#[test]
fn a_retried_send_is_the_first_one() {
    over(&ALL, "stream", "dedupe");
}

#[test]
fn the_sender_is_the_sessions_user() {
    over(&ALL, "stream", "sender_is_the_session");
}

#[test]
fn a_group_is_its_members_alone() {
    over(&ALL, "stream", "group");
}

#[test]
fn a_channel_is_posted_in_by_its_posters() {
    over(&ALL, "stream", "channel");
}

#[test]
fn a_room_is_joined_for_a_sessions_life() {
    over(&ALL, "stream", "room");
}

#[test]
fn an_unknown_receiver_is_refused_and_the_stream_goes_on() {
    over(&ALL, "stream", "receivers_that_are_not_there");
}

#[test]
fn a_hundred_posts_in_flight_keep_their_order() {
    over(&ALL, "stream", "answers_keep_their_order");
}

#[test]
fn a_frame_that_asks_nothing_is_refused_and_the_stream_goes_on() {
    over(&ALL, "stream", "refused_frames");
}

#[test]
fn every_type_of_post_arrives_as_it_was_sent() {
    over(&ALL, "kinds", "every_type");
}

#[test]
fn an_envelope_that_does_not_match_its_type_is_refused() {
    over(&ALL, "kinds", "envelope_that_does_not_match");
}

#[test]
fn text_has_a_byte_at_least_and_32768_at_most() {
    over(&ALL, "kinds", "length_of_text");
}

#[test]
fn a_required_field_that_is_missing_is_refused() {
    over(&WEBSOCKETS, "kinds", "required_fields");
}

#[test]
fn the_servers_json_is_as_documented() {
    run_case("json_form", "what_the_server_writes", &[]);
}

#[test]
fn the_server_reads_every_documented_form_of_json() {
    run_case("json_form", "what_the_server_reads", &[]);
}

#[test]
fn a_fault_is_answered_under_its_frames_sn() {
    run_case("json_form", "faults", &[]);
}

#[test]
fn a_frame_that_cannot_be_decoded_ends_the_stream() {
    run_case("json_form", "frames_that_end_the_stream", &[]);
}

#[test]
fn the_servers_opcode_follows_the_clients() {
    run_case("json_form", "the_servers_opcode_follows_the_clients", &[]);
}

#[test]
fn a_post_by_http_is_answered_by_its_postmark() {
    run_case("http_send", "send", &[]);
}

#[test]
fn a_token_may_stand_where_the_documents_put_it() {
    run_case("http_send", "where_the_token_may_stand", &[]);
}

#[test]
fn an_http_retry_with_its_key_is_the_first_one() {
    run_case("http_send", "retry", &[]);
}

#[test]
fn a_refused_http_post_has_status_and_code() {
    run_case("http_send", "refused", &[]);
}

#[test]
fn a_room_is_posted_in_by_http_once_joined() {
    run_case("http_send", "room_calls", &[]);
}

#[test]
fn raw_tcp_signs_in_with_its_first_frame() {
    run_case("raw_tcp", "sign_in", &[]);
}

#[test]
fn raw_tcp_frames_may_be_cut_anywhere() {
    run_case("raw_tcp", "cut_anywhere", &[]);
}

#[test]
fn raw_tcp_ends_after_what_cannot_be_decoded() {
    run_case("raw_tcp", "what_cannot_be_decoded", &[]);
}

#[test]
fn raw_tcp_refuses_a_length_that_lies() {
    run_case("raw_tcp", "lengths_that_lie", &[]);
}
