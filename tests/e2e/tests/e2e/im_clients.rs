//! The `im` dialect by clients in Python: `httpx` over HTTP/2 with `protobuf`, `grpcio`, `websockets`.

use parlance_e2e::python::run_case;

#[test]
fn calls_over_http2_in_protobuf() {
    run_case("im", "http2_and_protobuf", &[]);
}

#[test]
fn calls_by_grpc_have_their_statuses() {
    run_case("im", "grpc_and_its_statuses", &[]);
}

#[test]
fn a_websocket_is_pushed_to() {
    run_case("im", "pushes_by_websocket", &[]);
}
