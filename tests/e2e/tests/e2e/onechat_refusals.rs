//! Every error text of the `onechat` dialect; the connection stays open after each.

use parlance_e2e::onechat::{FRAMINGS, Framing, OnechatClient};
use parlance_e2e::server::Server;
use serde_json::json;

fn server() -> Server {
    let server = Server::start();
    server.operator().create_users([1, 2, 3]);
    server.operator().befriend(1, 2);
    server
}

fn error(code: u32, text: &str) -> String {
    format!(r#"{{"cmd":"error","msg":"{text}","code":{code}}}"#)
}

#[test]
fn a_request_before_the_login() {
    let server = server();
    let expected = error(10404, "404 Not Found this user, please login");
    for framing in FRAMINGS {
        let mut client = OnechatClient::connect(server.addresses().main, framing);
        for request in [
            json!({ "cmd": "single_chat", "to": 2, "msg": "x", "ack": "k" }),
            json!({ "cmd": "group_chat", "to": 2, "msg": "x", "ack": "k" }),
            json!({ "cmd": "ack", "action": "single_chat", "ack": 1 }),
            json!({ "cmd": "no such thing" }),
        ] {
            client.send(&request);
            assert_eq!(client.frame(), expected, "{request} over {framing:?}");
        }
    }
    server.stop();
}

#[test]
fn what_a_signed_in_user_may_not_do() {
    let server = server();
    let room = server.operator().create_group(&[2, 3]);
    let not_friends = error(10403, "You are not friends");
    let not_in_room = error(10403, "You are not in this room");
    let no_integer = "send msg to user id must be integer";
    let cases = [
        (json!({ "cmd": "single_chat", "to": 3, "msg": "x", "ack": "k" }), not_friends.clone()),
        (json!({ "cmd": "single_chat", "to": 4711, "msg": "x", "ack": "k" }), not_friends.clone()),
        (json!({ "cmd": "single_chat", "to": 1, "msg": "x", "ack": "k" }), not_friends.clone()),
        (json!({ "cmd": "single_chat", "to": -5, "msg": "x", "ack": "k" }), not_friends),
        (json!({ "cmd": "group_chat", "to": room, "msg": "x", "ack": "k" }), not_in_room.clone()),
        (json!({ "cmd": "group_chat", "to": 999_999, "msg": "x", "ack": "k" }), not_in_room),
        (
            json!({ "cmd": "single_chat", "to": "2", "msg": "x", "ack": "k" }),
            error(10400, &format!("Single chat {no_integer}")),
        ),
        (
            json!({ "cmd": "single_chat", "to": 2.5, "msg": "x", "ack": "k" }),
            error(10400, &format!("Single chat {no_integer}")),
        ),
        (
            json!({ "cmd": "group_chat", "to": "room", "msg": "x", "ack": "k" }),
            error(10400, "Group chat send msg to room id must be integer"),
        ),
        (json!({ "cmd": "no such thing" }), error(10400, "Unknown cmd")),
        (
            json!({ "cmd": "ack", "action": "no such action", "ack": 1 }),
            error(10404, "404 Not Found this ack action"),
        ),
    ];
    for framing in FRAMINGS {
        let mut ann = OnechatClient::sign_in(&server, framing, 1, "phone");
        for (request, expected) in &cases {
            ann.send(request);
            assert_eq!(&ann.frame(), expected, "{request} over {framing:?}");
        }
        assert_eq!(ann.chat("single_chat", 2, "still here", "k")["cmd"], "ack");
    }
    assert_eq!(server.operator().log(&room.to_string()), [], "nothing of it was stored");
    server.stop();
}

#[test]
fn json_that_is_none() {
    let server = server();
    let expected = error(10400, "Invide JSON");
    let malformed = ["{\"cmd\":}", "[1,2", "{\"cmd\":\"ack\",\"cmd\":\"ack\"}", "nothing", "\u{1}"];
    for framing in [Framing::Onechat, Framing::WebSocket] {
        let mut ann = OnechatClient::sign_in(&server, framing, 1, "phone");
        for text in malformed {
            ann.send_text(text);
            assert_eq!(ann.frame(), expected, "{text:?} over {framing:?}");
        }
        assert_eq!(ann.chat("single_chat", 2, "still here", "k")["cmd"], "ack");
    }
    // Without frames, what has arrived is dropped; so each is answered before the next.
    let mut ann = OnechatClient::sign_in(&server, Framing::Bare, 1, "phone");
    for text in ["{\"cmd\":}", "nothing {\"cmd\":\"ack\"}", "]"] {
        ann.send_text(text);
        assert_eq!(ann.frame(), expected, "{text:?}");
    }
    assert_eq!(ann.chat("single_chat", 2, "still here", "k")["cmd"], "ack");
    server.stop();
}

#[test]
fn a_request_without_its_keys() {
    let server = server();
    let mut ann = OnechatClient::sign_in(&server, Framing::Onechat, 1, "phone");
    for request in [
        json!({}),
        json!({ "cmd": 7 }),
        json!({ "cmd": "single_chat" }),
        json!({ "cmd": "single_chat", "to": 2, "ack": "k" }),
        json!({ "cmd": "single_chat", "to": 2, "msg": "", "ack": "k" }),
        json!({ "cmd": "single_chat", "to": 2, "msg": "a\u{0}b", "ack": "k" }),
        json!({ "cmd": "single_chat", "to": 2, "msg": "x".repeat(32_769), "ack": "k" }),
        json!([1, 2, 3]),
        json!("login"),
    ] {
        ann.send(&request);
        let answer = ann.frame();
        assert!(answer.starts_with(r#"{"cmd":"error","msg":""#), "{answer}");
        assert!(answer.ends_with(r#"","code":10400}"#), "{answer}");
    }
    assert_eq!(ann.chat("single_chat", 2, "still here", "k")["cmd"], "ack");
    server.stop();
}

#[test]
fn a_frame_that_is_too_long_is_skipped() {
    let server = server();
    let expected = error(10400, "data must less than 65536 bytes");
    let mut ann = OnechatClient::sign_in(&server, Framing::Onechat, 1, "phone");
    for length in [65_537, 300_000] {
        let padding = " ".repeat(length - 2);
        ann.send_text(&format!("{{{padding}}}"));
        assert_eq!(ann.frame(), expected, "{length} bytes");
    }
    let mut longest = json!({ "cmd": "single_chat", "to": 2, "msg": "x", "ack": "k" }).to_string();
    longest.push_str(&" ".repeat(65_536 - longest.len()));
    ann.send_text(&longest);
    assert_eq!(ann.frame(), r#"{"cmd":"ack","action":"single_chat","ack":"k"}"#);
    server.stop();
}
