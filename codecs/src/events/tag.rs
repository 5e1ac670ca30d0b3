//! What an answer must know of the event that it answers.
//!
//! It travels as the request's [`Tag`], so that nothing is kept per session: which callback
//! waits, under which name the event came, and of a message that is to be repeated to the
//! callback, what it said.

use serde::{Deserialize, Serialize};

use super::encode::Kind;
use crate::request::Tag;

/// The event that is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Asked {
    pub(super) event: String,
    /// The callback's number.
    pub(super) ack: Option<u64>,
    /// What a message said. Only where a callback waits: everybody else is sent the message itself.
    pub(super) said: Option<Said>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Said {
    pub(super) kind: Kind,
    pub(super) text: String,
}

impl Asked {
    pub(super) fn to_tag(&self) -> Tag {
        Tag(serde_json::to_string(self).expect("the struct has string keys only").into())
    }

    /// `None` for a tag that was not made here.
    pub(super) fn of(tag: &Tag) -> Option<Self> {
        serde_json::from_str(&tag.0).ok()
    }
}
