//! The `stream` dialect from the client's side, in its two encodings.
//!
//! The messages are written out by hand from the dialect's field table rather than taken from
//! the server's codecs, so that a mistake there is seen here. Only the fields that a benchmark
//! uses are named; prost and serde skip the others.

use prost::Message;
use serde::{Deserialize, Serialize};

use super::{Category, Outgoing, Said, SeenPost, WireFault, excerpt};

const CATEGORY_PRIVATE: i32 = 1;
const CATEGORY_GROUP: i32 = 2;
const TYPE_TEXT: i32 = 1;
const PAYLOAD_SYNC: i32 = 1;
const PAYLOAD_MESSAGES: i32 = 2;
const PAYLOAD_RECEIPTS: i32 = 3;
/// The `sn` of the one Sync that a session asks for. The messages' are decimals.
const SYNC_SN: &str = "sync";

#[derive(Clone, PartialEq, Message)]
struct SignIn {
    #[prost(string, tag = "1")]
    token: String,
    #[prost(string, tag = "2")]
    device_id: String,
}

/// `google.rpc.Status`.
#[derive(Clone, PartialEq, Message, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Status {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
}

#[derive(Clone, PartialEq, Message, Serialize, Deserialize)]
pub(crate) struct Stream {
    #[prost(string, required, tag = "1")]
    sn: String,
    #[prost(int32, required, tag = "3")]
    #[serde(rename = "type")]
    kind: i32,
    #[prost(message, optional, tag = "10")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    local: Option<ClientIds>,
    #[prost(message, optional, tag = "11")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    postbox: Option<Postbox>,
    #[prost(message, optional, tag = "15")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error: Option<Status>,
}

/// Up to which message of each category a session has seen all.
#[derive(Clone, PartialEq, Message, Serialize, Deserialize)]
struct ClientIds {
    #[prost(message, repeated, tag = "1")]
    #[serde(default)]
    ids: Vec<ClientId>,
}

#[derive(Clone, PartialEq, Message, Serialize, Deserialize)]
struct ClientId {
    #[prost(int32, required, tag = "1")]
    category: i32,
    #[prost(uint64, optional, tag = "2")]
    #[serde(default, with = "uint64_or_none", skip_serializing_if = "Option::is_none")]
    last_id: Option<u64>,
}

#[derive(Clone, PartialEq, Message, Serialize, Deserialize)]
struct Postbox {
    #[prost(message, repeated, tag = "1")]
    #[serde(default)]
    posts: Vec<Post>,
}

#[derive(Clone, PartialEq, Message, Serialize, Deserialize)]
struct Post {
    #[prost(message, required, tag = "1")]
    postmark: Postmark,
    #[prost(int32, required, tag = "2")]
    #[serde(rename = "type")]
    kind: i32,
    #[prost(message, optional, tag = "10")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<Text>,
}

#[derive(Clone, PartialEq, Message, Serialize, Deserialize)]
struct Postmark {
    #[prost(int32, required, tag = "1")]
    category: i32,
    #[prost(uint64, required, tag = "2")]
    #[serde(with = "uint64")]
    sender: u64,
    #[prost(uint64, required, tag = "3")]
    #[serde(with = "uint64")]
    receiver: u64,
    #[prost(uint64, optional, tag = "4")]
    #[serde(default, with = "uint64_or_none", skip_serializing_if = "Option::is_none")]
    unique_id: Option<u64>,
}

#[derive(Clone, PartialEq, Message, Serialize, Deserialize)]
struct Text {
    #[prost(string, required, tag = "1")]
    content: String,
}

/// Protobuf's JSON writes 64-bit integers as strings; numbers are read too.
#[derive(Deserialize)]
#[serde(untagged)]
enum Shown {
    Number(u64),
    Text(String),
}

impl Shown {
    fn number<E: serde::de::Error>(self) -> Result<u64, E> {
        match self {
            Self::Number(number) => Ok(number),
            Self::Text(text) => text.parse().map_err(E::custom),
        }
    }
}

mod uint64_or_none {
    use serde::{Deserialize, Deserializer, Serializer};

    use super::Shown;

    #[expect(clippy::ref_option, reason = "serde's `with` calls it by reference")]
    pub(super) fn serialize<S: Serializer>(value: &Option<u64>, to: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => to.collect_str(value),
            None => to.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
        Option::<Shown>::deserialize(from)?.map(Shown::number).transpose()
    }
}

mod uint64 {
    use serde::{Deserialize, Deserializer, Serializer};

    use super::Shown;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's `with` calls it by reference")]
    pub(super) fn serialize<S: Serializer>(value: &u64, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(value)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
        Shown::deserialize(from)?.number()
    }
}

/// The first frame of a raw TCP connection.
pub(crate) fn sign_in(token: &str) -> Vec<u8> {
    SignIn { token: token.to_owned(), device_id: "bench".to_owned() }.encode_to_vec()
}

/// Without an id to come `after` the server goes by its own cursors.
pub(crate) fn sync(after: Option<u64>) -> Stream {
    let group = |last_id| ClientId { category: CATEGORY_GROUP, last_id: Some(last_id) };
    let local = after.map(|last_id| ClientIds { ids: vec![group(last_id)] });
    Stream { sn: SYNC_SN.to_owned(), kind: PAYLOAD_SYNC, local, postbox: None, error: None }
}

pub(crate) fn post(outgoing: Outgoing<'_>) -> Stream {
    let category = match outgoing.category {
        Category::Group => CATEGORY_GROUP,
        Category::Direct => CATEGORY_PRIVATE,
    };
    let Outgoing { sender, group: receiver, .. } = outgoing;
    let postmark = Postmark { category, sender, receiver, unique_id: None };
    let text = Some(Text { content: outgoing.text.to_owned() });
    Stream {
        sn: outgoing.index.to_string(),
        kind: PAYLOAD_MESSAGES,
        local: None,
        postbox: Some(Postbox { posts: vec![Post { postmark, kind: TYPE_TEXT, text }] }),
        error: None,
    }
}

pub(crate) fn to_json(stream: &Stream) -> Vec<u8> {
    serde_json::to_vec(stream).expect("a stream frame holds only strings and integers")
}

pub(crate) fn to_proto(stream: &Stream) -> Vec<u8> {
    stream.encode_to_vec()
}

pub(crate) fn read_json(frame: &[u8]) -> Result<Said, WireFault> {
    // The original server wrote a newline frame after each answer; clients tolerate it.
    if frame.iter().all(u8::is_ascii_whitespace) {
        return Ok(Said::Other);
    }
    serde_json::from_slice(frame)
        .map(said)
        .map_err(|error| undecodable("JSON of a stream frame", &error, frame))
}

pub(crate) fn read_proto(frame: &[u8]) -> Result<Said, WireFault> {
    Stream::decode(frame)
        .map(said)
        .map_err(|error| undecodable("protobuf of a stream frame", &error, frame))
}

/// The answer to [`sign_in`].
pub(crate) fn read_status(frame: &[u8]) -> Result<Said, WireFault> {
    let status =
        Status::decode(frame).map_err(|error| undecodable("google.rpc.Status", &error, frame))?;
    Ok(match status.code {
        0 => Said::SignedIn,
        code => Said::Refused { code: i64::from(code), message: status.message },
    })
}

fn undecodable(expected: &'static str, error: &impl ToString, frame: &[u8]) -> WireFault {
    WireFault::Undecodable { expected, detail: error.to_string(), seen: excerpt(frame) }
}

fn said(stream: Stream) -> Said {
    if let Some(Status { code, message }) = stream.error {
        return Said::Refused { code: i64::from(code), message };
    }
    match stream.kind {
        PAYLOAD_RECEIPTS => {
            stream.sn.parse().map_or(Said::Other, |index| Said::Acknowledged { index })
        }
        PAYLOAD_MESSAGES => {
            let posts = stream.postbox.map(|postbox| postbox.posts).unwrap_or_default();
            if posts.is_empty() && stream.sn == SYNC_SN {
                return Said::Synced;
            }
            Said::Posts(posts.into_iter().map(seen).collect())
        }
        _ => Said::Other,
    }
}

/// A post of another category or type shows as one with group 0 or no text, which equals nothing
/// that was sent.
fn seen(post: Post) -> SeenPost {
    let Postmark { category, sender, receiver, unique_id: id } = post.postmark;
    let known = matches!(category, CATEGORY_GROUP | CATEGORY_PRIVATE);
    let group = Some(if known { receiver } else { 0 });
    let text = post.text.filter(|_| post.kind == TYPE_TEXT).map(|text| text.content);
    SeenPost { sender: Some(sender), group, id, text: text.unwrap_or_default() }
}
