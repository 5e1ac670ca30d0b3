//! The `im` dialect's push channel: over a plain socket, after a handshake, and on the main port.

use parlance_e2e::im::{
    ImCaller, PushClient, Pushed, RECEIVE_BYTES_MIN, frame, login, masked, server,
};
use parlance_e2e::operator::Answer;
use parlance_e2e::server::{Server, Setup};
use parlance_e2e::stream::{GROUP, PRIVATE, StreamClient};
use serde_json::{Value, json};

const NOT_SIGNED_IN: u16 = 1008;
const PROTOCOL: u16 = 1002;
const REPLACED: u16 = 3500;

/// A push without its time, which no test knows.
#[track_caller]
fn pushed(client: &mut PushClient) -> Value {
    let mut push = client.push();
    if let Some(content) = push["Content"].as_object_mut()
        && let Some(time) = content.remove("timestamp")
    {
        assert!(time.as_u64().is_some_and(|seconds| seconds > 1_700_000_000), "{time}");
    }
    push
}

#[test]
fn a_message_is_pushed_to_everybody_but_its_sender() {
    let server = server();
    let group = server.operator().create_group(&[1, 2, 3]);
    let (ann, bob) = (ImCaller::new(&server, 1), ImCaller::new(&server, 2));
    let mut channels = [1, 2, 3].map(|user| PushClient::sign_in(&server, user, RECEIVE_BYTES_MIN));
    assert_eq!(ann.send("user", 2, "hello"), 1);
    assert_eq!(ann.send("group", group, "all"), 1);
    let body = json!({
        "target": "1", "target_type": "user", "msg": "\"h\u{e9}llo\"", "extra": "{\"a\":1}",
    });
    bob.done("/im.chat/send", &body);
    let direct = json!({ "Type": "msg", "Content": {
        "sender": "1", "msg": "hello", "extra": "", "msg_index": 1,
        "target": "1", "target_type": "user",
    }});
    let to_group = json!({ "Type": "msg", "Content": {
        "sender": "1", "msg": "all", "extra": "", "msg_index": 1,
        "target": group.to_string(), "target_type": "group",
    }});
    let answer = json!({ "Type": "msg", "Content": {
        "sender": "2", "msg": "\"h\u{e9}llo\"", "extra": "{\"a\":1}", "msg_index": 2,
        "target": "2", "target_type": "user",
    }});
    let [to_ann, to_bob, to_cas] = &mut channels;
    // Ann's own two messages are not pushed to her.
    assert_eq!(pushed(to_ann), answer);
    let mut to_bobs = [pushed(to_bob), pushed(to_bob)];
    to_bobs.sort_by_key(|push| push["Content"]["target_type"].to_string());
    assert_eq!(to_bobs, [to_group.clone(), direct]);
    assert_eq!(pushed(to_cas), to_group);
    server.stop();
}

/// What other dialects send, and how they take it back.
#[test]
fn other_dialects_messages_and_recalls_are_pushed() {
    let server = server();
    let group = server.operator().create_group(&[1, 2]);
    let mut bob = PushClient::sign_in(&server, 2, RECEIVE_BYTES_MIN);
    let mut ann = StreamClient::connect(&server, 1);
    ann.sync_by_cursor();
    let id = ann.send_text(GROUP, group, "one");
    let push = pushed(&mut bob);
    assert_eq!((&push["Type"], &push["Content"]["msg"]), (&json!("msg"), &json!("one")));
    let recall = json!({
        "postmark": { "category": GROUP, "sender": "1", "receiver": group.to_string(),
            "unique_id": id.to_string() },
        "type": 10,
    });
    ann.post("recall", &[recall]).expect("the stream goes on").expect("the recall is taken");
    let recalled = json!({ "Type": "recall", "Content": {
        "msg_index": 1, "recall_index": 1, "target": group.to_string(), "target_type": "group",
    }});
    assert_eq!(pushed(&mut bob), recalled);
    ann.send_text(PRIVATE, 2, "two");
    let push = pushed(&mut bob);
    assert_eq!(push["Content"]["target"], "1", "{push}");
    assert_eq!(push["Content"]["target_type"], "user", "{push}");
    server.stop();
}

/// The channel is another session than the one that sends. A call by HTTP is the channel's own side.
#[test]
fn what_the_user_sends_in_another_dialect_is_pushed_to_them_too() {
    let server = server();
    let group = server.operator().create_group(&[1, 2]);
    let mut to_ann = PushClient::sign_in(&server, 1, RECEIVE_BYTES_MIN);
    let mut ann = StreamClient::connect(&server, 1);
    ann.sync_by_cursor();
    let caller = ImCaller::new(&server, 1);
    caller.send("user", 2, "by a call");
    ann.send_text(PRIVATE, 2, "by a stream");
    let push = |msg: &str, msg_index: u32, target: &str, target_type: &str| {
        json!({ "Type": "msg", "Content": {
            "sender": "1", "msg": msg, "extra": "", "msg_index": msg_index,
            "target": target, "target_type": target_type,
        }})
    };
    assert_eq!(pushed(&mut to_ann), push("by a stream", 2, "2", "user"));
    ann.send_text(GROUP, group, "to all");
    assert_eq!(pushed(&mut to_ann), push("to all", 1, &group.to_string(), "group"));
    // A recall by a call is the channel's own too: the next push is what follows it.
    let body = json!({ "target": "2", "target_type": "user", "msg_index": 1 });
    caller.done("/im.chat/recall", &body);
    ann.send_text(PRIVATE, 2, "the last");
    assert_eq!(pushed(&mut to_ann), push("the last", 3, "2", "user"));
    server.stop();
}

#[test]
fn every_way_in_leads_to_the_same_channel() {
    let server = server();
    let ann = ImCaller::new(&server, 1);
    let token = server.token_with(2, &["--format", "im"]);
    let whole = login(&token, RECEIVE_BYTES_MIN);
    let (length, rest) = whole.split_at(4);
    let (some, more) = rest.split_at(10);
    let fragments = [frame(0x02, length), masked(0x00, some), frame(0x80, more)].concat();
    let sign_ins = [frame(0x82, &whole), masked(0x82, &whole), fragments];
    for sign_in in &sign_ins {
        for path in [None, Some("/"), Some("/im.push")] {
            let mut client = PushClient::connect(server.addresses().push);
            if let Some(path) = path {
                client.upgrade(path);
            }
            client.write(sign_in);
            client.expect_signed_in();
            ann.send("user", 2, "here?");
            assert_eq!(client.push()["Content"]["msg"], "here?");
        }
        let mut client = PushClient::connect(server.addresses().main);
        client.upgrade("/im.push");
        client.write(sign_in);
        client.expect_signed_in();
        ann.send("user", 2, "here?");
        assert_eq!(client.push()["Content"]["msg"], "here?");
        // Twelve sign-ins would be too many for one user and minute.
        drop(client);
        if sign_in == &sign_ins[1] {
            break;
        }
    }
    server.stop();
}

#[test]
fn pings_of_either_side_are_answered_with_what_they_held() {
    let server = server();
    let mut client = PushClient::connect(server.addresses().push);
    client.send(0x82, &login(&server.token(1), RECEIVE_BYTES_MIN));
    assert_eq!(client.receive(), Pushed::Message(vec![4, 0, 0, 0]));
    let Pushed::Ping(time) = client.receive() else { panic!("no ping at once") };
    let time: [u8; 8] = time.try_into().expect("a time has eight bytes");
    let now =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    let age = now.as_nanos().abs_diff(u128::from(u64::from_be_bytes(time)));
    assert!(age < 60_000_000_000, "a ping holds the time in nanoseconds, not {time:?}");
    client.send(0x8a, &time);
    client.send(0x89, b"12345678");
    assert_eq!(client.receive(), Pushed::Pong(b"12345678".to_vec()));
    server.stop();
}

/// With a ping every two seconds: three and a third of them unanswered end it, which leaves the one
/// that echoes more than six seconds for each echo.
#[test]
fn who_does_not_echo_is_gone() {
    let settings = vec![("IM__HEART_PROBE_S", "2".to_owned())];
    let server = Server::with(Setup { settings, ..Setup::default() });
    let mut mute = PushClient::connect(server.addresses().push);
    mute.send(0x82, &login(&server.token(1), RECEIVE_BYTES_MIN));
    let mut echoing = PushClient::sign_in(&server, 2, RECEIVE_BYTES_MIN);
    // Beside the mute one, and for longer than that one lasts.
    let echoes = std::thread::spawn(move || {
        for _ in 0..4 {
            let Pushed::Ping(time) = echoing.receive() else { panic!("who echoes goes on") };
            echoing.send(0x8a, &time);
        }
    });
    assert_eq!(mute.receive(), Pushed::Message(vec![4, 0, 0, 0]));
    let mut pings = 0;
    loop {
        match mute.receive() {
            // A pong that echoes nothing shows nothing.
            Pushed::Ping(_) => mute.send(0x8a, b"87654321"),
            Pushed::Closed(code) => break assert_eq!(code, 3010),
            other => panic!("{other:?}"),
        }
        pings += 1;
    }
    // A server that was held up sends fewer, and never more.
    assert!((1..=4).contains(&pings), "{pings} pings before the end");
    echoes.join().expect("who echoes is not closed");
    server.stop();
}

#[test]
fn a_new_channel_closes_the_users_first() {
    let server = server();
    let mut first = PushClient::sign_in(&server, 1, RECEIVE_BYTES_MIN);
    let mut second = PushClient::sign_in(&server, 1, RECEIVE_BYTES_MIN);
    assert_eq!(first.receive(), Pushed::Closed(REPLACED));
    assert_eq!(first.receive(), Pushed::Gone);
    ImCaller::new(&server, 2).send("user", 1, "to the second");
    assert_eq!(second.push()["Content"]["msg"], "to the second");
    server.stop();
}

#[test]
fn bad_first_frames_and_all_second_ones_are_closed() {
    let server = server();
    let token = server.token(1);
    let short = token.get(..token.len() - 1).expect("a token is ASCII");
    let cases = [
        (frame(0x82, &login(short, RECEIVE_BYTES_MIN)), NOT_SIGNED_IN),
        (frame(0x82, &login("", RECEIVE_BYTES_MIN)), NOT_SIGNED_IN),
        (frame(0x82, &login(&token, RECEIVE_BYTES_MIN - 1)), PROTOCOL),
        (frame(0x82, b"\0\x01\0"), PROTOCOL),
        (frame(0x81, &login(&token, RECEIVE_BYTES_MIN)), PROTOCOL),
        (frame(0xc2, &login(&token, RECEIVE_BYTES_MIN)), PROTOCOL),
        (b"{\"cmd\":\"login\"}".to_vec(), PROTOCOL),
    ];
    for (bytes, code) in cases {
        let mut client = PushClient::connect(server.addresses().push);
        client.write(&bytes);
        assert_eq!(client.receive(), Pushed::Closed(code), "{}", bytes.escape_ascii());
        assert_eq!(client.receive(), Pushed::Gone);
    }
    let mut client = PushClient::sign_in(&server, 1, RECEIVE_BYTES_MIN);
    client.send(0x82, b"{}");
    assert_eq!(client.receive(), Pushed::Closed(PROTOCOL));
    server.stop();
}

#[test]
fn the_push_port_takes_handshakes_only() {
    let server = server();
    let mut client = PushClient::connect(server.addresses().push);
    client.write(b"GET /im.status/ping?timestamp=1 HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let head = client.head();
    assert!(head.starts_with("HTTP/1.1 426 "), "{head}");
    server.stop();
}

#[test]
fn the_eleventh_sign_in_within_a_minute_is_closed() {
    let server = server();
    for _ in 0..10 {
        PushClient::sign_in(&server, 1, RECEIVE_BYTES_MIN);
    }
    let mut eleventh = PushClient::connect(server.addresses().push);
    eleventh.send(0x82, &login(&server.token(1), RECEIVE_BYTES_MIN));
    assert_eq!(eleventh.receive(), Pushed::Closed(NOT_SIGNED_IN));
    PushClient::sign_in(&server, 2, RECEIVE_BYTES_MIN);
    server.stop();
}

/// Each of the text's bytes is six in JSON.
#[test]
fn a_push_that_the_client_cannot_take_is_not_sent() {
    let server = server();
    let ann = ImCaller::new(&server, 1);
    let long = "\u{1}".repeat(32 * 1024);
    let mut bob = PushClient::sign_in(&server, 2, RECEIVE_BYTES_MIN);
    assert_eq!(ann.send("user", 2, &long), 1);
    assert_eq!(ann.send("user", 2, "short"), 2);
    assert_eq!(bob.push()["Content"]["msg_index"], 2, "the first is too long");
    let mut bob = PushClient::sign_in(&server, 2, 1 << 20);
    assert_eq!(ann.send("user", 2, &long), 3);
    let push = bob.push();
    assert_eq!(push["Content"]["msg"], long.as_str());
    assert_eq!(bob.frame_bytes_max, 65_500, "long pushes come in pieces");
    server.stop();
}

#[test]
fn a_drained_server_says_so() {
    let mut server = server();
    let mut client = PushClient::sign_in(&server, 1, RECEIVE_BYTES_MIN);
    server.terminate();
    assert_eq!(client.receive(), Pushed::Closed(3001));
    assert!(server.wait_for_exit().success());
}

/// A refused call changes nothing on the channel.
#[test]
fn refused_messages_are_not_pushed() {
    let server = server();
    let mut bob = PushClient::sign_in(&server, 2, RECEIVE_BYTES_MIN);
    let body = json!({ "target": "2", "target_type": "user", "msg": "x" });
    let answer: Answer = ImCaller::new(&server, 3).call("/im.chat/send", &body);
    assert_eq!(answer.status, 400, "{answer:?}");
    ImCaller::new(&server, 1).send("user", 2, "from a friend");
    assert_eq!(bob.push()["Content"]["msg"], "from a friend");
    server.stop();
}
