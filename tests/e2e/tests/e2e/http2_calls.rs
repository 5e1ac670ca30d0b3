//! HTTP/2 with prior knowledge, by `httpx`.

use parlance_e2e::python::run_case;

#[test]
fn the_dialects_calls_are_answered_over_http_2() {
    run_case("http2_calls", "calls", &[]);
}

#[test]
fn many_streams_of_one_connection_are_all_answered() {
    run_case("http2_calls", "many_streams_of_one_connection", &[]);
}

#[test]
fn long_bodies_are_taken_or_refused_and_the_connection_goes_on() {
    run_case("http2_calls", "long_bodies", &[]);
}
