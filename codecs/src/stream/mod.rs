//! The `stream` dialect: protobuf or JSON over WebSocket, protobuf over raw TCP.
//!
//! `README.md` beside this file has its tables: how every kind of content and every event is
//! shown, and what every refusal is answered. Resumes by message id; ids rise in what a session
//! is shown, so that one `last_id` per category says all that a client saw.

use crate::dialect::{
    Decoded, Dialect, Echo, EndReason, Form, Frame, Framing, HandshakeSignIn, Replaces, Resume,
    SignInResult, Traits, WebSocketDoor,
};
use crate::event::Event;
use crate::model::UserId;
use crate::request::Tag;

mod decode;
mod door;
mod draft;
mod encode;
mod from_json;
mod status;
mod text_post;
mod to_json;
pub mod wire;

#[cfg(test)]
mod tests;

pub use door::{
    Kicked, decode_connections, decode_package, decode_post, decode_room_id, encode_postmark,
    encode_room_server, encode_status, kicked,
};
pub use status::{Code, Fault};

pub struct StreamDialect;

impl Dialect for StreamDialect {
    fn traits(&self) -> Traits {
        Traits {
            resume: Resume::ByCategoryId,
            echo: Echo::Nothing,
            friends_required: false,
            replaces: Replaces::Nothing,
            may_sign_in_again: false,
            marks: true,
            notices: false,
        }
    }

    fn websocket_doors(&self) -> &'static [WebSocketDoor] {
        const fn door(path: &'static str, rooms: bool) -> WebSocketDoor {
            WebSocketDoor { path, sign_in: HandshakeSignIn::ByToken { rooms } }
        }
        const DOORS: [WebSocketDoor; 2] =
            [door("/message/chat", false), door("/message/room", true)];
        &DOORS
    }

    fn decode(
        &self,
        form: &mut Form,
        user: Option<UserId>,
        frame: Frame<'_>,
        out: &mut Vec<Decoded>,
    ) {
        decode::decode(form, user, frame, out);
    }

    fn encode(&self, form: Form, event: &Event, out: &mut Vec<u8>) {
        encode::encode(form, event, out);
    }

    /// Raw TCP only: elsewhere the handshake was the sign-in.
    fn encode_sign_in(&self, form: Form, _: &Tag, result: SignInResult, out: &mut Vec<u8>) {
        if form.framing == Framing::Delimited {
            encode::append_status(form, &encode::sign_in_status(result), out);
        }
    }

    /// Raw TCP and calls: a WebSocket's close frame has the reason.
    fn encode_end(&self, form: Form, reason: EndReason, out: &mut Vec<u8>) {
        match form.framing {
            Framing::Delimited => encode::append_end(form, reason, out),
            Framing::Grpc => {
                let fault = Fault::of_end(reason).unwrap_or_else(|| Fault::new(Code::Ok, ""));
                encode::append_call_status(&fault, out);
            }
            Framing::WebSocket
            | Framing::Pieces
            | Framing::Onechat
            | Framing::Bare
            | Framing::EngineIo3
            | Framing::EngineIo4 => {}
        }
    }

    /// On raw TCP the first frame is answered by a bare status, whatever is wrong.
    fn encode_early_end(&self, form: Form, reason: EndReason, out: &mut Vec<u8>) {
        match Fault::of_end(reason) {
            Some(fault) if form.framing == Framing::Delimited => {
                encode::append_status(form, &fault, out);
            }
            _ => self.encode_end(form, reason, out),
        }
    }
}
