//! Users, their names, and conversations as their members see them.

use parlance_codecs::{Category, MessageId, Seq};
use parlance_conversation::store::{MembershipRecord, NameRecord, UserRecord};

use super::{BadRecord, bad, category, decode, encode, message_id, not_rising, stored_category};

#[derive(Clone, PartialEq, prost::Message)]
struct StoredUser {
    #[prost(string, optional, tag = "1")]
    name: Option<String>,
    #[prost(string, optional, tag = "2")]
    external_id: Option<String>,
    #[prost(uint64, tag = "3")]
    created_at_ms: u64,
    /// One per category, in the order of `Category::ALL`.
    #[prost(uint64, repeated, tag = "4")]
    delivered_up_to: Vec<u64>,
    #[prost(string, tag = "5")]
    own_name: String,
    #[prost(string, tag = "6")]
    photo: String,
}

pub(crate) fn encode_user(record: &UserRecord) -> Vec<u8> {
    encode(&StoredUser {
        name: record.name.clone(),
        external_id: record.external_id.clone(),
        created_at_ms: record.created_at_ms,
        delivered_up_to: record.delivered_up_to.iter().map(|id| id.raw()).collect(),
        own_name: record.own_name.clone(),
        photo: record.photo.clone(),
    })
}

pub(crate) fn decode_user(bytes: &[u8]) -> Result<UserRecord, BadRecord> {
    let stored: StoredUser = decode(bytes)?;
    let delivered = <[u64; Category::COUNT]>::try_from(stored.delivered_up_to)
        .map_err(|got| bad("cursor of each category", got))?;
    let mut delivered_up_to = [MessageId::ZERO; Category::COUNT];
    for (cursor, raw) in delivered_up_to.iter_mut().zip(delivered) {
        *cursor = message_id(raw)?;
    }
    Ok(UserRecord {
        name: stored.name,
        external_id: stored.external_id,
        created_at_ms: stored.created_at_ms,
        delivered_up_to,
        own_name: stored.own_name,
        photo: stored.photo,
    })
}

#[derive(Clone, PartialEq, prost::Message)]
struct StoredName {
    #[prost(uint64, tag = "1")]
    user: u64,
    #[prost(string, optional, tag = "2")]
    password_hash: Option<String>,
}

pub(crate) fn encode_name(record: &NameRecord) -> Vec<u8> {
    encode(&StoredName { user: record.user.raw(), password_hash: record.password_hash.clone() })
}

pub(crate) fn decode_name(bytes: &[u8]) -> Result<NameRecord, BadRecord> {
    let stored: StoredName = decode(bytes)?;
    Ok(NameRecord { user: super::user_id(stored.user)?, password_hash: stored.password_hash })
}

#[derive(Clone, PartialEq, prost::Message)]
struct StoredMembership {
    #[prost(uint32, tag = "1")]
    category: u32,
    #[prost(uint32, tag = "2")]
    delivered: u32,
    #[prost(uint32, repeated, tag = "3")]
    delivered_above: Vec<u32>,
    #[prost(uint32, tag = "5")]
    hidden_up_to: u32,
    /// A seq. Tag 4 held a message id.
    #[prost(uint32, tag = "6")]
    read: u32,
    #[prost(string, tag = "7")]
    alias: String,
}

pub(crate) fn encode_membership(record: &MembershipRecord) -> Vec<u8> {
    encode(&StoredMembership {
        category: stored_category(record.category),
        delivered: record.delivered.0,
        delivered_above: record.delivered_above.iter().map(|seq| seq.0).collect(),
        hidden_up_to: record.hidden_up_to.0,
        read: record.read.0,
        alias: record.alias.clone(),
    })
}

pub(crate) fn decode_membership(bytes: &[u8]) -> Result<MembershipRecord, BadRecord> {
    let stored: StoredMembership = decode(bytes)?;
    if !stored.delivered_above.is_sorted_by(|a, b| a < b) {
        return Err(not_rising("list of acknowledged seqs"));
    }
    Ok(MembershipRecord {
        category: category(stored.category)?,
        delivered: Seq(stored.delivered),
        delivered_above: stored.delivered_above.into_iter().map(Seq).collect(),
        read: Seq(stored.read),
        hidden_up_to: Seq(stored.hidden_up_to),
        alias: stored.alias,
    })
}
