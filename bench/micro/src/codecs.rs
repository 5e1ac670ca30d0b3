//! Bytes to requests and events to bytes, in each dialect and framing.

use std::hint::black_box;

use parlance_codecs::dialect::{Decoded, DialectName, Form, Frame, Framing, PayloadKind};
use parlance_codecs::framing::{FrameLimits, Splitter, Step, append_frame};
use parlance_codecs::stream::wire;
use parlance_codecs::{Event, im, json};
use prost::Message as _;

use crate::Operation;
use crate::sample::{message, text, user};

pub fn operations() -> Vec<Operation> {
    let mut all = Vec::new();
    all.extend(split());
    all.extend(decode());
    all.extend(encode());
    all.extend(frame());
    all.extend(read_json());
    all
}

fn form(dialect: DialectName, framing: Framing, kind: PayloadKind) -> Form {
    Form { dialect, framing, kind }
}

/// To group 12.
fn post() -> wire::Stream {
    let postmark = wire::Postmark {
        category: Some(wire::Category::Group.into()),
        sender: Some(7),
        receiver: Some(12),
        ..wire::Postmark::default()
    };
    let post = wire::Post {
        postmark: Some(postmark),
        r#type: Some(wire::Type::Text.into()),
        envelope: Some(wire::post::Envelope::Text(wire::Text { content: Some(text()) })),
    };
    wire::Stream {
        sn: Some("s1".to_owned()),
        r#type: Some(wire::PayloadType::Messages.into()),
        payload: Some(wire::stream::Payload::Postbox(wire::Postbox { posts: vec![post] })),
        ..wire::Stream::default()
    }
}

/// What a client writes to post a message in group 12.
fn requests() -> Vec<(&'static str, Form, Vec<u8>)> {
    let websocket = |dialect| form(dialect, Framing::WebSocket, PayloadKind::Text);
    let text = text();
    let stream = format!(
        r#"{{"sn":"s1","type":2,"postbox":{{"posts":[{{"postmark":{{"category":2,"sender":"7","receiver":"12"}},"type":1,"text":{{"content":"{text}"}}}}]}}}}"#
    );
    let onechat = format!(r#"{{"cmd":"group_chat","to":12,"msg":"{text}","ack":"s1"}}"#);
    let rooms = format!(r#"{{"room":"12","message":"{text}"}}"#);
    let events = format!(r#"2["new-message","12",{{"msg":"{text}","type":"text"}}]"#);
    let delimited = form(DialectName::Stream, Framing::Delimited, PayloadKind::Binary);
    let engineio = form(DialectName::Events, Framing::EngineIo4, PayloadKind::Text);
    vec![
        ("stream json", websocket(DialectName::Stream), stream.into_bytes()),
        ("stream protobuf", delimited, post().encode_to_vec()),
        ("onechat", websocket(DialectName::Onechat), onechat.into_bytes()),
        ("rooms", websocket(DialectName::Rooms), rooms.into_bytes()),
        ("events", engineio, events.into_bytes()),
    ]
}

fn decode() -> Vec<Operation> {
    let mut all: Vec<_> = requests()
        .into_iter()
        .map(|(name, form, payload)| {
            Operation::new(format!("decode/{name}"), move || {
                let payload = payload.clone();
                let mut out = Vec::new();
                move || {
                    out.clear();
                    let frame = black_box(Frame { kind: form.kind, payload: &payload });
                    form.dialect.dialect().decode(
                        &mut form.clone(),
                        Some(user(7)),
                        frame,
                        &mut out,
                    );
                    assert!(matches!(out[..], [Decoded::Request(_)]), "it posts a message");
                }
            })
        })
        .collect();
    // Here a message is a call by HTTP.
    all.push(Operation::new("decode/im", || {
        let body = format!(r#"{{"target":"12","target_type":"group","msg":"{}"}}"#, text());
        move || {
            let body = im::Body { form: im::BodyForm::Json, bytes: body.as_bytes(), query: "" };
            let call = im::decode_call(im::Call::Send, user(7), black_box(body), None);
            assert!(call.is_ok_and(|asked| matches!(asked.task, im::Task::Post(_))));
        }
    }));
    all
}

fn encode() -> Vec<Operation> {
    let pushed = form(DialectName::Im, Framing::Pieces, PayloadKind::Binary);
    let forms = requests().into_iter().map(|(name, form, _)| (name, form));
    forms
        .chain([("im", pushed)])
        .map(|(name, form)| {
            Operation::new(format!("encode/{name}"), move || {
                let event = Event::Delivered(message());
                let mut out = Vec::new();
                move || {
                    out.clear();
                    form.dialect.dialect().encode(form, black_box(&event), &mut out);
                    assert!(!out.is_empty(), "it shows a message");
                }
            })
        })
        .collect()
}

/// A client's frame around a payload. The mask is zeros, which costs as much as any.
fn from_client(framing: Framing, payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::new();
    match framing {
        Framing::WebSocket | Framing::Pieces | Framing::EngineIo4 => {
            // A packet of Engine.IO begins with its type: a message.
            let head: &[u8] = if framing == Framing::EngineIo4 { b"4" } else { b"" };
            let length = u16::try_from(head.len() + payload.len()).expect("a short payload");
            let length = length.to_be_bytes();
            frame.extend([0x81, 0x80 | 126, length[0], length[1], 0, 0, 0, 0]);
            frame.extend_from_slice(head);
            frame.extend_from_slice(payload);
        }
        Framing::Delimited
        | Framing::EngineIo3
        | Framing::Grpc
        | Framing::Onechat
        | Framing::Bare => append_frame(framing, PayloadKind::Text, payload, &mut frame),
    }
    frame
}

const FRAMINGS: [(&str, Framing); 7] = [
    ("websocket", Framing::WebSocket),
    ("pieces", Framing::Pieces),
    ("engineio", Framing::EngineIo4),
    ("delimited", Framing::Delimited),
    ("grpc", Framing::Grpc),
    ("onechat", Framing::Onechat),
    ("bare", Framing::Bare),
];

fn split() -> impl Iterator<Item = Operation> {
    FRAMINGS.into_iter().map(|(name, framing)| {
        Operation::new(format!("split/{name}"), move || {
            let payload =
                format!(r#"{{"cmd":"group_chat","to":12,"msg":"{}","ack":"s1"}}"#, text());
            let mut wire = from_client(framing, payload.as_bytes());
            let mut splitter = Splitter::new(framing);
            let limits = FrameLimits::default();
            let length = wire.len();
            move || {
                let step = splitter.next(black_box(&mut wire), &limits);
                assert!(matches!(step, Step::Frame { consumed, .. } if consumed == length));
            }
        })
    })
}

fn frame() -> impl Iterator<Item = Operation> {
    FRAMINGS.into_iter().map(|(name, framing)| {
        Operation::new(format!("frame/{name}"), move || {
            let payload = text();
            let mut out = Vec::new();
            move || {
                out.clear();
                append_frame(framing, PayloadKind::Text, black_box(payload.as_bytes()), &mut out);
            }
        })
    })
}

/// The reader alone, on the smallest and on the largest text that a client may send.
fn read_json() -> Vec<Operation> {
    let small = format!(r#"{{"room":"12","message":"{}"}}"#, text());
    let large = format!("[{}]", vec![small.as_str(); 250].join(","));
    [("small", small), ("large", large)]
        .map(|(name, text)| {
            Operation::new(format!("json/{name}"), move || {
                let text = text.clone();
                move || assert!(json::parse(black_box(text.as_bytes())).is_ok())
            })
        })
        .into()
}
