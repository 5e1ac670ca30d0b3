//! Calls by HTTP or gRPC: a body in, a body or a status out.
//!
//! Posts are checked as on a stream, in the same words. What only the operator's services ask
//! for, packages and kicks, is read here too; who may ask is the server's matter.

use prost::Message as _;

use crate::dialect::PayloadKind;
use crate::event::Posted;
use crate::generated::appootb::common::UniqueId;
use crate::json::{self, Keys, Object};
use crate::limits::CLIENT_KEY_BYTES_MAX;
use crate::model::{ConversationId, UserId};
use crate::request::{Draft, Request, Tag};

/// Unique ids of one Kick.
const KICKS_MAX: usize = 256;

use super::status::Fault;
use super::wire::{Connections, Package, Post, RoomServerOption, Status};
use super::{decode, draft, encode, from_json, to_json};

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

/// Decodes a `Package` of the operator's: each post with the user in whose name it is sent. A
/// post's key is the package's `sn` and its place. JSON or protobuf.
pub fn decode_package(kind: PayloadKind, body: &[u8]) -> Result<Vec<(UserId, Draft)>, Fault> {
    let package = match kind {
        PayloadKind::Binary => Package::decode(body)
            .map_err(|error| Fault::invalid(format!("no appootb.message.Package: {error}")))?,
        PayloadKind::Text => {
            let json = json::parse(body).map_err(|error| Fault::invalid(error.to_string()))?;
            let object = Object::new(&json, Keys::SnakeOrCamel)
                .ok_or_else(|| Fault::invalid("a package is a JSON object"))?;
            from_json::package(object)?
        }
    };
    let sn = package.sn.ok_or_else(|| Fault::missing("sn"))?;
    if sn.len() > Tag::BYTES_MAX {
        let (got, max) = (sn.len(), Tag::BYTES_MAX);
        return Err(Fault::invalid(format!("sn has {got} bytes of at most {max}")));
    }
    if package.posts.len() > Request::DRAFTS_MAX {
        let (got, max) = (package.posts.len(), Request::DRAFTS_MAX);
        return Err(Fault::invalid(format!("the package holds {got} posts of at most {max}")));
    }
    let posts = package.posts.into_iter().enumerate();
    let drafts = posts.map(|(place, post)| {
        let key = decode::client_key(&sn, place);
        vouched(post, key).map_err(|fault| encode::in_place(place, fault))
    });
    drafts.collect()
}

/// A post in the name of its postmark's sender.
fn vouched(post: Post, key: Option<Box<[u8]>>) -> Result<(UserId, Draft), Fault> {
    let postmark = post.postmark.as_ref().ok_or_else(|| Fault::missing("postmark"))?;
    let sender = postmark.sender.ok_or_else(|| Fault::missing("postmark.sender"))?;
    let sender = UserId::new(sender).ok_or(crate::Refusal::UnknownUser)?;
    Ok((sender, draft::draft(sender, post, key)?))
}

/// Whose sessions the operator closes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kicked {
    pub user: UserId,
    /// `None`: all of the user's.
    pub device: Option<String>,
}

impl Kicked {
    /// Reads a unique id: `USER` or `USER/DEVICE`.
    pub fn parse(unique_id: &str) -> Result<Self, Fault> {
        let (user, device) = match unique_id.split_once('/') {
            Some((user, device)) => (user, Some(device.to_owned())),
            None => (unique_id, None),
        };
        let user = user.parse().ok().and_then(UserId::new);
        let user = user.ok_or_else(|| Fault::invalid("a unique id is USER or USER/DEVICE"))?;
        Ok(Self { user, device })
    }
}

/// Decodes a `Connections`: at most [`KICKS_MAX`] of them.
pub fn decode_connections(body: &[u8]) -> Result<Vec<Kicked>, Fault> {
    let connections = Connections::decode(body)
        .map_err(|error| Fault::invalid(format!("no appootb.message.Connections: {error}")))?;
    connections.product.ok_or_else(|| Fault::missing("product"))?;
    kicked(connections.unique_ids.iter().map(String::as_str))
}

/// The same from a path.
pub fn kicked<'i>(unique_ids: impl Iterator<Item = &'i str>) -> Result<Vec<Kicked>, Fault> {
    let kicked: Vec<_> =
        unique_ids.take(KICKS_MAX + 1).map(Kicked::parse).collect::<Result<_, _>>()?;
    if kicked.len() > KICKS_MAX {
        return Err(Fault::invalid(format!("at most {KICKS_MAX} unique ids")));
    }
    Ok(kicked)
}

/// The room that a `UniqueId` names.
pub fn decode_room_id(body: &[u8]) -> Result<ConversationId, Fault> {
    let id = UniqueId::decode(body)
        .map_err(|error| Fault::invalid(format!("no appootb.common.UniqueId: {error}")))?;
    ConversationId::number(id.id.unwrap_or(0))
        .ok_or_else(|| crate::Refusal::UnknownConversation.into())
}

/// Where a room's clients connect, without TLS.
pub fn encode_room_server(host: String, port: u16) -> Vec<u8> {
    let option =
        RoomServerOption { host: Some(host), port: Some(port.into()), secure: Some(false) };
    option.encode_to_vec()
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
