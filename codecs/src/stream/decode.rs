//! Frames of the `stream` dialect to requests.
//!
//! Decides what a frame asks for and which faults it has. A fault in what a readable frame says
//! is answered under its `sn`, and the stream goes on; a frame that cannot be read as a `Stream`
//! (no JSON, no protobuf, a value of the wrong type or out of its field's range, no `sn`) ends
//! it. Nothing of a frame is done when any part of it is at fault.

use prost::Message as _;

use crate::dialect::SignInFrame;
use crate::dialect::{Credentials, Decoded, EndReason, Form, Frame, Framing, PayloadKind};
use crate::json::{self, Keys, Object};
use crate::limits::{CLIENT_KEY_BYTES_MAX, DEVICE_BYTES_MAX};
use crate::model::{Category, ConversationId, MessageId, UserId};
use crate::request::{Request, Tag};

use super::status::Fault;
use super::wire::stream::Payload;
use super::wire::{ClientId, PayloadType, Post, Receipts, SignIn, Stream};
use super::{draft, encode, from_json, text_post};

pub(super) fn decode(
    form: &mut Form,
    user: Option<UserId>,
    frame: Frame<'_>,
    out: &mut Vec<Decoded>,
) {
    match (user, form.framing) {
        (Some(user), _) => signed_in(form, user, frame, out),
        (None, Framing::Delimited) => out.push(sign_in(*form, frame.payload)),
        // Elsewhere a token came with the handshake or the call, or nothing is decoded.
        (
            None,
            Framing::WebSocket
            | Framing::Pieces
            | Framing::Grpc
            | Framing::Onechat
            | Framing::Bare
            | Framing::EngineIo3
            | Framing::EngineIo4,
        ) => {
            out.push(Decoded::End { reply: Vec::new(), reason: EndReason::NotSignedIn });
        }
    }
}

/// The first frame on raw TCP.
fn sign_in(form: Form, payload: &[u8]) -> Decoded {
    let fault = match SignIn::decode(payload) {
        Ok(frame) if frame.device_id.len() <= DEVICE_BYTES_MAX => {
            return Decoded::SignIn(SignInFrame {
                tag: Tag::default(),
                credentials: Credentials::Token(frame.token),
                device: frame.device_id,
                receive_bytes_max: None,
            });
        }
        Ok(frame) => Fault::invalid(format!(
            "device_id has {} bytes of at most {DEVICE_BYTES_MAX}",
            frame.device_id.len()
        )),
        Err(error) => Fault::invalid(format!("the first frame is no parlance.SignIn: {error}")),
    };
    let mut reply = Vec::new();
    encode::append_status(form, &fault, &mut reply);
    Decoded::End { reply, reason: EndReason::Malformed }
}

fn signed_in(form: &mut Form, user: UserId, frame: Frame<'_>, out: &mut Vec<Decoded>) {
    // Some clients' encoders write a line feed after each text.
    if frame.kind == PayloadKind::Text && frame.payload.iter().all(u8::is_ascii_whitespace) {
        return;
    }
    if form.framing == Framing::WebSocket {
        form.kind = frame.kind;
    }
    let mut stream = match read(frame) {
        Ok(stream) => stream,
        Err(fault) => {
            out.push(unreadable(*form, &fault));
            return;
        }
    };
    let Some(sn) = stream.sn.take() else {
        out.push(unreadable(*form, &Fault::missing("sn")));
        return;
    };
    let kind = stream.r#type;
    match requests(user, &sn, stream) {
        Ok(requests) => out.extend(requests.into_iter().map(Decoded::Request)),
        Err(fault) => {
            let mut reply = Vec::new();
            encode::append_fault(*form, &sn, kind, &fault, &mut reply);
            out.push(Decoded::Reply(reply));
        }
    }
}

fn read(frame: Frame<'_>) -> Result<Stream, Fault> {
    match frame.kind {
        PayloadKind::Binary => Stream::decode(frame.payload)
            .map_err(|error| Fault::invalid(format!("no appootb.message.Stream: {error}"))),
        PayloadKind::Text => {
            if let Some(post) = text_post::read(frame.payload) {
                return Ok(post);
            }
            let json =
                json::parse(frame.payload).map_err(|error| Fault::invalid(error.to_string()))?;
            let object = Object::new(&json, Keys::SnakeOrCamel)
                .ok_or_else(|| Fault::invalid("a frame is a JSON object"))?;
            Ok(from_json::stream(object)?)
        }
    }
}

/// A WebSocket says why in its close frame; raw TCP has only a last frame to say it in, and a
/// call its status.
fn unreadable(form: Form, fault: &Fault) -> Decoded {
    let mut reply = Vec::new();
    match form.framing {
        Framing::Delimited => encode::append_fault(form, "", None, fault, &mut reply),
        Framing::Grpc => encode::append_call_status(fault, &mut reply),
        Framing::WebSocket
        | Framing::Pieces
        | Framing::Onechat
        | Framing::Bare
        | Framing::EngineIo3
        | Framing::EngineIo4 => {}
    }
    Decoded::End { reply, reason: EndReason::Malformed }
}

fn requests(user: UserId, sn: &str, stream: Stream) -> Result<Vec<Request>, Fault> {
    if sn.len() > Tag::BYTES_MAX {
        return Err(Fault::invalid(format!(
            "sn has {} bytes of at most {}",
            sn.len(),
            Tag::BYTES_MAX
        )));
    }
    let number = stream.r#type.ok_or_else(|| Fault::missing("type"))?;
    let kind = PayloadType::try_from(number).map_err(|_| Fault::unknown("type"))?;
    match (kind, stream.payload) {
        (PayloadType::Unspecified, _) => Err(Fault::invalid("type is unspecified")),
        (PayloadType::Sync, None) => sync(sn, stream.target, Vec::new()),
        (PayloadType::Sync, Some(Payload::Local(local))) => sync(sn, stream.target, local.ids),
        (PayloadType::Sync, Some(_)) => Err(Fault::invalid("a SYNC carries local")),
        (PayloadType::Messages, Some(Payload::Postbox(postbox))) => {
            posts(user, sn, postbox.posts).map(|post| vec![post])
        }
        (PayloadType::Messages, _) => Err(Fault::invalid("MESSAGES carry a postbox")),
        (PayloadType::Receipts, Some(Payload::Receipts(found))) => receipts(found),
        (PayloadType::Receipts, _) => Err(Fault::invalid("RECEIPTS carry receipts")),
    }
}

/// A room named by `target` is joined first: what it says then arrives like any other category.
fn sync(sn: &str, target: Option<u64>, ids: Vec<ClientId>) -> Result<Vec<Request>, Fault> {
    let mut after: Vec<(Category, Option<MessageId>)> = Vec::new();
    for id in ids {
        let category = draft::category(id.category)?;
        if after.iter().any(|(listed, _)| *listed == category) {
            return Err(Fault::invalid("a SYNC lists each category once"));
        }
        after.push((category, id.last_id.map(MessageId::from_raw)));
    }
    let mut requests = Vec::new();
    // A schema-driven client may send every field: zero is no room and means absent.
    let room = match target.filter(|target| *target != 0) {
        None => None,
        Some(target) => {
            let room = ConversationId::number(target).ok_or(crate::Refusal::UnknownConversation)?;
            requests.push(Request::Join { tag: tag(sn), room });
            Some(room)
        }
    };
    requests.push(Request::Sync { tag: tag(sn), after, room });
    Ok(requests)
}

fn posts(user: UserId, sn: &str, posts: Vec<Post>) -> Result<Request, Fault> {
    if posts.is_empty() || posts.len() > Request::DRAFTS_MAX {
        return Err(Fault::invalid(format!(
            "the postbox holds {} posts, not 1 to {}",
            posts.len(),
            Request::DRAFTS_MAX
        )));
    }
    let several = posts.len() > 1;
    let mut drafts = Vec::with_capacity(posts.len());
    for (place, post) in posts.into_iter().enumerate() {
        let draft = draft::draft(user, post, client_key(sn, place))
            .map_err(|fault| if several { encode::in_place(place, fault) } else { fault })?;
        drafts.push(draft);
    }
    Ok(Request::Post { tag: tag(sn), drafts })
}

/// `sn` and the place in the postbox. The two bytes of the place begin with a NUL (there are at
/// most 256 places), so that no key given in an HTTP header can be the same. An empty `sn` names
/// nothing: two posts under it are two posts.
pub(super) fn client_key(sn: &str, place: usize) -> Option<Box<[u8]>> {
    let place = u16::try_from(place).ok()?;
    if sn.is_empty() {
        return None;
    }
    Some([sn.as_bytes(), &place.to_be_bytes()].concat().into())
}

const _: () = assert!(Request::DRAFTS_MAX <= 256, "a key's place begins with a NUL");
const _: () = assert!(Tag::BYTES_MAX + 2 <= CLIENT_KEY_BYTES_MAX, "an sn and a place make a key");

fn receipts(receipts: Receipts) -> Result<Vec<Request>, Fault> {
    let mut requests = Vec::new();
    for id in receipts.local_ids {
        let category = draft::category(id.category)?;
        if let Some(last_id) = id.last_id {
            let up_to = MessageId::from_raw(last_id);
            requests.push(Request::ReceiptUpTo { category, up_to });
        }
    }
    let mut ids = Vec::with_capacity(receipts.postmarks.len());
    for postmark in receipts.postmarks {
        draft::category(postmark.category)?;
        postmark.sender.ok_or_else(|| Fault::missing("postmark.sender"))?;
        postmark.receiver.ok_or_else(|| Fault::missing("postmark.receiver"))?;
        let id = postmark.unique_id.ok_or_else(|| Fault::missing("postmark.unique_id"))?;
        ids.push(MessageId::from_raw(id));
    }
    let chunks = ids.chunks(Request::RECEIPTS_MAX);
    requests.extend(chunks.map(|chunk| Request::Receipts { ids: chunk.to_vec() }));
    Ok(requests)
}

fn tag(sn: &str) -> Tag {
    Tag(sn.into())
}
