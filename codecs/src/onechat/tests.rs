//! The dialect in golden vectors, and its batches.

use std::sync::Arc;

mod round_trips;
mod siblings;

use super::Onechat;
use super::batch::BATCH_BYTES_MAX;
use crate::dialect::{Dialect, DialectName, EndReason, Form, Framing, PayloadKind, SignInResult};
use crate::event::{Event, Posted, Refusal};
use crate::json::{self, Json, Keys, Object};
use crate::model::{Category, Content, Message, MessageId};
use crate::request::Tag;
use crate::samples;
use crate::vectors;

const FORMS: [(&str, Framing); 3] =
    [("onechat", Framing::Onechat), ("bare", Framing::Bare), ("websocket", Framing::WebSocket)];

fn form(framing: Framing) -> Form {
    Form { dialect: DialectName::Onechat, framing, kind: PayloadKind::Text }
}

fn check(name: &str, about: &str, event: &Event) {
    let frames = FORMS.map(|(label, framing)| {
        let mut out = Vec::new();
        Onechat.encode(form(framing), event, &mut out);
        (label, out)
    });
    vectors::check_outbound(&format!("onechat-out/{name}.txt"), about, &frames);
}

#[test]
fn vectors_mean_what_they_say() {
    vectors::check_inbound("onechat");
}

#[test]
fn each_content_is_shown_as_the_table_says() {
    for (name, content) in samples::contents() {
        let direct = samples::message(samples::direct(), content.clone());
        check(&format!("direct-{name}"), "A live direct message.", &Event::Delivered(direct));
        let group = samples::message(samples::group(), content);
        check(&format!("group-{name}"), "A live group message.", &Event::Delivered(group));
    }
}

#[test]
fn results_are_acks_or_errors() {
    let tag = Tag("72cdf1ae".into());
    for (name, conversation, category) in [
        ("direct", samples::direct(), Category::Direct),
        ("group", samples::group(), Category::Group),
        ("channel", samples::group(), Category::Channel),
        ("room", samples::group(), Category::Room),
    ] {
        let results = vec![Ok(Posted { category, ..samples::posted(conversation) })];
        let event = Event::Posted { tag: tag.clone(), results };
        check(&format!("posted-{name}"), "A message was stored.", &event);
    }
    for refusal in samples::REFUSALS {
        let event = Event::Posted { tag: tag.clone(), results: vec![Err(refusal)] };
        check(&format!("refused-{}", samples::name(refusal)), "A message was refused.", &event);
    }
}

#[test]
fn what_was_missed_comes_in_two_batches() {
    let text = |text: &str| Content::text(text);
    let messages = vec![
        samples::message(samples::direct(), text("one \"quoted\"")),
        samples::message(samples::group(), text("two")),
        samples::message(samples::direct(), Content::Read { target: MessageId::from_raw(4096) }),
        samples::message(samples::direct(), text("three")),
    ];
    check(
        "page",
        "What was missed, at sign-in.",
        &Event::Page { tag: None, messages: samples::rising(messages) },
    );
    check("page-end", "The dialect has no word for it.", &Event::PageEnd { tag: None });
    check("page-empty", "Nothing was missed.", &Event::Page { tag: None, messages: Vec::new() });
}

#[test]
fn batches_stay_within_their_limit_and_lose_nothing() {
    let lengths = [10, 8000, 300, 32_768, 5, 4000, 4000, 4000, 1, 1, 1, 1];
    let messages: Vec<Arc<Message>> = (1_u64..)
        .zip(lengths.iter().cycle().take(96))
        .map(|(n, length)| {
            let id = MessageId::from_raw(n);
            let content = Content::text("é".repeat(length / 2 + 1));
            Arc::new(Message { id, ..samples::bare_message(samples::direct(), content) })
        })
        .collect();
    let mut out = Vec::new();
    Onechat.encode(
        form(Framing::Bare),
        &Event::Page { tag: None, messages: messages.clone() },
        &mut out,
    );
    let mut ids = Vec::new();
    for frame in split_objects(&out) {
        let json = json::parse(frame).unwrap();
        let object = Object::new(&json, Keys::Exact).unwrap();
        let Some(Json::Array(acks)) = object.field("ack").unwrap() else { panic!("no ack") };
        assert!(frame.len() <= BATCH_BYTES_MAX || acks.len() == 1, "{} bytes", frame.len());
        let listed: Vec<u64> = object
            .objects("msg")
            .unwrap()
            .into_iter()
            .map(|item| item.u64("id").unwrap().unwrap())
            .collect();
        assert_eq!(listed, acks.iter().map(|ack| ack.as_u64().unwrap()).collect::<Vec<_>>());
        ids.extend(listed);
    }
    assert_eq!(ids, messages.iter().map(|message| message.id.raw()).collect::<Vec<_>>());
}

/// Objects that stand one after the other; texts here hold no braces.
fn split_objects(bytes: &[u8]) -> Vec<&[u8]> {
    let (mut depth, mut start, mut objects) = (0, 0, Vec::new());
    for (place, byte) in bytes.iter().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => continue,
        }
        if depth == 0 {
            objects.push(&bytes[start..=place]);
            start = place + 1;
        }
    }
    assert_eq!(start, bytes.len());
    objects
}

#[test]
fn sign_ins_are_answered() {
    let results = [
        ("accepted", SignInResult::Accepted),
        ("refused", SignInResult::Refused),
        ("busy", SignInResult::Busy),
    ];
    for (name, result) in results {
        let frames = FORMS.map(|(label, framing)| {
            let mut out = Vec::new();
            Onechat.encode_sign_in(form(framing), &Tag("a1".into()), result, &mut out);
            (label, out)
        });
        let path = format!("onechat-out/sign-in-{name}.txt");
        vectors::check_outbound(&path, "The answer to a login.", &frames);
    }
    let mut out = Vec::new();
    Onechat.encode_end(form(Framing::Bare), EndReason::Drain, &mut out);
    assert!(out.is_empty());
}

#[test]
fn strangers_and_unknown_users_get_the_same_bytes() {
    let answer = |refusal| {
        let mut out = Vec::new();
        let event = Event::Posted { tag: Tag("a".into()), results: vec![Err(refusal)] };
        Onechat.encode(form(Framing::Bare), &event, &mut out);
        out
    };
    assert_eq!(answer(Refusal::NotFriends), answer(Refusal::UnknownUser));
    assert_eq!(
        answer(Refusal::UnknownConversation),
        b"{\"cmd\":\"error\",\"msg\":\"You are not in this room\",\"code\":10403}"
    );
}
