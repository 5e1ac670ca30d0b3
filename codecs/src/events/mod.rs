//! The `events` dialect: five events over Socket.IO, whose protocol is Engine.IO 3 or 4.
//!
//! `README.md` beside this file has its tables: every form of every event's body, how every kind
//! of content and every event is shown, and what every refusal is answered. Answers are the union
//! of what its clients of several ages look for, under the event's own name, and to the callback
//! where one waits.

use crate::dialect::{
    Decoded, Dialect, Echo, EndReason, Form, Frame, PayloadKind, Replaces, Resume, SignInResult,
    Traits,
};
use crate::event::Event;
use crate::framing::append_frame;
use crate::framing::engineio::Protocol;
use crate::model::UserId;
use crate::request::Tag;

mod body;
mod decode;
mod encode;
mod name;
mod packet;
mod tag;
mod time;

#[cfg(test)]
mod tests;

pub struct Events;

/// Where the dialect's clients connect.
pub const PATH: &str = "/socket.io/";

impl Dialect for Events {
    fn traits(&self) -> Traits {
        Traits {
            resume: Resume::FromNow,
            echo: Echo::Everything,
            friends_required: false,
            replaces: Replaces::Nothing,
            may_sign_in_again: true,
            marks: false,
            notices: false,
        }
    }

    fn decode(
        &self,
        form: &mut Form,
        user: Option<UserId>,
        frame: Frame<'_>,
        out: &mut Vec<Decoded>,
    ) {
        form.kind = PayloadKind::Text;
        decode::decode(*form, user, frame.payload, out);
    }

    fn encode(&self, form: Form, event: &Event, out: &mut Vec<u8>) {
        encode::encode(form.framing, event, out);
    }

    /// `tag` is the session's id, which clients show as the socket's.
    fn encode_sign_in(&self, form: Form, tag: &Tag, result: SignInResult, out: &mut Vec<u8>) {
        let protocol = Protocol::of(form.framing).unwrap_or(Protocol::V4);
        let packet = match result {
            SignInResult::Accepted => packet::connected(protocol, &tag.0),
            SignInResult::Refused | SignInResult::Expired => {
                packet::refused(protocol, packet::ROOT, UNAUTHORIZED)
            }
            SignInResult::Busy => packet::refused(protocol, packet::ROOT, "try again later"),
        };
        append_frame(form.framing, PayloadKind::Text, &packet, out);
    }

    /// Clients come back by themselves after a close, but not after a disconnect.
    fn encode_end(&self, form: Form, reason: EndReason, out: &mut Vec<u8>) {
        match reason {
            EndReason::Replaced | EndReason::Kicked | EndReason::Expired => {
                append_frame(form.framing, PayloadKind::Text, packet::DISCONNECT, out);
            }
            EndReason::Left
            | EndReason::Malformed
            | EndReason::Protocol
            | EndReason::TooLong
            | EndReason::NotSignedIn
            | EndReason::SlowConsumer
            | EndReason::Drain
            | EndReason::OverLimit
            | EndReason::Idle
            | EndReason::UnknownRoom
            | EndReason::Internal => {}
        }
    }
}

/// What is said to those whom nobody vouches for.
const UNAUTHORIZED: &str = "unauthorized";
