//! Conversations, the counters that number them, and what sends with a key gave.

use parlance_codecs::{MessageId, Seq, UserId};
use parlance_conversation::store::{
    AllocatorState, ConversationRecord, DedupeIdentity, DedupeRecord,
};

use super::{BadRecord, bad, category, decode, encode, not_rising, stored_category, user_id};

#[derive(Clone, PartialEq, prost::Message)]
struct StoredConversation {
    #[prost(uint32, tag = "1")]
    category: u32,
    #[prost(string, tag = "2")]
    name: String,
    #[prost(uint64, optional, tag = "3")]
    owner: Option<u64>,
    #[prost(uint64, repeated, tag = "4")]
    posters: Vec<u64>,
    #[prost(uint64, tag = "5")]
    created_at_ms: u64,
    #[prost(uint32, tag = "6")]
    recalls: u32,
    #[prost(bool, tag = "7")]
    history_for_new_members: bool,
}

pub(crate) fn encode_conversation(record: &ConversationRecord) -> Vec<u8> {
    encode(&StoredConversation {
        category: stored_category(record.category),
        name: record.name.clone(),
        owner: record.owner.map(UserId::raw),
        posters: record.posters.iter().map(|user| user.raw()).collect(),
        created_at_ms: record.created_at_ms,
        recalls: record.recalls,
        history_for_new_members: record.history_for_new_members,
    })
}

pub(crate) fn decode_conversation(bytes: &[u8]) -> Result<ConversationRecord, BadRecord> {
    let stored: StoredConversation = decode(bytes)?;
    if !stored.posters.is_sorted_by(|a, b| a < b) {
        return Err(not_rising("list of posters"));
    }
    Ok(ConversationRecord {
        category: category(stored.category)?,
        name: stored.name,
        owner: stored.owner.map(user_id).transpose()?,
        posters: stored.posters.into_iter().map(user_id).collect::<Result<_, _>>()?,
        created_at_ms: stored.created_at_ms,
        recalls: stored.recalls,
        history_for_new_members: stored.history_for_new_members,
    })
}

#[derive(Clone, PartialEq, prost::Message)]
struct StoredAllocator {
    #[prost(uint64, tag = "1")]
    next_user: u64,
    #[prost(uint64, tag = "2")]
    next_conversation: u64,
}

pub(crate) fn encode_allocator(state: AllocatorState) -> Vec<u8> {
    encode(&StoredAllocator {
        next_user: state.next_user,
        next_conversation: state.next_conversation,
    })
}

pub(crate) fn decode_allocator(bytes: &[u8]) -> Result<AllocatorState, BadRecord> {
    let stored: StoredAllocator = decode(bytes)?;
    Ok(AllocatorState { next_user: stored.next_user, next_conversation: stored.next_conversation })
}

/// The message id is in the key.
#[derive(Clone, PartialEq, prost::Message)]
struct StoredDedupe {
    /// 16 bytes, big-endian.
    #[prost(bytes = "vec", tag = "1")]
    identity: Vec<u8>,
    #[prost(uint32, tag = "2")]
    seq: u32,
    #[prost(uint64, tag = "3")]
    created_at_ms: u64,
    #[prost(uint64, optional, tag = "4")]
    expires_at_ms: Option<u64>,
    #[prost(uint32, optional, tag = "5")]
    recall_index: Option<u32>,
}

pub(crate) fn encode_dedupe(record: &DedupeRecord) -> Vec<u8> {
    encode(&StoredDedupe {
        identity: record.identity.0.to_be_bytes().to_vec(),
        seq: record.seq.0,
        created_at_ms: record.created_at_ms,
        expires_at_ms: record.expires_at_ms,
        recall_index: record.recall_index,
    })
}

pub(crate) fn decode_dedupe(bytes: &[u8], id: MessageId) -> Result<DedupeRecord, BadRecord> {
    let stored: StoredDedupe = decode(bytes)?;
    let identity =
        <[u8; 16]>::try_from(stored.identity).map_err(|got| bad("identity of 16 bytes", got))?;
    Ok(DedupeRecord {
        identity: DedupeIdentity(u128::from_be_bytes(identity)),
        id,
        seq: Seq(stored.seq),
        created_at_ms: stored.created_at_ms,
        expires_at_ms: stored.expires_at_ms,
        recall_index: stored.recall_index,
    })
}
