//! What a user is told beside messages: friendships and memberships that changed.
//!
//! A notice belongs to one user, has an id from the same clock as messages, and is kept until it
//! is acknowledged, as far as the bounds of the core allow.

use crate::ask::Duty;
use crate::model::{ConversationId, MessageId, UserId};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub id: MessageId,
    /// Whom it is for.
    pub user: UserId,
    pub what: News,
    /// Unix milliseconds.
    pub created_at_ms: u64,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// `by` wants to be the user's friend.
    FriendRequested {
        by: UserId,
        text: String,
    },
    /// The user and `with` are friends now; `with_name` is how that one is called.
    Befriended {
        with: UserId,
        with_name: String,
    },
    FriendRefused {
        by: UserId,
    },
    /// They are friends no longer; `by` is one of the two.
    Unfriended {
        with: UserId,
        by: UserId,
    },
    /// `by` wants the user to come into the group.
    Invited {
        group: ConversationId,
        by: UserId,
    },
    InviteRefused {
        group: ConversationId,
        by: UserId,
    },
    /// `by` wants to be let in; for the group's owner and admins.
    Applied {
        group: ConversationId,
        by: UserId,
    },
    ApplicationRefused {
        group: ConversationId,
    },
    /// The user is in a new group, which `by` (perhaps the user) made. Who else was put into it
    /// at its making is no news of its own.
    Created {
        group: ConversationId,
        group_name: String,
        by: UserId,
    },
    /// `member` (perhaps the user) is in the group now; `by` brought them in, or let them in.
    Joined {
        group: ConversationId,
        group_name: String,
        member: UserId,
        member_name: String,
        by: UserId,
    },
    /// `member` (perhaps the user) is no longer in it: on their own where `by` is them.
    Left {
        group: ConversationId,
        member: UserId,
        by: UserId,
    },
    Deleted {
        group: ConversationId,
        by: UserId,
    },
    Renamed {
        group: ConversationId,
        name: String,
        by: UserId,
    },
    DutyChanged {
        group: ConversationId,
        member: UserId,
        duty: Duty,
    },
}
