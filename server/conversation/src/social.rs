//! What users do about friendships and groups, and how such an act finds its way.
//!
//! A friendship is decided at its pair's home, everything in a group at the group's home. What
//! depends on a user (whether they exist, how they are called, whether they have room for one
//! more) is asked at that user's home on the way there; two acts that are on their way at the
//! same time may both find room, so limits per user may be passed by what is in flight.

use parlance_codecs::ask::{Ask, Duty};
use parlance_codecs::{Refusal, UserId};

/// A user and how they are called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub user: UserId,
    pub name: String,
}

/// What a user does about a friendship with another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FriendAct {
    /// Asks the other, or agrees where they have asked.
    Ask {
        text: String,
        namelessness: Namelessness,
        /// The user's home knows that the other has asked: agreeing takes no place in their list
        /// of requests.
        agrees: bool,
    },
    Accept,
    Refuse,
    Remove,
    /// The operator makes them friends.
    Vouch(crate::mesh::Notify),
}

/// Whether a user who has no name may ask others to be friends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Namelessness {
    #[default]
    Allowed,
    Refused,
}

/// What a user does in or about a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupAct {
    Delete,
    Leave,
    Rename { name: String, who: MayRename },
    Add { user: UserId },
    Remove { user: UserId },
    Invite { user: UserId },
    AcceptInvite,
    RefuseInvite,
    Apply,
    AcceptApplication { user: UserId },
    RefuseApplication { user: UserId },
    SetDuty { user: UserId, duty: Duty },
    SetName { name: String },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MayRename {
    Members,
    Leaders,
}

/// What the home of the user whom an act concerns says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Consent {
    NotAsked,
    /// The user exists, may come in, and is called so.
    Given {
        name: String,
    },
}

/// A name that a user or a group has to have.
pub(crate) fn check_name(name: &str) -> Result<(), Refusal> {
    if name.is_empty() { Err(bad_name(name)) } else { check_name_or_none(name) }
}

/// A name that may also be taken back by an empty one.
pub(crate) fn check_name_or_none(name: &str) -> Result<(), Refusal> {
    let fits = name.len() <= Ask::NAME_BYTES_MAX && !name.contains('\0');
    if fits { Ok(()) } else { Err(bad_name(name)) }
}

fn bad_name(name: &str) -> Refusal {
    Refusal::BadName { got: name.len(), max: Ask::NAME_BYTES_MAX }
}
