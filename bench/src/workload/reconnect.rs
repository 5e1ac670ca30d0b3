//! All receivers gone at once, messages meanwhile, and everybody back.

use serde::{Deserialize, Serialize};

use super::{Fanout, check_between};
use crate::error::BenchError;
use crate::limits::{MISSED_MAX, OPENING_MAX};
use crate::wire::Wire;

/// The receivers of every group lose their connections while their publisher goes on. They come
/// back `at_once` at a time, each naming the last message that it saw, and must be sent all that
/// they missed, once and in order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Reconnect {
    pub(crate) groups: u32,
    /// Receivers of each group.
    pub(crate) members: u32,
    /// Messages to each group before the connections are lost: one at least, for who has seen
    /// nothing has nothing to name.
    pub(crate) before: u32,
    /// Messages to each group while they are.
    pub(crate) missed: u32,
    /// Bytes of each message's text.
    pub(crate) size: usize,
    pub(crate) at_once: usize,
    pub(crate) wire: Wire,
}

impl Default for Reconnect {
    fn default() -> Self {
        Self {
            groups: 100,
            members: 50,
            before: 5,
            missed: 50,
            size: 200,
            at_once: OPENING_MAX,
            wire: Wire::StreamWsJson,
        }
    }
}

impl Reconnect {
    pub(crate) fn check(&self) -> Result<(), BenchError> {
        check_between("before", self.before, 1..=MISSED_MAX)?;
        check_between("missed", self.missed, 1..=MISSED_MAX)?;
        check_between("at_once", self.at_once, 1..=OPENING_MAX)?;
        if !self.wire.resumes() {
            let allowed = "one whose sessions name the last message they saw: the stream dialect";
            return Err(BenchError::setting("wire", self.wire.name(), allowed));
        }
        self.layout().check()
    }

    pub(super) fn connections(&self) -> usize {
        self.layout().connections()
    }

    /// See [`super::Workload::shrink`].
    pub(super) fn shrink(&mut self) {
        self.groups = self.groups.min(3);
        self.members = self.members.min(10);
        self.missed = self.missed.min(20);
    }

    /// Who sits where; the rate is nobody's.
    pub(crate) fn layout(&self) -> Fanout {
        let Self { groups, members, size, wire, .. } = *self;
        Fanout { groups, members, size, wires: vec![wire], ..Fanout::default() }
    }
}
