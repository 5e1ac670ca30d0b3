//! What is stored of friendships, members, requests and notices.
//!
//! A friendship is decided at the home of its pair (the partition of the pair's direct), a
//! membership and what is asked about it at the group's; what a user's home keeps of either is a
//! copy that intents bring there in the order of the decisions.

use parlance_codecs::ask::Duty;
use parlance_codecs::{MessageId, UserId};

use crate::placement::Partition;

/// A friend, at the user's home.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FriendRecord {
    /// How the user calls the friend; empty where never said.
    pub alias: String,
}

/// What two users are to each other, at the home of their direct. Strangers have none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PairRecord {
    /// One of the two wants to be friends.
    Asked {
        by: UserId,
    },
    Friends,
}

/// A member, at the conversation's home. Its owner is named by the conversation itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemberRecord {
    /// How the member is called here; empty where never said.
    pub name: String,
    pub duty: MemberDuty,
}

/// A [`Duty`] below the owner's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MemberDuty {
    #[default]
    Member,
    Admin,
}

impl From<MemberDuty> for Duty {
    fn from(duty: MemberDuty) -> Self {
        match duty {
            MemberDuty::Member => Self::Member,
            MemberDuty::Admin => Self::Admin,
        }
    }
}

/// What a user is asked, at the user's home: to be friends (listed by the direct with who asks)
/// or to come into a group (listed by the group).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestRecord {
    pub from: UserId,
    pub text: String,
    /// Unix microseconds; no two of a user's requests have the same.
    pub at_us: u64,
}

/// What stands open between a group and a user who is not in it, at the group's home.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupRequestRecord {
    /// The member who asked the user in.
    pub invited_by: Option<UserId>,
    /// When the user asked to be let in, in Unix microseconds; no two of a group are the same.
    pub applied_at_us: Option<u64>,
}

impl GroupRequestRecord {
    pub fn is_empty(&self) -> bool {
        self.invited_by.is_none() && self.applied_at_us.is_none()
    }
}

/// Up to which id the notices that a partition decided have come to a user. Ids rise in the order
/// that a partition decides in, so what comes again after a crash is known by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoticeMark {
    pub origin: Partition,
    pub up_to: MessageId,
}
