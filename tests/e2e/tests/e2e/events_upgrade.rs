//! Engine.IO's change from polling to a WebSocket.

use parlance_e2e::deadline::until;
use parlance_e2e::engineio::{Eio, Polling};
use parlance_e2e::server::{Server, Setup};
use parlance_e2e::websocket::{Received, WebSocket};

/// With heartbeats that no test waits for.
fn quiet_server() -> Server {
    let settings = vec![("AUTH__OPEN", "true".to_owned())];
    Server::with(Setup { settings, shards: 3 })
}

fn open(server: &Server, eio: Eio) -> Polling {
    Polling::open(server.addresses().main, eio, "").0
}

#[track_caller]
fn is_over(polling: &Polling) {
    let body = polling.begin_poll().answer().expect(400);
    assert_eq!(body, r#"{"code":1,"message":"Session ID unknown"}"#);
}

fn text(websocket: &mut WebSocket) -> String {
    match websocket.receive() {
        Received::Text(text) => text,
        other => panic!("no text but {other:?}"),
    }
}

#[test]
fn a_websocket_takes_the_place_of_polling() {
    let server = quiet_server();
    for eio in Eio::BOTH {
        let polling = open(&server, eio);
        if eio == Eio::V4 {
            polling.post(&["40"]);
            assert!(polling.poll()[0].starts_with("40{"));
        }
        let poll = polling.begin_poll();
        let mut websocket = polling.websocket().expect("a session that polls may be upgraded");
        websocket.send_text("2probe");
        assert_eq!(text(&mut websocket), "3probe");
        assert_eq!(eio.split(&poll.answer().expect(200)), ["6"], "the poll does not wait");
        websocket.send_text("5");
        websocket.send_text("427[\"list-chats\"]");
        assert!(text(&mut websocket).starts_with("42[\"list-chats\","));
        assert!(text(&mut websocket).starts_with("437["));
        is_over(&polling);
        assert_eq!(polling.websocket().err(), Some(400), "the id means nothing any more");
    }
    server.stop();
}

#[test]
fn what_waits_goes_over_the_new_websocket_once() {
    let server = quiet_server();
    let polling = open(&server, Eio::V4);
    polling.post(&["40", "420[\"list-chats\"]"]);
    let mut websocket = polling.websocket().unwrap();
    websocket.send_text("2probe");
    assert_eq!(text(&mut websocket), "3probe");
    // Nobody polls: all of it is still the server's when the transports change.
    websocket.send_text("5");
    websocket.send_text("421[\"list-chats\"]");
    let received: Vec<String> = (0..5).map(|_| text(&mut websocket)).collect();
    let begins = ["40{", "42[\"list-chats\"", "430[", "42[\"list-chats\"", "431["];
    for (packet, begin) in received.iter().zip(begins) {
        assert!(packet.starts_with(begin), "{received:?}");
    }
    server.stop();
}

#[test]
fn a_websocket_that_comes_to_nothing_leaves_polling_as_it_was() {
    let server = quiet_server();
    let polling = open(&server, Eio::V4);
    polling.post(&["40"]);
    assert!(polling.poll()[0].starts_with("40{"));
    let mut websocket = polling.websocket().unwrap();
    websocket.send_text("2probe");
    assert_eq!(text(&mut websocket), "3probe");
    websocket.send_text("4not an upgrade");
    until("the WebSocket is closed", || match websocket.try_receive() {
        Ok(Received::Closed(_)) | Err(_) => Some(()),
        Ok(_) => None,
    });
    until("polls wait again", || {
        let poll = polling.begin_poll();
        polling.post(&["42[\"list-chats\"]"]);
        let packets = Eio::V4.split(&poll.answer().expect(200));
        (packets != ["6"]).then_some(())
    });
    assert!(polling.websocket().is_ok(), "and another may be tried");
    server.stop();
}
