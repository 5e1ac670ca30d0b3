//! The `rooms` dialect's calls by HTTP: bodies, errors byte for byte, and who learns nothing.

use std::io::{Read, Write};
use std::net::TcpStream;

use parlance_e2e::deadline::WAIT;
use parlance_e2e::operator::Answer;
use parlance_e2e::rooms::{bad_tokens, call, call_with, retrieve};
use parlance_e2e::server::Server;
use serde_json::json;

const CALLS: [&str; 3] = ["create_dm", "room_info", "retrieve"];
const NO_ROOM: &str = r#"{"error":"Room not found","error_code":"NOT_FOUND"}"#;
const NO_USER: &str =
    r#"{"error":"The user you tried to create a DM with doesn't exist","error_code":"NOT_FOUND"}"#;
const MISSING: &str = r#"{"error":"You are not logged in","error_code":"AUTH_TOKEN_MISSING"}"#;
const EXPIRED: &str =
    r#"{"error":"Your login session has expired","error_code":"AUTH_TOKEN_EXPIRED"}"#;
const INVALID: &str =
    r#"{"error":"Your authentication token is invalid","error_code":"AUTH_TOKEN_INVALID"}"#;
const MALFORMED: &str = "{\"error\":\"The body is no JSON object with the fields that this call \
                         needs\",\"error_code\":\"BAD_REQUEST\"}";

fn server() -> (Server, String) {
    let server = Server::start();
    let operator = server.operator();
    operator.create_users([1, 2, 3]);
    let group = operator.create_group(&[1, 2]);
    (server, group.to_string())
}

#[track_caller]
fn assert_answer(answer: &Answer, status: u16, text: &str) {
    assert_eq!((answer.status, answer.text.as_str()), (status, text));
    if !text.is_empty() {
        assert_eq!(answer.content_type, "application/json");
    }
}

#[test]
fn a_room_is_described_to_who_is_in_it() {
    let (server, group) = server();
    let info = |user, room: &str| call(&server, user, "room_info", &json!({ "room_id": room }));
    let named = r#"{"room_name":"g","occupants":["1","2"]}"#;
    assert_answer(&info(1, &group), 200, named);
    let number: u64 = group.parse().expect("a decimal");
    assert_answer(&call(&server, 2, "room_info", &json!({ "room_id": number })), 200, named);
    assert_answer(&call(&server, 1, "create_dm", &json!({ "other": "2" })), 200, "");
    let direct = r#"{"room_name":null,"occupants":["1","2"]}"#;
    assert_answer(&info(1, "1-2"), 200, direct);
    assert_answer(&info(2, "1-2"), 200, direct);
    server.stop();
}

#[test]
fn who_is_not_in_a_room_learns_nothing_of_it() {
    let (server, group) = server();
    let operator = server.operator();
    let room = operator.create_conversation(&json!({ "kind": "room", "name": "r" }));
    call(&server, 1, "create_dm", &json!({ "other": "2" })).expect(200);
    let members = json!({ "members": [3] });
    operator.post(&format!("/api/v1/conversations/{group}/members"), &members).expect(200);
    operator.delete(&format!("/api/v1/conversations/{group}/members"), &members).expect(200);
    let said = json!({ "conversation": group, "sender": 1, "text": "a secret" });
    operator.post("/api/v1/publish", &said).expect(200);
    // An ex-member, a stranger, a room not joined, and what is not there: the same bytes.
    for room in [group.as_str(), "1-2", "2-3", &room.to_string(), "999999", "x", "", "3-3", "-1"] {
        let answer = call(&server, 3, "room_info", &json!({ "room_id": room }));
        assert_answer(&answer, 404, NO_ROOM);
    }
    assert_eq!(retrieve(&server, 3, 0), (Vec::new(), false));
    server.stop();
}

#[test]
fn nobody_opens_a_direct_with_who_is_not_there_or_with_oneself() {
    let (server, _) = server();
    for other in [json!("999"), json!(999), json!("1"), json!("nobody"), json!(""), json!("0")] {
        let answer = call(&server, 1, "create_dm", &json!({ "other": other }));
        assert_answer(&answer, 404, NO_USER);
    }
    server.stop();
}

#[test]
fn every_call_asks_for_the_token_in_one_spelling() {
    let (server, _) = server();
    let (expired, forged) = bad_tokens(&server, 1);
    let good = server.token(1);
    for name in CALLS {
        let with = |authorization: Option<&str>| call_with(&server, authorization, name, b"{}");
        assert_answer(&with(None), 401, MISSING);
        assert_answer(&with(Some(&format!("Bearer {expired}"))), 401, EXPIRED);
        for wrong in [
            format!("Bearer {forged}"),
            format!("bearer {good}"),
            format!("Bearer  {good}"),
            format!("Token {good}"),
            good.clone(),
            "Bearer".to_owned(),
            "Bearer x".to_owned(),
        ] {
            assert_answer(&with(Some(&wrong)), 401, INVALID);
        }
    }
    server.stop();
}

#[test]
fn bodies_that_are_none_are_told_so() {
    let (server, _) = server();
    let authorization = format!("Bearer {}", server.token(1));
    let call = |name, body: &[u8]| call_with(&server, Some(&authorization), name, body);
    for name in CALLS {
        for body in ["", "{", "[]", "7", "null", "{\"a\":1,\"a\":2", "{\"a\":\"\\ud800\"}"] {
            assert_answer(&call(name, body.as_bytes()), 400, MALFORMED);
        }
        assert_answer(&call(name, b"{\"a\":\"\xC3\x28\"}"), 400, MALFORMED);
        let deep = "[".repeat(100) + &"]".repeat(100);
        assert_answer(&call(name, format!("{{\"a\":{deep}}}").as_bytes()), 400, MALFORMED);
    }
    for (name, body) in [
        ("create_dm", "{}"),
        ("create_dm", "{\"other\":null}"),
        ("create_dm", "{\"other\":\"2\",\"other\":\"2\"}"),
        ("create_dm", "{\"other\":[2]}"),
        ("room_info", "{}"),
        ("room_info", "{\"room_id\":true}"),
        ("room_info", "{\"room_id\":1.5}"),
        ("retrieve", "{\"after\":-1}"),
        ("retrieve", "{\"after\":\"x\"}"),
        ("retrieve", "{\"after\":null}"),
        ("retrieve", "{\"after\":1.5}"),
    ] {
        assert_answer(&call(name, body.as_bytes()), 400, MALFORMED);
    }
    let empty = r#"{"messages":[],"room_name":null,"occupants":[]}"#;
    for body in ["{}", "{\"after\":0}", "{\"after\":18446744073709551615}", "{\"after\":\"7\"}"] {
        assert_answer(&call("retrieve", body.as_bytes()), 200, empty);
    }
    server.stop();
}

#[test]
fn other_types_lengths_and_methods_are_refused() {
    let (server, _) = server();
    let authorization = format!("Bearer {}", server.token(1));
    let not_json =
        r#"{"error":"The body must be application/json","error_code":"UNSUPPORTED_MEDIA_TYPE"}"#;
    let wrong_method = r#"{"error":"This path takes POST only","error_code":"METHOD_NOT_ALLOWED"}"#;
    let too_long = r#"{"error":"The body is too long","error_code":"PAYLOAD_TOO_LARGE"}"#;
    for name in CALLS {
        let path = format!("/chat/{name}");
        let post = |content_type: Option<&'static str>| {
            let mut headers = vec![("authorization", authorization.as_str())];
            headers.extend(content_type.map(|value| ("content-type", value)));
            server.http().post(&path, &headers, b"{}").expect("an answer")
        };
        for other in [None, Some("text/plain"), Some("application/x-www-form-urlencoded")] {
            assert_answer(&post(other), 415, not_json);
        }
        assert_ne!(post(Some("Application/JSON; charset=utf-8")).status, 415);
        let body = format!("{{\"after\":0,\"x\":\"{}\"}}", "x".repeat(32 * 1024));
        let long = call_with(&server, Some(&authorization), name, body.as_bytes());
        assert_answer(&long, 413, too_long);
        let got = server.http().get(&path, &[]).expect("an answer");
        assert_answer(&got, 405, wrong_method);
    }
    server.stop();
}

#[test]
fn a_body_that_does_not_come_is_not_waited_for() {
    let (server, _) = server();
    let mut stream = TcpStream::connect(server.addresses().main).expect("the server accepts");
    stream.set_read_timeout(Some(WAIT)).expect("a timeout that is not zero");
    let head = format!(
        "POST /chat/retrieve HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n\
         Authorization: Bearer {}\r\nContent-Length: 100\r\n\r\n{{",
        server.token(1)
    );
    stream.write_all(head.as_bytes()).expect("the server reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer, then the end");
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    let body = r#"{"error":"The body did not come in time","error_code":"REQUEST_TIMEOUT"}"#;
    assert!(answer.ends_with(body), "{answer}");
    server.stop();
}
