//! The `rooms` dialect's WebSocket: the sign-in, message frames, and everything it is silent about.

use std::time::Instant;

use parlance_e2e::onechat::{FRAMINGS, OnechatClient};
use parlance_e2e::rooms::{RoomsClient, bad_tokens, call, retrieve, said};
use parlance_e2e::server::Server;
use parlance_e2e::stream::{GROUP, PRIVATE, StreamClient};
use serde_json::{Value, json};

const EXPIRED: &str =
    r#"{"error":"Your login session has expired","error_code":"AUTH_TOKEN_EXPIRED"}"#;
const INVALID: &str =
    r#"{"error":"Your authentication token is invalid","error_code":"AUTH_TOKEN_INVALID"}"#;
const POLICY: Option<u16> = Some(1008);

fn server() -> (Server, String) {
    let server = Server::start();
    let operator = server.operator();
    operator.create_users([1, 2, 3]);
    let group = operator.create_group(&[1, 2]);
    (server, group.to_string())
}

#[test]
fn whatever_is_no_token_is_passed_over_before_the_sign_in() {
    let (server, group) = server();
    let mut client = RoomsClient::open(&server);
    for nothing in [
        "no JSON",
        "",
        "[]",
        "{}",
        "{\"auth_token\":7}",
        "{\"auth_token\":null}",
        "{\"auth_token\":\"a\",\"auth_token\":\"b\"}",
        "{\"auth_token\":\"\\ud800\"}",
    ] {
        client.socket().send_text(nothing);
    }
    client.say(&group, "too early");
    client.socket().send_binary(b"{\"auth_token\":\"x\"}".to_vec());
    client.send(&json!({ "auth_token": server.token(1) }));
    assert_eq!(client.frame(), r#"{"status":"CONNECTED","type":"status"}"#);
    client.say(&group, "in time");
    assert_eq!(client.heard().text, "in time");
    assert_eq!(server.operator().log(&group).len(), 1);
    server.stop();
}

#[test]
fn a_bad_token_is_named_and_ends_the_connection() {
    let (server, _) = server();
    let (expired, forged) = bad_tokens(&server, 1);
    for (token, answer) in [(expired.as_str(), EXPIRED), (forged.as_str(), INVALID), ("x", INVALID)]
    {
        let mut client = RoomsClient::open(&server);
        client.send(&json!({ "auth_token": token }));
        assert_eq!(client.frame(), answer);
        assert_eq!(client.closed(), POLICY);
    }
    server.stop();
}

#[test]
fn who_says_no_token_is_closed_after_ten_seconds() {
    let (server, _) = server();
    let begun = Instant::now();
    let mut client = RoomsClient::open(&server);
    client.socket().send_text("{\"hello\":1}");
    assert_eq!(client.closed(), POLICY);
    let waited = begun.elapsed().as_secs_f32();
    assert!(waited > 9.0, "closed after {waited} s");
    server.stop();
}

#[test]
fn a_message_is_echoed_in_the_documented_form() {
    let (server, group) = server();
    let mut ann = RoomsClient::sign_in(&server, 1);
    let mut phone = RoomsClient::sign_in(&server, 1);
    let mut bob = RoomsClient::sign_in(&server, 2);
    ann.say(&group, "hello \u{1F375}\nworld");
    let frame = ann.frame();
    let parsed: Value = serde_json::from_str(&frame).expect("JSON");
    let (id, seconds) = (&parsed["message"]["id"], &parsed["message"]["timestamp"]);
    assert_eq!(
        frame,
        format!(
            "{{\"message\":{{\"id\":{id},\"message\":\"hello \u{1F375}\\nworld\",\
             \"poster\":\"1\",\"room\":\"{group}\",\"timestamp\":{seconds}}},\"type\":\"message\"}}"
        )
    );
    assert!(seconds.as_u64().is_some_and(|s| (1_600_000_000..10_000_000_000).contains(&s)));
    assert_eq!(phone.frame(), frame, "the sender's other connection");
    assert_eq!(bob.frame(), frame);
    // Both spellings of the key, and a number for the room.
    bob.send(&json!({ "room": group, "messages": "seed's spelling" }));
    bob.send(&json!({ "room": group, "messages": "not this", "message": "but this" }));
    let number: u64 = group.parse().expect("a decimal");
    bob.send(&json!({ "room": number, "message": "a number" }));
    let heard: Vec<String> = (0..3).map(|_| ann.heard().text).collect();
    assert_eq!(heard, ["seed's spelling", "but this", "a number"]);
    server.stop();
}

#[test]
fn what_is_refused_is_silent_and_the_connection_goes_on() {
    let (server, group) = server();
    let operator = server.operator();
    let foreign = operator.create_group(&[2, 3]).to_string();
    let channel =
        operator.create_conversation(&json!({ "kind": "channel", "members": [1], "posters": [2] }));
    let room = operator.create_conversation(&json!({ "kind": "room" }));
    let mut client = RoomsClient::sign_in(&server, 1);
    let refused = [
        json!({ "room": foreign, "message": "not in it" }),
        json!({ "room": "999999", "message": "not there" }),
        json!({ "room": channel.to_string(), "message": "may only read" }),
        json!({ "room": room.to_string(), "message": "not joined" }),
        json!({ "room": "2-3", "message": "others' direct" }),
        json!({ "room": "1-1", "message": "oneself" }),
        json!({ "room": "1-999", "message": "nobody" }),
        json!({ "room": "x", "message": "no id" }),
        json!({ "room": null, "message": "no id" }),
        json!({ "message": "no room" }),
        json!({ "room": group }),
        json!({ "room": group, "message": "" }),
        json!({ "room": group, "message": "a\u{0}b" }),
        json!({ "room": group, "message": 7 }),
        json!({ "room": group, "message": "x".repeat(32_769) }),
        json!([group, "a list"]),
        json!({ "auth_token": "again" }),
    ];
    for frame in &refused {
        client.send(frame);
    }
    client.socket().send_text("no JSON");
    client.socket().send_text("{\"room\":\"1\",\"room\":\"1\",\"message\":\"twice\"}");
    client.socket().send_binary(b"{}".to_vec());
    client.say(&group, "goes on");
    let heard = client.heard();
    assert_eq!((heard.text.as_str(), heard.room.as_str()), ("goes on", group.as_str()));
    for silent in [&foreign, &channel.to_string(), &room.to_string()] {
        assert_eq!(operator.log(silent), [], "in {silent}");
    }
    assert_eq!(operator.log(&group).len(), 1);
    server.stop();
}

#[test]
fn broken_frames_end_the_connection_by_their_codes() {
    let (server, _) = server();
    let mut client = RoomsClient::sign_in(&server, 1);
    client.socket().send_text(&"x".repeat(64 * 1024 + 1));
    assert_eq!(client.closed(), Some(1009));
    for (bytes, code) in [
        // A text that is no UTF-8, and an unmasked frame: both with the client's own header.
        (&[0x81, 0x82, 0, 0, 0, 0, 0xC3, 0x28][..], 1007),
        (&[0x81, 0x02, b'{', b'}'][..], 1002),
        (&[0xB1, 0x80, 0, 0, 0, 0][..], 1002),
    ] {
        let mut client = RoomsClient::sign_in(&server, 1);
        client.socket().send_raw(bytes);
        assert_eq!(client.closed(), Some(code), "{bytes:?}");
    }
    server.stop();
}

#[test]
fn a_direct_is_opened_without_a_message_and_heard_on_both_sides() {
    let (server, _) = server();
    let answer = call(&server, 1, "create_dm", &json!({ "other": "3" }));
    assert_eq!((answer.status, answer.text.as_str()), (200, ""));
    let again = call(&server, 3, "create_dm", &json!({ "other": 1 }));
    assert_eq!((again.status, again.text.as_str()), (200, ""));
    let mut ann = RoomsClient::sign_in(&server, 1);
    let mut cy = RoomsClient::sign_in(&server, 3);
    ann.say("1-3", "hi");
    let heard = ann.heard();
    assert_eq!((heard.text.as_str(), heard.room.as_str()), ("hi", "1-3"));
    assert_eq!(cy.heard(), heard);
    server.stop();
}

/// Each content as the page's table has it, sent by a dialect that has words for it.
#[test]
fn every_content_is_shown_as_text_live_and_retrieved() {
    let (server, group) = server();
    let number: u64 = group.parse().expect("a decimal");
    let mut ann = RoomsClient::sign_in(&server, 1);
    let mut bob = StreamClient::connect(&server, 2);
    assert_eq!(bob.sync_by_cursor(), []);
    let mark = json!({ "category": GROUP, "sender": "0", "receiver": group });
    let post = |kind: u64, content: Value| {
        let mut post = json!({ "postmark": mark, "type": kind });
        post.as_object_mut().expect("an object").extend(
            content.as_object().expect("an object").iter().map(|(k, v)| (k.clone(), v.clone())),
        );
        post
    };
    let media = json!({ "resource": { "url": "https://a/b.bin", "thumbnail": "https://a/t.png" } });
    let mut expected = Vec::new();
    for (kind, content, shown) in [
        (1, json!({ "text": { "content": "plain" } }), "plain"),
        (2, media.clone(), "https://a/b.bin"),
        (3, media.clone(), "https://a/b.bin"),
        (4, media.clone(), "https://a/b.bin"),
        (5, media.clone(), "https://a/b.bin"),
        (6, media.clone(), "https://a/b.bin"),
        (7, media.clone(), "https://a/b.bin"),
        (8, json!({ "coordinate": { "latitude": 1.5, "longitude": -2.25 } }), "geo:1.5,-2.25"),
        (9, json!({ "text": { "content": "Ann" } }), "Ann"),
        (9, media.clone(), "https://a/b.bin"),
    ] {
        let sent = bob.post(&format!("kind-{kind}-{}", expected.len()), &[post(kind, content)]);
        let ids = sent.expect("open").unwrap_or_else(|fault| panic!("kind {kind}: {fault:?}"));
        let heard = ann.heard();
        assert_eq!((heard.id, heard.text.as_str()), (ids[0], shown), "kind {kind}");
        expected.push(heard);
    }
    assert_eq!(retrieve(&server, 1, 0), (expected.clone(), false));
    // A recall and a read mark are not shown, and what was recalled is not retrieved.
    let last = expected.pop().expect("there were some");
    let about = |kind: u64, id: u64| {
        let mut post = post(kind, json!({}));
        post["postmark"]["unique_id"] = json!(id.to_string());
        post
    };
    bob.post("recall", &[about(10, last.id)]).expect("open").expect("its own");
    bob.post("read", &[about(11, expected[0].id)]).expect("open").expect("seen");
    bob.send_text(GROUP, number, "after the marks");
    let heard = ann.heard();
    assert_eq!(heard.text, "after the marks");
    expected.push(heard);
    assert_eq!(retrieve(&server, 1, 0), (expected, false));
    server.stop();
}

#[test]
fn three_dialects_meet_in_a_group_and_in_directs() {
    let server = Server::with(parlance_e2e::server::Setup { shards: 4, ..Default::default() });
    let operator = server.operator();
    operator.create_users([1, 2, 3]);
    operator.befriend(1, 2);
    let number = operator.create_group(&[1, 2, 3]);
    let group = number.to_string();
    let mut ann = RoomsClient::sign_in(&server, 1);
    let mut bob = OnechatClient::sign_in(&server, FRAMINGS[0], 2, "phone");
    let mut cy = StreamClient::connect(&server, 3);
    cy.sync_by_cursor();

    ann.say(&group, "from rooms");
    let echo = ann.heard();
    let expected = json!({ "cmd": "group_chat", "from": 1, "to": number, "msg": "from rooms", "ack": echo.id });
    assert_eq!(bob.next_message(), expected);
    let post = cy.next_post();
    assert_eq!((post.id, post.sender, post.text.as_str()), (echo.id, 1, "from rooms"));

    let answer = bob.chat("group_chat", number, "from onechat", "k");
    assert_eq!(answer["cmd"], "ack", "{answer}");
    let heard = ann.heard();
    assert_eq!((heard.text.as_str(), heard.poster.as_str()), ("from onechat", "2"));
    assert_eq!(cy.next_post().id, heard.id);
    let id = cy.send_text(GROUP, number, "from stream");
    let heard = ann.heard();
    assert_eq!((heard.id, heard.poster.as_str(), heard.room.as_str()), (id, "3", group.as_str()));

    ann.say("1-2", "to onechat");
    let echo = ann.heard();
    let pushed = until_direct(&mut bob);
    assert_eq!((&pushed["from"], &pushed["ack"]), (&json!(1), &json!(echo.id)), "{pushed}");
    assert_eq!(bob.chat("single_chat", 1, "back", "k2")["cmd"], "ack");
    let heard = ann.heard();
    assert_eq!((heard.text.as_str(), heard.room.as_str()), ("back", "1-2"));
    ann.say("1-3", "to stream");
    let echo = ann.heard();
    let post = cy.next_post();
    assert_eq!((post.id, post.category, post.sender), (echo.id, PRIVATE, 1));
    let id = cy.send_text(PRIVATE, 1, "back");
    assert_eq!(ann.heard().id, id);

    // Everything above an id, over all rooms and shards, in the order that was shown.
    let (all, more) = retrieve(&server, 1, 0);
    assert!(!more && all.is_sorted_by_key(|said| said.id));
    let texts: Vec<&str> = all.iter().map(|said| said.text.as_str()).collect();
    assert_eq!(
        texts,
        ["from rooms", "from onechat", "from stream", "to onechat", "back", "to stream", "back"]
    );
    assert_eq!(retrieve(&server, 1, all[4].id).0, all[5..]);
    server.stop();
}

fn until_direct(client: &mut OnechatClient) -> Value {
    loop {
        let message = client.next_message();
        if message["cmd"] == "single_chat" {
            return message;
        }
    }
}

/// Live ids rise over all rooms whatever shard they are on; with what is retrieved after the
/// last id that was seen, nothing is missed over a reconnection.
#[test]
fn coming_back_by_the_last_id_misses_nothing_across_shards() {
    const ROOMS: usize = 6;
    const SENT: usize = 240;
    const FIRST_PART: usize = 80;
    let server = Server::with(parlance_e2e::server::Setup { shards: 4, ..Default::default() });
    let operator = server.operator();
    operator.create_users([1, 2, 3]);
    let groups: Vec<u64> = (0..ROOMS).map(|_| operator.create_group(&[1, 2, 3])).collect();
    let (server_ref, groups_ref) = (&server, groups.as_slice());
    let mut seen = std::thread::scope(|scope| {
        let senders = [2, 3].map(|user| {
            scope.spawn(move || {
                let mut client = StreamClient::connect(server_ref, user);
                client.sync_by_cursor();
                for number in 0..SENT / 2 {
                    client.send_text(
                        GROUP,
                        groups_ref[number % ROOMS],
                        &format!("{user} {number}"),
                    );
                }
            })
        });
        let mut ann = RoomsClient::sign_in(server_ref, 1);
        let (mut seen, _) = retrieve(server_ref, 1, 0);
        let mut live_id = 0;
        while seen.len() < FIRST_PART {
            let heard = ann.heard();
            assert!(heard.id > live_id, "ids rise in all that is shown");
            live_id = heard.id;
            if seen.last().is_none_or(|last| last.id < heard.id) {
                seen.push(heard);
            }
        }
        ann.socket().close_now();
        for sender in senders {
            sender.join().expect("no panic");
        }
        seen
    });
    let last = seen.last().expect("some were seen").id;
    seen.extend(retrieve(&server, 1, last).0);
    let mut expected: Vec<(u64, String)> = Vec::new();
    for group in &groups {
        expected.extend(operator.log(&group.to_string()).into_iter().map(|it| (it.id, it.text)));
    }
    expected.sort();
    let seen: Vec<(u64, String)> = seen.into_iter().map(|it| (it.id, it.text)).collect();
    assert_eq!(seen.len(), SENT);
    assert_eq!(seen, expected);
    server.stop();
}

#[test]
fn a_long_history_comes_in_parts() {
    const SENT: usize = 1_100;
    let (server, group) = server();
    let number: u64 = group.parse().expect("a decimal");
    let mut bob = StreamClient::connect(&server, 2);
    bob.sync_by_cursor();
    for part in 0..SENT / 100 {
        let posts: Vec<Value> = (0..100)
            .map(|n| parlance_e2e::stream::text_post(GROUP, number, &format!("{part}-{n}")))
            .collect();
        bob.post(&format!("part-{part}"), &posts).expect("open").expect("a member");
    }
    let (first, more) = retrieve(&server, 1, 0);
    assert_eq!((first.len(), more), (1_000, true));
    let (rest, more) = retrieve(&server, 1, first[999].id);
    assert_eq!((rest.len(), more), (SENT - 1_000, false));
    let after = json!({ "after": first[998].id.to_string() });
    let answer = call(&server, 1, "retrieve", &after).expect(200);
    assert_eq!(said(&answer["messages"][0]), first[999], "a decimal text is taken");
    server.stop();
}
