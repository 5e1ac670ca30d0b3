//! Socket.IO's connections: who is let in, namespaces, malformed packets, and the end.

use parlance_e2e::engineio::{Door, Eio, Polling};
use parlance_e2e::server::{Server, Setup};
use parlance_e2e::socketio::{Client, EVERY_WAY, Transport};
use parlance_e2e::websocket::{Received, WebSocket};
use serde_json::{Value, json};

fn open_server() -> Server {
    let settings = vec![("AUTH__OPEN", "true".to_owned())];
    Server::with(Setup { settings, ..Setup::default() })
}

const HELLO: &str = "create-user";

fn named(external_id: &str) -> Value {
    json!({ "user": { "externalUserId": external_id } })
}

#[test]
fn a_token_lets_in_over_every_transport() {
    let server = Server::start();
    for way in EVERY_WAY {
        let token = server.token(7);
        let mut client = Client::connect(server.addresses().main, way, Some(&token));
        let answer = client.ask(HELLO, &json!({ "user": { "id": "7" } }));
        assert_eq!(answer["status"], "ok", "{answer}");
        assert_eq!(answer["user"]["id"], "7");
    }
    server.stop();
}

/// Clients that cannot set a query or a payload have the header.
#[test]
fn a_token_may_come_in_the_handshake() {
    let server = Server::start();
    let token = server.token(9);
    let bearer = format!("Bearer {token}");
    let door = Door { address: server.addresses().main };
    for eio in Eio::BOTH {
        let query = format!("EIO={}&transport=polling", eio.number());
        let headers = [("Authorization", bearer.as_str())];
        let reply = door.begin("GET", &query, &headers, b"").answer();
        let packets = eio.split(&reply.expect(200));
        let said: Value = serde_json::from_str(&packets[0][1..]).unwrap();
        let sid = said["sid"].as_str().unwrap().to_owned();
        let polling = Polling { door, eio, sid: sid.clone() };
        if eio == Eio::V4 {
            polling.post(&["40"]);
            assert_eq!(polling.poll(), [format!("40{{\"sid\":\"{sid}\"}}")]);
        } else {
            assert_eq!(packets[1], "40");
        }
        polling.post(&[&format!("420{}", json!([HELLO, { "user": { "id": 9 } }]))]);
        let answer = polling.poll();
        assert!(answer[0].contains(r#""id":"9""#), "{answer:?}");
    }
    for way in [(Eio::V4, Transport::Polling), (Eio::V4, Transport::WebSocket)] {
        let (eio, transport) = way;
        let name = if transport == Transport::Polling { "polling" } else { "websocket" };
        let query = format!("EIO={}&transport={name}&token={token}", eio.number());
        if transport == Transport::Polling {
            let (polling, _) = Polling::open(door.address, eio, &format!("&token={token}"));
            polling.post(&["40"]);
            assert!(polling.poll()[0].starts_with("40{"));
        } else {
            let path = format!("/socket.io/?{query}");
            let mut websocket = WebSocket::open(door.address, &path, &[]).unwrap();
            websocket.send_text("40");
            assert!(matches!(websocket.receive(), Received::Text(text) if text.starts_with('0')));
            assert!(matches!(websocket.receive(), Received::Text(text) if text.starts_with("40{")));
        }
    }
    server.stop();
}

#[test]
fn without_a_good_token_nobody_is_let_in() {
    let server = Server::start();
    for way in EVERY_WAY {
        let expected = match way.0 {
            Eio::V3 => r#"44"unauthorized""#,
            Eio::V4 => r#"44{"message":"unauthorized"}"#,
        };
        for token in [None, Some("nonsense"), Some("7")] {
            let mut client = Client::open(server.addresses().main, way, token);
            assert_eq!(client.packet(), expected, "{way:?}, {token:?}");
            // It may try again, but what it asks for meanwhile is refused.
            let refused = client.ask(HELLO, &named("ann"));
            let unauthorized =
                json!({ "status": "error", "error": [{ "message": "unauthorized" }] });
            assert_eq!(refused, unauthorized);
            assert_eq!(client.ask("list-chats", &json!({})), unauthorized);
            if way.0 == Eio::V4 {
                client.send(&format!("40{}", json!({ "token": server.token(7) })));
                assert!(client.packet().starts_with("40{"));
                assert_eq!(client.ask(HELLO, &named("anything"))["user"]["id"], "7");
            }
        }
    }
    server.stop();
}

#[test]
fn there_is_one_namespace() {
    let server = open_server();
    for way in EVERY_WAY {
        let mut client = Client::connect(server.addresses().main, way, None);
        client.send("40/admin,");
        let expected = match way.0 {
            Eio::V3 => r#"44/admin,"Invalid namespace""#,
            Eio::V4 => r#"44/admin,{"message":"Invalid namespace"}"#,
        };
        assert_eq!(client.packet(), expected);
        client.send(r#"42/admin,0["create-user",{"user":{"externalUserId":"ann"}}]"#);
        client.send("41/admin,");
        assert_eq!(client.ask(HELLO, &named("bob"))["user"]["external_id"], "bob");
    }
    server.stop();
}

#[test]
fn malformed_packets_end_the_connection() {
    let server = open_server();
    for way in EVERY_WAY {
        for packet in ["4abc", "42{}", "42[]", "42abc[\"x\"]", "42[\"x\"", "44\"x\""] {
            let mut client = Client::connect(server.addresses().main, way, None);
            match way.1 {
                Transport::WebSocket => client.send(packet),
                Transport::Polling => client.send_expecting(packet, 400),
            }
            client.wait_until_closed();
        }
    }
    server.stop();
}

#[test]
fn whoever_does_not_connect_is_closed() {
    let server = open_server();
    let path = "/socket.io/?EIO=4&transport=websocket";
    let mut websocket = WebSocket::open(server.addresses().main, path, &[]).unwrap();
    let (polling, _) = Polling::open(server.addresses().main, Eio::V4, "");
    assert!(matches!(websocket.receive(), Received::Text(_)));
    assert_eq!(websocket.receive(), Received::Closed(Some(1008)));
    assert!(matches!(polling.begin_poll().answer().status, 200 | 400));
    server.stop();
}

#[test]
fn leaving_the_namespace_ends_the_connection() {
    let server = open_server();
    for way in EVERY_WAY {
        let mut client = Client::connect(server.addresses().main, way, None);
        client.send("41");
        client.wait_until_closed();
    }
    server.stop();
}

#[test]
fn on_an_open_server_one_is_whom_one_says() {
    let server = open_server();
    for way in EVERY_WAY {
        let mut client = Client::connect(server.addresses().main, way, None);
        let refused = client.ask("list-chats", &json!({}));
        assert_eq!(refused["error"][0]["message"], "unauthorized");
        let ann = client.ask(HELLO, &named("ann"));
        let again = client.ask(HELLO, &json!({ "user": { "external_id": "ann" } }));
        assert_eq!(ann, again, "found, not created again");
        assert_eq!(client.ask("list-chats", &json!({})), json!({ "status": "ok", "chats": [] }));
        // The last one counts.
        let bob = client.ask(HELLO, &named("bob"));
        assert_ne!(ann["user"]["id"], bob["user"]["id"]);
        let by_id = client.ask(HELLO, &json!({ "user": { "id": ann["user"]["id"] } }));
        assert_eq!(ann, by_id);
    }
    server.stop();
}

#[test]
fn with_a_token_one_stays_who_one_is() {
    let server = Server::start();
    let users =
        [json!({ "id": 7, "external_id": "ann" }), json!({ "id": 8, "external_id": "bob" })];
    for user in &users {
        server.operator().post("/api/v1/users", user).expect(201);
    }
    server.operator().create_users([9]);
    for way in EVERY_WAY {
        let main = server.addresses().main;
        let mut ann = Client::connect(main, way, Some(&server.token(7)));
        let answer = ann.ask(HELLO, &named("ann"));
        assert_eq!(answer["user"]["id"], "7");
        assert_eq!(answer["user"]["externalUserId"], "ann");
        for other in [named("bob"), named("nobody"), json!({ "user": { "id": "8" } })] {
            let refused = ann.ask(HELLO, &other);
            assert_eq!(refused["error"][0]["message"], "unauthorized", "{other}");
        }
        assert_eq!(ann.ask(HELLO, &json!({ "user": { "id": 7 } })), answer);
        // A user without an external id may be called by one that is nobody's.
        let mut nameless = Client::connect(main, way, Some(&server.token(9)));
        assert_eq!(nameless.ask(HELLO, &named("app user"))["user"]["id"], "9");
        assert_eq!(nameless.ask(HELLO, &named("bob"))["status"], "error");
    }
    server.stop();
}

/// A server that stops closes its clients without a disconnect, so that they come back by
/// themselves.
#[test]
fn a_stop_closes_every_client() {
    let mut server = open_server();
    let path = "/socket.io/?EIO=4&transport=websocket";
    let mut websocket = WebSocket::open(server.addresses().main, path, &[]).unwrap();
    assert!(matches!(websocket.receive(), Received::Text(_)));
    websocket.send_text("40");
    assert!(matches!(websocket.receive(), Received::Text(_)));
    let mut polling = Client::connect(server.addresses().main, EVERY_WAY[2], None);
    assert_eq!(polling.ask(HELLO, &named("ann"))["status"], "ok");
    server.terminate();
    assert_eq!(websocket.receive(), Received::Closed(Some(3001)));
    websocket.close();
    server.stop_for_now();
}
