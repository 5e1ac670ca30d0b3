//! One post by HTTP or gRPC: the body in, the postmark or the status out.
//!
//! Decides nothing of its own: the same checks and the same words as on a stream.

use prost::Message as _;

use crate::dialect::PayloadKind;
use crate::event::Posted;
use crate::json::{self, Keys, Object};
use crate::limits::CLIENT_KEY_BYTES_MAX;
use crate::model::UserId;
use crate::request::Draft;

use super::status::Fault;
use super::wire::{Post, Status};
use super::{draft, encode, from_json, to_json};

/// Decodes a `Post` that `user` wants to send: JSON or protobuf. `key` is the caller's
/// `idempotency-key`; an empty one is none.
pub fn decode_post(
    user: UserId,
    kind: PayloadKind,
    body: &[u8],
    key: Option<&[u8]>,
) -> Result<Draft, Fault> {
    let key = key.filter(|key| !key.is_empty());
    if let Some(key) = key.filter(|key| key.len() > CLIENT_KEY_BYTES_MAX) {
        return Err(Fault::invalid(format!(
            "idempotency-key has {} bytes of at most {CLIENT_KEY_BYTES_MAX}",
            key.len()
        )));
    }
    let post = match kind {
        PayloadKind::Binary => Post::decode(body)
            .map_err(|error| Fault::invalid(format!("no appootb.message.Post: {error}")))?,
        PayloadKind::Text => {
            let json = json::parse(body).map_err(|error| Fault::invalid(error.to_string()))?;
            let object = Object::new(&json, Keys::SnakeOrCamel)
                .ok_or_else(|| Fault::invalid("a post is a JSON object"))?;
            from_json::post(object)?
        }
    };
    draft::draft(user, post, key.map(Into::into))
}

/// The `Postmark` of a message that was stored.
pub fn encode_postmark(kind: PayloadKind, posted: &Posted) -> Vec<u8> {
    let postmark = encode::completed_postmark(posted);
    match kind {
        PayloadKind::Binary => postmark.encode_to_vec(),
        PayloadKind::Text => {
            let mut json = Vec::new();
            to_json::append(&postmark, &mut json);
            json
        }
    }
}

/// The body of an answer that is not 200: a `google.rpc.Status` as JSON. Its HTTP status is
/// [`Code::http_status`](super::Code::http_status).
pub fn encode_status(fault: &Fault) -> Vec<u8> {
    let status: Status = fault.to_wire();
    let mut json = Vec::new();
    to_json::append(&status, &mut json);
    json
}
