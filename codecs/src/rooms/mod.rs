//! The `rooms` dialect: three JSON frames over a WebSocket, and three calls by HTTP.
//!
//! `README.md` beside this file has its tables: how every kind of content and every event is
//! shown, and what every refusal is answered. A frame that is not understood, and a message that
//! may not be sent, are passed over without a word, so that nobody learns which rooms there are.
//! Its clients come back by one message id for everything, so ids rise in all that they are shown.

use crate::dialect::{
    Decoded, Dialect, Echo, EndReason, Form, Frame, HandshakeSignIn, PayloadKind, Replaces, Resume,
    SignInResult, Traits, WebSocketDoor,
};
use crate::event::Event;
use crate::model::UserId;
use crate::request::Tag;

mod calls;
mod decode;
mod encode;

#[cfg(test)]
mod tests;

pub use calls::{Call, Trouble, decode_call, encode_history, encode_room_info, encode_trouble};

pub struct Rooms;

impl Dialect for Rooms {
    fn traits(&self) -> Traits {
        Traits {
            resume: Resume::ByOneId,
            echo: Echo::Everything,
            friends_required: false,
            replaces: Replaces::Nothing,
            may_sign_in_again: false,
            marks: false,
            notices: false,
        }
    }

    fn websocket_doors(&self) -> &'static [WebSocketDoor] {
        const DOOR: WebSocketDoor =
            WebSocketDoor { path: "/chat/connect", sign_in: HandshakeSignIn::ByFrame };
        &[DOOR]
    }

    fn decode(
        &self,
        form: &mut Form,
        user: Option<UserId>,
        frame: Frame<'_>,
        out: &mut Vec<Decoded>,
    ) {
        form.kind = PayloadKind::Text;
        if frame.kind == PayloadKind::Text {
            decode::decode(user, frame.payload, out);
        }
    }

    fn encode(&self, form: Form, event: &Event, out: &mut Vec<u8>) {
        encode::encode(form.framing, event, out);
    }

    fn encode_sign_in(&self, form: Form, _: &Tag, result: SignInResult, out: &mut Vec<u8>) {
        encode::append_sign_in(form.framing, result, out);
    }

    /// The close frame has the reason.
    fn encode_end(&self, _: Form, _: EndReason, _: &mut Vec<u8>) {}
}
