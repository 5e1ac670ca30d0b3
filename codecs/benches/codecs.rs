//! What a hot message costs: decoded from a client's frame, encoded for a session, split off a
//! read, in each dialect and framing. `cargo bench -p parlance-codecs`.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use parlance_codecs::dialect::{Decoded, DialectName, Form, Frame, Framing, PayloadKind};
use parlance_codecs::framing::{FrameLimits, Splitter, Step, append_frame};
use parlance_codecs::im;
use parlance_codecs::json;
use parlance_codecs::stream::wire;
use parlance_codecs::{Category, Content, ConversationId, Event, Message, MessageId, Seq, UserId};
use prost::Message as _;

/// A text of two hundred bytes, as the load generator sends.
fn text() -> String {
    "The quick brown fox jumps over the lazy dog. ".repeat(5).chars().take(200).collect()
}

fn user() -> UserId {
    UserId::new(7).expect("seven is an id")
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
    let form = |dialect, framing, kind| Form { dialect, framing, kind };
    let websocket = |dialect| form(dialect, Framing::WebSocket, PayloadKind::Text);
    let text = text();
    let stream = format!(
        r#"{{"sn":"s1","type":2,"postbox":{{"posts":[{{"postmark":{{"category":2,"sender":"7","receiver":"12"}},"type":1,"text":{{"content":"{text}"}}}}]}}}}"#
    );
    let onechat = format!(r#"{{"cmd":"group_chat","to":12,"msg":"{text}","ack":"s1"}}"#);
    let rooms = format!(r#"{{"room":"12","message":"{text}"}}"#);
    let events = format!(r#"2["new-message","12",{{"msg":"{text}","type":"text"}}]"#);
    let delimited = form(DialectName::Stream, Framing::Delimited, PayloadKind::Binary);
    vec![
        ("stream/json", websocket(DialectName::Stream), stream.into_bytes()),
        ("stream/protobuf", delimited, post().encode_to_vec()),
        ("onechat", websocket(DialectName::Onechat), onechat.into_bytes()),
        ("rooms", websocket(DialectName::Rooms), rooms.into_bytes()),
        (
            "events",
            form(DialectName::Events, Framing::EngineIo4, PayloadKind::Text),
            events.into_bytes(),
        ),
    ]
}

fn decode(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("decode");
    for (name, form, payload) in requests() {
        let frame = Frame { kind: form.kind, payload: &payload };
        let mut out = Vec::new();
        let run = |out: &mut Vec<Decoded>| {
            out.clear();
            form.dialect.dialect().decode(&mut form.clone(), Some(user()), black_box(frame), out);
        };
        run(&mut out);
        assert!(matches!(out[..], [Decoded::Request(_)]), "{name} posts a message");
        group.bench_function(name, |bencher| bencher.iter(|| run(&mut out)));
    }
    // Here a message is a call by HTTP.
    let body = format!(r#"{{"target":"12","target_type":"group","msg":"{}"}}"#, text());
    let body = im::Body { form: im::BodyForm::Json, bytes: body.as_bytes(), query: "" };
    let call = || im::decode_call(im::Call::Send, user(), black_box(body), None);
    assert!(call().is_ok_and(|asked| matches!(asked.task, im::Task::Post(_))));
    group.bench_function("im", |bencher| bencher.iter(call));
    group.finish();
}

fn encode(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("encode");
    let conversation = ConversationId::number(12).expect("twelve is an id");
    let event = Event::Delivered(Arc::new(Message {
        id: MessageId::from_parts(10_912_089_010, 3, 1),
        seq: Seq(5),
        mark: 0,
        conversation,
        category: Category::Group,
        sender: user(),
        content: Content::text(text()),
        created_at_ms: 1_714_979_289_010,
        expires_at_ms: None,
        recall_index: None,
    }));
    let pushed =
        Form { dialect: DialectName::Im, framing: Framing::Pieces, kind: PayloadKind::Binary };
    let forms = requests().into_iter().map(|(name, form, _)| (name, form));
    for (name, form) in forms.chain([("im", pushed)]) {
        let mut out = Vec::new();
        let dialect = form.dialect.dialect();
        dialect.encode(form, &event, &mut out);
        assert!(!out.is_empty(), "{name} shows a message");
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                out.clear();
                dialect.encode(form, black_box(&event), &mut out);
            });
        });
    }
    group.finish();
}

/// A client's frame around a payload. The mask is zeros, which costs as much as any.
fn from_client(framing: Framing, payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::new();
    if framing == Framing::WebSocket {
        let length = u16::try_from(payload.len()).expect("a short payload").to_be_bytes();
        frame.extend([0x81, 0x80 | 126, length[0], length[1], 0, 0, 0, 0]);
        frame.extend_from_slice(payload);
    } else {
        append_frame(framing, PayloadKind::Text, payload, &mut frame);
    }
    frame
}

fn split(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("split");
    let payload = format!(r#"{{"cmd":"group_chat","to":12,"msg":"{}","ack":"s1"}}"#, text());
    for (name, framing) in [
        ("websocket", Framing::WebSocket),
        ("delimited", Framing::Delimited),
        ("grpc", Framing::Grpc),
        ("onechat", Framing::Onechat),
        ("bare", Framing::Bare),
    ] {
        let mut wire = from_client(framing, payload.as_bytes());
        let mut splitter = Splitter::new(framing);
        let limits = FrameLimits::default();
        let length = wire.len();
        group.throughput(Throughput::Bytes(length as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let step = splitter.next(black_box(&mut wire), &limits);
                assert!(matches!(step, Step::Frame { consumed, .. } if consumed == length));
            });
        });
    }
    group.finish();
}

fn frame(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("frame");
    let payload = text();
    for (name, framing) in [
        ("websocket", Framing::WebSocket),
        ("delimited", Framing::Delimited),
        ("grpc", Framing::Grpc),
        ("onechat", Framing::Onechat),
    ] {
        let mut out = Vec::new();
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                out.clear();
                append_frame(framing, PayloadKind::Text, black_box(payload.as_bytes()), &mut out);
            });
        });
    }
    group.finish();
}

/// The reader alone, on the smallest and on the largest text that a client may send.
fn read_json(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("json");
    let small = format!(r#"{{"room":"12","message":"{}"}}"#, text());
    let large = format!("[{}]", vec![small.as_str(); 250].join(","));
    for (name, text) in [("small", &small), ("large", &large)] {
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter_batched(
                || text.as_bytes(),
                |bytes| json::parse(black_box(bytes)).is_ok(),
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, decode, encode, split, frame, read_json);
criterion_main!(benches);
