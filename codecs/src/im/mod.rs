//! The `im` dialect: calls by HTTP, whose messages are JSON, protobuf or a form, and a channel that
//! pushes what happens.
//!
//! `README.md` beside this file has its tables: every call, how every kind of content and every
//! event is shown, and what every refusal is answered. A chat is a user or a group; `msg_index` is
//! the message's seq there. What a client missed while its channel was closed, it asks for.

use serde::Serializer;

use crate::dialect::{
    Decoded, Dialect, Echo, EndReason, Form, Frame, Framing, HandshakeSignIn, PayloadKind, Probing,
    Replaces, Resume, SignInResult, Traits, WebSocketDoor,
};
use crate::event::Event;
use crate::model::{Message, UserId};
use crate::request::Tag;

mod answer;
mod body;
mod call;
mod decode;
mod push;
mod trouble;

#[cfg(test)]
mod tests;

pub use crate::generated::im::Pingresp;
pub use answer::{AnswerForm, Nameless, encode};
pub use body::{Body, BodyForm};
pub use call::Call;
pub use decode::{Asked, Task, decode_call, decode_ping, decode_ping_message};
pub use trouble::Trouble;

/// Messages, and recalls, in one answer of [`Call::Pull`].
const PULL_MAX: u32 = 50;
/// A name, in bytes.
const NAME_BYTES_MAX: usize = 64;
const MS_PER_SECOND: u64 = 1_000;

pub struct Im;

impl Dialect for Im {
    fn traits(&self) -> Traits {
        Traits {
            resume: Resume::FromNow,
            echo: Echo::Nothing,
            friends_required: true,
            replaces: Replaces::SameDialect,
            may_sign_in_again: false,
            marks: true,
            notices: true,
        }
    }

    fn websocket_doors(&self) -> &'static [WebSocketDoor] {
        const DOOR: WebSocketDoor =
            WebSocketDoor { path: "/im.push", sign_in: HandshakeSignIn::ByFrame };
        &[DOOR]
    }

    fn websocket_framing(&self) -> Framing {
        Framing::Pieces
    }

    fn probing(&self) -> Probing {
        Probing::ByEcho
    }

    fn paces_sign_ins(&self) -> bool {
        true
    }

    fn decode(
        &self,
        form: &mut Form,
        user: Option<UserId>,
        frame: Frame<'_>,
        out: &mut Vec<Decoded>,
    ) {
        form.kind = PayloadKind::Binary;
        out.push(push::decode(user, frame));
    }

    fn encode(&self, form: Form, event: &Event, out: &mut Vec<u8>) {
        push::encode(form.framing, event, out);
    }

    /// The chat is the other user.
    fn encode_own_direct(&self, form: Form, message: &Message, out: &mut Vec<u8>) -> bool {
        push::append_own_direct(form.framing, message, out)
    }

    /// A refused sign-in is closed without a word.
    fn encode_sign_in(&self, form: Form, _: &Tag, result: SignInResult, out: &mut Vec<u8>) {
        push::append_sign_in(form.framing, result, out);
    }

    /// The close frame has the reason.
    fn encode_end(&self, _: Form, _: EndReason, _: &mut Vec<u8>) {}
}

/// Serialises an integer of 64 bits as JSON of protobuf has it, for the generated messages.
pub(crate) fn as_text<S: Serializer>(
    number: &impl ToString,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&number.to_string())
}

/// Seconds that a message's time is told in: 32 bits, which end in 2106.
fn seconds(unix_ms: u64) -> u32 {
    u32::try_from(unix_ms / MS_PER_SECOND).unwrap_or(u32::MAX)
}
