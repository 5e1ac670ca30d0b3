//! The `onechat` dialect's bytes: key order, compactness, one frame a write, every framing.
//!
//! The dialect's old clients match whole ordered objects and read one frame per read, so these
//! tests compare whole texts and count reads.

use parlance_e2e::onechat::{FRAMINGS, Framing, OnechatClient, login};
use parlance_e2e::server::Server;
use serde_json::json;

/// Ann is 1 and Bob is 2, friends of each other; 3 is a friend of nobody.
fn friends() -> Server {
    let server = Server::start();
    server.operator().create_login(1, "ann", "ann's secret");
    server.operator().create_login(2, "bob", "bob's secret");
    server.operator().create_users([3]);
    server.operator().befriend(1, 2);
    server
}

/// The message id of a pushed frame, whose other parts are known.
#[track_caller]
fn id_between(frame: &str, head: &str, tail: &str) -> u64 {
    let inner = frame.strip_prefix(head).and_then(|rest| rest.strip_suffix(tail));
    let inner = inner.unwrap_or_else(|| panic!("{frame} is not {head}ID{tail}"));
    inner.parse().unwrap_or_else(|_| panic!("an unquoted integer, not {inner:?}, in {frame}"))
}

#[test]
fn a_single_chat_is_acknowledged_and_pushed_in_the_exact_form() {
    for framing in FRAMINGS {
        let server = friends();
        let mut ann = OnechatClient::sign_in(&server, framing, 1, "phone");
        let mut ann_desk = OnechatClient::sign_in(&server, Framing::Onechat, 1, "desk");
        let mut bob = OnechatClient::sign_in(&server, framing, 2, "phone");
        let text = "tëxt \"with\" \\ \n and 𝄞";
        ann.send(&json!({ "cmd": "single_chat", "to": 2, "msg": text, "ack": "key 1" }));
        assert_eq!(ann.frame(), r#"{"cmd":"ack","action":"single_chat","ack":"key 1"}"#);
        let frame = bob.frame();
        let quoted = json!(text).to_string();
        let head = format!(r#"{{"cmd":"single_chat","from":1,"msg":{quoted},"ack":"#);
        let id = id_between(&frame, &head, "}");
        assert_eq!(ann_desk.frame(), frame, "the sender's other device gets the same");
        bob.acknowledge("single_chat", &json!(id));
        ann_desk.acknowledge("single_chat", &json!(id));
        // A valid acknowledgement has no answer: the next thing said is answered next.
        let answer = bob.chat("single_chat", 1, "back", "key 2");
        assert_eq!(answer, json!({ "cmd": "ack", "action": "single_chat", "ack": "key 2" }));
        let pushed = ann.next_message();
        assert_eq!((&pushed["from"], &pushed["msg"]), (&json!(2), &json!("back")));
        ann.acknowledge("single_chat", &pushed["ack"]);
        server.stop();
    }
}

#[test]
fn a_group_chat_reaches_every_member_the_sender_too() {
    for framing in FRAMINGS {
        let server = friends();
        let room = server.operator().create_group(&[1, 2, 3]);
        let mut ann = OnechatClient::sign_in(&server, framing, 1, "phone");
        let mut cid = OnechatClient::sign_in(&server, framing, 3, "phone");
        ann.until_live(&server, 1);
        cid.until_live(&server, 3);
        ann.send(&json!({ "cmd": "group_chat", "to": room, "msg": "all", "ack": "k" }));
        assert_eq!(ann.frame(), r#"{"cmd":"ack","action":"group_chat","ack":"k"}"#);
        let frame = ann.frame();
        let head = format!(r#"{{"cmd":"group_chat","from":1,"to":{room},"msg":"all","ack":"#);
        let id = id_between(&frame, &head, "}");
        assert_eq!(cid.frame(), frame);
        for client in [&mut ann, &mut cid] {
            client.acknowledge("group_chat", &json!(id));
            let answer = client.chat("nothing", 1, "", "");
            assert_eq!(answer["msg"], "Unknown cmd", "an acknowledgement has no answer");
        }
        server.stop();
    }
}

#[test]
fn a_login_by_name_and_password() {
    let server = friends();
    for framing in FRAMINGS {
        let mut client = OnechatClient::connect(server.addresses().main, framing);
        client.send(&login("ann", "bob's secret", "phone"));
        let refused = r#"{"cmd":"error","msg":"404 Not Found user with this name","code":10404}"#;
        assert_eq!(client.frame(), refused, "a wrong password");
        client.send(&login("nobody", "ann's secret", "phone"));
        assert_eq!(client.frame(), refused, "an unknown name, in the same bytes");
        client.send(&login("ann", "ann's secret", "phone"));
        assert_eq!(client.frame(), r#"{"cmd":"ack","action":"login","ack":"login"}"#);
    }
    server.stop();
}

#[test]
fn a_token_in_the_passwords_place_must_bear_the_name() {
    let server = friends();
    let token = server.token(1);
    for name in ["", "ann", "1"] {
        let mut client = OnechatClient::connect(server.addresses().main, Framing::Onechat);
        client.send(&login(name, &token, "phone"));
        assert_eq!(client.frame(), r#"{"cmd":"ack","action":"login","ack":"login"}"#, "{name:?}");
    }
    let mut client = OnechatClient::connect(server.addresses().main, Framing::Onechat);
    client.send(&login("bob", &token, "phone"));
    assert!(client.frame().contains("10404"), "another's token");
    server.stop();
}

#[test]
fn every_frame_comes_in_one_read() {
    let server = friends();
    for framing in [Framing::Bare, Framing::Onechat] {
        let mut ann = OnechatClient::connect(server.addresses().main, framing);
        ann.send(&login("", &server.token(1), "phone"));
        assert!(ann.frame_in_one_read().contains("login"));
        let mut bob = OnechatClient::connect(server.addresses().main, framing);
        bob.send(&login("", &server.token(2), "phone"));
        assert!(bob.frame_in_one_read().contains("login"));
        bob.until_live(&server, 2);
        for length in [1, 1_000, 32_768] {
            let text = "x".repeat(length);
            let key = format!("{framing:?} {length}");
            ann.send(&json!({ "cmd": "single_chat", "to": 2, "msg": text, "ack": key }));
            let acknowledged = ann.frame_in_one_read();
            assert!(acknowledged.starts_with(r#"{"cmd":"ack""#), "{acknowledged}");
            let frame = bob.frame();
            let head = format!(r#"{{"cmd":"single_chat","from":1,"msg":"{text}","ack":"#);
            bob.acknowledge("single_chat", &json!(id_between(&frame, &head, "}")));
        }
    }
    server.stop();
}

#[test]
fn requests_may_be_cut_anywhere_and_come_together() {
    let server = friends();
    for framing in [Framing::Bare, Framing::Onechat] {
        let mut bob = OnechatClient::sign_in(&server, framing, 2, "phone");
        let mut ann = OnechatClient::sign_in(&server, framing, 1, "phone");
        let framed = |text: String| match framing {
            Framing::Onechat => format!("ONECHAT/1.0\r\nPAYLOAD_LEN: {}\r\n\r\n{text}", text.len()),
            Framing::Bare | Framing::WebSocket => text,
        };
        let message = |text: &str| {
            let key = format!("{framing:?} {text}");
            json!({ "cmd": "single_chat", "to": 2, "msg": text, "ack": key }).to_string()
        };
        for byte in framed(message("{one} \"at\" a time")).bytes() {
            ann.send_raw(&[byte]);
        }
        let together = framed(message("two")) + &framed(message("three"));
        ann.send_raw(together.as_bytes());
        let sent = ["{one} \"at\" a time", "two", "three"];
        for text in sent {
            assert_eq!(ann.answer()["ack"], format!("{framing:?} {text}"));
        }
        for text in sent {
            let pushed = bob.next_message();
            assert_eq!(pushed["msg"], text);
            bob.acknowledge("single_chat", &pushed["ack"]);
        }
    }
    server.stop();
}

#[test]
fn a_retry_with_the_same_token_is_the_same_message() {
    let server = friends();
    let mut ann = OnechatClient::sign_in(&server, Framing::Onechat, 1, "phone");
    for _ in 0..3 {
        assert_eq!(ann.chat("single_chat", 2, "once", "uuid")["cmd"], "ack");
    }
    assert_eq!(ann.chat("single_chat", 2, "other words", "uuid")["cmd"], "ack");
    let texts: Vec<String> =
        server.operator().log("1-2").into_iter().map(|entry| entry.text).collect();
    assert_eq!(texts, ["once", "other words"]);
    server.stop();
}

#[test]
fn the_same_device_signs_in_again_and_the_older_connection_is_closed() {
    let server = friends();
    let mut older = OnechatClient::sign_in(&server, Framing::Onechat, 1, "phone");
    let mut other = OnechatClient::sign_in(&server, Framing::Onechat, 1, "desk");
    let mut newer = OnechatClient::sign_in(&server, Framing::Bare, 1, "phone");
    assert_eq!(older.try_frame(), None, "the older one is closed");
    assert_eq!(other.chat("single_chat", 2, "x", "a")["cmd"], "ack");
    assert_eq!(newer.chat("single_chat", 2, "y", "b")["cmd"], "ack");
    server.stop();
}

#[test]
fn a_logout_closes_without_a_word() {
    let server = friends();
    for framing in FRAMINGS {
        let mut ann = OnechatClient::sign_in(&server, framing, 1, "phone");
        ann.send(&json!({ "cmd": "logout" }));
        assert_eq!(ann.try_frame(), None);
    }
    server.stop();
}
