//! Engine.IO 3 and 4: handshakes, payloads, heartbeats and closing, as the protocol's own suite
//! asks for them.

use parlance_e2e::deadline::until;
use parlance_e2e::engineio::{Door, Eio, Polling, Reply};
use parlance_e2e::server::{Server, Setup};
use parlance_e2e::websocket::{Received, WebSocket};
use serde_json::{Value, json};

/// An open server that asks soon who is there, and gives a busy machine time to answer.
fn server() -> Server {
    let settings = vec![
        ("AUTH__OPEN", "true".to_owned()),
        ("EVENTS__PING_INTERVAL_MS", "500".to_owned()),
        ("EVENTS__PING_TIMEOUT_MS", "5000".to_owned()),
    ];
    Server::with(Setup { settings, ..Setup::default() })
}

/// With heartbeats that no test waits for.
fn quiet_server() -> Server {
    let settings = vec![("AUTH__OPEN", "true".to_owned())];
    Server::with(Setup { settings, shards: 3 })
}

fn door(server: &Server) -> Door {
    Door { address: server.addresses().main }
}

fn open(server: &Server, eio: Eio) -> Polling {
    Polling::open(server.addresses().main, eio, "").0
}

#[track_caller]
fn is_over(polling: &Polling) {
    let body = polling.begin_poll().answer().expect(400);
    assert_eq!(body, r#"{"code":1,"message":"Session ID unknown"}"#);
}

/// Posts a body while a poll waits. The two have connections of their own, so the body may come
/// first and end the session before it is polled; then it is tried again.
fn post_beside_a_poll(server: &Server, eio: Eio, body: &str) -> (Polling, Reply, Reply) {
    until("a poll waits when its session is posted to", || {
        let polling = open(server, eio);
        let poll = polling.begin_poll();
        let posted = polling.door.post(&polling.query(), body);
        let polled = poll.answer();
        (polled.status == 200).then_some((polling, posted, polled))
    })
}

fn text(websocket: &mut WebSocket) -> String {
    match websocket.receive() {
        Received::Text(text) => text,
        other => panic!("no text but {other:?}"),
    }
}

#[test]
fn a_handshake_by_polling_says_how_to_go_on() {
    let server = quiet_server();
    let third = door(&server).get("EIO=3&transport=polling&t=x&b64=1");
    assert_eq!(third.header("content-type"), Some("text/plain; charset=UTF-8"));
    let payload = third.body.clone();
    let sid = payload.get(12..32).expect("an opening packet");
    let opening = format!(
        "96:0{{\"sid\":\"{sid}\",\"upgrades\":[\"websocket\"],\"pingInterval\":25000,\
         \"pingTimeout\":5000}}2:40"
    );
    assert_eq!(payload, opening);
    let cookie = format!("io={sid}; Path=/; HttpOnly");
    assert_eq!(third.header("set-cookie"), Some(cookie.as_str()));
    // The documents' server took whoever said nothing for protocol 3.
    assert!(door(&server).get("transport=polling").expect(200).starts_with("96:0{"));

    let fourth = door(&server).get("EIO=4&transport=polling");
    assert_eq!(fourth.header("set-cookie"), None);
    let body = fourth.expect(200);
    let said: Value = serde_json::from_str(&body[1..]).unwrap();
    let sid = said["sid"].as_str().unwrap();
    assert_eq!(sid.len(), 20);
    let expected = json!({
        "sid": sid, "upgrades": ["websocket"], "pingInterval": 25000, "pingTimeout": 20000,
        "maxPayload": 1_000_000,
    });
    assert_eq!(said, expected);
    server.stop();
}

#[test]
fn a_handshake_over_a_websocket_says_the_same_without_upgrades() {
    let server = quiet_server();
    for eio in Eio::BOTH {
        let path = format!("/socket.io/?EIO={}&transport=websocket", eio.number());
        let mut websocket = WebSocket::open(server.addresses().main, &path, &[]).unwrap();
        let opening = text(&mut websocket);
        let said: Value = serde_json::from_str(&opening[1..]).unwrap();
        assert!(opening.starts_with('0'), "{opening}");
        assert_eq!(said["upgrades"], json!([]));
        if eio == Eio::V3 {
            assert_eq!(text(&mut websocket), "40");
        }
    }
    server.stop();
}

#[test]
fn requests_that_are_wrong_are_told_why() {
    let server = quiet_server();
    let door = door(&server);
    let polling = open(&server, Eio::V4);
    let unknown_sid = "sid=abcdefghijabcdefghij";
    let cases = [
        ("GET", "EIO=4".to_owned(), 0, "Transport unknown"),
        ("GET", "EIO=4&transport=tango".to_owned(), 0, "Transport unknown"),
        ("GET", format!("EIO=4&transport=polling&{unknown_sid}"), 1, "Session ID unknown"),
        ("GET", "EIO=4&transport=polling&sid=x".to_owned(), 1, "Session ID unknown"),
        ("POST", format!("EIO=3&transport=polling&{unknown_sid}"), 1, "Session ID unknown"),
        ("POST", "EIO=4&transport=polling".to_owned(), 2, "Bad handshake method"),
        ("PUT", "EIO=3&transport=polling".to_owned(), 2, "Bad handshake method"),
        ("POST", "EIO=3&transport=websocket".to_owned(), 2, "Bad handshake method"),
        ("GET", "EIO=4&transport=websocket".to_owned(), 3, "Bad request"),
        ("GET", format!("EIO=4&transport=websocket&sid={}", polling.sid), 3, "Bad request"),
        ("GET", "EIO=5&transport=polling".to_owned(), 5, "Unsupported protocol version"),
        ("GET", "EIO=abc&transport=polling".to_owned(), 5, "Unsupported protocol version"),
    ];
    for (method, query, code, message) in cases {
        let body = if method == "POST" { "2" } else { "" };
        let reply = door.begin(method, &query, &[], body.as_bytes()).answer();
        assert_eq!(reply.header("content-type"), Some("application/json"), "{query}");
        let expected = format!("{{\"code\":{code},\"message\":\"{message}\"}}");
        assert_eq!(reply.expect(400), expected, "{method} {query}");
    }
    polling.post(&["40"]);
    server.stop();
}

#[test]
fn pages_of_other_sites_may_read_the_answers() {
    let server = quiet_server();
    let door = door(&server);
    let query = "EIO=4&transport=polling";
    let alone = door.get(query);
    assert_eq!(alone.header("access-control-allow-origin"), Some("*"));
    assert_eq!(alone.header("access-control-allow-credentials"), None);
    let origin = [("Origin", "https://example.org")];
    let shared = door.begin("GET", query, &origin, b"").answer();
    assert_eq!(shared.header("access-control-allow-origin"), Some("https://example.org"));
    assert_eq!(shared.header("access-control-allow-credentials"), Some("true"));
    let refused = door.begin("GET", "EIO=4", &origin, b"").answer();
    assert_eq!(refused.header("access-control-allow-origin"), Some("https://example.org"));
    let asked = door.begin("OPTIONS", query, &origin, b"").answer();
    assert_eq!(asked.status, 204);
    assert_eq!(asked.header("access-control-allow-origin"), Some("https://example.org"));
    assert!(asked.header("access-control-allow-methods").is_some_and(|all| all.contains("POST")));
    server.stop();

    let settings = vec![("AUTH__ALLOWED_ORIGINS", "https://example.com".to_owned())];
    let strict = Server::with(Setup { settings, ..Setup::default() });
    let door = Door { address: strict.addresses().main };
    assert_eq!(door.begin("GET", query, &origin, b"").answer().status, 403);
    strict.stop();
}

#[test]
fn several_packets_travel_in_one_payload() {
    let server = quiet_server();
    for eio in Eio::BOTH {
        let polling = open(&server, eio);
        // Each of these is answered by a packet of its own.
        let asks: Vec<String> =
            (0..20).map(|n| format!("42{n}[\"list-chats\",{{\"ü\":\"\u{1f600}\"}}]")).collect();
        let asks: Vec<&str> = asks.iter().map(String::as_str).collect();
        if eio == Eio::V4 {
            polling.post(&["40"]);
            assert!(polling.poll()[0].starts_with("40{"));
        }
        polling.post(&asks);
        let mut answers = Vec::new();
        while answers.len() < 40 {
            let packets = polling.poll();
            // Clients in Python take no more.
            assert!(packets.len() <= 16, "{} packets at once", packets.len());
            answers.extend(packets);
        }
        for (n, pair) in answers.chunks(2).enumerate() {
            assert!(pair[0].starts_with("42[\"list-chats\","), "{pair:?}");
            assert!(pair[1].starts_with(&format!("43{n}[")), "{pair:?}");
        }
    }
    server.stop();
}

#[test]
fn bodies_are_taken_up_to_a_megabyte() {
    let server = quiet_server();
    for eio in Eio::BOTH {
        let polling = open(&server, eio);
        let filler = "x".repeat(999_000 - 2);
        polling.post(&[&format!("42[\"{filler}\"]")]);
        let refused = polling.door.announce(&polling.query(), 1_000_001).answer();
        assert_eq!(refused.status, 413, "{}", refused.body);
        polling.post(&["2"]);
        let text = polling.door.begin("POST", &polling.query(), &[("Content-Type", "text/x")], b"");
        assert_eq!(text.answer().status, 400, "an empty body is no payload");
        is_over(&polling);
    }
    let polling = open(&server, Eio::V4);
    let json = [("Content-Type", "application/json")];
    let refused = polling.door.begin("POST", &polling.query(), &json, b"2").answer();
    assert_eq!(refused.status, 415);
    server.stop();
}

#[test]
fn binary_is_passed_over() {
    let server = quiet_server();
    let polling = open(&server, Eio::V3);
    let binary = [("Content-Type", "application/octet-stream")];
    let body = b"\x01\x04\xff\x04abc\x00\x01\xff2";
    let posted = polling.door.begin("POST", &polling.query(), &binary, body).answer();
    assert_eq!(posted.expect(200), "ok");
    assert_eq!(polling.poll(), ["3"], "the heartbeat beside it counts");
    let path = "/socket.io/?EIO=4&transport=websocket";
    let mut websocket = WebSocket::open(server.addresses().main, path, &[]).unwrap();
    text(&mut websocket);
    websocket.send_binary(vec![4, 1, 2, 3]);
    websocket.send_text("bAQID");
    websocket.send_text("2");
    assert_eq!(text(&mut websocket), "3");
    server.stop();
}

#[test]
fn a_client_closes() {
    let server = quiet_server();
    for eio in Eio::BOTH {
        let (polling, posted, polled) = post_beside_a_poll(&server, eio, &eio.join(&["1"]));
        assert_eq!(posted.expect(200), "ok");
        assert_eq!(eio.split(&polled.expect(200)), ["6"]);
        is_over(&polling);
        let path = format!("/socket.io/?EIO={}&transport=websocket", eio.number());
        let mut websocket = WebSocket::open(server.addresses().main, &path, &[]).unwrap();
        text(&mut websocket);
        websocket.send_text("1");
        let closed = until("the server closes", || match websocket.receive() {
            Received::Closed(code) => Some(code),
            Received::Text(_) | Received::Binary(_) => None,
        });
        assert_eq!(closed, Some(1000));
    }
    server.stop();
}

#[test]
fn what_is_no_packet_ends_the_session() {
    let server = quiet_server();
    for eio in Eio::BOTH {
        let no_type = eio.join(&["9"]);
        for body in ["abc", "", "9:4abc", "4abc\u{1e}", "b:x", &no_type] {
            let (polling, posted, polled) = post_beside_a_poll(&server, eio, body);
            assert_eq!(posted.expect(400), r#"{"code":3,"message":"Bad request"}"#, "{body:?}");
            assert_eq!(eio.split(&polled.expect(200)), ["1"], "{body:?}");
            is_over(&polling);
        }
        let path = format!("/socket.io/?EIO={}&transport=websocket", eio.number());
        let mut websocket = WebSocket::open(server.addresses().main, &path, &[]).unwrap();
        websocket.send_text("abc");
        let closed = until("the server closes", || match websocket.receive() {
            Received::Closed(code) => Some(code),
            Received::Text(_) | Received::Binary(_) => None,
        });
        assert_eq!(closed, Some(1007));
    }
    server.stop();
}

#[test]
fn a_second_poll_ends_the_session() {
    let server = quiet_server();
    for eio in Eio::BOTH {
        let polling = open(&server, eio);
        let polls = [polling.begin_poll(), polling.begin_poll()].map(|poll| poll.answer());
        let mut statuses = polls.each_ref().map(|reply| reply.status);
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 400]);
        let closed = polls.iter().find(|reply| reply.status == 200).expect("one was first");
        assert_eq!(eio.split(&closed.body), ["1"]);
        is_over(&polling);
    }
    server.stop();
}

#[test]
fn a_poll_that_is_given_up_ends_the_session() {
    let server = quiet_server();
    let polling = open(&server, Eio::V4);
    polling.begin_poll().give_up();
    // A post does not bring it back; it is refused once the server has seen the poll's end.
    until("the session is over", || {
        let reply = polling.door.post(&polling.query(), "3");
        (reply.status == 400).then_some(())
    });
    is_over(&polling);
    server.stop();
}

#[test]
fn the_server_asks_clients_of_protocol_4() {
    let server = server();
    let polling = open(&server, Eio::V4);
    polling.post(&["40"]);
    assert!(polling.poll()[0].starts_with("40{"));
    for _ in 0..3 {
        assert_eq!(polling.poll(), ["2"]);
        polling.post(&["3"]);
    }
    // Without an answer the session is over.
    assert_eq!(polling.poll(), ["2"]);
    until("the session is over", || (polling.begin_poll().answer().status == 400).then_some(()));

    let path = "/socket.io/?EIO=4&transport=websocket";
    let mut websocket = WebSocket::open(server.addresses().main, path, &[]).unwrap();
    text(&mut websocket);
    websocket.send_text("40");
    assert!(text(&mut websocket).starts_with("40{"));
    for _ in 0..3 {
        assert_eq!(text(&mut websocket), "2");
        websocket.send_text("3");
    }
    assert_eq!(text(&mut websocket), "2");
    let closed = until("the server closes", || match websocket.receive() {
        Received::Closed(code) => Some(code),
        Received::Text(_) | Received::Binary(_) => None,
    });
    assert_eq!(closed, Some(3010));
    server.stop();
}

#[test]
fn clients_of_protocol_3_ask_the_server() {
    let server = server();
    let polling = open(&server, Eio::V3);
    for ask in ["2", "2probe", "2"] {
        polling.post(&[ask]);
        assert_eq!(polling.poll(), ["3"]);
    }
    // One that does not ask is gone.
    assert_eq!(polling.poll(), ["1"]);
    is_over(&polling);
    server.stop();
}

#[test]
fn pages_that_can_load_scripts_only_are_served() {
    let server = quiet_server();
    let door = door(&server);
    let reply = door.get("EIO=3&transport=polling&j=0");
    assert_eq!(reply.header("content-type"), Some("text/javascript; charset=UTF-8"));
    let script = reply.expect(200);
    let text = script.strip_prefix("___eio[0](").and_then(|rest| rest.strip_suffix(");"));
    let payload: String = serde_json::from_str(text.expect("a call")).unwrap();
    let opening = Eio::V3.split(&payload).remove(0);
    let said: Value = serde_json::from_str(&opening[1..]).unwrap();
    let query = format!("EIO=3&transport=polling&j=1&sid={}", said["sid"].as_str().unwrap());
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let posted = door.begin("POST", &query, &form, b"d=1%3A2").answer();
    assert_eq!(posted.expect(200), "ok");
    assert_eq!(door.get(&query).expect(200), "___eio[1](\"1:3\");");
    assert_eq!(door.get("EIO=3&transport=polling&j=alert").status, 400);
    server.stop();
}

/// Every request has a connection of its own, so with several shards most of them arrive where
/// the session is not.
#[test]
fn a_sessions_requests_may_arrive_on_any_shard() {
    let settings = vec![("AUTH__OPEN", "true".to_owned())];
    let server = Server::with(Setup { settings, shards: 4 });
    let sessions: Vec<Polling> = (0..8).map(|_| open(&server, Eio::V4)).collect();
    for polling in &sessions {
        polling.post(&["40"]);
        assert!(polling.poll()[0].starts_with("40{"));
    }
    for n in 0..6 {
        for (at, polling) in sessions.iter().enumerate() {
            // The session moves to this user's home with the answer.
            let user = json!({ "user": { "externalUserId": format!("user {}", (at + n) % 5) } });
            let poll = polling.begin_poll();
            polling.post(&[&format!("42{n}{}", json!(["create-user", user]))]);
            let mut packets = Eio::V4.split(&poll.answer().expect(200));
            while packets.len() < 2 {
                packets.extend(polling.poll());
            }
            assert!(packets[0].contains(&format!("user {}", (at + n) % 5)), "{packets:?}");
            assert!(packets[1].starts_with(&format!("43{n}[")), "{packets:?}");
        }
    }
    server.stop();
}
