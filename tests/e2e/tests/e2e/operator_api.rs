//! The operator API: every documented call, and how it refuses.

use parlance_e2e::operator::{Answer, Http};
use parlance_e2e::server::Server;
use parlance_e2e::stream::{GROUP, StreamClient};
use serde_json::{Value, json};

/// A refusal is a problem document.
#[track_caller]
fn problem(answer: &Answer, statuses: &[u16]) {
    assert!(statuses.contains(&answer.status), "{answer:?}");
    assert!(answer.content_type.starts_with("application/problem+json"), "{answer:?}");
    let document = answer.json();
    assert_eq!(document["status"], answer.status, "{document}");
    assert!(document["title"].is_string(), "{document}");
}

#[test]
fn health_and_metrics_need_no_key() {
    let server = Server::start();
    let http = Http::to(server.addresses().operator);
    for path in ["/health", "/healthz", "/ready", "/readyz"] {
        assert_eq!(http.get(path, &[]).expect("an answer").status, 200, "{path}");
    }
    let metrics = http.get("/metrics", &[]).expect("an answer");
    assert!(metrics.content_type.starts_with("application/openmetrics-text"), "{metrics:?}");
    assert!(metrics.text.ends_with("# EOF\n"), "{}", metrics.text);
    server.stop();
}

#[test]
fn a_call_needs_the_key() {
    let server = Server::start();
    let http = Http::to(server.addresses().operator);
    let key = server.operator_key();
    let path = "/api/v1/conversations/1-2/messages";
    let wrong = format!("Bearer {key}x");
    for headers in [
        &[][..],
        &[("authorization", wrong.as_str())],
        &[("authorization", "Basic YTpi")],
        &[("x-api-key", "")],
    ] {
        problem(&http.get(path, headers).expect("an answer"), &[401]);
    }
    assert_eq!(http.get(path, &[("x-api-key", &key)]).expect("an answer").status, 200);
    let main = server.http().get(path, &[("x-api-key", &key)]).expect("an answer");
    assert_eq!(main.status, 404, "clients' listeners have no operator API");
    server.stop();
}

#[test]
fn users() {
    let server = Server::start();
    let operator = server.operator();
    let path = "/api/v1/users";
    assert_eq!(operator.post(path, &json!({ "id": 7 })).expect(201)["id"], 7);
    problem(&operator.post(path, &json!({ "id": 7 })), &[409]);
    let named = operator.post(path, &json!({ "name": "ann", "password": "secret" })).expect(201);
    assert!(named["id"].as_u64().is_some_and(|id| id > 0 && id != 7), "an id was made: {named}");
    assert_eq!(named.get("password"), None, "a password is shown to nobody");
    problem(&operator.post(path, &json!({ "id": 8, "name": "ann" })), &[409]);
    operator.post(path, &json!({ "id": 9, "external_id": "crm-1" })).expect(201);
    problem(&operator.post(path, &json!({ "id": 10, "external_id": "crm-1" })), &[409]);
    for refused in [
        json!({ "id": 0 }),
        json!({ "id": -1 }),
        json!({ "id": "seven" }),
        json!({ "id": 1.5 }),
        json!({ "id": 9_223_372_036_854_775_808_u64 }),
        json!({ "nmae": "ann" }),
        json!([]),
    ] {
        problem(&operator.post(path, &refused), &[400, 422]);
    }
    server.stop();
}

#[test]
fn conversations_and_their_members() {
    let server = Server::start();
    let operator = server.operator();
    operator.create_users(1..=4);
    let path = "/api/v1/conversations";
    for kind in ["group", "channel", "room"] {
        let body = json!({ "kind": kind, "name": "n", "owner": 1, "members": [1, 2] });
        let id = operator.create_conversation(&body);
        let members = format!("{path}/{id}/members");
        operator.post(&members, &json!({ "members": [3, 4] })).expect(200);
        operator.post(&members, &json!({ "members": [3] })).expect(200);
        operator.delete(&members, &json!({ "members": [4] })).expect(200);
        operator.delete(&members, &json!({ "members": [4] })).expect(200);
        problem(&operator.post(&members, &json!({ "members": "all" })), &[400, 422]);
    }
    for refused in [
        json!({ "kind": "crowd", "members": [] }),
        json!({ "members": [1] }),
        json!({ "kind": "group", "members": [0] }),
    ] {
        problem(&operator.post(path, &refused), &[400, 404, 422]);
    }
    problem(&operator.post(&format!("{path}/4711/members"), &json!({ "members": [1] })), &[404]);
    server.stop();
}

#[test]
fn friendships() {
    let server = Server::start();
    let operator = server.operator();
    operator.create_users(1..=2);
    let path = "/api/v1/friendships";
    operator.post(path, &json!({ "a": 1, "b": 2 })).expect(201);
    for refused in [json!({ "a": 1, "b": 1 }), json!({ "a": 1 }), json!({ "a": 1, "b": 0 })] {
        problem(&operator.post(path, &refused), &[400, 422]);
    }
    server.stop();
}

#[test]
fn the_operator_vouches_for_whom_it_names() {
    let server = Server::start();
    let operator = server.operator();
    operator.post("/api/v1/friendships", &json!({ "a": 11, "b": 12 })).expect(201);
    let group = operator.create_group(&[13]);
    let members = format!("/api/v1/conversations/{group}/members");
    operator.post(&members, &json!({ "members": [14] })).expect(200);
    for user in 11..=14 {
        problem(&operator.post("/api/v1/users", &json!({ "id": user })), &[409]);
    }
    server.stop();
}

#[test]
fn publishing_reaches_sessions_and_the_log() {
    let server = Server::start();
    let operator = server.operator();
    operator.create_users(1..=3);
    let group = operator.create_group(&[1, 2]);
    let mut bob = StreamClient::connect(&server, 2);
    bob.sync_by_cursor();
    let path = "/api/v1/publish";
    let word = json!({ "conversation": group.to_string(), "sender": 1, "text": "hi", "key": "k" });
    let first = operator.post(path, &word).expect(200);
    assert_eq!(first["seq"], 1);
    let post = bob.next_post();
    assert_eq!((post.category, post.sender, post.text.as_str()), (GROUP, 1, "hi"));
    assert_eq!(first["id"], post.id);
    assert_eq!(operator.post(path, &word).expect(200), first, "the same key, the same message");
    let by_number = json!({ "conversation": group, "sender": 1, "text": "by number" });
    assert_eq!(operator.post(path, &by_number).expect(200)["seq"], 2);
    let direct = json!({ "conversation": "1-3", "sender": 3, "text": "direct" });
    assert_eq!(operator.post(path, &direct).expect(200)["seq"], 1);
    for refused in [
        json!({ "conversation": "4711", "sender": 1, "text": "x" }),
        json!({ "conversation": "one", "sender": 1, "text": "x" }),
        json!({ "conversation": "1-3", "sender": 2, "text": "x" }),
        json!({ "conversation": group, "sender": 1, "text": "" }),
        json!({ "conversation": group, "sender": 1 }),
    ] {
        problem(&operator.post(path, &refused), &[400, 403, 404, 422]);
    }
    server.stop();
}

#[test]
fn a_log_is_read_in_pages() {
    let server = Server::start();
    let operator = server.operator();
    operator.create_users(1..=2);
    let group = operator.create_group(&[1, 2]);
    let mut ann = StreamClient::connect(&server, 1);
    let ids: Vec<u64> =
        (0..10).map(|number| ann.send_text(GROUP, group, &number.to_string())).collect();
    let page = |query: &str| {
        let path = format!("/api/v1/conversations/{group}/messages{query}");
        let page = operator.get(&path).expect(200);
        let messages = page["messages"].as_array().expect("a list").clone();
        messages.iter().map(|message| message["id"].as_u64()).collect::<Option<Vec<_>>>()
    };
    assert_eq!(page(""), Some(ids.clone()));
    assert_eq!(page("?after=3&limit=4"), Some(ids[3..7].to_vec()));
    assert_eq!(page("?after=10"), Some(Vec::new()));
    let whole =
        operator.get(&format!("/api/v1/conversations/{group}/messages?limit=1")).expect(200);
    let message = &whole["messages"][0];
    assert_eq!(message["content"], json!({ "type": "text", "text": "0" }));
    assert_eq!((&message["sender"], &message["seq"]), (&json!(1), &json!(1)));
    assert!(!message["created_at"].is_null(), "{message}");
    let unused = operator.get("/api/v1/conversations/1-2/messages").expect(200);
    assert_eq!(unused["messages"], json!([]), "a direct that nobody used is empty");
    for (query, statuses) in [
        ("4711/messages", &[404][..]),
        ("no-id/messages", &[400, 404]),
        ("1-2/messages?after=-1", &[400]),
        ("1-2/messages?limit=many", &[400]),
    ] {
        problem(&operator.get(&format!("/api/v1/conversations/{query}")), statuses);
    }
    server.stop();
}

#[test]
fn calls_that_are_not_there() {
    let server = Server::start();
    let operator = server.operator();
    problem(&operator.get("/api/v1/nothing"), &[404]);
    problem(&operator.get("/api/v1/users/0/nothing"), &[404]);
    problem(&operator.delete("/api/v1/publish", &Value::Null), &[404, 405]);
    let http = Http::to(server.addresses().operator);
    let authorization = format!("Bearer {}", server.operator_key());
    let headers = [("authorization", authorization.as_str()), ("content-type", "application/json")];
    for body in [&b""[..], b"{", b"\xff", b"{\"id\":1,\"id\":2}"] {
        problem(&http.post("/api/v1/users", &headers, body).expect("an answer"), &[400, 422]);
    }
    server.stop();
}
