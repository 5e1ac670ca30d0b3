//! Events to frames of the `stream` dialect.
//!
//! Decides how each event and each kind of content is shown (the table is in the dialect's
//! README). What the schema requires is always written.

use prost::Message as _;
use prost_types::{Duration, Timestamp};

use crate::dialect::{EndReason, Form, PayloadKind, SignInResult};
use crate::event::{Event, Posted, Refusal};
use crate::framing::{append_frame, grpc};
use crate::model::{Category, Content, ConversationId, Media, MediaKind, Message, UserId};
use crate::request::Tag;

use super::status::{Code, Fault};
use super::text_post;
use super::to_json;
use super::wire;
use super::wire::stream::Payload;

/// The `sn` of what the server sends at sign-in by itself, in one answer of several frames. It
/// stands before every live message's, as zero stands before every message id.
const SERVER_SYNC_SN: &str = "0";

/// What a message's JSON has beyond its protobuf, about: room for it all at once.
const JSON_OVERHEAD: usize = 256;

const MS_PER_SECOND: u64 = 1000;
const NANOS_PER_MS: u64 = 1_000_000;

pub(super) fn encode(form: Form, event: &Event, out: &mut Vec<u8>) {
    match event {
        Event::Delivered(message) => {
            if form.kind == PayloadKind::Text
                && let Some(json) = text_post::write(message)
            {
                append_frame(form.framing, form.kind, &json, out);
                return;
            }
            append_posts(form, message.id.to_string(), vec![post(message)], out);
        }
        Event::Posted { tag, results } => append_results(form, tag, results, out),
        Event::Page { tag, messages } => {
            // An empty postbox would read as the answer's end.
            if !messages.is_empty() {
                let posts = messages.iter().map(|message| post(message)).collect();
                append_posts(form, sync_sn(tag.as_ref()).to_owned(), posts, out);
            }
        }
        Event::PageEnd { tag } => {
            append_posts(form, sync_sn(tag.as_ref()).to_owned(), Vec::new(), out);
        }
        Event::Joined { result: Ok(()), .. } => {}
        Event::Joined { tag, result: Err(refusal), .. } | Event::Refused { tag, refusal } => {
            let kind = Some(wire::PayloadType::Sync.into());
            append_fault(form, &tag.0, kind, &Fault::from(*refusal), out);
        }
        // The dialect asks for nothing of the kind, and has no word for notices.
        Event::Answered { .. } | Event::Noticed(_) | Event::Notices(_) => {}
    }
}

fn sync_sn(tag: Option<&Tag>) -> &str {
    tag.map_or(SERVER_SYNC_SN, |tag| &tag.0)
}

fn append_posts(form: Form, sn: String, posts: Vec<wire::Post>, out: &mut Vec<u8>) {
    let stream = wire::Stream {
        sn: Some(sn),
        target: None,
        r#type: Some(wire::PayloadType::Messages.into()),
        error: None,
        payload: Some(Payload::Postbox(wire::Postbox { posts })),
    };
    append_stream(form, &stream, out);
}

/// What was stored comes first, in one RECEIPTS frame; then a MESSAGES frame with an error for
/// each post that was refused, which names its place where there were several.
fn append_results(form: Form, tag: &Tag, results: &[Result<Posted, Refusal>], out: &mut Vec<u8>) {
    let postmarks: Vec<_> = results.iter().flatten().map(completed_postmark).collect();
    if !postmarks.is_empty() {
        let receipts = wire::Receipts { local_ids: Vec::new(), postmarks };
        let stream = wire::Stream {
            sn: Some(tag.0.to_string()),
            target: None,
            r#type: Some(wire::PayloadType::Receipts.into()),
            error: None,
            payload: Some(Payload::Receipts(receipts)),
        };
        append_stream(form, &stream, out);
    }
    for (place, result) in results.iter().enumerate() {
        if let Err(refusal) = result {
            let fault = Fault::from(*refusal);
            let fault = if results.len() > 1 { in_place(place, fault) } else { fault };
            let kind = Some(wire::PayloadType::Messages.into());
            append_fault(form, &tag.0, kind, &fault, out);
        }
    }
}

/// The fault of one of several posts, counted from 1.
pub(super) fn in_place(place: usize, fault: Fault) -> Fault {
    let number = place.saturating_add(1);
    Fault::new(fault.code, format!("post {number}: {}", fault.message))
}

/// Appends the answer to a frame that was not done. A frame without a type is answered with
/// that of none.
pub(super) fn append_fault(
    form: Form,
    sn: &str,
    kind: Option<i32>,
    fault: &Fault,
    out: &mut Vec<u8>,
) {
    let stream = wire::Stream {
        sn: Some(sn.to_owned()),
        target: None,
        r#type: kind.or(Some(wire::PayloadType::Unspecified.into())),
        error: Some(fault.to_wire()),
        payload: None,
    };
    append_stream(form, &stream, out);
}

/// Appends the bare status that answers a sign-in on raw TCP.
pub(super) fn append_status(form: Form, fault: &Fault, out: &mut Vec<u8>) {
    append_frame(form.framing, PayloadKind::Binary, &fault.to_wire().encode_to_vec(), out);
}

/// Appends the status that ends a call.
pub(super) fn append_call_status(fault: &Fault, out: &mut Vec<u8>) {
    grpc::append_status(fault.code as u8, &fault.message, out);
}

fn append_stream(form: Form, stream: &wire::Stream, out: &mut Vec<u8>) {
    let payload = match form.kind {
        PayloadKind::Binary => stream.encode_to_vec(),
        PayloadKind::Text => {
            // JSON's names and the ids' digits are some hundred bytes longer.
            let mut json = Vec::with_capacity(stream.encoded_len().saturating_add(JSON_OVERHEAD));
            to_json::append(stream, &mut json);
            json
        }
    };
    append_frame(form.framing, form.kind, &payload, out);
}

pub(super) fn sign_in_status(result: SignInResult) -> Fault {
    match result {
        SignInResult::Accepted => Fault::new(Code::Ok, ""),
        SignInResult::Refused | SignInResult::Expired => {
            Fault::new(Code::Unauthenticated, "the token is not valid")
        }
        SignInResult::Busy => {
            Fault::new(Code::Unavailable, "too many sign-ins at the moment, come back later")
        }
    }
}

/// Raw TCP has no close frame: a last frame with an empty `sn` says why.
pub(super) fn append_end(form: Form, reason: EndReason, out: &mut Vec<u8>) {
    if let Some(fault) = Fault::of_end(reason) {
        append_fault(form, "", None, &fault, out);
    }
}

fn post(message: &Message) -> wire::Post {
    let (kind, envelope) = envelope(&message.content);
    wire::Post {
        postmark: Some(wire::Postmark {
            category: Some(category(message.category).into()),
            sender: Some(message.sender.raw()),
            receiver: Some(receiver(message.conversation, message.sender)),
            unique_id: Some(message.id.raw()),
            expire: lifetime(message.created_at_ms, message.expires_at_ms),
            timestamp: Some(timestamp(message.created_at_ms)),
        }),
        r#type: Some(kind.into()),
        envelope: Some(envelope),
    }
}

pub(super) fn completed_postmark(posted: &Posted) -> wire::Postmark {
    wire::Postmark {
        category: Some(category(posted.category).into()),
        sender: Some(posted.sender.raw()),
        receiver: Some(receiver(posted.conversation, posted.sender)),
        unique_id: Some(posted.id.raw()),
        expire: lifetime(posted.created_at_ms, posted.expires_at_ms),
        timestamp: Some(timestamp(posted.created_at_ms)),
    }
}

fn envelope(content: &Content) -> (wire::Type, wire::post::Envelope) {
    match content {
        Content::Text { text, extra: _ } => (wire::Type::Text, in_text(text.clone())),
        Content::Media { kind, media } => (media_type(*kind), in_resource(media)),
        Content::Location { latitude, longitude } => (
            wire::Type::Location,
            wire::post::Envelope::Coordinate(wire::Location {
                latitude: Some(*latitude),
                longitude: Some(*longitude),
            }),
        ),
        Content::ContactText { text } => (wire::Type::Contact, in_text(text.clone())),
        Content::ContactMedia { media } => (wire::Type::Contact, in_resource(media)),
        Content::Recall { target, .. } => (wire::Type::Recall, in_text(target.to_string())),
        Content::Read { target } => (wire::Type::Read, in_text(target.to_string())),
    }
}

fn in_text(content: String) -> wire::post::Envelope {
    wire::post::Envelope::Text(wire::Text { content: Some(content) })
}

fn in_resource(media: &Media) -> wire::post::Envelope {
    wire::post::Envelope::Resource(wire::Media {
        url: Some(media.url.clone()),
        thumbnail: media.thumbnail.clone(),
    })
}

fn media_type(kind: MediaKind) -> wire::Type {
    match kind {
        MediaKind::Audio => wire::Type::Audio,
        MediaKind::Sticker => wire::Type::Sticker,
        MediaKind::Photo => wire::Type::Photo,
        MediaKind::Video => wire::Type::Video,
        MediaKind::Gif => wire::Type::Gif,
        MediaKind::File => wire::Type::File,
    }
}

pub(super) fn category(category: Category) -> wire::Category {
    match category {
        Category::Direct => wire::Category::Private,
        Category::Group => wire::Category::Group,
        Category::Channel => wire::Category::Channel,
        Category::Room => wire::Category::Room,
    }
}

/// The other user of a direct, or the conversation's number. The core lets nobody send into a
/// direct of others; zero would stand for that.
pub(super) fn receiver(conversation: ConversationId, sender: UserId) -> u64 {
    match conversation {
        ConversationId::Direct(..) => conversation.peer_of(sender).map_or(0, UserId::raw),
        ConversationId::Number(number) => number.get(),
    }
}

fn lifetime(created_at_ms: u64, expires_at_ms: Option<u64>) -> Option<Duration> {
    let ms = expires_at_ms?.saturating_sub(created_at_ms);
    let (seconds, nanos) = seconds_and_nanos(ms);
    Some(Duration { seconds, nanos })
}

pub(super) fn timestamp(ms: u64) -> Timestamp {
    let (seconds, nanos) = seconds_and_nanos(ms);
    Timestamp { seconds, nanos }
}

fn seconds_and_nanos(ms: u64) -> (i64, i32) {
    let seconds = i64::try_from(ms / MS_PER_SECOND).expect("2^64 ms are less than 2^63 s");
    let nanos = i32::try_from(ms % MS_PER_SECOND * NANOS_PER_MS).expect("less than a second");
    (seconds, nanos)
}
