//! Where the polling sessions are whose ids name this shard, and which others are here.
//!
//! A session lives on its user's home shard, which is not known before somebody has signed in; so
//! the shard on which it began keeps where it is, and sends its visitors on. Every move goes by
//! way of that shard, whose messages keep their order, so a visitor never comes before its
//! session. Invariant: a session that has ended, or has become a WebSocket, is in no table.

use std::collections::BTreeMap;

use parlance_codecs::framing::engineio::Sid;
use parlance_conversation::input::SessionId;
use parlance_conversation::placement::ShardIndex;

/// Polling sessions that may have begun on one shard.
const SIDS_MAX: usize = 16 * 1024;

/// Where a session is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Here(SessionId),
    On(ShardIndex),
}

#[derive(Default)]
pub(super) struct Places {
    places: BTreeMap<Sid, Place>,
}

impl Places {
    /// Whether another session may begin here.
    pub(super) fn has_room(&self) -> bool {
        self.places.len() < SIDS_MAX
    }

    pub(super) fn find(&self, sid: Sid) -> Option<Place> {
        self.places.get(&sid).copied()
    }

    pub(super) fn put(&mut self, sid: Sid, place: Place) {
        self.places.insert(sid, place);
    }

    pub(super) fn remove(&mut self, sid: Sid) {
        self.places.remove(&sid);
    }
}

#[cfg(test)]
mod tests;
