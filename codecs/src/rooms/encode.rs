//! Events to frames of the `rooms` dialect.
//!
//! Decides how each event is shown (the table is in the dialect's page). Ids of users and rooms
//! are texts, a message's id is a number, times are Unix seconds.

use serde::Serialize;

use super::calls::{Trouble, encode_trouble};
use crate::dialect::{Framing, PayloadKind, SignInResult};
use crate::event::Event;
use crate::framing::append_frame;
use crate::model::Message;
use crate::plain::plain;

const MS_PER_SECOND: u64 = 1000;

#[derive(Serialize)]
struct Connected {
    status: &'static str,
    r#type: &'static str,
}

#[derive(Serialize)]
struct Incoming<'a> {
    message: Shown<'a>,
    r#type: &'static str,
}

/// A message, live or from the past.
#[derive(Serialize)]
pub(super) struct Shown<'a> {
    id: u64,
    message: std::borrow::Cow<'a, str>,
    poster: String,
    room: String,
    timestamp: u64,
}

impl<'a> Shown<'a> {
    /// `None` for what the dialect has no word for.
    pub(super) fn of(message: &'a Message) -> Option<Self> {
        Some(Self {
            id: message.id.raw(),
            message: plain(&message.content)?,
            poster: message.sender.to_string(),
            room: message.conversation.to_string(),
            timestamp: message.created_at_ms / MS_PER_SECOND,
        })
    }
}

pub(super) fn encode(framing: Framing, event: &Event, out: &mut Vec<u8>) {
    match event {
        Event::Delivered(message) => append_message(framing, message, out),
        Event::Page { tag: _, messages } => {
            messages.iter().for_each(|message| append_message(framing, message, out));
        }
        // The echo is the only confirmation, and a refusal is silence. Nobody asks by a frame.
        Event::Posted { .. }
        | Event::PageEnd { .. }
        | Event::Joined { .. }
        | Event::Answered { .. }
        | Event::Noticed(_)
        | Event::Notices(_)
        | Event::Refused { .. } => {}
    }
}

pub(super) fn append_sign_in(framing: Framing, result: SignInResult, out: &mut Vec<u8>) {
    let trouble = match result {
        SignInResult::Accepted => {
            return append(framing, &Connected { status: "CONNECTED", r#type: "status" }, out);
        }
        SignInResult::Refused => Trouble::TokenInvalid,
        SignInResult::Expired => Trouble::TokenExpired,
        SignInResult::Busy => Trouble::Internal,
    };
    append_frame(framing, PayloadKind::Text, &encode_trouble(trouble), out);
}

fn append_message(framing: Framing, message: &Message, out: &mut Vec<u8>) {
    if let Some(message) = Shown::of(message) {
        append(framing, &Incoming { message, r#type: "message" }, out);
    }
}

fn append(framing: Framing, frame: &impl Serialize, out: &mut Vec<u8>) {
    let json = serde_json::to_vec(frame).expect("a frame's struct has string keys only");
    append_frame(framing, PayloadKind::Text, &json, out);
}
