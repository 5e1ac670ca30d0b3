//! decode(encode(x)) = x, for any x, in each dialect and framing whose client has an inverse.
//!
//! `stream` is its own inverse: what a member is sent is a frame that the sender could have sent.
//! Of `rooms`, the client's side is written here. `onechat` has its own in its tests.

use std::sync::Arc;

use proptest::prelude::*;

use crate::dialect::{Decoded, DialectName, Form, Frame, Framing, PayloadKind};
use crate::framing::{FrameLimits, Splitter, Step};
use crate::json::{self, Json, Keys, Object};
use crate::limits::{LIFETIME_MS_MAX, TEXT_BYTES_MAX, URL_BYTES_MAX};
use crate::plain::plain;
use crate::vectors::masked;
use crate::{
    Category, Content, ConversationId, DraftBody, Event, Media, MediaKind, Message, MessageId,
    Request, Seq, UserId, rooms, seeded,
};

fn users() -> impl Strategy<Value = UserId> {
    (1..=UserId::MAX).prop_map(|raw| UserId::new(raw).unwrap())
}

fn texts(bytes_max: usize) -> impl Strategy<Value = String> {
    let short = any::<String>().prop_map(|text| text.replace('\0', " "));
    let long = Just("x".repeat(bytes_max));
    prop_oneof![9 => short, 1 => long].prop_filter("a text is not empty", |text| !text.is_empty())
}

fn media() -> impl Strategy<Value = Media> {
    let thumbnail = prop::option::of(texts(URL_BYTES_MAX));
    (texts(URL_BYTES_MAX), thumbnail).prop_map(|(url, thumbnail)| Media { url, thumbnail })
}

/// Every kind but the marks, which are made by the core. `extra` is the `im` dialect's.
fn contents() -> impl Strategy<Value = Content> {
    let kind = prop::sample::select(vec![
        MediaKind::Audio,
        MediaKind::Sticker,
        MediaKind::Photo,
        MediaKind::Video,
        MediaKind::Gif,
        MediaKind::File,
    ]);
    prop_oneof![
        texts(TEXT_BYTES_MAX).prop_map(Content::text),
        (kind, media()).prop_map(|(kind, media)| Content::Media { kind, media }),
        (-90.0_f32..=90.0, -180.0_f32..=180.0)
            .prop_map(|(latitude, longitude)| Content::Location { latitude, longitude }),
        texts(TEXT_BYTES_MAX).prop_map(|text| Content::ContactText { text }),
        media().prop_map(|media| Content::ContactMedia { media }),
    ]
}

fn conversations() -> impl Strategy<Value = (UserId, ConversationId, Category)> {
    let numbered = prop::sample::select(vec![Category::Group, Category::Channel, Category::Room]);
    let direct = (users(), users()).prop_filter_map("two users", |(sender, peer)| {
        Some((sender, ConversationId::direct(sender, peer)?, Category::Direct))
    });
    let number = (users(), 1..=UserId::MAX, numbered).prop_map(|(sender, raw, category)| {
        (sender, ConversationId::number(raw).unwrap(), category)
    });
    prop_oneof![direct, number]
}

fn messages() -> impl Strategy<Value = Message> {
    let id = (0..=MessageId::MAX.raw()).prop_map(MessageId::from_raw);
    let created = 0_u64..4_000_000_000_000;
    let lifetime = prop::option::of(1..=LIFETIME_MS_MAX);
    (id, conversations(), contents(), created, lifetime).prop_map(
        |(id, (sender, conversation, category), content, created_at_ms, lifetime)| Message {
            id,
            seq: Seq(1),
            mark: 0,
            conversation,
            category,
            sender,
            content,
            created_at_ms,
            expires_at_ms: lifetime.map(|ms| created_at_ms + ms),
            recall_index: None,
        },
    )
}

/// The frames' payloads. A server's WebSocket frames are masked first: then a client could have
/// sent them.
fn payloads(form: Form, wire: &[u8]) -> Vec<(PayloadKind, Vec<u8>)> {
    let mut unread =
        if form.framing == Framing::WebSocket { as_client(wire) } else { wire.to_vec() };
    let limits = FrameLimits { frame_bytes: usize::MAX, ..FrameLimits::default() };
    let mut splitter = Splitter::new(form.framing);
    let mut found = Vec::new();
    while !unread.is_empty() {
        let step = splitter.next(&mut unread, &limits);
        let Step::Frame { frame, consumed } = step else { panic!("no whole frame: {step:?}") };
        found.push((frame.kind, frame.payload.to_vec()));
        unread.drain(..consumed);
    }
    found
}

fn as_client(mut wire: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    while let [first, length, rest @ ..] = wire {
        let (length, rest) = match length {
            126 => {
                let (length, rest) = rest.split_first_chunk().unwrap();
                (usize::from(u16::from_be_bytes(*length)), rest)
            }
            127 => {
                let (length, rest) = rest.split_first_chunk().unwrap();
                (usize::try_from(u64::from_be_bytes(*length)).unwrap(), rest)
            }
            length => (usize::from(*length), rest),
        };
        let (payload, after) = rest.split_at(length);
        out.extend(masked(*first, payload));
        wire = after;
    }
    out
}

fn encoded(form: Form, event: &Event) -> Vec<u8> {
    let mut out = Vec::new();
    form.dialect.dialect().encode(form, event, &mut out);
    out
}

fn decoded(form: Form, user: UserId, kind: PayloadKind, payload: &[u8]) -> Vec<Decoded> {
    let mut out = Vec::new();
    let frame = Frame { kind, payload };
    form.dialect.dialect().decode(&mut form.clone(), Some(user), frame, &mut out);
    out
}

#[test]
fn what_stream_shows_can_be_sent() {
    let forms = [
        (Framing::WebSocket, PayloadKind::Text),
        (Framing::WebSocket, PayloadKind::Binary),
        (Framing::Delimited, PayloadKind::Binary),
        (Framing::Grpc, PayloadKind::Binary),
    ];
    let cases = (prop::sample::select(forms.to_vec()), messages());
    seeded::check(512, &cases, |((framing, kind), message)| {
        let form = Form { dialect: DialectName::Stream, framing, kind };
        let wire = encoded(form, &Event::Delivered(Arc::new(message.clone())));
        let frames = payloads(form, &wire);
        prop_assert_eq!(frames.len(), 1);
        prop_assert_eq!(frames[0].0, kind);
        let decoded = decoded(form, message.sender, kind, &frames[0].1);
        let [Decoded::Request(Request::Post { drafts, .. })] = &decoded[..] else {
            return Err(TestCaseError::fail(format!("no post: {message:?}")));
        };
        prop_assert_eq!(drafts.len(), 1);
        prop_assert_eq!(&drafts[0].body, &DraftBody::Content(message.content));
        prop_assert_eq!(drafts[0].conversation, message.conversation);
        prop_assert_eq!(drafts[0].category, Some(message.category));
        let lifetime = message.expires_at_ms.map(|at| at - message.created_at_ms);
        prop_assert_eq!(drafts[0].expires_in_ms, lifetime);
        Ok(())
    });
}

/// A page is the same frames' worth of posts, in its order.
#[test]
fn a_page_of_stream_holds_what_was_put_in() {
    let cases = (any::<bool>(), prop::collection::vec(messages(), 1..20));
    seeded::check(128, &cases, |(text, messages)| {
        let kind = if text { PayloadKind::Text } else { PayloadKind::Binary };
        let form = Form { dialect: DialectName::Stream, framing: Framing::WebSocket, kind };
        // One sender could have sent them all, to conversations that are not directs.
        let user = UserId::new(7).unwrap();
        let ours = |message: &Message| message.category != Category::Direct;
        let messages: Vec<Message> = messages.into_iter().filter(ours).collect();
        let shared = messages.iter().cloned().map(Arc::new).collect();
        let wire = encoded(form, &Event::Page { tag: None, messages: shared });
        let mut found = Vec::new();
        for (kind, payload) in payloads(form, &wire) {
            for meant in decoded(form, user, kind, &payload) {
                let Decoded::Request(Request::Post { drafts, .. }) = meant else {
                    return Err(TestCaseError::fail("no post"));
                };
                found.extend(drafts.into_iter().map(|draft| (draft.conversation, draft.body)));
            }
        }
        let expected: Vec<_> = messages
            .into_iter()
            .map(|message| (message.conversation, DraftBody::Content(message.content)))
            .collect();
        prop_assert_eq!(found, expected);
        Ok(())
    });
}

const ROOMS: Form =
    Form { dialect: DialectName::Rooms, framing: Framing::WebSocket, kind: PayloadKind::Text };

/// Whether an object of `rooms` is the message.
fn check_shown(json: &Json<'_>, message: &Message) -> Result<(), TestCaseError> {
    let shown = Object::new(json, Keys::Exact).expect("an object");
    prop_assert_eq!(shown.u64("id"), Ok(Some(message.id.raw())));
    let said = plain(&message.content);
    prop_assert_eq!(shown.text("message"), Ok(said.as_deref()));
    let (sender, room) = (message.sender.to_string(), message.conversation.to_string());
    prop_assert_eq!(shown.text("poster"), Ok(Some(&*sender)));
    prop_assert_eq!(shown.text("room"), Ok(Some(&*room)));
    prop_assert_eq!(shown.u64("timestamp"), Ok(Some(message.created_at_ms / 1000)));
    Ok(())
}

#[test]
fn a_client_of_rooms_reads_what_was_said_live() {
    seeded::check(256, &messages(), |message| {
        let wire = encoded(ROOMS, &Event::Delivered(Arc::new(message.clone())));
        let frames = payloads(ROOMS, &wire);
        prop_assert_eq!(frames.len(), 1);
        let json = json::parse(&frames[0].1).unwrap();
        let frame = Object::new(&json, Keys::Exact).unwrap();
        check_shown(frame.field("message").unwrap().unwrap(), &message)
    });
}

#[test]
fn a_client_of_rooms_reads_what_was_said_before() {
    let cases = (prop::collection::vec(messages(), 0..20), any::<bool>());
    seeded::check(128, &cases, |(messages, more)| {
        let shared: Vec<_> = messages.iter().cloned().map(Arc::new).collect();
        let body = rooms::encode_history(&shared, more);
        let json = json::parse(&body).unwrap();
        let history = Object::new(&json, Keys::Exact).unwrap();
        let Ok(Some(Json::Array(shown))) = history.field("messages") else {
            return Err(TestCaseError::fail("no list of messages"));
        };
        prop_assert_eq!(shown.len(), messages.len());
        shown.iter().zip(&messages).try_for_each(|(shown, message)| check_shown(shown, message))
    });
}

#[test]
fn what_a_client_of_rooms_says_is_posted() {
    let cases = (conversations(), texts(TEXT_BYTES_MAX));
    seeded::check(256, &cases, |((user, conversation, _), text)| {
        let frame = serde_json::json!({ "room": conversation.to_string(), "message": text });
        let payload = frame.to_string().into_bytes();
        let decoded = decoded(ROOMS, user, PayloadKind::Text, &payload);
        let [Decoded::Request(Request::Post { drafts, .. })] = &decoded[..] else {
            return Err(TestCaseError::fail("no post"));
        };
        prop_assert_eq!(drafts[0].conversation, conversation);
        prop_assert_eq!(&drafts[0].body, &DraftBody::Content(Content::text(text)));
        Ok(())
    });
}
