//! The dialect in golden vectors, JSON against protobuf, and the HTTP door.

use std::collections::BTreeSet;

use proptest::prelude::*;
use prost::Message as _;
use prost_types::{Duration, Timestamp};

use super::wire::{
    ClientId, ClientIds, Location, Media, Post, Postbox, Postmark, Receipts, Status, Stream, Text,
    post, stream,
};
use super::{
    Code, Fault, StreamDialect, decode_post, encode_postmark, encode_status, from_json, to_json,
};
use crate::dialect::{
    Decoded, Dialect, DialectName, EndReason, Form, Frame, Framing, PayloadKind, SignInResult,
};
use crate::event::{Event, Refusal};
use crate::json::{self, Keys, Object};
use crate::model::{Content, ConversationId};
use crate::request::{DraftBody, Request, Tag};
use crate::{samples, seeded, vectors};

const FORMS: [(&str, Framing, PayloadKind); 3] = [
    ("websocket text", Framing::WebSocket, PayloadKind::Text),
    ("websocket binary", Framing::WebSocket, PayloadKind::Binary),
    ("delimited", Framing::Delimited, PayloadKind::Binary),
];

fn form(framing: Framing, kind: PayloadKind) -> Form {
    Form { dialect: DialectName::Stream, framing, kind }
}

fn check(name: &str, about: &str, event: &Event) {
    let frames = FORMS.map(|(label, framing, kind)| {
        let mut out = Vec::new();
        StreamDialect.encode(form(framing, kind), event, &mut out);
        (label, out)
    });
    vectors::check_outbound(&format!("stream-out/{name}.txt"), about, &frames);
}

fn tag() -> Tag {
    Tag("s1".into())
}

#[test]
fn vectors_mean_what_they_say() {
    vectors::check_inbound("stream");
}

#[test]
fn each_content_is_shown_as_the_table_says() {
    for (name, content) in samples::contents() {
        let message = samples::message(samples::direct(), content);
        check(&format!("delivered-{name}"), "A live message.", &Event::Delivered(message));
    }
    let group = samples::message(samples::group(), Content::text("x"));
    check("delivered-group", "A live group message.", &Event::Delivered(group));
}

#[test]
fn results_are_receipts_and_errors() {
    let posted = |conversation| Ok(samples::posted(conversation));
    let event = |results| Event::Posted { tag: tag(), results };
    let both = vec![posted(samples::direct()), posted(samples::group())];
    check("posted", "Two posts were stored.", &event(both));
    let mixed = vec![
        posted(samples::direct()),
        Err(Refusal::UnknownConversation),
        posted(samples::group()),
        Err(Refusal::NotAPoster),
    ];
    check("posted-mixed", "Two of four posts were refused.", &event(mixed));
    for refusal in samples::REFUSALS {
        let name = format!("refused-{}", samples::name(refusal));
        check(&name, "The only post was refused.", &event(vec![Err(refusal)]));
    }
}

#[test]
fn a_sync_is_answered_under_its_sn() {
    let messages = vec![
        samples::message(samples::direct(), Content::text("one")),
        samples::message(samples::group(), Content::text("two")),
    ];
    for (name, tag) in [("sync", Some(tag())), ("sync-server", None)] {
        let messages = samples::rising(messages.clone());
        let page = Event::Page { tag: tag.clone(), messages };
        check(&format!("{name}-page"), "Part of a SYNC's answer.", &page);
        let empty = Event::Page { tag: tag.clone(), messages: Vec::new() };
        check(&format!("{name}-empty"), "Says nothing: it would read as the end.", &empty);
        check(&format!("{name}-end"), "The end of a SYNC's answer.", &Event::PageEnd { tag });
    }
    let room = samples::group();
    let joined = Event::Joined { tag: tag(), room, result: Ok(()) };
    check("joined", "Says nothing: the SYNC's answer follows.", &joined);
    let result = Err(Refusal::UnknownConversation);
    check("join-refused", "The room is not there.", &Event::Joined { tag: tag(), room, result });
    let refused = Event::Refused { tag: tag(), refusal: Refusal::Unavailable };
    check("refused", "A request was refused.", &refused);
}

#[test]
fn sign_ins_and_ends_have_frames_on_raw_tcp_only() {
    for (name, result) in [
        ("accepted", SignInResult::Accepted),
        ("refused", SignInResult::Refused),
        ("busy", SignInResult::Busy),
    ] {
        let frames = FORMS.map(|(label, framing, kind)| {
            let mut out = Vec::new();
            StreamDialect.encode_sign_in(form(framing, kind), &Tag::default(), result, &mut out);
            (label, out)
        });
        let path = format!("stream-out/sign-in-{name}.txt");
        vectors::check_outbound(&path, "The answer to a sign-in.", &frames);
    }
    for reason in [EndReason::Left, EndReason::Drain] {
        let frames = FORMS.map(|(label, framing, kind)| {
            let mut out = Vec::new();
            StreamDialect.encode_end(form(framing, kind), reason, &mut out);
            (label, out)
        });
        let path = format!("stream-out/end-{reason:?}.txt");
        vectors::check_outbound(&path, "What is said before an end.", &frames);
    }
    let early = [EndReason::NotSignedIn, EndReason::TooLong, EndReason::Protocol, EndReason::Drain];
    for reason in early {
        let frames = FORMS.map(|(label, framing, kind)| {
            let mut out = Vec::new();
            StreamDialect.encode_early_end(form(framing, kind), reason, &mut out);
            (label, out)
        });
        let path = format!("stream-out/early-end-{reason:?}.txt");
        vectors::check_outbound(&path, "What is said before an end, to nobody yet.", &frames);
    }
}

#[test]
fn a_frame_answers_in_the_opcode_of_the_last_one() {
    let mut form = form(Framing::WebSocket, PayloadKind::Text);
    let mut out = Vec::new();
    let binary = Stream { sn: Some("a".into()), r#type: Some(1), ..Stream::default() };
    let payload = binary.encode_to_vec();
    let frame = Frame { kind: PayloadKind::Binary, payload: &payload };
    StreamDialect.decode(&mut form, Some(samples::user(7)), frame, &mut out);
    assert_eq!(form.kind, PayloadKind::Binary);
    let blank = Frame { kind: PayloadKind::Text, payload: b"\n" };
    StreamDialect.decode(&mut form, Some(samples::user(7)), blank, &mut out);
    assert_eq!((form.kind, out.len()), (PayloadKind::Binary, 1));
}

#[test]
fn long_lists_of_receipts_are_split() {
    let mark = |id| Postmark {
        category: Some(1),
        sender: Some(9),
        receiver: Some(7),
        unique_id: Some(id),
        ..Postmark::default()
    };
    let ids = 1..=(Request::RECEIPTS_MAX as u64 * 2 + 1);
    let receipts = Receipts { local_ids: Vec::new(), postmarks: ids.map(mark).collect() };
    let stream = Stream {
        sn: Some("a".into()),
        r#type: Some(3),
        payload: Some(stream::Payload::Receipts(receipts)),
        ..Stream::default()
    };
    let mut form = form(Framing::Delimited, PayloadKind::Binary);
    let payload = stream.encode_to_vec();
    let frame = Frame { kind: PayloadKind::Binary, payload: &payload };
    let mut out = Vec::new();
    StreamDialect.decode(&mut form, Some(samples::user(7)), frame, &mut out);
    let lengths: Vec<usize> = out
        .iter()
        .map(|decoded| match decoded {
            Decoded::Request(Request::Receipts { ids }) => ids.len(),
            _ => panic!("not receipts"),
        })
        .collect();
    assert_eq!(lengths, [Request::RECEIPTS_MAX, Request::RECEIPTS_MAX, 1]);
}

#[test]
fn http_and_stream_posts_are_the_same() {
    let body = br#"{"postmark":{"category":1,"sender":"1","receiver":"9"},"type":1,
        "text":{"content":"hi"}}"#;
    let user = samples::user(7);
    let draft = decode_post(user, PayloadKind::Text, body, Some(b"k1")).unwrap();
    assert_eq!(draft.conversation, samples::direct());
    assert_eq!(draft.body, DraftBody::Content(Content::text("hi")));
    assert_eq!(draft.key.as_deref(), Some(&b"k1"[..]));
    assert_eq!(decode_post(user, PayloadKind::Text, body, Some(b"")).unwrap().key, None);
    for (kind, body, key) in [
        (PayloadKind::Text, &b"{}"[..], None),
        (PayloadKind::Text, b"[]", None),
        (PayloadKind::Text, b"{\"type\":1,\"type\":1}", None),
        (PayloadKind::Text, b"{\"type\":1.0}", None),
        (PayloadKind::Binary, b"\x0f", None),
        (PayloadKind::Binary, b"", None),
        (PayloadKind::Text, body, Some(&[b'k'; 513][..])),
    ] {
        let fault = decode_post(user, kind, body, key).unwrap_err();
        assert_eq!(fault.code, Code::InvalidArgument, "{fault}");
    }
}

#[test]
fn http_answers_are_bare_json() {
    let posted = samples::posted(samples::direct());
    assert_eq!(
        String::from_utf8(encode_postmark(PayloadKind::Text, &posted)).unwrap(),
        format!(
            "{{\"category\":1,\"sender\":\"9\",\"receiver\":\"7\",\"unique_id\":\"{}\",\
             \"timestamp\":\"2024-05-06T07:08:09.010Z\"}}",
            posted.id
        )
    );
    let binary = Postmark::decode(&*encode_postmark(PayloadKind::Binary, &posted)).unwrap();
    assert_eq!(binary.unique_id, Some(posted.id.raw()));
    let fault = Fault::from(Refusal::UnknownUser);
    assert_eq!(encode_status(&fault), br#"{"code":5,"message":"no such user"}"#);
    assert_eq!(fault.code.http_status(), 404);
}

#[test]
fn no_two_keys_of_a_client_meet() {
    let keys: BTreeSet<_> = ["a", "a\0", "b"]
        .into_iter()
        .flat_map(|sn| (0..256).map(move |place| super::decode::client_key(sn, place)))
        .collect();
    assert_eq!(keys.len(), 3 * 256);
}

fn texts() -> impl Strategy<Value = Option<String>> {
    prop::option::of(any::<String>())
}

fn postmarks() -> impl Strategy<Value = Postmark> {
    let id = || prop::option::of(any::<u64>());
    let duration =
        (-1_000_000_i64..1_000_000, 0_i32..1_000_000_000).prop_map(|(seconds, nanos)| {
            let nanos = if seconds < 0 { -nanos } else { nanos };
            Duration { seconds, nanos }
        });
    // From the year 1 to the end of 9999.
    let time = (-62_135_596_800_i64..253_402_300_799, 0_i32..1_000_000_000)
        .prop_map(|(seconds, nanos)| Timestamp { seconds, nanos });
    let category = prop::option::of(any::<i32>());
    let (expire, timestamp) = (prop::option::of(duration), prop::option::of(time));
    (category, id(), id(), id(), expire, timestamp).prop_map(
        |(category, sender, receiver, unique_id, expire, timestamp)| Postmark {
            category,
            sender,
            receiver,
            unique_id,
            expire,
            timestamp,
        },
    )
}

fn posts() -> impl Strategy<Value = Post> {
    let degree = || prop::option::of(-180.0_f32..180.0);
    let envelope = prop_oneof![
        texts().prop_map(|content| post::Envelope::Text(Text { content })),
        (texts(), texts())
            .prop_map(|(url, thumbnail)| post::Envelope::Resource(Media { url, thumbnail })),
        (degree(), degree()).prop_map(|(latitude, longitude)| {
            post::Envelope::Coordinate(Location { latitude, longitude })
        }),
    ];
    let (kind, envelope) = (prop::option::of(any::<i32>()), prop::option::of(envelope));
    (prop::option::of(postmarks()), kind, envelope).prop_map(|(postmark, r#type, envelope)| Post {
        postmark,
        r#type,
        envelope,
    })
}

fn streams() -> impl Strategy<Value = Stream> {
    let id = (prop::option::of(any::<i32>()), prop::option::of(any::<u64>()))
        .prop_map(|(category, last_id)| ClientId { category, last_id });
    let ids = prop::collection::vec(id, 0..4);
    let payload = prop_oneof![
        ids.clone().prop_map(|ids| stream::Payload::Local(ClientIds { ids })),
        prop::collection::vec(posts(), 0..4)
            .prop_map(|posts| stream::Payload::Postbox(Postbox { posts })),
        (ids, prop::collection::vec(postmarks(), 0..4)).prop_map(|(local_ids, postmarks)| {
            stream::Payload::Receipts(Receipts { local_ids, postmarks })
        }),
    ];
    let target = prop::option::of(any::<u64>());
    (texts(), target, prop::option::of(any::<i32>()), prop::option::of(payload)).prop_map(
        |(sn, target, r#type, payload)| Stream { sn, target, r#type, error: None, payload },
    )
}

#[test]
fn json_and_protobuf_say_the_same() {
    seeded::check(512, &streams(), |stream| {
        let mut text = Vec::new();
        to_json::append(&stream, &mut text);
        let shown = String::from_utf8_lossy(&text).into_owned();
        let json = json::parse(&text).map_err(|e| TestCaseError::fail(format!("{e}: {shown}")))?;
        let object = Object::new(&json, Keys::SnakeOrCamel).unwrap();
        let found =
            from_json::stream(object).map_err(|e| TestCaseError::fail(format!("{e}: {shown}")))?;
        prop_assert_eq!(&found, &stream);
        prop_assert_eq!(Stream::decode(&*stream.encode_to_vec()).unwrap(), stream);
        Ok(())
    });
}

#[test]
fn any_stream_is_decoded_without_a_panic_and_the_same_in_both() {
    seeded::check(512, &streams(), |stream| {
        let user = samples::user(7);
        let mut text = Vec::new();
        to_json::append(&stream, &mut text);
        let binary = stream.encode_to_vec();
        let mut meanings = Vec::new();
        for (kind, payload) in [(PayloadKind::Text, &text), (PayloadKind::Binary, &binary)] {
            let mut form = form(Framing::WebSocket, kind);
            let mut out = Vec::new();
            StreamDialect.decode(&mut form, Some(user), Frame { kind, payload }, &mut out);
            let requests: Vec<Request> = out
                .into_iter()
                .filter_map(|decoded| match decoded {
                    Decoded::Request(request) => Some(request),
                    _ => None,
                })
                .collect();
            meanings.push(requests);
        }
        prop_assert_eq!(&meanings[0], &meanings[1]);
        Ok(())
    });
}

#[test]
fn times_of_any_spelling_never_panic() {
    let spelling = || {
        prop_oneof![
            "[-+]?[0-9]{0,20}([.][0-9]{0,12})?s?",
            "[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{0,10})?(Z|[-+][0-9:]{2,5})",
            "[-+0-9:.TZzs ]{0,40}",
        ]
    };
    seeded::check(4096, &(spelling(), spelling()), |(expire, timestamp)| {
        let body = serde_json::json!({
            "postmark": {
                "category": 1, "sender": 7, "receiver": 9,
                "expire": expire, "timestamp": timestamp,
            },
            "type": 1,
            "text": { "content": "x" },
        });
        let body = body.to_string();
        if let Ok(draft) = decode_post(samples::user(7), PayloadKind::Text, body.as_bytes(), None) {
            prop_assert!(draft.expires_in_ms.is_some_and(|ms| ms > 0));
        }
        Ok(())
    });
}

#[test]
fn what_is_encoded_has_every_required_field() {
    let message = samples::message(samples::group(), Content::text("x"));
    let mut out = Vec::new();
    let form = form(Framing::Delimited, PayloadKind::Binary);
    StreamDialect.encode(form, &Event::Delivered(message), &mut out);
    let stream = Stream::decode_length_delimited(&*out).unwrap();
    let Some(stream::Payload::Postbox(postbox)) = stream.payload else { panic!("no postbox") };
    let post = &postbox.posts[0];
    let mark = post.postmark.as_ref().unwrap();
    assert!(stream.sn.is_some() && stream.r#type.is_some() && post.r#type.is_some());
    assert!(mark.category.is_some() && mark.sender.is_some());
    assert_eq!(mark.receiver, Some(12));
    assert_eq!(ConversationId::number(12), Some(samples::group()));
    let mut out = Vec::new();
    StreamDialect.encode_sign_in(form, &Tag::default(), SignInResult::Refused, &mut out);
    assert_eq!(Status::decode_length_delimited(&*out).unwrap().code, 16);
}
