//! The `events` dialect by npm's `socket.io-client`, in both of its ages.

use parlance_e2e::node::{run_case, run_case_on};
use parlance_e2e::server::{Server, Setup};

const VERSIONS: [&str; 2] = ["2", "4"];
const TRANSPORTS: [&str; 2] = ["polling", "websocket"];

#[track_caller]
fn over_each(case: &str) {
    for version in VERSIONS {
        for transport in TRANSPORTS {
            println!("socket.io-client {version} over {transport}");
            run_case("socketio", case, &[version, transport]);
        }
    }
}

#[test]
fn all_five_events_are_answered_by_events() {
    over_each("allEvents");
}

#[test]
fn callbacks_are_called_and_messages_keep_their_order() {
    over_each("callbacks");
}

#[test]
fn a_change_of_transport_loses_and_repeats_nothing() {
    for version in VERSIONS {
        run_case("socketio", "upgrade", &[version]);
    }
}

#[test]
fn a_socket_without_a_good_token_is_told_so() {
    over_each("unauthorized");
}

#[test]
fn on_an_open_server_a_socket_is_who_it_says() {
    for version in VERSIONS {
        let settings = vec![("AUTH__OPEN", "true".to_owned())];
        let server = Server::with(Setup { settings, ..Setup::default() });
        run_case_on(&server, "socketio", "open", &[version, "websocket"]);
        server.stop();
    }
}
