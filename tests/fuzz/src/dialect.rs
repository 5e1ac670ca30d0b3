//! What the dialects promise: any payload means something within the bounds that the rest of the
//! server relies on, before the sign-in and after it, and what is answered is whole frames.

use parlance_codecs::dialect::{Decoded, DialectName, Form, Frame, Framing, PayloadKind};
use parlance_codecs::framing::engineio::first_packet;
use parlance_codecs::framing::{FrameLimits, Splitter, Step};
use parlance_codecs::im::{self, Body, BodyForm, Task};
use parlance_codecs::limits::{CLIENT_KEY_BYTES_MAX, DEVICE_BYTES_MAX, LIFETIME_MS_MAX};
use parlance_codecs::text::{check_text, check_url};
use parlance_codecs::{Content, Draft, DraftBody, Media, Request, Tag, UserId, rooms, stream};

const FRAMINGS: [Framing; 8] = [
    Framing::WebSocket,
    Framing::Pieces,
    Framing::Delimited,
    Framing::Grpc,
    Framing::Onechat,
    Framing::Bare,
    Framing::EngineIo3,
    Framing::EngineIo4,
];
/// What a tag that repeats its message in the answer may grow by: JSON in JSON, each byte escaped.
const ESCAPES_MAX: usize = 12;

fn user() -> UserId {
    UserId::new(7).expect("seven is an id")
}

pub(crate) fn check(name: DialectName, kind: PayloadKind, payload: &[u8]) {
    // A WebSocket's text frame is UTF-8 before any dialect sees it.
    if kind == PayloadKind::Text && std::str::from_utf8(payload).is_err() {
        return;
    }
    for framing in FRAMINGS {
        for user in [None, Some(user())] {
            let mut form = Form { dialect: name, framing, kind };
            let mut decoded = Vec::new();
            name.dialect().decode(&mut form, user, Frame { kind, payload }, &mut decoded);
            // A dialect whose answers repeat what was sent keeps that in its tags.
            let repeated_bytes_max =
                if name == DialectName::Events { ESCAPES_MAX * payload.len() } else { 0 };
            let tag_bytes_max = Tag::BYTES_MAX + repeated_bytes_max;
            for meant in &decoded {
                check_decoded(form, meant, tag_bytes_max);
            }
        }
    }
}

fn check_decoded(form: Form, meant: &Decoded, tag_bytes_max: usize) {
    match meant {
        Decoded::SignIn(frame) => {
            check_tag(&frame.tag, tag_bytes_max);
            assert!(frame.device.len() <= DEVICE_BYTES_MAX, "a long device");
        }
        Decoded::SignOut => {}
        Decoded::Identify { tag, .. } => check_tag(tag, tag_bytes_max),
        Decoded::Request(request) => check_request(request, tag_bytes_max),
        Decoded::Reply(reply) | Decoded::End { reply, .. } => check_frames(form, reply),
    }
}

fn check_frames(form: Form, reply: &[u8]) {
    let mut unread = reply.to_vec();
    match form.framing {
        // Frames are told apart by being JSON, which others' answers need not be.
        Framing::Bare if form.dialect != DialectName::Onechat => {}
        // A client and a server write these alike.
        Framing::Delimited | Framing::Onechat | Framing::Bare => {
            let mut splitter = Splitter::new(form.framing);
            while !unread.is_empty() {
                match splitter.next(&mut unread, &FrameLimits::default()) {
                    Step::Frame { consumed, .. } => unread.drain(..consumed),
                    other => panic!("no whole frame: {other:?}"),
                };
            }
        }
        Framing::WebSocket | Framing::Pieces | Framing::EngineIo3 | Framing::EngineIo4 => {
            while !unread.is_empty() {
                let (length, _) = first_packet(&unread).expect("whole frames");
                unread.drain(..length);
            }
        }
        // What ends a call ends in its status, which is no message.
        Framing::Grpc => {}
    }
}

fn check_tag(tag: &Tag, bytes_max: usize) {
    assert!(tag.0.len() <= bytes_max, "a tag of {} bytes", tag.0.len());
}

fn check_request(request: &Request, tag_bytes_max: usize) {
    match request {
        Request::Post { tag, drafts } => {
            check_tag(tag, tag_bytes_max);
            assert!((1..=Request::DRAFTS_MAX).contains(&drafts.len()), "{} drafts", drafts.len());
            drafts.iter().for_each(check_draft);
        }
        Request::Sync { tag, after, .. } => {
            check_tag(tag, tag_bytes_max);
            let mut categories: Vec<_> = after.iter().map(|(category, _)| *category).collect();
            categories.sort_unstable();
            categories.dedup();
            assert_eq!(categories.len(), after.len(), "a category is listed twice");
        }
        Request::Receipts { ids } | Request::NoticesSeen { ids } => {
            assert!(ids.len() <= Request::RECEIPTS_MAX, "{} receipts", ids.len());
        }
        Request::Join { tag, .. } | Request::Ask { tag, .. } => check_tag(tag, tag_bytes_max),
        Request::ReceiptUpTo { .. } => {}
    }
}

fn check_draft(draft: &Draft) {
    let key = draft.key.as_ref().map_or(0, |key| key.len());
    assert!(key <= CLIENT_KEY_BYTES_MAX, "a key of {key} bytes");
    assert!(draft.expires_in_ms.is_none_or(|ms| (1..=LIFETIME_MS_MAX).contains(&ms)));
    let DraftBody::Content(content) = &draft.body else { return };
    match content {
        Content::Text { text, extra } => {
            assert_eq!(check_text(text), Ok(()));
            assert!(extra.is_empty() || check_text(extra).is_ok());
        }
        Content::ContactText { text } => assert_eq!(check_text(text), Ok(())),
        Content::Media { media, .. } | Content::ContactMedia { media } => check_media(media),
        Content::Location { latitude, longitude } => {
            assert!((-90.0..=90.0).contains(latitude) && (-180.0..=180.0).contains(longitude));
        }
        Content::Recall { .. } | Content::Read { .. } => panic!("a mark is no content of a draft"),
    }
}

fn check_media(media: &Media) {
    assert_eq!(check_url(&media.url), Ok(()));
    assert!(media.thumbnail.as_ref().is_none_or(|url| check_url(url).is_ok()));
}

/// Bodies of calls by HTTP.
pub(crate) fn check_rooms_calls(body: &[u8]) {
    for call in rooms::Call::ALL {
        if let Err(trouble) = rooms::decode_call(call, user(), body) {
            assert!((400..600).contains(&trouble.http_status()));
            assert!(!rooms::encode_trouble(trouble).is_empty());
        }
    }
}

/// Bodies of calls by HTTP and gRPC, in each form, and forms that stand in a URL.
pub(crate) fn check_im_calls(bytes: &[u8]) {
    let query = std::str::from_utf8(bytes).ok();
    let bodies = [BodyForm::Json, BodyForm::Protobuf, BodyForm::Form]
        .map(|form| Body { form, bytes, query: "" })
        .into_iter()
        .chain(query.map(|query| Body { form: BodyForm::Form, bytes: b"", query }));
    for body in bodies {
        for call in im::Call::ALL {
            for key in [None, Some(bytes)] {
                match im::decode_call(*call, user(), body, key) {
                    Ok(asked) => {
                        assert_eq!((asked.call, asked.user), (*call, user()));
                        match asked.task {
                            Task::Post(draft) => check_draft(&draft),
                            Task::Asks(asks) => assert!(!asks.is_empty(), "nothing is asked"),
                        }
                    }
                    Err(trouble) => assert!((400..600).contains(&trouble.http_status())),
                }
            }
        }
    }
    let pings = [im::decode_ping_message(bytes).ok(), query.and_then(|q| im::decode_ping(q).ok())];
    assert!(pings.into_iter().flatten().all(|ms| ms > 0), "{pings:?}");
}

/// Bodies of calls by HTTP and gRPC.
pub(crate) fn check_stream_calls(body: &[u8]) {
    for kind in [PayloadKind::Text, PayloadKind::Binary] {
        for key in [None, Some(body)] {
            if let Ok(draft) = stream::decode_post(user(), kind, body, key) {
                check_draft(&draft);
            }
        }
        if let Ok(posts) = stream::decode_package(kind, body) {
            assert!(posts.len() <= Request::DRAFTS_MAX, "{} posts", posts.len());
            posts.iter().for_each(|(_, draft)| check_draft(draft));
        }
    }
    if let Ok(room) = stream::decode_room_id(body) {
        assert_eq!(room.to_string().parse(), Ok(room));
    }
    let kicked = stream::decode_connections(body);
    assert!(kicked.is_err() || kicked.is_ok_and(|kicked| kicked.len() <= Request::DRAFTS_MAX));
}
