//! Messages of Socket.IO to requests.
//!
//! Decides what a packet asks for. An event that is not understood is answered under its own
//! name, and to its callback; bytes that are no packet, or no event, end the connection, as the
//! protocol has it.

use super::body::{self, Arguments, Wrong};
use super::encode::{self, Kind};
use super::name::{self, Named};
use super::packet::{self, Malformed, Packet, ROOT};
use super::tag::{Asked, Said};
use crate::ask::Ask;
use crate::dialect::{Credentials, Decoded, EndReason, Form, PayloadKind, SignInFrame};
use crate::framing::append_frame;
use crate::framing::engineio::Protocol;
use crate::json::{self, Json, Keys, Object};
use crate::model::{ConversationId, UserId};
use crate::request::{Draft, DraftBody, Request, Tag};

pub(super) fn decode(form: Form, user: Option<UserId>, message: &[u8], out: &mut Vec<Decoded>) {
    match decoded(form, user, message) {
        Ok(decoded) => out.extend(decoded),
        Err(Malformed) => {
            out.push(Decoded::End { reply: Vec::new(), reason: EndReason::Malformed });
        }
    }
}

fn decoded(form: Form, user: Option<UserId>, message: &[u8]) -> Result<Option<Decoded>, Malformed> {
    let protocol = Protocol::of(form.framing).unwrap_or(Protocol::V4);
    match packet::parse(message)? {
        Packet::Connect { namespace, payload } if &*namespace == ROOT => match protocol {
            // The session is connected since it began.
            Protocol::V3 => Ok(Some(reply(form, &packet::connected(protocol, "")))),
            Protocol::V4 => sign_in(payload.as_deref()).map(Some),
        },
        Packet::Connect { namespace, .. } => {
            Ok(Some(reply(form, &packet::refused(protocol, &namespace, "Invalid namespace"))))
        }
        Packet::Disconnect { namespace } if &*namespace == ROOT => Ok(Some(Decoded::SignOut)),
        Packet::Event { namespace, payload, ack } if &*namespace == ROOT => {
            event(form, user, payload.as_bytes(), ack)
        }
        Packet::Disconnect { .. } | Packet::Event { .. } | Packet::PassedOver => Ok(None),
    }
}

fn reply(form: Form, packet: &[u8]) -> Decoded {
    let mut frames = Vec::new();
    append_frame(form.framing, PayloadKind::Text, packet, &mut frames);
    Decoded::Reply(frames)
}

/// A token in the connect packet counts before one in the handshake.
fn sign_in(payload: Option<&str>) -> Result<Decoded, Malformed> {
    let mut credentials = Credentials::Handshake;
    if let Some(payload) = payload {
        let json = json::parse(payload.as_bytes()).map_err(|_| Malformed)?;
        let object = Object::new(&json, Keys::Exact).ok_or(Malformed)?;
        match object.field("token") {
            Ok(Some(Json::String(token))) => credentials = Credentials::Token(token.to_string()),
            // A token that is no text is nobody's.
            Ok(Some(Json::Null) | None) => {}
            Ok(Some(_)) | Err(_) => credentials = Credentials::Token(String::new()),
        }
    }
    Ok(Decoded::SignIn(SignInFrame {
        tag: Tag::default(),
        credentials,
        device: String::new(),
        receive_bytes_max: None,
    }))
}

fn event(
    form: Form,
    user: Option<UserId>,
    payload: &[u8],
    ack: Option<u64>,
) -> Result<Option<Decoded>, Malformed> {
    let json = json::parse(payload).map_err(|_| Malformed)?;
    let Json::Array(items) = &json else { return Err(Malformed) };
    let Some((Json::String(event), arguments)) = items.split_first() else {
        return Err(Malformed);
    };
    let Some(named) = name::read(event) else { return Ok(None) };
    let asked = Asked { event: event.to_string(), ack, said: None };
    Ok(Some(match meaning(user, named, Arguments(arguments), &asked) {
        Ok(decoded) => decoded,
        Err(wrong) => {
            let mut frames = Vec::new();
            encode::append_error(form.framing, &asked, &wrong, &mut frames);
            Decoded::Reply(frames)
        }
    }))
}

fn meaning(
    user: Option<UserId>,
    named: Named,
    arguments: Arguments<'_, '_>,
    asked: &Asked,
) -> Result<Decoded, Wrong> {
    if named == Named::CreateUser {
        return Ok(Decoded::Identify { tag: asked.to_tag(), claim: body::create_user(arguments)? });
    }
    if user.is_none() {
        return Err(super::UNAUTHORIZED.to_owned());
    }
    let ask = |ask: Ask| Decoded::Request(Request::Ask { tag: asked.to_tag(), ask });
    match named {
        Named::CreateUser => Err(super::UNAUTHORIZED.to_owned()),
        Named::CreateChat => body::create_chat(arguments).map(ask),
        Named::ListChats => Ok(ask(Ask::Conversations)),
        Named::ListMessages => body::list_messages(arguments).map(ask),
        Named::NewMessage => post(arguments, None, asked),
        Named::NewMessageIn(Some(chat)) => post(arguments, Some(chat), asked),
        Named::NewMessageIn(None) => Err(encode::CHAT_NOT_FOUND.to_owned()),
    }
}

/// There is no key for a retry: the same message twice is two messages.
fn post(
    arguments: Arguments<'_, '_>,
    named: Option<ConversationId>,
    asked: &Asked,
) -> Result<Decoded, Wrong> {
    let body::NewMessage { conversation, content } = body::new_message(arguments, named)?;
    let said = asked.ack.and_then(|_| {
        let (kind, text) = Kind::of(&content)?;
        Some(Said { kind, text: text.into_owned() })
    });
    let tag = Asked { said, ..asked.clone() }.to_tag();
    let Some(conversation) = conversation else {
        return Ok(Decoded::Request(Request::Ask { tag, ask: Ask::PostToOnly { content } }));
    };
    let draft = Draft {
        conversation,
        category: None,
        body: DraftBody::Content(content),
        expires_in_ms: None,
        key: None,
    };
    Ok(Decoded::Request(Request::Post { tag, drafts: vec![draft] }))
}
