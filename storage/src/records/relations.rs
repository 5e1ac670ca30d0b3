//! Friends, members, and what users and groups are asked.

use parlance_codecs::MessageId;
use parlance_conversation::store::{
    FriendRecord, GroupRequestRecord, MemberDuty, MemberRecord, PairRecord, RequestRecord,
};

use super::{BadRecord, bad, decode, encode, message_id, user_id};

#[derive(Clone, PartialEq, prost::Message)]
struct StoredFriend {
    #[prost(string, tag = "1")]
    alias: String,
}

pub(crate) fn encode_friend(record: &FriendRecord) -> Vec<u8> {
    encode(&StoredFriend { alias: record.alias.clone() })
}

pub(crate) fn decode_friend(bytes: &[u8]) -> Result<FriendRecord, BadRecord> {
    decode::<StoredFriend>(bytes).map(|stored| FriendRecord { alias: stored.alias })
}

/// Friends, or asked by one of the two.
#[derive(Clone, PartialEq, prost::Message)]
struct StoredPair {
    #[prost(uint64, optional, tag = "1")]
    asked_by: Option<u64>,
}

pub(crate) fn encode_pair(record: PairRecord) -> Vec<u8> {
    let asked_by = match record {
        PairRecord::Asked { by } => Some(by.raw()),
        PairRecord::Friends => None,
    };
    encode(&StoredPair { asked_by })
}

pub(crate) fn decode_pair(bytes: &[u8]) -> Result<PairRecord, BadRecord> {
    let stored: StoredPair = decode(bytes)?;
    match stored.asked_by {
        Some(by) => Ok(PairRecord::Asked { by: user_id(by)? }),
        None => Ok(PairRecord::Friends),
    }
}

#[derive(Clone, PartialEq, prost::Message)]
struct StoredMember {
    #[prost(string, tag = "1")]
    name: String,
    /// 0 for a member like any other, 1 for an admin.
    #[prost(uint32, tag = "2")]
    duty: u32,
}

pub(crate) fn encode_member(record: &MemberRecord) -> Vec<u8> {
    let duty = match record.duty {
        MemberDuty::Member => 0,
        MemberDuty::Admin => 1,
    };
    encode(&StoredMember { name: record.name.clone(), duty })
}

pub(crate) fn decode_member(bytes: &[u8]) -> Result<MemberRecord, BadRecord> {
    let stored: StoredMember = decode(bytes)?;
    let duty = match stored.duty {
        0 => MemberDuty::Member,
        1 => MemberDuty::Admin,
        other => return Err(bad("duty of a member", other)),
    };
    Ok(MemberRecord { name: stored.name, duty })
}

#[derive(Clone, PartialEq, prost::Message)]
struct StoredRequest {
    #[prost(uint64, tag = "1")]
    from: u64,
    #[prost(string, tag = "2")]
    text: String,
    #[prost(uint64, tag = "3")]
    at_us: u64,
}

pub(crate) fn encode_request(record: &RequestRecord) -> Vec<u8> {
    let RequestRecord { from, text, at_us } = record;
    encode(&StoredRequest { from: from.raw(), text: text.clone(), at_us: *at_us })
}

pub(crate) fn decode_request(bytes: &[u8]) -> Result<RequestRecord, BadRecord> {
    let StoredRequest { from, text, at_us } = decode(bytes)?;
    Ok(RequestRecord { from: user_id(from)?, text, at_us })
}

#[derive(Clone, PartialEq, prost::Message)]
struct StoredGroupRequest {
    #[prost(uint64, optional, tag = "1")]
    invited_by: Option<u64>,
    #[prost(uint64, optional, tag = "2")]
    applied_at_us: Option<u64>,
}

pub(crate) fn encode_group_request(record: &GroupRequestRecord) -> Vec<u8> {
    let invited_by = record.invited_by.map(|user| user.raw());
    encode(&StoredGroupRequest { invited_by, applied_at_us: record.applied_at_us })
}

pub(crate) fn decode_group_request(bytes: &[u8]) -> Result<GroupRequestRecord, BadRecord> {
    let stored: StoredGroupRequest = decode(bytes)?;
    let invited_by = stored.invited_by.map(user_id).transpose()?;
    let record = GroupRequestRecord { invited_by, applied_at_us: stored.applied_at_us };
    if record.is_empty() { Err(bad("request of a group", "nothing")) } else { Ok(record) }
}

#[derive(Clone, PartialEq, prost::Message)]
struct StoredNoticeMark {
    #[prost(uint64, tag = "1")]
    up_to: u64,
}

pub(crate) fn encode_notice_mark(up_to: MessageId) -> Vec<u8> {
    encode(&StoredNoticeMark { up_to: up_to.raw() })
}

pub(crate) fn decode_notice_mark(bytes: &[u8]) -> Result<MessageId, BadRecord> {
    decode::<StoredNoticeMark>(bytes).and_then(|stored| message_id(stored.up_to))
}
