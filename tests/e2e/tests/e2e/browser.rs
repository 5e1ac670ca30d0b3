//! A page in headless Chromium, of an origin of its own: `WebSocket` and `fetch`, and nothing that
//! a library does about them.

use parlance_e2e::node::{run_case, run_case_on};
use parlance_e2e::ports;
use parlance_e2e::server::{Server, Setup};

#[test]
fn a_page_speaks_stream_by_socket_and_by_fetch() {
    run_case("browser", "stream", &[]);
}

#[test]
fn a_page_speaks_rooms_by_socket_and_by_fetch() {
    run_case("browser", "rooms", &[]);
}

#[test]
fn a_page_speaks_onechat() {
    run_case("browser", "onechat", &[]);
}

#[test]
fn only_pages_of_listed_origins_are_let_in() {
    let page = ports::free();
    let another = ports::free();
    for (listed, origin) in [("this", page), ("another", another)] {
        let origins = format!(r#"["http://{origin}"]"#);
        let settings = vec![("AUTH__ALLOWED_ORIGINS", origins)];
        let server = Server::with(Setup { settings, ..Setup::default() });
        server.operator().create_users([1, 2]);
        let port = page.port().to_string();
        run_case_on(&server, "browser", "listedOrigins", &[&port, listed]);
        server.stop();
    }
}

#[test]
fn no_other_sites_page_uses_the_operators_port() {
    run_case("browser", "operatorPort", &[]);
}
