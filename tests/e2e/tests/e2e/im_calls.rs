//! The `im` dialect's calls: sending, taking back, reading, friends and groups.

use parlance_e2e::im::{
    ImCaller, NOT_FRIENDS, NOT_IN_GROUP, PushClient, RECEIVE_BYTES_MIN, chat, pull, server,
};
use serde_json::{Value, json};

const MSG_NOT_EXIST: &str = r#"{"code":20001,"msg":"msg not exist"}"#;
const MSG_OWNER_WRONG: &str = r#"{"code":20002,"msg":"msg owner wrong"}"#;

#[test]
fn a_message_is_sent_in_each_form_and_answered_as_it_is_accepted() {
    let server = server();
    let token = server.token_with(1, &["--format", "im"]);
    let json = json!({ "target": "2", "targetType": "user", "msg": "one" }).to_string();
    let protobuf = b"\x0a\x012\x12\x04user\x1a\x03two";
    let form = "target=2&target_type=user&msg=th%72ee";
    let cases: [(&str, &[u8], &str); 4] = [
        ("application/json", json.as_bytes(), ""),
        ("application/x-protobuf", protobuf, ""),
        ("application/x-www-form-urlencoded", form.as_bytes(), ""),
        ("text/plain", b"", "?target=2&target_type=user&msg=four"),
    ];
    for (index, (content_type, body, query)) in (1..).zip(cases) {
        let path = format!("/im.chat/send{query}");
        let headers = [("token", token.as_str()), ("content-type", content_type)];
        let answer = server.http().post(&path, &headers, body).expect("an answer");
        let sent = answer.clone().expect(200);
        assert_eq!(sent["msg_index"], index, "{content_type}: {answer:?}");
        assert!(sent["timestamp"].as_u64().is_some_and(|s| s > 1_700_000_000), "{answer:?}");
    }
    let headers = [
        ("token", token.as_str()),
        ("content-type", "application/json"),
        ("accept", "application/x-protobuf"),
    ];
    let answer = server.http().post("/im.chat/send", &headers, json.as_bytes());
    let answer = answer.expect("an answer");
    assert_eq!((answer.status, answer.content_type.as_str()), (200, "application/x-protobuf"));
    assert!(answer.bytes.starts_with(&[8, 5, 16]), "index 5, then a time: {answer:?}");
    let texts: Vec<String> = server.operator().log("1-2").into_iter().map(|it| it.text).collect();
    assert_eq!(texts, ["one", "two", "three", "four", "one"]);
    server.stop();
}

#[test]
fn a_retry_with_its_key_is_the_first_message() {
    let server = server();
    let token = server.token(1);
    let send = |key: &str, text: &str| {
        let headers = [
            ("token", token.as_str()),
            ("content-type", "application/json"),
            ("idempotency-key", key),
        ];
        let body = chat("user", 2, json!({ "msg": text })).to_string();
        let sent = server.http().post("/im.chat/send", &headers, body.as_bytes());
        sent.expect("an answer").expect(200)
    };
    let first = send("a", "x");
    assert_eq!(send("a", "x"), first);
    assert_eq!(send("b", "x")["msg_index"], 2);
    assert_eq!(send("a", "y")["msg_index"], 3, "another content is another message");
    assert_eq!(server.operator().log("1-2").len(), 3);
    server.stop();
}

#[test]
fn a_recall_marks_the_message_and_is_counted() {
    let server = server();
    let (ann, bob) = (ImCaller::new(&server, 1), ImCaller::new(&server, 2));
    let mut to_bob = PushClient::sign_in(&server, 2, RECEIVE_BYTES_MIN);
    for text in ["a", "b", "c"] {
        ann.send("user", 2, text);
        to_bob.push();
    }
    let recall = |index: u64| chat("user", 2, json!({ "msg_index": index }));
    assert_eq!(ann.done("/im.chat/recall", &recall(3)), json!({ "recall_index": 1 }));
    assert_eq!(ann.done("/im.chat/recall", &recall(1)), json!({ "recall_index": 2 }));
    assert_eq!(ann.done("/im.chat/recall", &recall(3)), json!({ "recall_index": 1 }), "again");
    let pushed = json!({ "Type": "recall", "Content": {
        "msg_index": 3, "recall_index": 1, "target": "1", "target_type": "user",
    }});
    assert_eq!(to_bob.push(), pushed);
    ann.refused("/im.chat/recall", &recall(4), 400, MSG_NOT_EXIST);
    ann.refused("/im.chat/recall", &recall(0), 400, MSG_NOT_EXIST);
    let theirs = chat("user", 1, json!({ "msg_index": 2 }));
    bob.refused("/im.chat/recall", &theirs, 400, MSG_OWNER_WRONG);
    let mut everything = pull("user", 1, "after", 1, 50);
    everything["start_recall_index"] = json!(1);
    let pulled = bob.done("/im.chat/pull", &everything);
    let marks: Vec<(Value, Value)> = pulled["msgs"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|message| (message["msg"].clone(), message["recall_index"].clone()))
        .collect();
    assert_eq!(marks, [(json!("a"), json!(2)), (json!("b"), json!(0)), (json!("c"), json!(1))]);
    assert_eq!(pulled["recalls"], json!({ "1": 3, "2": 1 }));
    let mut recalls = pull("user", 1, "before", 0, 1);
    recalls["start_recall_index"] = json!(2);
    let pulled = bob.done("/im.chat/pull", &recalls);
    assert_eq!(pulled, json!({ "msgs": [], "recalls": { "2": 1 } }));
    server.stop();
}

#[test]
fn an_acknowledgement_only_rises() {
    let server = server();
    let (ann, bob) = (ImCaller::new(&server, 1), ImCaller::new(&server, 2));
    for text in ["a", "b", "c"] {
        ann.send("user", 2, text);
    }
    let ack = |index: u64| chat("user", 1, json!({ "msg_index": index }));
    let standing = || bob.done("/im.relation/relation", &chat("user", 1, json!({})));
    for (index, expected) in [(2, 2), (1, 2), (0, 2), (3, 3)] {
        assert_eq!(bob.done("/im.chat/ack", &ack(index)), json!({}));
        assert_eq!(standing()["ack_index"], expected, "after an ack of {index}");
    }
    bob.refused("/im.chat/ack", &ack(4), 400, MSG_NOT_EXIST);
    bob.refused("/im.chat/ack", &chat("user", 3, json!({ "msg_index": 1 })), 400, NOT_FRIENDS);
    bob.refused("/im.chat/ack", &chat("group", 9, json!({ "msg_index": 1 })), 400, NOT_IN_GROUP);
    assert_eq!(standing()["msg_index"], 3);
    bob.send("user", 1, "d");
    assert_eq!(standing()["ack_index"], 4, "who writes has read");
    server.stop();
}

#[test]
fn relations_are_sent_once() {
    let server = server();
    let group = server.operator().create_group(&[1, 2]);
    let ann = ImCaller::new(&server, 1);
    ann.done("/im.relation/update_self_name", &json!({ "new_name": "Ann" }));
    ann.send("user", 2, "hello");
    let known = ann.done("/im.relation/relations", &json!({ "current_hash": "" }));
    assert_eq!(known["update"], true);
    let relations = known["relations"].as_array().expect("a list");
    let own = json!({
        "target": "", "target_type": "user", "name": "Ann",
        "msg_index": 0, "recall_index": 0, "ack_index": 0,
    });
    assert!(relations.contains(&own), "{known}");
    let of = |target: &str| relations.iter().find(|it| it["target"] == target);
    assert_eq!(of("2").map(|it| &it["msg_index"]), Some(&json!(1)), "{known}");
    assert_eq!(of(&group.to_string()).map(|it| &it["target_type"]), Some(&json!("group")));
    let hash = hash_of(relations);
    let again = ann.done("/im.relation/relations", &json!({ "current_hash": hash }));
    assert_eq!(again, json!({ "update": false, "relations": [] }));
    server.stop();
}

/// As the documents have it, by another implementation than the server's.
fn hash_of(relations: &[Value]) -> String {
    let mut entries: Vec<String> = relations
        .iter()
        .map(|it| {
            let text = |name: &str| it[name].as_str().unwrap_or_default().to_owned();
            format!(
                "{}_{}_{}_{}_{}_{}",
                text("target_type"),
                text("target"),
                text("name"),
                it["msg_index"],
                it["recall_index"],
                it["ack_index"]
            )
        })
        .collect();
    entries.sort();
    parlance_e2e::im::sha256(&entries.join(","))
}

#[test]
fn friends_are_made_and_parted() {
    let server = server();
    let [ann, bob, cas] = [1, 2, 3].map(|user| ImCaller::new(&server, user));
    for (caller, name) in [(&ann, "Ann"), (&bob, "Bob"), (&cas, "Cas")] {
        caller.done("/im.relation/update_self_name", &json!({ "new_name": name }));
    }
    let mut to_ann = PushClient::sign_in(&server, 1, RECEIVE_BYTES_MIN);
    let with = |user: u64| json!({ "user_id": user.to_string() });
    assert_eq!(ann.done("/im.relation/make_friend", &with(2)), json!({}), "they are already");
    assert_eq!(ann.done("/im.relation/make_friend", &with(3)), json!({}));
    assert_eq!(cas.done("/im.relation/get_self_requests_count", &json!({})), json!({ "count": 1 }));
    let requests = cas.done("/im.relation/get_self_requests", &json!({ "direction": "after" }));
    let request = &requests["requesters"][0];
    assert_eq!((&request["requester"], &request["requester_type"]), (&json!("1"), &json!("user")));
    assert_eq!(request["name"], "Ann", "{requests}");
    assert!(request["cursor"].is_string(), "64 bits are a text: {requests}");
    cas.done("/im.relation/accept_make_friend", &with(1));
    let push = to_ann.push();
    assert_eq!(push["Type"], "userRelationAdd", "{push}");
    assert_eq!(push["Content"]["target"], "3", "{push}");
    ann.send("user", 3, "friends now");
    assert_eq!(
        cas.done("/im.relation/accept_make_friend", &with(1)),
        json!({}),
        "they are already"
    );
    cas.done("/im.relation/del_friend", &with(1));
    assert_eq!(to_ann.push()["Type"], "userRelationDel");
    let body = chat("user", 3, json!({ "msg": "x" }));
    ann.refused("/im.chat/send", &body, 400, NOT_FRIENDS);
    ann.refused(
        "/im.relation/make_friend",
        &with(9),
        400,
        r#"{"code":22001,"msg":"user not exist"}"#,
    );
    ann.refused(
        "/im.relation/make_friend",
        &with(1),
        400,
        r#"{"code":10001,"msg":"request error"}"#,
    );
    server.stop();
}

#[test]
fn groups_are_entered_and_left() {
    let server = server();
    let created = json!({ "kind": "group", "name": "Tea", "owner": 1, "members": [1, 2] });
    let group = server.operator().create_conversation(&created);
    let [ann, bob, cas] = [1, 2, 3].map(|user| ImCaller::new(&server, user));
    for (caller, name) in [(&ann, "Ann"), (&bob, "Bob"), (&cas, "Cas")] {
        caller.done("/im.relation/update_self_name", &json!({ "new_name": name }));
    }
    let mut to_bob = PushClient::sign_in(&server, 2, RECEIVE_BYTES_MIN);
    let of = |user: Option<u64>| {
        let mut body = json!({ "group_id": group.to_string() });
        if let Some(user) = user {
            body["user_id"] = json!(user.to_string());
        }
        body
    };
    let denied = r#"{"code":10008,"msg":"permission denie"}"#;
    bob.refused(
        "/im.relation/update_group_name",
        &{
            let mut body = of(None);
            body["new_name"] = json!("Coffee");
            body
        },
        403,
        denied,
    );
    ann.done("/im.relation/group_invite", &of(Some(3)));
    let requests = cas.done("/im.relation/get_self_requests", &json!({ "direction": "before" }));
    let request = &requests["requesters"][0];
    assert_eq!((&request["requester_type"], &request["name"]), (&json!("group"), &json!("Tea")));
    cas.done("/im.relation/accept_group_invite", &of(None));
    let push = to_bob.push();
    assert_eq!((&push["Type"], &push["Content"]["member"]), (&json!("groupJoin"), &json!("3")));
    assert_eq!(push["Content"]["target"], group.to_string(), "{push}");
    cas.send("group", group, "hello");
    assert_eq!(to_bob.push()["Content"]["msg"], "hello");
    let members = bob.done("/im.relation/group_members", &of(None));
    let duties: Vec<(&Value, &Value)> = members["members"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|member| (&member["member"], &member["duty"]))
        .collect();
    let expected = [(json!("1"), json!(2)), (json!("2"), json!(0)), (json!("3"), json!(0))];
    assert_eq!(duties, expected.each_ref().map(|(member, duty)| (member, duty)));
    bob.refused("/im.relation/kick_group", &of(Some(3)), 403, denied);
    ann.done("/im.relation/kick_group", &of(Some(3)));
    let push = to_bob.push();
    assert_eq!((&push["Type"], &push["Content"]["member"]), (&json!("groupKick"), &json!("3")));
    cas.done("/im.relation/group_apply", &of(None));
    let count = ann.done("/im.relation/get_group_requests_count", &of(None));
    assert_eq!(count, json!({ "count": 1 }));
    bob.refused("/im.relation/get_group_requests_count", &of(None), 403, denied);
    ann.done("/im.relation/accept_group_apply", &of(Some(3)));
    assert_eq!(to_bob.push()["Type"], "groupJoin");
    cas.done("/im.relation/leave_group", &of(None));
    assert_eq!(to_bob.push()["Type"], "groupLeave");
    cas.refused("/im.relation/group_members", &of(None), 400, NOT_IN_GROUP);
    server.stop();
}

#[test]
fn a_ping_needs_a_time_and_no_token() {
    let server = server();
    let answer = server.http().get("/im.status/ping?timestamp=5", &[]).expect("an answer");
    let pong = answer.expect(200);
    assert_eq!(pong["client_timestamp"], "5");
    for name in ["server_timestamp", "total_mem", "cur_mem_usage", "max_mem_usage"] {
        assert!(
            pong[name].as_str().is_some_and(|text| text.parse::<u64>().is_ok()),
            "{name}: {pong}"
        );
    }
    for name in ["cpu_num", "cur_cpu_usage", "avg_cpu_usage", "max_cpu_usage"] {
        assert!(pong[name].is_number(), "{name}: {pong}");
    }
    assert_eq!((&pong["host"], &pong["ip"]), (&json!("127.0.0.1"), &json!("127.0.0.1")));
    for query in ["", "?timestamp=0", "?timestamp=x", "?timestamp=-5"] {
        let answer = server.http().get(&format!("/im.status/ping{query}"), &[]).expect("an answer");
        assert_eq!(
            (answer.status, answer.text.as_str()),
            (400, r#"{"code":10001,"msg":"request error"}"#)
        );
    }
    server.stop();
}
