//! What a `onechat` user missed: sent at the next login until it is acknowledged.

use parlance_e2e::deadline::until;
use parlance_e2e::onechat::{Framing, OnechatClient};
use parlance_e2e::server::Server;
use serde_json::{Value, json};

fn server() -> (Server, u64) {
    let server = Server::start();
    server.operator().create_users([1, 2, 3]);
    server.operator().befriend(1, 2);
    let room = server.operator().create_group(&[1, 2]);
    (server, room)
}

/// The last word in a conversation, said by the operator: what was missed comes before it.
const END: &str = "the end";

/// Signs in and takes what was missed in the direct of 1 and 2 and in the room. Nothing in the
/// protocol says where that ends, so both conversations are given a last word, which comes live
/// or as a part of a batch.
fn missed(server: &Server, room: u64, turn: u32) -> (OnechatClient, Vec<Value>) {
    let mut client = OnechatClient::sign_in(server, Framing::Onechat, 2, "phone");
    for conversation in ["1-2".to_owned(), room.to_string()] {
        let end = json!({
            "conversation": conversation, "sender": 1, "text": END, "key": format!("end {turn}"),
        });
        server.operator().post("/api/v1/publish", &end).expect(200);
    }
    let mut batches = Vec::new();
    let mut ends = 0;
    while ends < 2 {
        let text = client.frame();
        assert!(text.len() <= 8 * 1024, "a batch's frame has {} bytes", text.len());
        let frame: Value = serde_json::from_str(&text).expect("a frame is JSON");
        let entries = match &frame["msg"] {
            Value::Array(entries) => entries.clone(),
            _ => vec![json!({ "id": frame["ack"], "msg": frame["msg"] })],
        };
        for end in entries.iter().filter(|entry| entry["msg"] == END) {
            ends += 1;
            client.acknowledge("single_chat", &end["id"]);
        }
        batches.push(frame);
    }
    (client, batches)
}

fn texts(batches: &[Value], command: &str) -> Vec<String> {
    let of_command = batches.iter().filter(|batch| batch["cmd"] == command);
    let entries = of_command.flat_map(|batch| batch["msg"].as_array().expect("a list"));
    let texts = entries.map(|entry| entry["msg"].as_str().expect("a text").to_owned());
    texts.filter(|text| text != END).collect()
}

#[test]
fn an_offline_batch_has_the_exact_form() {
    let (server, room) = server();
    let mut ann = OnechatClient::sign_in(&server, Framing::Onechat, 1, "phone");
    assert_eq!(ann.chat("single_chat", 2, "one", "a")["cmd"], "ack");
    assert_eq!(ann.chat("group_chat", room, "two", "b")["cmd"], "ack");
    let mut bob = OnechatClient::sign_in(&server, Framing::Onechat, 2, "phone");
    let log = |name: &str| server.operator().log(name);
    let (single, group) = (bob.frame(), bob.frame());
    for (frame, command, entry, to, unread) in [
        (single, "offline_single_chat_msg", &log("1-2")[0], 2, r#""unread":1,"#),
        (group, "offline_group_chat_msg", &log(&room.to_string())[0], room, ""),
    ] {
        let stamp = frame.split(r#""created_at":"#).nth(1).and_then(|rest| rest.split(',').next());
        let stamp = stamp.unwrap_or_else(|| panic!("without created_at: {frame}"));
        assert!(stamp.parse::<u64>().is_ok_and(|s| s > 1_704_067_200), "Unix seconds: {frame}");
        let (id, text) = (entry.id, &entry.text);
        let expected = format!(
            r#"{{"cmd":"{command}","msg":[{{"id":{id},"f":1,"t":{to},"msg":"{text}",{unread}"created_at":{stamp},"updated_at":{stamp}}}],"ack":[{id}]}}"#
        );
        assert_eq!(frame, expected);
    }
    server.stop();
}

#[test]
fn what_was_acknowledged_is_not_sent_again() {
    let (server, room) = server();
    let mut ann = OnechatClient::sign_in(&server, Framing::Onechat, 1, "phone");
    for number in 0..5 {
        let text = format!("{number}");
        assert_eq!(ann.chat("single_chat", 2, &text, &format!("s{text}"))["cmd"], "ack");
        assert_eq!(ann.chat("group_chat", room, &text, &format!("g{text}"))["cmd"], "ack");
    }
    let (mut bob, batches) = missed(&server, room, 0);
    let all = ["0", "1", "2", "3", "4"];
    assert_eq!(texts(&batches, "offline_single_chat_msg"), all);
    assert_eq!(texts(&batches, "offline_group_chat_msg"), all);
    let ids: Vec<u64> = server.operator().log("1-2").iter().map(|entry| entry.id).collect();
    // A list, a number and a numeric string are all taken.
    bob.acknowledge("offline_single_chat_msg", &json!([ids[0], ids[1]]));
    bob.acknowledge("single_chat", &json!(ids[3].to_string()));
    for batch in batches.iter().filter(|batch| batch["cmd"] == "offline_group_chat_msg") {
        bob.acknowledge("offline_group_chat_msg", &batch["ack"]);
    }
    drop(bob);
    // The acknowledgements have no answer; they count within a second.
    let mut turn = 0;
    until("what was acknowledged stays away", || {
        turn += 1;
        let (_, batches) = missed(&server, room, turn);
        let single = texts(&batches, "offline_single_chat_msg");
        let group = texts(&batches, "offline_group_chat_msg");
        (single == ["2", "4"] && group.is_empty()).then_some(())
    });
    server.stop();
}

#[test]
fn acknowledgements_outlive_a_restart() {
    let (mut server, room) = server();
    let mut ann = OnechatClient::sign_in(&server, Framing::Onechat, 1, "phone");
    for text in ["one", "two", "three"] {
        assert_eq!(ann.chat("single_chat", 2, text, text)["cmd"], "ack");
    }
    let (mut bob, _) = missed(&server, room, 0);
    let ids: Vec<u64> = server.operator().log("1-2").iter().map(|entry| entry.id).collect();
    bob.acknowledge("offline_single_chat_msg", &json!([ids[1]]));
    assert_eq!(bob.chat("no such thing", 0, "", "")["cmd"], "error", "the ack was read");
    server.stop_for_now();
    server.start_again();
    let (_, batches) = missed(&server, room, 1);
    assert_eq!(texts(&batches, "offline_single_chat_msg"), ["one", "three"]);
    server.stop();
}

#[test]
fn a_long_absence_comes_in_frames_of_8_kib_at_most() {
    let (server, room) = server();
    let mut ann = OnechatClient::sign_in(&server, Framing::Onechat, 1, "phone");
    let sent: Vec<String> = (0..60).map(|number| format!("{number:0600}")).collect();
    for (number, text) in sent.iter().enumerate() {
        assert_eq!(ann.chat("single_chat", 2, text, &number.to_string())["cmd"], "ack");
    }
    let (_, batches) = missed(&server, room, 0);
    assert!(batches.len() > 1, "36 KB do not fit one frame");
    assert_eq!(texts(&batches, "offline_single_chat_msg"), sent);
    server.stop();
}

#[test]
fn anothers_acknowledgement_counts_for_nobody() {
    let (server, room) = server();
    server.operator().befriend(1, 3);
    let mut ann = OnechatClient::sign_in(&server, Framing::Onechat, 1, "phone");
    assert_eq!(ann.chat("single_chat", 2, "for Bob", "k")["cmd"], "ack");
    let id = server.operator().log("1-2")[0].id;
    let mut cid = OnechatClient::sign_in(&server, Framing::Onechat, 3, "phone");
    cid.acknowledge("single_chat", &json!(id));
    assert_eq!(cid.chat("no such thing", 0, "", "")["cmd"], "error", "the ack was read");
    let (_, batches) = missed(&server, room, 0);
    assert_eq!(texts(&batches, "offline_single_chat_msg"), ["for Bob"]);
    server.stop();
}
