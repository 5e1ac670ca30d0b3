//! The five events of the dialect, over every transport, and its clients among those of others.

use std::collections::BTreeMap;

use parlance_e2e::engineio::{Eio, Polling};
use parlance_e2e::onechat::{FRAMINGS, OnechatClient};
use parlance_e2e::server::{Server, Setup};
use parlance_e2e::socketio::{Client, EVERY_WAY, Transport};
use parlance_e2e::websocket::Received;
use serde_json::{Value, json};

fn open_server() -> Server {
    let settings = vec![("AUTH__OPEN", "true".to_owned())];
    Server::with(Setup { settings, shards: 3 })
}

/// A client that has said who it is, and its user's id.
#[track_caller]
fn user(server: &Server, way: (Eio, Transport), external_id: &str) -> (Client, String) {
    let mut client = Client::connect(server.addresses().main, way, None);
    let body = json!({ "user": { "externalUserId": external_id } });
    let answer = client.ask("create-user", &body);
    assert_eq!(answer["status"], "ok", "{answer}");
    let id = answer["user"]["id"].as_str().expect("an id").to_owned();
    assert!(is_iso(&answer["user"]["created_at"]), "{answer}");
    assert_eq!(answer["user"]["modified_at"], answer["user"]["created_at"]);
    (client, id)
}

fn is_iso(time: &Value) -> bool {
    let shape = "0000-00-00T00:00:00.000Z";
    time.as_str().is_some_and(|text| {
        text.len() == shape.len()
            && text
                .chars()
                .zip(shape.chars())
                .all(|(c, of)| if of == '0' { c.is_ascii_digit() } else { c == of })
    })
}

#[track_caller]
fn chat(client: &mut Client, name: &str, users: &[&str]) -> Value {
    let answer = client.ask("create-chat", &json!({ "chat": { "name": name }, "users": users }));
    assert_eq!(answer["status"], "ok", "{answer}");
    answer["chat"].clone()
}

fn error(message: &str) -> Value {
    json!({ "status": "error", "error": [{ "message": message }] })
}

/// A message as it comes, under both of its names.
#[track_caller]
fn message(client: &mut Client, chat: &str) -> Value {
    let body = client.event(&format!("/chat/{chat}/new-message"));
    assert_eq!(client.event("new-message"), body);
    assert_eq!(body["msg"], body["message"]);
    assert_eq!(body["id"], body["_id"]);
    assert_eq!(body["created_at"], body["updated_at"]);
    assert!(is_iso(&body["created_at"]), "{body}");
    assert_eq!(body["chat_id"], chat);
    body
}

#[test]
fn a_message_reaches_every_member_over_every_transport() {
    let server = open_server();
    let mut clients = BTreeMap::new();
    let mut ids = Vec::new();
    for (at, way) in EVERY_WAY.into_iter().enumerate() {
        let (client, id) = user(&server, way, &format!("user {at}"));
        clients.insert(at, client);
        ids.push(id);
    }
    let others: Vec<&str> = ids[1..].iter().map(String::as_str).collect();
    let created = chat(clients.get_mut(&0).unwrap(), "Tea", &others);
    assert_eq!(created["name"], "Tea");
    let mut members = ids.clone();
    members.sort_by_key(|id| id.parse::<u64>().unwrap());
    assert_eq!(created["users"], json!(members), "its creator too");
    let chat = created["id"].as_str().unwrap().to_owned();
    for (from, id) in ids.iter().enumerate() {
        let text = format!("hello from {from} \u{1f600}");
        let body = json!({ "msg": text, "type": "text" });
        let event = format!("/chat/{chat}/new-message");
        clients.get_mut(&from).unwrap().emit(&event, &body, None);
        let mut seen = Vec::new();
        for client in clients.values_mut() {
            seen.push(message(client, &chat));
        }
        assert_eq!(seen[0]["msg"], text);
        assert_eq!(seen[0]["user_id"], id.as_str());
        assert!(seen.iter().all(|one| *one == seen[0]), "the same for all: {seen:?}");
    }
    server.stop();
}

#[test]
fn a_callback_gets_what_the_event_says() {
    let server = open_server();
    for (at, way) in EVERY_WAY.into_iter().enumerate() {
        let (mut client, id) = user(&server, way, &format!("user {at}"));
        client.emit("create-user", &json!({ "user": { "id": id } }), Some(0));
        let event = client.event("create-user");
        assert_eq!(client.ack(0), event);
        client.emit("create-chat", &json!({ "chat": { "name": "Tea" }, "users": [] }), Some(1));
        let event = client.event("create-chat");
        assert_eq!(client.ack(1), event);
        let chat = event["chat"]["id"].as_str().unwrap().to_owned();
        client.emit("list-chats", &json!({ "user": { "id": id } }), Some(2));
        let event = client.event("list-chats");
        assert_eq!(client.ack(2), event);
        assert_eq!(event["chats"][0]["id"], chat.as_str());

        let body = json!({ "chat": { "id": chat }, "message": { "value": "hi", "type": "text" } });
        client.emit("new-message", &body, Some(12));
        // The message and the callback's answer come in either order.
        let packets: Vec<String> = (0..3).map(|_| client.packet()).collect();
        let ack = packets.iter().find_map(|packet| packet.strip_prefix("4312"));
        let ack: Value = serde_json::from_str(ack.expect("a callback")).unwrap();
        let begin = format!("42[\"/chat/{chat}/new-message\",");
        let live = packets.iter().find_map(|packet| packet.strip_prefix(&begin));
        let live = live.and_then(|rest| rest.strip_suffix(']')).expect("the message");
        assert_eq!(ack[0], serde_json::from_str::<Value>(live).unwrap());
        assert_eq!(ack[0]["status"], "ok");
    }
    server.stop();
}

#[test]
fn every_form_of_a_message_is_taken() {
    let server = open_server();
    let (mut ann, ann_id) = user(&server, EVERY_WAY[3], "ann");
    let (mut bob, bob_id) = user(&server, EVERY_WAY[1], "bob");
    let chat = chat(&mut ann, "Tea", &[&bob_id])["id"].as_str().unwrap().to_owned();
    let forms = [
        (format!("/chat/{chat}/new-message"), json!({ "msg": "1", "type": "text" })),
        (format!("/chat/{chat}/new-message"), json!({ "message": { "value": "2" } })),
        (format!("{chat}/new-message"), json!({ "msg": "3" })),
        (format!("chat-{chat}"), json!({ "user": bob_id, "msg": "4" })),
        ("new-message".into(), json!({ "chatRoom": chat, "message": { "value": "5" } })),
        ("new-message".into(), json!({ "chat": { "id": chat }, "message": "6" })),
        ("new-message".into(), json!({ "room": chat, "msg": "7" })),
    ];
    for (at, (event, body)) in forms.iter().enumerate() {
        ann.emit(event, body, None);
        let seen = message(&mut bob, &chat);
        assert_eq!(seen["msg"], (at + 1).to_string());
        assert_eq!(seen["user_id"], ann_id.as_str(), "whatever the body says");
        assert_eq!(message(&mut ann, &chat), seen);
    }
    // A leading text names the chat.
    ann.send(&format!("42{}", json!(["new-message", chat, { "msg": "8" }])));
    assert_eq!(message(&mut bob, &chat)["msg"], "8");
    message(&mut ann, &chat);
    let kinds = [
        ("img", json!("https://example.org/a"), "https://example.org/a"),
        ("video", json!("https://example.org/a"), "https://example.org/a"),
        ("audio", json!("https://example.org/a"), "https://example.org/a"),
        ("file", json!("https://example.org/a"), "https://example.org/a"),
        ("location", json!("52.5,-13.25"), "geo:52.5,-13.25"),
        ("location", json!({ "latitude": 1, "longitude": 2 }), "geo:1,2"),
    ];
    for (kind, value, shown) in kinds {
        ann.emit("new-message", &json!({ "room": chat, "msg": value, "type": kind }), None);
        let seen = message(&mut bob, &chat);
        assert_eq!((&seen["type"], &seen["msg"]), (&json!(kind), &json!(shown)));
    }
    server.stop();
}

#[test]
fn a_message_that_names_no_chat_is_for_the_only_one() {
    let server = open_server();
    let (mut ann, ann_id) = user(&server, EVERY_WAY[3], "ann");
    let (mut bob, bob_id) = user(&server, EVERY_WAY[0], "bob");
    let said = json!({ "msg": "here?", "type": "text" });
    assert_eq!(ann.ask("new-message", &said), error("chat.id is missing"), "there is none");
    let only = chat(&mut ann, "Tea", &[&bob_id])["id"].as_str().unwrap().to_owned();
    ann.emit("new-message", &said, None);
    let seen = message(&mut bob, &only);
    assert_eq!((&seen["msg"], &seen["user_id"]), (&json!("here?"), &json!(ann_id)));
    assert_eq!(message(&mut ann, &only), seen);
    // With a callback, which comes before the message or after it.
    bob.emit("new-message", &json!({ "message": { "value": "here" } }), Some(7));
    let packets: Vec<String> = (0..3).map(|_| bob.packet()).collect();
    let ack = packets.iter().find_map(|packet| packet.strip_prefix("437"));
    let ack: Value = serde_json::from_str(ack.expect("a callback")).unwrap();
    assert_eq!(message(&mut ann, &only), ack[0]);
    // A direct is joined by nobody; a second chat makes it unclear.
    let mut both = [&ann_id, &bob_id].map(|id| id.parse::<u64>().expect("a number"));
    both.sort_unstable();
    let direct = format!("{}-{}", both[0], both[1]);
    ann.emit("new-message", &json!({ "room": direct, "msg": "x" }), None);
    message(&mut ann, &direct);
    ann.emit("new-message", &said, None);
    message(&mut ann, &only);
    chat(&mut ann, "Coffee", &[]);
    assert_eq!(ann.ask("new-message", &said), error("chat.id is missing"), "there are two");
    server.stop();
}

/// What is said later, or is none, changes nothing.
#[test]
fn a_user_says_how_they_are_called_and_where_their_picture_is() {
    let server = open_server();
    let mut client = Client::connect(server.addresses().main, EVERY_WAY[3], None);
    let mut said = |name: Value, photo: Value| {
        let body = json!({ "user": { "external_id": "ann", "name": name, "photo": photo } });
        let answer = client.ask("create-user", &body);
        assert_eq!(answer["status"], "ok", "{answer}");
        (answer["user"]["name"].clone(), answer["user"]["photo"].clone())
    };
    let (nothing, url) = (json!(""), json!("https://a.example/p"));
    assert_eq!(said(json!(7), json!("x".repeat(5_000))), (nothing.clone(), nothing.clone()));
    assert_eq!(said(json!("Ann"), json!(null)), (json!("Ann"), nothing));
    assert_eq!(said(json!("Bob"), url.clone()), (json!("Ann"), url.clone()));
    assert_eq!(said(json!(null), json!("https://a.example/q")), (json!("Ann"), url.clone()));
    // They are the same user's on another connection.
    let mut again = Client::connect(server.addresses().main, EVERY_WAY[1], None);
    let answer = again.ask("create-user", &json!({ "user": { "externalUserId": "ann" } }));
    assert_eq!((&answer["user"]["name"], &answer["user"]["photo"]), (&json!("Ann"), &url));
    server.stop();
}

#[test]
fn the_past_is_listed_by_time() {
    let server = open_server();
    let (mut ann, _) = user(&server, EVERY_WAY[2], "ann");
    let chat = chat(&mut ann, "Tea", &[])["id"].as_str().unwrap().to_owned();
    let mut sent: Vec<Value> = Vec::new();
    for n in 0..5 {
        ann.emit("new-message", &json!({ "room": chat, "msg": n.to_string() }), None);
        sent.push(message(&mut ann, &chat));
    }
    let time = |at: usize| sent[at]["created_at"].as_str().unwrap().to_owned();
    let listed = |client: &mut Client, query: Value| -> Vec<String> {
        let body = json!({ "query": query, "chat": { "id": chat } });
        let answer = client.ask("list-messages", &body);
        let messages = answer["messages"].as_array().unwrap_or_else(|| panic!("{answer}"));
        messages.iter().map(|one| one["msg"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(listed(&mut ann, json!({})), ["0", "1", "2", "3", "4"]);
    // Both ends count, and several messages may be of one millisecond.
    let within = |from: &str, to: &str| -> Vec<String> {
        let is_within = |one: &&Value| {
            let at = one["created_at"].as_str().unwrap();
            from <= at && at <= to
        };
        let within = sent.iter().filter(is_within);
        within.map(|one| one["msg"].as_str().unwrap().to_owned()).collect()
    };
    for (from, to) in [(0, 4), (1, 3), (2, 2), (3, 1)] {
        let (from, to) = (time(from), time(to));
        let found = listed(&mut ann, json!({ "from": from, "to": to }));
        assert_eq!(found, within(&from, &to), "from {from} to {to}");
    }
    assert_eq!(listed(&mut ann, json!({ "from": time(2) })), within(&time(2), "9"));
    assert_eq!(listed(&mut ann, json!({ "to": time(2) })), within("0", &time(2)));
    assert_eq!(listed(&mut ann, json!({ "from": "2999-01-01" })), Vec::<String>::new());
    let answer = ann.ask("list-messages", &json!({ "chat": { "id": chat } }));
    let mut last = sent[4].clone();
    last.as_object_mut().unwrap().remove("status");
    assert_eq!(answer["messages"][4], last, "listed as it was live");
    server.stop();
}

#[test]
fn what_one_may_not_see_does_not_exist() {
    let server = open_server();
    let (mut ann, ann_id) = user(&server, EVERY_WAY[3], "ann");
    let (mut eve, _) = user(&server, EVERY_WAY[2], "eve");
    let chat = chat(&mut ann, "Tea", &[])["id"].as_str().unwrap().to_owned();
    let not_found = error("Chat not found.");
    for id in [chat.as_str(), "999", "x"] {
        let event = format!("/chat/{id}/new-message");
        assert_eq!(eve.ask(&event, &json!({ "msg": "hi" })), not_found, "{id}");
        let body = json!({ "chat": { "id": id } });
        assert_eq!(eve.ask("list-messages", &body), not_found, "{id}");
    }
    assert_eq!(eve.ask("list-chats", &json!({ "user": { "id": ann_id } }))["chats"], json!([]));
    let unknown = json!({ "chat": { "name": "Tea" }, "users": ["999999"] });
    assert_eq!(eve.ask("create-chat", &unknown), error("Users Not found."));
    let unknown = json!({ "chat": { "name": "Tea" }, "users": ["5d2df718d47dee5aff5ee6e1"] });
    assert_eq!(eve.ask("create-chat", &unknown), error("Users Not found."));
    // Nothing of it reached the chat.
    ann.emit("new-message", &json!({ "room": chat, "msg": "alone" }), None);
    assert_eq!(message(&mut ann, &chat)["msg"], "alone");
    server.stop();
}

/// Users of another system are named by their ids there.
#[test]
fn users_may_be_named_by_external_ids() {
    let server = open_server();
    let (mut ann, _) = user(&server, EVERY_WAY[3], "ann");
    let (mut bob, bob_id) = user(&server, EVERY_WAY[0], "5d2df718d47dee5aff5ee6e1");
    let chat = chat(&mut ann, "Tea", &["5d2df718d47dee5aff5ee6e1"]);
    assert!(chat["users"].as_array().unwrap().contains(&json!(bob_id)), "{chat}");
    let chat = chat["id"].as_str().unwrap();
    ann.emit("new-message", &json!({ "room": chat, "msg": "hi" }), None);
    assert_eq!(message(&mut bob, chat)["msg"], "hi");
    server.stop();
}

/// Nothing is lost and nothing comes twice while the transport changes under a stream of messages.
#[test]
fn messages_survive_the_change_of_transports() {
    let server = open_server();
    for eio in Eio::BOTH {
        let (mut ann, _) = user(&server, (Eio::V4, Transport::WebSocket), "ann");
        let (polling, _) = Polling::open(server.addresses().main, eio, "");
        if eio == Eio::V4 {
            polling.post(&["40"]);
            assert!(polling.poll()[0].starts_with("40{"));
        }
        let hello = json!(["create-user", { "user": { "externalUserId": "bob" } }]);
        polling.post(&[&format!("42{hello}")]);
        let answer = polling.poll().remove(0);
        let answer: Value = serde_json::from_str(&answer[2..]).unwrap();
        let bob = answer[1]["user"]["id"].as_str().unwrap().to_owned();
        let chat = chat(&mut ann, "Tea", &[&bob])["id"].as_str().unwrap().to_owned();
        let send = |client: &mut Client, n: usize| {
            client.emit("new-message", &json!({ "room": chat, "msg": n.to_string() }), None);
            message(client, &chat);
        };
        let mut seen = Vec::new();
        for n in 0..10 {
            send(&mut ann, n);
        }
        let poll = polling.begin_poll();
        let mut websocket = polling.websocket().unwrap();
        websocket.send_text("2probe");
        seen.extend(eio.split(&poll.answer().expect(200)));
        for n in 10..20 {
            send(&mut ann, n);
        }
        assert_eq!(websocket.receive(), Received::Text("3probe".into()));
        for n in 20..30 {
            send(&mut ann, n);
        }
        websocket.send_text("5");
        for n in 30..40 {
            send(&mut ann, n);
        }
        seen.retain(|packet| packet != "6");
        while seen.len() < 80 {
            match websocket.receive() {
                Received::Text(packet) => seen.push(packet),
                other => panic!("no packet but {other:?}, after {}", seen.len()),
            }
        }
        let texts: Vec<String> = seen
            .iter()
            .filter_map(|packet| packet.strip_prefix("42[\"new-message\","))
            .map(|rest| serde_json::from_str::<Value>(rest.strip_suffix(']').unwrap()).unwrap())
            .map(|body| body["msg"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(texts, (0..40).map(|n| n.to_string()).collect::<Vec<_>>());
    }
    server.stop();
}

#[test]
fn the_dialect_meets_others_in_one_conversation() {
    let server = Server::start();
    server.operator().create_users([1, 2]);
    let group = server.operator().create_group(&[1, 2]);
    let chat = group.to_string();
    for way in EVERY_WAY {
        let mut ann = Client::connect(server.addresses().main, way, Some(&server.token(1)));
        let mut bob = OnechatClient::sign_in(&server, FRAMINGS[0], 2, "phone");
        ann.emit("new-message", &json!({ "room": chat, "msg": "from events" }), Some(1));
        let packets: Vec<String> = (0..3).map(|_| ann.packet()).collect();
        assert!(packets.iter().any(|packet| packet.starts_with("431[")), "{packets:?}");
        let seen = bob.next_message().to_string();
        assert!(seen.contains("from events"), "{seen}");
        let publish = json!({ "conversation": chat, "sender": 2, "text": "from elsewhere" });
        server.operator().post("/api/v1/publish", &publish).expect(200);
        let seen = message(&mut ann, &chat);
        assert_eq!((&seen["msg"], &seen["user_id"]), (&json!("from elsewhere"), &json!("2")));
        // A direct is a chat as well.
        let publish = json!({ "conversation": "1-2", "sender": 2, "text": "between us" });
        server.operator().post("/api/v1/publish", &publish).expect(200);
        assert_eq!(message(&mut ann, "1-2")["msg"], "between us");
    }
    server.stop();
}
