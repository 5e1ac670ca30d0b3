//! The dialect in golden vectors, and what every answer and refusal is.

use std::sync::Arc;

use super::{Dialect, EndReason, Event, Events, Form, PayloadKind, SignInResult, Tag, time};
use crate::ask::{Answer, Ask, Description, Profile};
use crate::dialect::{Decoded, DialectName, Frame, Framing};
use crate::event::Refusal;
use crate::framing::engineio::first_packet;
use crate::json::Json;
use crate::model::{Category, Content, Message};
use crate::request::Request;
use crate::{samples, vectors};

const FORMS: [(&str, Framing); 2] =
    [("protocol 3", Framing::EngineIo3), ("protocol 4", Framing::EngineIo4)];

fn form(framing: Framing) -> Form {
    Form { dialect: DialectName::Events, framing, kind: PayloadKind::Text }
}

/// The packets of an event, a line each; the same in both protocols, which share them.
fn packets(event: &Event) -> Vec<u8> {
    let [third, fourth] = FORMS.map(|(_, framing)| {
        let mut out = Vec::new();
        Events.encode(form(framing), event, &mut out);
        out
    });
    assert_eq!(third, fourth, "forms of one index have one encoding");
    lines(&fourth)
}

fn lines(mut frames: &[u8]) -> Vec<u8> {
    let mut lines = Vec::new();
    while let Some((length, packet)) = first_packet(frames) {
        lines.extend_from_slice(packet.expect("only packets are encoded"));
        lines.push(b'\n');
        frames = &frames[length..];
    }
    assert!(frames.is_empty());
    lines
}

fn check(name: &str, about: &str, lines: &[u8]) {
    let frames: Vec<(String, Vec<u8>)> = lines
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .enumerate()
        .map(|(at, line)| (format!("packet {}", at + 1), line.to_vec()))
        .collect();
    let frames: Vec<(&str, Vec<u8>)> =
        frames.iter().map(|(label, bytes)| (label.as_str(), bytes.clone())).collect();
    vectors::check_outbound(&format!("events-out/{name}.txt"), about, &frames);
}

/// The tag that a decoded event gives its answer.
fn tag_of(packet: &str) -> Tag {
    let mut decoded = Vec::new();
    let frame = Frame { kind: PayloadKind::Text, payload: packet.as_bytes() };
    let user = Some(samples::user(7));
    Events.decode(&mut form(Framing::EngineIo4), user, frame, &mut decoded);
    match decoded.as_slice() {
        [Decoded::Request(Request::Ask { tag, .. } | Request::Post { tag, .. })]
        | [Decoded::Identify { tag, .. }] => tag.clone(),
        _ => panic!("{packet} asks for nothing"),
    }
}

fn profile() -> Profile {
    Profile {
        user: samples::user(9),
        external_id: Some("ann".into()),
        name: "Ann".into(),
        photo: "https://example.org/a".into(),
        created_at_ms: 1_714_979_289_010,
    }
}

fn chat() -> Description {
    Description {
        conversation: samples::group(),
        category: Category::Group,
        name: "Tea".into(),
        owner: Some(samples::user(7)),
        members: vec![samples::user(7), samples::user(9)],
        created_at_ms: 1_714_979_289_000,
    }
}

fn answered(tag: &Tag, ask: Ask, result: Result<Answer, Refusal>) -> Vec<u8> {
    packets(&Event::Answered { tag: tag.clone(), ask: Box::new(ask), result })
}

#[test]
fn vectors_mean_what_they_say() {
    vectors::check_inbound("events");
}

#[test]
fn each_content_is_shown_as_the_table_says() {
    for (name, content) in samples::contents() {
        let direct = samples::message(samples::direct(), content.clone());
        check(&format!("direct-{name}"), "A live message.", &packets(&Event::Delivered(direct)));
        let group = samples::message(samples::group(), content);
        check(&format!("group-{name}"), "A live message.", &packets(&Event::Delivered(group)));
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
        let frames = FORMS.map(|(label, framing)| {
            let mut out = Vec::new();
            let tag = Tag("abcdefghij0123456789".into());
            Events.encode_sign_in(form(framing), &tag, result, &mut out);
            (label, lines(&out).trim_ascii_end().to_vec())
        });
        let path = format!("events-out/sign-in-{name}.txt");
        vectors::check_outbound(&path, "The answer to a connection.", &frames);
    }
}

#[test]
fn asks_are_answered_by_event_and_callback() {
    let cases = [
        ("create-user", r#"27["create-user",{"user":{"externalUserId":"ann"}}]"#),
        ("create-chat", r#"27["create-chat",{"chat":{"name":"Tea"},"users":["9"]}]"#),
        ("list-chats", r#"27["list-chats",{"user":{"id":"7"}}]"#),
        ("list-messages", r#"27["list-messages",{"chat":{"id":"12"}}]"#),
    ];
    let message = |text: &str| samples::message(samples::group(), Content::text(text));
    let marked = samples::contents().into_iter().map(|(_, content)| content);
    let mut history: Vec<Arc<Message>> =
        marked.map(|content| samples::message(samples::group(), content)).collect();
    history = samples::rising(history);
    for (name, packet) in cases {
        let tag = tag_of(packet);
        let (ask, answers) = match name {
            "create-user" => (
                Ask::FindOrCreateUser { external_id: "ann".into() },
                vec![
                    Answer::Profile(profile()),
                    Answer::Profile(Profile {
                        external_id: None,
                        name: String::new(),
                        photo: String::new(),
                        ..profile()
                    }),
                ],
            ),
            "create-chat" => (Ask::Conversations, vec![Answer::Description(chat())]),
            "list-chats" => (
                Ask::Conversations,
                vec![Answer::Conversations(vec![chat(), chat()]), Answer::Conversations(vec![])],
            ),
            _ => (
                Ask::Conversations,
                vec![
                    Answer::History { messages: history.clone(), more: false },
                    Answer::History { messages: vec![message("one")], more: true },
                    Answer::History { messages: vec![], more: false },
                ],
            ),
        };
        let mut lines = Vec::new();
        for answer in answers {
            lines.extend(answered(&tag, ask.clone(), Ok(answer)));
        }
        check(&format!("answer-{name}"), "Answers, to the event and to its callback.", &lines);
        let silent = Tag(tag.0.replace("\"ack\":7", "\"ack\":null").into());
        let lines = answered(&silent, ask, Err(Refusal::Unavailable));
        assert_eq!(lines.iter().filter(|byte| **byte == b'\n').count(), 1, "no callback waits");
    }
}

#[test]
fn a_stored_message_is_told_to_the_callback_only() {
    let posted = || vec![Ok(samples::posted(samples::group()))];
    let event = r#"["/chat/12/new-message",{"msg":"hello \"you\"","type":"text"}]"#;
    let tag = tag_of(&format!("27{event}"));
    check("posted", "A message is stored.", &packets(&Event::Posted { tag, results: posted() }));
    let tag = tag_of(&format!("2{event}"));
    assert_eq!(packets(&Event::Posted { tag, results: posted() }), b"", "the message itself comes");
}

#[test]
fn each_refusal_has_its_words() {
    let tag = tag_of(r#"27["chat-12",{"msg":"hello"}]"#);
    for refusal in samples::REFUSALS {
        let results = vec![Err(refusal)];
        let lines = packets(&Event::Posted { tag: tag.clone(), results });
        check(&format!("refused-{}", samples::name(refusal)), "A message is refused.", &lines);
    }
    let tag = tag_of(r#"2["create-user",{"user":{"id":"9"}}]"#);
    let ask = Ask::Profile { user: samples::user(9) };
    let lines = answered(&tag, ask, Err(Refusal::UnknownUser));
    check("refused-identity", "A token is another user's.", &lines);
    let ask = Ask::FindOrCreateUser { external_id: "bob".into() };
    assert_eq!(answered(&tag, ask, Err(Refusal::UnknownUser)), lines);
    let tag = tag_of(r#"2["list-chats"]"#);
    let lines = packets(&Event::Refused { tag, refusal: Refusal::Unavailable });
    check("refused-ask", "An ask is refused.", &lines);
}

/// A list is cut where it gets too long, and says so.
#[test]
fn a_long_history_is_cut() {
    let long = Content::text("x".repeat(30_000));
    let messages = vec![samples::message(samples::group(), long); 40];
    let tag = tag_of(r#"2["list-messages",{"chat":{"id":"12"}}]"#);
    let ask = Ask::Conversations;
    let lines = answered(&tag, ask, Ok(Answer::History { messages, more: false }));
    let text = String::from_utf8(lines).unwrap();
    assert_eq!(text.matches("\"msg\":").count(), 16);
    assert!(text.ends_with("\"more\":true}]\n"), "{}", &text[text.len() - 40..]);
}

/// Clients come back by themselves after a close, but not after being disconnected.
#[test]
fn only_what_is_final_disconnects() {
    let said = |reason| {
        let mut out = Vec::new();
        Events.encode_end(form(Framing::EngineIo4), reason, &mut out);
        lines(&out)
    };
    for reason in [EndReason::Kicked, EndReason::Replaced, EndReason::Expired] {
        assert_eq!(said(reason), b"41\n");
    }
    for reason in [EndReason::Drain, EndReason::SlowConsumer, EndReason::Idle, EndReason::Left] {
        assert_eq!(said(reason), b"");
    }
}

#[test]
fn times_are_read_as_they_are_shown() {
    for ms in [0, 1, 999, 1_000, 1_714_979_289_010, 253_402_300_799_999] {
        let shown = time::show(ms);
        assert_eq!(time::read(&Json::String(shown.clone().into())), Some(ms), "{shown}");
    }
    assert_eq!(time::show(u64::MAX), "9999-12-31T23:59:59.999Z");
    let read = |text: &str| time::read(&Json::String(text.into()));
    assert_eq!(read("1970-01-02"), Some(86_400_000));
    assert_eq!(read("1970-01-01T01:00:00.0015+01:00"), Some(1));
    assert_eq!(read("1960-01-01T00:00:00Z"), Some(0));
    for wrong in ["", "now", "12", "1970-13-01", "10000-01-01T00:00:00Z", "+1970-01-01T00:00:00Z"] {
        assert_eq!(read(wrong), None, "{wrong}");
    }
}
