//! Frames of the `rooms` dialect to requests.
//!
//! Decides what a frame asks for. What is not understood means nothing: the dialect has no word
//! for a refusal, before the sign-in or after it.

use crate::dialect::{Credentials, Decoded, SignInFrame};
use crate::json::{self, Json, Keys, Object};
use crate::model::{Content, ConversationId, UserId};
use crate::request::{Draft, DraftBody, Request, Tag};
use crate::text::check_text;

pub(super) fn decode(user: Option<UserId>, payload: &[u8], out: &mut Vec<Decoded>) {
    let Ok(json) = json::parse(payload) else { return };
    let Some(object) = Object::new(&json, Keys::Exact) else { return };
    out.extend(match user {
        None => sign_in(object),
        Some(_) => post(object).map(Decoded::Request),
    });
}

fn sign_in(object: Object<'_, '_>) -> Option<Decoded> {
    let token = object.text("auth_token").ok()??;
    Some(Decoded::SignIn(SignInFrame {
        tag: Tag::default(),
        credentials: Credentials::Token(token.to_owned()),
        device: String::new(),
        receive_bytes_max: None,
    }))
}

/// The documents spell the text's key in two ways; where both are there, `message` counts. There
/// is no key for a retry: the same text twice is two messages.
fn post(object: Object<'_, '_>) -> Option<Request> {
    let text = match object.text("message").ok()? {
        Some(text) => text,
        None => object.text("messages").ok()??,
    };
    check_text(text).ok()?;
    let draft = Draft {
        conversation: room(object.field("room").ok()??)?,
        category: None,
        body: DraftBody::Content(Content::text(text)),
        expires_in_ms: None,
        key: None,
    };
    Some(Request::Post { tag: Tag::default(), drafts: vec![draft] })
}

/// A room's id: a text, or for clients that take it for a number, a number.
pub(super) fn room(json: &Json<'_>) -> Option<ConversationId> {
    match json {
        Json::String(text) => text.parse().ok(),
        Json::Integer(number) => ConversationId::number(*number),
        Json::Null
        | Json::Bool(_)
        | Json::Negative(_)
        | Json::Float(_)
        | Json::Array(_)
        | Json::Object(_) => None,
    }
}
