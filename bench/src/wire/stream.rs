//! The `stream` dialect from the client's side, in its two encodings.
//!
//! The messages are written out by hand from the dialect's field table rather than taken from
//! the server's codecs, so that a mistake there is seen here. Only the fields that a benchmark
//! uses are named; prost and serde skip the others.

use prost::Message;
use serde::{Deserialize, Serialize};

use super::{Outgoing, Said, SeenPost, WireFault, excerpt};

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
    #[prost(message, optional, tag = "11")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    postbox: Option<Postbox>,
    #[prost(message, optional, tag = "15")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error: Option<Status>,
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
}

#[derive(Clone, PartialEq, Message, Serialize, Deserialize)]
struct Text {
    #[prost(string, required, tag = "1")]
    content: String,
}

/// Protobuf's JSON writes 64-bit integers as strings; numbers are read too.
mod uint64 {
    use serde::{Deserialize, Deserializer, Serializer};

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Shown {
        Number(u64),
        Text(String),
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's `with` calls it by reference")]
    pub(super) fn serialize<S: Serializer>(value: &u64, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(value)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
        match Shown::deserialize(from)? {
            Shown::Number(number) => Ok(number),
            Shown::Text(text) => text.parse().map_err(serde::de::Error::custom),
        }
    }
}

/// The first frame of a raw TCP connection.
pub(crate) fn sign_in(user: u64) -> Vec<u8> {
    SignIn { token: user.to_string(), device_id: "bench".to_owned() }.encode_to_vec()
}

pub(crate) fn sync() -> Stream {
    Stream { sn: SYNC_SN.to_owned(), kind: PAYLOAD_SYNC, postbox: None, error: None }
}

pub(crate) fn post(outgoing: Outgoing<'_>) -> Stream {
    let postmark =
        Postmark { category: CATEGORY_GROUP, sender: outgoing.sender, receiver: outgoing.group };
    let text = Some(Text { content: outgoing.text.to_owned() });
    Stream {
        sn: outgoing.index.to_string(),
        kind: PAYLOAD_MESSAGES,
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

/// A post of another category or type shows as one with no group or no text, which equals
/// nothing that was sent.
fn seen(post: Post) -> SeenPost {
    let group = if post.postmark.category == CATEGORY_GROUP { post.postmark.receiver } else { 0 };
    let text = post.text.filter(|_| post.kind == TYPE_TEXT).map(|text| text.content);
    let (sender, group) = (Some(post.postmark.sender), Some(group));
    SeenPost { sender, group, text: text.unwrap_or_default() }
}
