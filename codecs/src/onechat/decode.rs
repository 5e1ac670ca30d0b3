//! Commands of the `onechat` dialect to requests.
//!
//! Decides what a command asks for and which faults it has, in the order in which the dialect
//! checks. Keys may come in any order, unknown ones are passed over. Every fault is answered and
//! leaves the connection open.

use crate::dialect::{Credentials, Decoded, Framing, SignInFrame};
use crate::json::{self, Json, Keys, Object};
use crate::limits::{CLIENT_KEY_BYTES_MAX, DEVICE_BYTES_MAX, TEXT_BYTES_MAX};
use crate::model::{Content, ConversationId, MessageId, UserId};
use crate::request::{Draft, DraftBody, Request, Tag};
use crate::text::{TextError, check_text};

use super::asks;
use super::reply::{Fault, append_error};

/// The documents have both; the original's server knew the second only.
const NOTIFICATION_ACTIONS: [&str; 2] = ["notification", "offline_notifications"];
const MESSAGE_ACTIONS: [&str; 4] =
    ["single_chat", "group_chat", "offline_single_chat_msg", "offline_group_chat_msg"];

pub(super) fn decode(
    framing: Framing,
    user: Option<UserId>,
    payload: &[u8],
    out: &mut Vec<Decoded>,
) {
    if let Err(fault) = command(framing, user, payload, out) {
        let mut reply = Vec::new();
        append_error(framing, fault, &mut reply);
        out.push(Decoded::Reply(reply));
    }
}

fn command(
    framing: Framing,
    user: Option<UserId>,
    payload: &[u8],
    out: &mut Vec<Decoded>,
) -> Result<(), Fault> {
    let json = json::parse(payload).map_err(|_| Fault::Malformed)?;
    let object = Object::new(&json, Keys::Exact).ok_or(Fault::Malformed)?;
    let name = object.text("cmd").ok().flatten();
    let Some(user) = user else {
        if name != Some("login") {
            return Err(Fault::NotSignedIn);
        }
        out.push(Decoded::SignIn(sign_in(object)?));
        return Ok(());
    };
    match name {
        Some("login") => return Err(Fault::AlreadySignedIn),
        Some("logout") => out.push(Decoded::SignOut),
        Some("single_chat") => out.push(Decoded::Request(single_chat(user, object)?)),
        Some("group_chat") => out.push(Decoded::Request(group_chat(object)?)),
        Some("ack") => out.extend(acknowledged(object)?.into_iter().map(Decoded::Request)),
        Some(other) => return asks::decode(framing, user, other, object, out),
        None => return Err(Fault::UnknownCommand),
    }
    Ok(())
}

fn sign_in(object: Object<'_, '_>) -> Result<SignInFrame, Fault> {
    let name = text(object, "name")?.ok_or(Fault::NotText { field: "name" })?;
    let secret = text(object, "pass")?.ok_or(Fault::NotText { field: "pass" })?;
    let device = text(object, "device")?.unwrap_or_default();
    if device.len() > DEVICE_BYTES_MAX {
        return Err(Fault::LongField { field: "device", max: DEVICE_BYTES_MAX });
    }
    Ok(SignInFrame {
        tag: tag(object)?,
        credentials: Credentials::Password { name: name.to_owned(), secret: secret.to_owned() },
        device: device.to_owned(),
        receive_bytes_max: None,
    })
}

/// An id that no user can have, and the user's own, are answered as a stranger's is.
fn single_chat(user: UserId, object: Object<'_, '_>) -> Result<Request, Fault> {
    let to = integer(object, "to").ok_or(Fault::SingleTarget)?;
    let conversation = to
        .and_then(UserId::new)
        .and_then(|peer| ConversationId::direct(user, peer))
        .ok_or(Fault::NotFriends)?;
    post(conversation, object)
}

/// `to` may be a channel or a room as well: the dialect does not tell them apart.
fn group_chat(object: Object<'_, '_>) -> Result<Request, Fault> {
    let to = integer(object, "to").ok_or(Fault::GroupTarget)?;
    let conversation = to.and_then(ConversationId::number).ok_or(Fault::NotInRoom)?;
    post(conversation, object)
}

/// An integer: `None` where it is none, `Some(None)` where it is below zero.
pub(super) fn integer(object: Object<'_, '_>, field: &'static str) -> Option<Option<u64>> {
    match object.field(field).ok()?? {
        Json::Integer(number) => Some(Some(*number)),
        Json::Negative(_) => Some(None),
        _ => None,
    }
}

/// The client's `ack` is its key: a retry under it stores nothing new. An empty one names
/// nothing.
fn post(conversation: ConversationId, object: Object<'_, '_>) -> Result<Request, Fault> {
    let message = text(object, "msg")?.ok_or(Fault::NotText { field: "msg" })?;
    check_text(message).map_err(|error| match error {
        TextError::Empty => Fault::EmptyMessage,
        TextError::TooLong { .. } => Fault::LongField { field: "msg", max: TEXT_BYTES_MAX },
        TextError::Nul => Fault::NulInMessage,
    })?;
    let tag = tag(object)?;
    let key = if tag.0.is_empty() { None } else { Some(tag.0.as_bytes().into()) };
    let draft = Draft {
        conversation,
        // The dialect does not tell a group from a channel or a room.
        category: None,
        body: DraftBody::Content(Content::text(message)),
        expires_in_ms: None,
        key,
    };
    Ok(Request::Post { tag, drafts: vec![draft] })
}

const _: () = assert!(Tag::BYTES_MAX <= CLIENT_KEY_BYTES_MAX, "every ack can be a key");

/// What the client wants back with its answer; absent is empty.
pub(super) fn tag(object: Object<'_, '_>) -> Result<Tag, Fault> {
    let ack = text(object, "ack")?.unwrap_or_default();
    if ack.len() > Tag::BYTES_MAX {
        return Err(Fault::LongField { field: "ack", max: Tag::BYTES_MAX });
    }
    Ok(Tag(ack.into()))
}

pub(super) fn text<'t>(
    object: Object<'t, '_>,
    field: &'static str,
) -> Result<Option<&'t str>, Fault> {
    object.text(field).map_err(|_| Fault::NotText { field })
}

/// One id or a list of them, whatever the action. Messages and notices have ids of one space, in
/// every action, so that none need be told from another.
fn acknowledged(object: Object<'_, '_>) -> Result<Vec<Request>, Fault> {
    let action = object.text("action").ok().flatten().ok_or(Fault::UnknownAckAction)?;
    let request: fn(Vec<MessageId>) -> Request = if NOTIFICATION_ACTIONS.contains(&action) {
        |ids| Request::NoticesSeen { ids }
    } else if MESSAGE_ACTIONS.contains(&action) {
        |ids| Request::Receipts { ids }
    } else {
        return Err(Fault::UnknownAckAction);
    };
    let ids = match object.field("ack").ok().flatten() {
        Some(Json::Array(ids)) => ids.iter().map(message_id).collect::<Result<Vec<_>, _>>()?,
        Some(id) => vec![message_id(id)?],
        None => return Err(Fault::NotInteger { field: "ack" }),
    };
    let chunks = ids.chunks(Request::RECEIPTS_MAX);
    Ok(chunks.map(|chunk| request(chunk.to_vec())).collect())
}

fn message_id(json: &Json<'_>) -> Result<MessageId, Fault> {
    json.as_u64().map(MessageId::from_raw).ok_or(Fault::NotInteger { field: "ack" })
}
