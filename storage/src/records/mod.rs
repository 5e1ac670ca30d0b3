//! The stored form of every value: one version byte, then protobuf.
//!
//! These types are this crate's own and are converted by hand, both ways. Bytes that come from a
//! disk are checked on the way back: a value that could never have been written is refused with
//! the reason, and the caller names the key.

use parlance_codecs::{Category, ConversationId, MessageId, Seq, UserId};

mod conversation;
mod intent;
mod message;
mod notice;
mod relations;
mod user;

pub(crate) use conversation::{
    decode_allocator, decode_conversation, decode_dedupe, encode_allocator, encode_conversation,
    encode_dedupe,
};
pub(crate) use intent::{decode_intent, encode_intent};
pub(crate) use message::{REMOVED, decode_message, encode_message, expiry_of};
pub(crate) use notice::{decode_notice, encode_notice};
pub(crate) use relations::{
    decode_friend, decode_group_request, decode_member, decode_notice_mark, decode_pair,
    decode_request, encode_friend, encode_group_request, encode_member, encode_notice_mark,
    encode_pair, encode_request,
};
pub(crate) use user::{
    decode_membership, decode_name, decode_user, encode_membership, encode_name, encode_user,
};

/// The version byte that every record begins with. A record with a higher one was written by a
/// newer program.
const RECORD_VERSION: u8 = 1;

/// Why stored bytes are no record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadRecord {
    #[error("an empty record")]
    Empty,
    #[error("record version {got}, known is {RECORD_VERSION}")]
    Version { got: u8 },
    #[error("no protobuf: {0}")]
    Protobuf(#[from] prost::DecodeError),
    #[error("no {what}: {got}")]
    Value { what: &'static str, got: String },
}

/// A value that stands in a list of values that must rise and does not.
fn not_rising(what: &'static str) -> BadRecord {
    BadRecord::Value { what, got: "not rising".to_owned() }
}

fn bad(what: &'static str, got: impl std::fmt::Debug) -> BadRecord {
    BadRecord::Value { what, got: format!("{got:?}") }
}

fn encode(record: &impl prost::Message) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(record.encoded_len().saturating_add(1));
    bytes.push(RECORD_VERSION);
    record.encode(&mut bytes).expect("a Vec grows, and no room is the only way to fail");
    bytes
}

fn decode<R: prost::Message + Default>(bytes: &[u8]) -> Result<R, BadRecord> {
    match bytes.split_first() {
        None => Err(BadRecord::Empty),
        Some((&RECORD_VERSION, rest)) => Ok(R::decode(rest)?),
        Some((&got, _)) => Err(BadRecord::Version { got }),
    }
}

/// What a recall took back.
#[derive(Clone, PartialEq, prost::Message)]
struct StoredRecalled {
    #[prost(uint32, tag = "1")]
    seq: u32,
}

pub(crate) fn encode_recalled(seq: Seq) -> Vec<u8> {
    encode(&StoredRecalled { seq: seq.0 })
}

pub(crate) fn decode_recalled(bytes: &[u8]) -> Result<Seq, BadRecord> {
    decode::<StoredRecalled>(bytes).map(|stored| Seq(stored.seq))
}

#[derive(Clone, PartialEq, prost::Message)]
struct StoredClock {
    #[prost(uint64, tag = "1")]
    ceiling: u64,
}

pub(crate) fn encode_clock(ceiling: MessageId) -> Vec<u8> {
    encode(&StoredClock { ceiling: ceiling.raw() })
}

pub(crate) fn decode_clock(bytes: &[u8]) -> Result<MessageId, BadRecord> {
    decode::<StoredClock>(bytes).and_then(|stored| message_id(stored.ceiling))
}

/// A conversation inside a record: a pair of users, or a number with `second` zero.
#[derive(Clone, PartialEq, prost::Message)]
struct StoredConversationId {
    #[prost(uint64, tag = "1")]
    first: u64,
    #[prost(uint64, tag = "2")]
    second: u64,
}

impl From<ConversationId> for StoredConversationId {
    fn from(id: ConversationId) -> Self {
        match id {
            ConversationId::Direct(a, b) => Self { first: a.raw(), second: b.raw() },
            ConversationId::Number(number) => Self { first: number.get(), second: 0 },
        }
    }
}

fn conversation_id(stored: Option<StoredConversationId>) -> Result<ConversationId, BadRecord> {
    let stored = stored.ok_or_else(|| bad("conversation", "none"))?;
    let id = match stored.second {
        0 => ConversationId::number(stored.first),
        second if stored.first < second => {
            ConversationId::direct(user_id(stored.first)?, user_id(second)?)
        }
        _ => None,
    };
    id.ok_or_else(|| bad("conversation", stored))
}

fn user_id(raw: u64) -> Result<UserId, BadRecord> {
    UserId::new(raw).ok_or_else(|| bad("user id", raw))
}

fn message_id(raw: u64) -> Result<MessageId, BadRecord> {
    if raw > MessageId::MAX.raw() {
        return Err(bad("message id", raw));
    }
    Ok(MessageId::from_raw(raw))
}

/// Stored categories start at 1, so that a field that is missing is no category.
fn stored_category(category: Category) -> u32 {
    match category {
        Category::Direct => 1,
        Category::Group => 2,
        Category::Channel => 3,
        Category::Room => 4,
    }
}

fn category(stored: u32) -> Result<Category, BadRecord> {
    match stored {
        1 => Ok(Category::Direct),
        2 => Ok(Category::Group),
        3 => Ok(Category::Channel),
        4 => Ok(Category::Room),
        _ => Err(bad("category", stored)),
    }
}

#[cfg(test)]
mod tests;
