//! What must still happen on another shard.

use parlance_codecs::Seq;
use parlance_conversation::store::Intent;

use super::{
    BadRecord, StoredConversationId, bad, category, conversation_id, decode, encode,
    stored_category, user_id,
};

#[derive(Clone, PartialEq, prost::Message)]
struct StoredIntent {
    #[prost(oneof = "StoredAct", tags = "1, 2, 3")]
    act: Option<StoredAct>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum StoredAct {
    #[prost(message, tag = "1")]
    Joined(StoredJoined),
    #[prost(message, tag = "2")]
    Left(StoredLeft),
    #[prost(message, tag = "3")]
    Befriended(StoredBefriended),
}

#[derive(Clone, PartialEq, prost::Message)]
struct StoredJoined {
    #[prost(uint64, tag = "1")]
    user: u64,
    #[prost(message, optional, tag = "2")]
    conversation: Option<StoredConversationId>,
    #[prost(uint32, tag = "3")]
    category: u32,
    #[prost(uint32, tag = "4")]
    hidden_up_to: u32,
    #[prost(uint32, tag = "5")]
    joined_at: u32,
}

#[derive(Clone, PartialEq, prost::Message)]
struct StoredLeft {
    #[prost(uint64, tag = "1")]
    user: u64,
    #[prost(message, optional, tag = "2")]
    conversation: Option<StoredConversationId>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct StoredBefriended {
    #[prost(uint64, tag = "1")]
    user: u64,
    #[prost(uint64, tag = "2")]
    friend: u64,
}

pub(crate) fn encode_intent(intent: &Intent) -> Vec<u8> {
    let act = match intent {
        Intent::Joined { user, conversation, category, joined_at, hidden_up_to } => {
            StoredAct::Joined(StoredJoined {
                user: user.raw(),
                conversation: Some((*conversation).into()),
                category: stored_category(*category),
                hidden_up_to: hidden_up_to.0,
                joined_at: joined_at.0,
            })
        }
        Intent::Left { user, conversation } => StoredAct::Left(StoredLeft {
            user: user.raw(),
            conversation: Some((*conversation).into()),
        }),
        Intent::Befriended { user, friend } => {
            StoredAct::Befriended(StoredBefriended { user: user.raw(), friend: friend.raw() })
        }
    };
    encode(&StoredIntent { act: Some(act) })
}

pub(crate) fn decode_intent(bytes: &[u8]) -> Result<Intent, BadRecord> {
    let stored: StoredIntent = decode(bytes)?;
    match stored.act.ok_or_else(|| bad("act of an intent", "none"))? {
        StoredAct::Joined(joined) => Ok(Intent::Joined {
            user: user_id(joined.user)?,
            conversation: conversation_id(joined.conversation)?,
            category: category(joined.category)?,
            joined_at: Seq(joined.joined_at),
            hidden_up_to: Seq(joined.hidden_up_to),
        }),
        StoredAct::Left(left) => Ok(Intent::Left {
            user: user_id(left.user)?,
            conversation: conversation_id(left.conversation)?,
        }),
        StoredAct::Befriended(befriended) => Ok(Intent::Befriended {
            user: user_id(befriended.user)?,
            friend: user_id(befriended.friend)?,
        }),
    }
}
