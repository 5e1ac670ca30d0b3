//! What must still happen on another shard.

use std::sync::Arc;

use parlance_codecs::Seq;
use parlance_conversation::store::Intent;

use super::notice::{StoredNotice, notice, stored_notice};
use super::{
    BadRecord, StoredConversationId, bad, category, conversation_id, decode, encode, message_id,
    stored_category, user_id,
};

#[derive(Clone, PartialEq, prost::Message)]
struct StoredIntent {
    #[prost(oneof = "StoredAct", tags = "1, 2, 3, 4, 5, 6, 7, 8")]
    act: Option<StoredAct>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum StoredAct {
    #[prost(message, tag = "1")]
    Joined(StoredJoined),
    #[prost(message, tag = "2")]
    Left(StoredLeft),
    #[prost(message, tag = "3")]
    Befriended(StoredFriendship),
    #[prost(message, tag = "4")]
    Unfriended(StoredFriendship),
    #[prost(message, tag = "5")]
    FriendAsked(StoredFriendAsked),
    #[prost(message, tag = "6")]
    Invited(StoredInvited),
    #[prost(message, tag = "7")]
    RequestOver(StoredLeft),
    #[prost(message, tag = "8")]
    Notify(StoredNotify),
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
struct StoredFriendship {
    #[prost(uint64, tag = "1")]
    user: u64,
    #[prost(uint64, tag = "2")]
    friend: u64,
}

#[derive(Clone, PartialEq, prost::Message)]
struct StoredFriendAsked {
    #[prost(uint64, tag = "1")]
    user: u64,
    #[prost(uint64, tag = "2")]
    from: u64,
    #[prost(string, tag = "3")]
    text: String,
}

#[derive(Clone, PartialEq, prost::Message)]
struct StoredInvited {
    #[prost(uint64, tag = "1")]
    user: u64,
    #[prost(message, optional, tag = "2")]
    group: Option<StoredConversationId>,
    #[prost(uint64, tag = "3")]
    from: u64,
}

/// In the notice's own record, user and id are in the key.
#[derive(Clone, PartialEq, prost::Message)]
struct StoredNotify {
    #[prost(uint64, tag = "1")]
    user: u64,
    #[prost(uint64, tag = "2")]
    id: u64,
    #[prost(message, optional, tag = "3")]
    notice: Option<StoredNotice>,
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
            StoredAct::Befriended(StoredFriendship { user: user.raw(), friend: friend.raw() })
        }
        Intent::Unfriended { user, friend } => {
            StoredAct::Unfriended(StoredFriendship { user: user.raw(), friend: friend.raw() })
        }
        Intent::FriendAsked { user, from, text } => StoredAct::FriendAsked(StoredFriendAsked {
            user: user.raw(),
            from: from.raw(),
            text: text.clone(),
        }),
        Intent::Invited { user, group, from } => StoredAct::Invited(StoredInvited {
            user: user.raw(),
            group: Some((*group).into()),
            from: from.raw(),
        }),
        Intent::RequestOver { user, about } => StoredAct::RequestOver(StoredLeft {
            user: user.raw(),
            conversation: Some((*about).into()),
        }),
        Intent::Notify { notice } => StoredAct::Notify(StoredNotify {
            user: notice.user.raw(),
            id: notice.id.raw(),
            notice: Some(stored_notice(notice)),
        }),
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
        StoredAct::Unfriended(parted) => {
            Ok(Intent::Unfriended { user: user_id(parted.user)?, friend: user_id(parted.friend)? })
        }
        StoredAct::FriendAsked(asked) => Ok(Intent::FriendAsked {
            user: user_id(asked.user)?,
            from: user_id(asked.from)?,
            text: asked.text,
        }),
        StoredAct::Invited(invited) => Ok(Intent::Invited {
            user: user_id(invited.user)?,
            group: conversation_id(invited.group)?,
            from: user_id(invited.from)?,
        }),
        StoredAct::RequestOver(over) => Ok(Intent::RequestOver {
            user: user_id(over.user)?,
            about: conversation_id(over.conversation)?,
        }),
        StoredAct::Notify(told) => {
            let stored = told.notice.ok_or_else(|| bad("notice of an intent", "none"))?;
            let notice = notice(stored, user_id(told.user)?, message_id(told.id)?)?;
            Ok(Intent::Notify { notice: Arc::new(notice) })
        }
    }
}
