//! The `events` dialect by python-socketio, of today (Engine.IO 4) and of 2020 (Engine.IO 3).

use parlance_e2e::python::run_case;

/// How the client connects; the last begins by polling and goes on over a WebSocket.
const TRANSPORTS: [&str; 3] = ["polling", "websocket", "upgrade"];

#[test]
fn pythons_client_converses_over_every_transport() {
    for transport in TRANSPORTS {
        println!("events.conversation over {transport}");
        run_case("events", "conversation", &[transport]);
    }
}

#[test]
fn pythons_older_client_converses_over_every_transport() {
    for transport in TRANSPORTS {
        println!("events_v3.conversation over {transport}");
        run_case("events_v3", "conversation", &[transport]);
    }
}

#[test]
fn pythons_clients_are_refused_without_a_good_token() {
    run_case("events", "unauthorized", &[]);
    run_case("events_v3", "unauthorized", &[]);
}
