//! The `onechat` dialect: flat JSON commands over TCP or WebSocket.
//!
//! `README.md` beside this file has its tables: how every kind of content and every event is
//! shown, and what every refusal is answered. Its clients match whole objects with their keys in
//! order, so that no frame may have a key more, fewer or elsewhere. Errors leave the connection
//! open and name no request.

use crate::dialect::{
    Decoded, Dialect, Echo, EndReason, Form, Frame, Framing, HandshakeSignIn, PayloadKind,
    Replaces, Resume, SignInResult, Traits, WebSocketDoor,
};
use crate::event::Event;
use crate::model::UserId;
use crate::request::Tag;

mod asks;
mod batch;
mod decode;
mod encode;
mod notices;
mod offline;
mod reply;

#[cfg(test)]
mod tests;

pub(crate) use reply::{malformed_reply, too_long_reply};

pub struct Onechat;

impl Dialect for Onechat {
    fn traits(&self) -> Traits {
        Traits {
            resume: Resume::ByCursor,
            echo: Echo::NotDirects,
            friends_required: true,
            replaces: Replaces::SameDevice,
            may_sign_in_again: true,
            marks: false,
            notices: true,
        }
    }

    fn websocket_doors(&self) -> &'static [WebSocketDoor] {
        const DOOR: WebSocketDoor =
            WebSocketDoor { path: "/onechat", sign_in: HandshakeSignIn::ByFrame };
        &[DOOR]
    }

    fn decode(
        &self,
        form: &mut Form,
        user: Option<UserId>,
        frame: Frame<'_>,
        out: &mut Vec<Decoded>,
    ) {
        // Always text, even to a client that writes its JSON in binary WebSocket frames.
        form.kind = PayloadKind::Text;
        decode::decode(form.framing, user, frame.payload, out);
    }

    fn encode(&self, form: Form, event: &Event, out: &mut Vec<u8>) {
        encode::encode(form.framing, event, out);
    }

    fn encode_sign_in(&self, form: Form, tag: &Tag, result: SignInResult, out: &mut Vec<u8>) {
        encode::append_sign_in(form.framing, tag, result, out);
    }

    /// The dialect has no word for an end.
    fn encode_end(&self, _: Form, _: EndReason, _: &mut Vec<u8>) {}
}

/// Appends a JSON text as a frame of the dialect.
fn append(framing: Framing, json: &[u8], out: &mut Vec<u8>) {
    crate::framing::append_frame(framing, PayloadKind::Text, json, out);
}
