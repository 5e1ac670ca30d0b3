//! Events to frames of the `onechat` dialect.
//!
//! Decides how each event is shown (the table is in the dialect's README). Every frame's keys
//! stand in the documents' order, and there are no others.

use serde::Serialize;

use crate::dialect::{Framing, SignInResult};
use crate::event::{Event, Posted, Refusal};
use crate::model::{Category, ConversationId, Message};
use crate::request::Tag;

use super::reply::{Fault, append_ack, append_error, append_json};
use super::{asks, notices, offline};
use crate::plain::plain;

#[derive(Serialize)]
struct SingleChat<'a> {
    cmd: &'a str,
    from: u64,
    msg: &'a str,
    ack: u64,
}

#[derive(Serialize)]
struct GroupChat<'a> {
    cmd: &'a str,
    from: u64,
    to: u64,
    msg: &'a str,
    ack: u64,
}

pub(super) fn encode(framing: Framing, event: &Event, out: &mut Vec<u8>) {
    match event {
        Event::Delivered(message) => append_push(framing, message, out),
        Event::Posted { tag, results } => {
            for result in results {
                append_result(framing, tag, result, out);
            }
        }
        Event::Page { tag: _, messages } => offline::append(framing, messages, out),
        // The dialect has no word for the end of what was missed, nor for joining.
        Event::PageEnd { .. } | Event::Joined { result: Ok(()), .. } => {}
        Event::Joined { result: Err(refusal), .. } | Event::Refused { refusal, .. } => {
            append_error(framing, (*refusal).into(), out);
        }
        Event::Answered { tag, ask, result } => {
            let outcome = result.as_ref().map(|_| ()).map_err(|refusal| *refusal);
            asks::append_outcome(framing, tag, ask, outcome, out);
        }
        Event::Noticed(notice) => notices::append_live(framing, notice, out),
        Event::Notices(missed) => notices::append_missed(framing, missed, out),
    }
}

pub(super) fn append_sign_in(framing: Framing, tag: &Tag, result: SignInResult, out: &mut Vec<u8>) {
    match result {
        SignInResult::Accepted => append_ack(framing, "login", &tag.0, out),
        SignInResult::Refused | SignInResult::Expired => {
            append_error(framing, Fault::SignInRefused, out)
        }
        SignInResult::Busy => append_error(framing, Fault::Unavailable, out),
    }
}

fn append_push(framing: Framing, message: &Message, out: &mut Vec<u8>) {
    let Some(text) = plain(&message.content) else { return };
    let (from, ack) = (message.sender.raw(), message.id.raw());
    match message.conversation {
        ConversationId::Direct(..) => {
            append_json(framing, &SingleChat { cmd: "single_chat", from, msg: &text, ack }, out);
        }
        ConversationId::Number(room) => {
            let to = room.get();
            append_json(framing, &GroupChat { cmd: "group_chat", from, to, msg: &text, ack }, out);
        }
    }
}

fn append_result(framing: Framing, tag: &Tag, result: &Result<Posted, Refusal>, out: &mut Vec<u8>) {
    match result {
        Ok(posted) => {
            let action = match posted.category {
                Category::Direct => "single_chat",
                Category::Group | Category::Channel | Category::Room => "group_chat",
            };
            append_ack(framing, action, &tag.0, out);
        }
        Err(refusal) => append_error(framing, (*refusal).into(), out),
    }
}
