//! What one shard decided and another must keep.

use std::sync::Arc;

use parlance_codecs::{Category, ConversationId, Notice, Seq, UserId};

use crate::placement::Partition;

/// Something that must happen on another shard, kept by the shard that decided it until the
/// other one has it on disk. Ids rise per partition of origin; re-driven in that order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IntentId {
    /// The partition of the entity that decided it, so that it moves with it.
    pub origin: Partition,
    pub number: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Intent {
    /// `user` is now in `conversation`. Creates the user where it was unknown. The member's
    /// cursor begins at `joined_at`: what was said before is shown to who asks for it.
    Joined {
        user: UserId,
        conversation: ConversationId,
        category: Category,
        joined_at: Seq,
        hidden_up_to: Seq,
    },
    Left {
        user: UserId,
        conversation: ConversationId,
    },
    /// `friend` became `user`'s friend.
    Befriended {
        user: UserId,
        friend: UserId,
    },
    /// `friend` is `user`'s friend no longer.
    Unfriended {
        user: UserId,
        friend: UserId,
    },
    /// `from` wants to be `user`'s friend.
    FriendAsked {
        user: UserId,
        from: UserId,
        text: String,
    },
    /// `from` wants `user` to come into the group.
    Invited {
        user: UserId,
        group: ConversationId,
        from: UserId,
    },
    /// What `user` was asked is settled: the direct with who asked to be friends, or the group.
    RequestOver {
        user: UserId,
        about: ConversationId,
    },
    Notify {
        notice: Arc<Notice>,
    },
}

impl Intent {
    /// Whose home keeps it.
    pub fn user(&self) -> UserId {
        match self {
            Self::Joined { user, .. }
            | Self::Left { user, .. }
            | Self::Befriended { user, .. }
            | Self::Unfriended { user, .. }
            | Self::FriendAsked { user, .. }
            | Self::Invited { user, .. }
            | Self::RequestOver { user, .. } => *user,
            Self::Notify { notice } => notice.user,
        }
    }
}
