//! gRPC by `grpcio` and `@grpc/grpc-js`, with clients made from the published files.

use parlance_e2e::node;
use parlance_e2e::python::{USERS, run_case, run_case_on};
use parlance_e2e::server::Server;

#[track_caller]
fn calls(case: &str) {
    run_case("grpc_calls", case, &[]);
}

#[test]
fn a_call_sends_a_post() {
    calls("send");
}

#[test]
fn the_token_may_stand_in_any_of_its_places() {
    calls("where_the_token_may_stand");
}

#[test]
fn a_retried_call_with_its_key_is_the_first_one() {
    calls("retry");
}

#[test]
fn a_refused_call_has_its_exact_status() {
    calls("refused");
}

#[test]
fn a_stream_that_cannot_begin_has_its_exact_status() {
    calls("streams_refused");
}

#[test]
fn who_sends_nothing_more_is_given_what_it_is_owed() {
    calls("half_close");
}

#[test]
fn what_cannot_be_read_ends_the_stream() {
    calls("frames_that_end_the_stream");
}

#[test]
fn a_cancelled_stream_ends_its_session() {
    calls("cancel");
}

#[test]
fn a_stream_ends_at_its_deadline() {
    calls("deadline");
}

#[test]
fn rooms_are_found_joined_and_posted_in() {
    calls("rooms");
}

#[test]
fn the_operator_kicks_sessions() {
    calls("kick");
}

#[test]
fn the_operator_delivers_posts_in_users_names() {
    calls("deliver");
}

#[test]
fn the_services_describe_themselves() {
    calls("reflection");
}

#[test]
fn a_channel_may_have_more_calls_than_streams() {
    calls("many_calls_of_one_connection");
}

#[test]
fn a_request_that_is_no_call_is_answered_by_http() {
    calls("not_calls");
}

#[test]
fn long_texts_pass_every_window() {
    calls("long_texts_both_ways");
}

#[test]
fn a_drained_server_tells_its_streams_so() {
    let mut server = Server::start();
    server.operator().create_users(USERS);
    let pid = server.pid().to_string();
    run_case_on(&server, "grpc_calls", "drain", &[&pid]);
    assert!(server.wait_for_exit().success(), "it drained");
}

#[test]
fn a_client_in_javascript_sends_and_interacts() {
    node::run_case("grpc", "sendAndInteract", &[]);
}

#[test]
fn a_client_in_javascript_is_refused_with_exact_statuses() {
    node::run_case("grpc", "refused", &[]);
}
