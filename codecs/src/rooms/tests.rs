//! The dialect in golden vectors, its calls' bodies, and its silences.

use super::calls::{Call, Trouble, decode_call, encode_history, encode_room_info, encode_trouble};
use super::{Dialect, EndReason, Event, Form, PayloadKind, Rooms, SignInResult, Tag};
use crate::ask::{Ask, Description};
use crate::dialect::{DialectName, Framing};
use crate::event::Refusal;
use crate::model::{Category, Content, MessageId};
use crate::samples;
use crate::vectors;

const FORM: Form =
    Form { dialect: DialectName::Rooms, framing: Framing::WebSocket, kind: PayloadKind::Text };

fn encoded(event: &Event) -> Vec<u8> {
    let mut out = Vec::new();
    Rooms.encode(FORM, event, &mut out);
    out
}

fn check(name: &str, about: &str, bytes: Vec<u8>) {
    vectors::check_outbound(&format!("rooms-out/{name}.txt"), about, &[("websocket", bytes)]);
}

#[test]
fn vectors_mean_what_they_say() {
    vectors::check_inbound("rooms");
}

#[test]
fn each_content_is_shown_as_the_table_says() {
    for (name, content) in samples::contents() {
        let direct = samples::message(samples::direct(), content.clone());
        check(&format!("direct-{name}"), "A live message.", encoded(&Event::Delivered(direct)));
        let group = samples::message(samples::group(), content);
        check(&format!("group-{name}"), "A live message.", encoded(&Event::Delivered(group)));
    }
}

#[test]
fn sign_ins_are_answered() {
    let results = [
        ("accepted", SignInResult::Accepted),
        ("refused", SignInResult::Refused),
        ("expired", SignInResult::Expired),
        ("busy", SignInResult::Busy),
    ];
    for (name, result) in results {
        let mut out = Vec::new();
        Rooms.encode_sign_in(FORM, &Tag::default(), result, &mut out);
        check(&format!("sign-in-{name}"), "The answer to the first frame.", out);
    }
}

/// Nothing tells a client whether its message was refused, or why.
#[test]
fn refusals_are_silent() {
    let tag = Tag::default();
    for refusal in samples::REFUSALS {
        let results = vec![Err(refusal)];
        assert!(encoded(&Event::Posted { tag: tag.clone(), results }).is_empty());
        assert!(encoded(&Event::Refused { tag: tag.clone(), refusal }).is_empty());
    }
    let results = vec![Ok(samples::posted(samples::group()))];
    assert!(encoded(&Event::Posted { tag, results }).is_empty());
    let mut out = Vec::new();
    Rooms.encode_end(FORM, EndReason::Drain, &mut out);
    assert!(out.is_empty());
}

/// One line a body: what the call makes of it.
#[test]
fn bodies_mean_what_the_page_says() {
    let bodies: [(Call, &[&str]); 3] = [
        (
            Call::CreateDm,
            &[
                r#"{"other":"9"}"#,
                r#"{"other":9,"x":null}"#,
                r#"{"other":"7"}"#,
                r#"{"other":"nobody"}"#,
                r#"{"other":"0"}"#,
                r#"{"other":9223372036854775808}"#,
                r#"{"other":1.5}"#,
                r#"{"other":null}"#,
                r#"{"other":"9","other":"8"}"#,
                "{}",
                "[]",
                "",
            ],
        ),
        (
            Call::RoomInfo,
            &[
                r#"{"room_id":"12"}"#,
                r#"{"room_id":12}"#,
                r#"{"room_id":"9-7"}"#,
                r#"{"room_id":"7-7"}"#,
                r#"{"room_id":"a"}"#,
                r#"{"room_id":""}"#,
                r#"{"room_id":-1}"#,
                r#"{"room":"12"}"#,
            ],
        ),
        (
            Call::Retrieve,
            &[
                r#"{"after":0}"#,
                r#"{"after":"4096"}"#,
                r#"{"after":18446744073709551615}"#,
                "{}",
                r#"{"after":-1}"#,
                r#"{"after":1.0}"#,
                r#"{"after":"x"}"#,
                r#"{"after":null}"#,
                "{",
                "{\"after\":\"\\ud800\"}",
            ],
        ),
    ];
    for (call, bodies) in bodies {
        let meanings: Vec<(&str, Vec<u8>)> = bodies
            .iter()
            .map(|body| {
                let meaning = decode_call(call, samples::user(7), body.as_bytes());
                (*body, format!("{meaning:?}").into_bytes())
            })
            .collect();
        let path = format!("rooms-out/bodies-{call:?}.txt");
        vectors::check_outbound(&path, "What user 7's bodies mean.", &meanings);
    }
}

#[test]
fn answers_have_both_forms() {
    let room = Description {
        conversation: samples::group(),
        category: Category::Group,
        name: "Tea".into(),
        owner: Some(samples::user(7)),
        members: vec![samples::user(7), samples::user(9)],
        created_at_ms: 0,
    };
    let unnamed = Description { name: String::new(), ..room.clone() };
    let direct =
        Description { conversation: samples::direct(), category: Category::Direct, ..room.clone() };
    let messages = samples::rising(vec![
        samples::message(samples::group(), Content::text("one")),
        samples::message(samples::direct(), Content::Read { target: MessageId::from_raw(4096) }),
        samples::message(samples::direct(), Content::text("two")),
    ]);
    let frames = [
        ("room_info", encode_room_info(&room)),
        ("room_info without a name", encode_room_info(&unnamed)),
        ("room_info of a direct", encode_room_info(&direct)),
        ("retrieve", encode_history(&messages, false)),
        ("retrieve with others", encode_history(&messages, true)),
        ("retrieve of nothing", encode_history(&[], false)),
    ];
    vectors::check_outbound("rooms-out/answers.txt", "Answers by HTTP.", &frames);
    let troubles = Trouble::ALL.map(|trouble| {
        let mut bytes = format!("{} ", trouble.http_status()).into_bytes();
        bytes.extend(encode_trouble(trouble));
        ("trouble", bytes)
    });
    vectors::check_outbound("rooms-out/troubles.txt", "Errors by HTTP.", &troubles);
}

#[test]
fn what_one_may_not_see_does_not_exist() {
    for call in Call::ALL {
        let unknown = call.trouble(Refusal::UnknownConversation);
        assert_eq!(call.trouble(Refusal::NotAMember), unknown);
        assert_eq!(unknown.http_status(), 404);
        assert_eq!(unknown.code(), "NOT_FOUND");
    }
    let stranger = decode_call(Call::RoomInfo, samples::user(7), br#"{"room_id":"8-9"}"#);
    assert!(matches!(stranger, Ok(Ask::Describe { .. })), "the core decides: {stranger:?}");
}
