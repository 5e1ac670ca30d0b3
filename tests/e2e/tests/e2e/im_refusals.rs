//! The `im` dialect's calls: every code with its exact body and status, and the ways to show who
//! one is.

use parlance_e2e::im::{ImCaller, NOT_FRIENDS, server};
use parlance_e2e::operator::Answer;
use parlance_e2e::server::{Server, Setup};
use serde_json::{Value, json};

const REQUEST: &str = r#"{"code":10001,"msg":"request error"}"#;
const TOKEN: &str = r#"{"code":10004,"msg":"token wrong"}"#;
const PERMISSION: &str = r#"{"code":10008,"msg":"permission denie"}"#;
const TOO_FAST: &str = r#"{"code":10009,"msg":"too fast"}"#;
const NOT_EXIST: &str = r#"{"code":10012,"msg":"not exist"}"#;
const MEMBER_NOT_EXIST: &str = r#"{"code":22003,"msg":"group member not exist"}"#;

fn message(target_type: &str, target: &str) -> Value {
    json!({ "target": target, "target_type": target_type, "msg": "x" })
}

#[track_caller]
fn is(answer: Result<Answer, impl std::fmt::Debug>, status: u16, body: &str) {
    let answer = answer.expect("an answer");
    assert_eq!((answer.status, answer.text.as_str()), (status, body));
    assert_eq!(answer.content_type, "application/json");
}

#[test]
fn a_token_shows_who_calls_in_three_fields() {
    let server = server();
    let http = server.http();
    let body = message("user", "2").to_string();
    let post = |headers: &[(&str, &str)]| {
        let mut all = vec![("content-type", "application/json")];
        all.extend(headers);
        http.post("/im.chat/send", &all, body.as_bytes())
    };
    let sealed = server.token_with(1, &["--format", "im"]);
    let jwt = server.token(1);
    for token in [&sealed, &jwt] {
        let metadata = json!({ "Token": token, "Other": "x" }).to_string();
        let bearer = format!("Bearer {token}");
        for header in [
            ("token", token.as_str()),
            ("core-metadata", metadata.as_str()),
            ("authorization", bearer.as_str()),
        ] {
            let answer = post(&[header]).expect("an answer");
            assert_eq!(answer.status, 200, "{header:?}: {answer:?}");
        }
    }
    let expired = server.token_with(1, &["--format", "im", "--ttl", "1s"]);
    let mut other = sealed.clone();
    other.replace_range(..1, if sealed.starts_with('0') { "1" } else { "0" });
    let metadata = json!({ "Token": other }).to_string();
    for headers in [
        &[][..],
        &[("token", "")],
        &[("token", "x")],
        &[("token", other.as_str())],
        &[("core-metadata", "{")],
        &[("core-metadata", "{}")],
        &[("core-metadata", metadata.as_str())],
        &[("authorization", "Basic eDp5")],
        // The first of the fields counts.
        &[("token", "x"), ("authorization", &format!("Bearer {jwt}"))],
    ] {
        is(post(headers), 401, TOKEN);
    }
    // Tokens are taken for half a minute after their time, because clocks differ.
    assert_eq!(post(&[("token", &expired)]).expect("an answer").status, 200);
    server.stop();
}

#[test]
fn other_paths_and_methods_do_not_exist() {
    let server = server();
    let http = server.http();
    for path in ["/im.chat/x", "/im.chat", "/im.relation/", "/im.x/send", "/im.status/pong"] {
        is(http.post(path, &[], b"{}"), 404, NOT_EXIST);
        is(http.get(path, &[]), 404, NOT_EXIST);
    }
    is(http.get("/im.chat/send", &[]), 404, NOT_EXIST);
    is(http.delete("/im.chat/send", &[], b"{}"), 404, NOT_EXIST);
    is(http.post("/im.status/ping?timestamp=1", &[], b""), 404, NOT_EXIST);
    is(http.post("/im.push", &[], b""), 404, NOT_EXIST);
    is(http.delete("/im.push", &[], b""), 404, NOT_EXIST);
    server.stop();
}

#[test]
fn what_cannot_be_read_is_a_request_error() {
    let server = server();
    let ann = ImCaller::new(&server, 1);
    let friend = |field: &str, value: Value| {
        let mut body = message("user", "2");
        body[field] = value;
        body
    };
    for body in [
        friend("msg", json!("")),
        friend("msg", json!(7)),
        friend("msg", json!("a\0")),
        friend("msg", json!("x".repeat(32 * 1024 + 1))),
        friend("extra", json!("x".repeat(32 * 1024 + 1))),
        friend("extra", json!([])),
        friend("target", json!("")),
        friend("target", json!(2)),
        friend("target_type", json!("room")),
        friend("msg", json!("x".repeat(300 * 1024))),
        json!([]),
        json!(null),
        json!({}),
    ] {
        ann.refused("/im.chat/send", &body, 400, REQUEST);
    }
    let token = server.token(1);
    let headers = [("token", token.as_str()), ("content-type", "application/json")];
    for body in [&b"{"[..], b"\xff", b"{\"msg\":\"a\",\"msg\":\"b\"}", b"{} x"] {
        is(server.http().post("/im.chat/send", &headers, body), 400, REQUEST);
    }
    let headers = [("token", token.as_str()), ("content-type", "application/x-protobuf")];
    is(server.http().post("/im.chat/send", &headers, b"{}"), 400, REQUEST);
    let headers = [("token", token.as_str())];
    is(server.http().post("/im.chat/send?msg=%zz", &headers, b""), 400, REQUEST);
    let pull = |count: u64, direction: &str| json!({ "target": "2", "target_type": "user", "direction": direction, "count": count });
    for body in [pull(0, "after"), pull(51, "after"), pull(1, "up")] {
        ann.refused("/im.chat/pull", &body, 400, REQUEST);
    }
    // What fits exactly is taken.
    ann.done("/im.chat/send", &friend("msg", json!("x".repeat(32 * 1024))));
    server.stop();
}

#[test]
fn strangers_and_foreign_groups_are_as_unknown_as_what_is_not_there() {
    let server = server();
    let theirs = server.operator().create_group(&[2, 3]).to_string();
    let ann = ImCaller::new(&server, 1);
    for target in ["3", "4", "1", "0", "x", "9223372036854775807", "5f0c1e2d3b4a59687786a5b4"] {
        ann.refused("/im.chat/send", &message("user", target), 400, NOT_FRIENDS);
    }
    for target in [&theirs, "999", "1-2", "x", "5f0c1e2d3b4a59687786a5b4"] {
        ann.refused("/im.chat/send", &message("group", target), 400, MEMBER_NOT_EXIST);
    }
    ann.done("/im.chat/send", &message("user", "2"));
    server.stop();
}

/// Where the setting asks for no friendship, an unknown user is still one.
#[test]
fn friends_are_required_only_where_the_setting_says() {
    let settings = vec![("AUTH__FRIENDS_REQUIRED", "false".to_owned())];
    let server = Server::with(Setup { settings, ..Setup::default() });
    server.operator().create_users([1, 3]);
    let ann = ImCaller::new(&server, 1);
    ann.done("/im.chat/send", &message("user", "3"));
    ann.refused("/im.chat/send", &message("user", "4"), 400, NOT_FRIENDS);
    server.stop();
}

#[test]
fn only_posters_write_in_a_channel() {
    let server = server();
    let channel = server.operator().create_conversation(&json!({
        "kind": "channel", "name": "news", "members": [1, 2], "posters": [2],
    }));
    let channel = channel.to_string();
    let (ann, bob) = (ImCaller::new(&server, 1), ImCaller::new(&server, 2));
    ann.refused("/im.chat/send", &message("group", &channel), 403, PERMISSION);
    bob.done("/im.chat/send", &message("group", &channel));
    server.stop();
}

/// Two shards listen, and whichever takes a call, the user's bucket is one.
#[test]
fn a_rate_holds_whichever_shard_takes_the_calls() {
    let settings = vec![("IM__SENDS_PER_SECOND", "1".to_owned())];
    let server = Server::with(Setup { settings, ..Setup::default() });
    server.operator().create_users([1, 2, 3]);
    server.operator().befriend(1, 2);
    let ann = ImCaller::new(&server, 1);
    let began = std::time::Instant::now();
    let mut sent = 0;
    let mut refused = 0;
    while refused < 5 {
        let answer = ann.call("/im.chat/send", &message("user", "2"));
        match answer.status {
            200 => sent += 1,
            _ => {
                is(Ok::<_, ()>(answer), 403, TOO_FAST);
                refused += 1;
            }
        }
    }
    let allowed = began.elapsed().as_secs() + 2;
    assert!((1..=allowed).contains(&sent), "{sent} messages in {:?}", began.elapsed());
    ImCaller::new(&server, 2).done("/im.chat/send", &message("user", "1"));
    server.stop();
}

#[test]
fn pages_of_other_sites_may_call_unless_they_are_listed_out() {
    let server = server();
    let token = server.token(1);
    let ask = |server: &Server, origin: &str| {
        let headers =
            [("token", token.as_str()), ("content-type", "application/json"), ("origin", origin)];
        server.http().post("/im.chat/send", &headers, message("user", "2").to_string().as_bytes())
    };
    assert_eq!(ask(&server, "https://any.example").expect("an answer").status, 200);
    server.stop();
    let origins = "https://chat.example".to_owned();
    let settings = vec![("AUTH__ALLOWED_ORIGINS", origins), ("AUTH__OPEN", "true".to_owned())];
    let server = Server::with(Setup { settings, ..Setup::default() });
    is(ask(&server, "https://any.example"), 403, PERMISSION);
    server.stop();
}

/// On an open server an id is a token.
#[test]
fn an_open_server_takes_ids_for_tokens() {
    let settings = vec![("AUTH__OPEN", "true".to_owned())];
    let server = Server::with(Setup { settings, ..Setup::default() });
    server.operator().create_users([2]);
    server.operator().befriend(1, 2);
    let headers = [("token", "1"), ("content-type", "application/json")];
    let body = message("user", "2").to_string();
    let answer = server.http().post("/im.chat/send", &headers, body.as_bytes());
    assert_eq!(answer.expect("an answer").status, 200);
    server.stop();
}
