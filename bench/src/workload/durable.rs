//! Publishers that wait for their acknowledgements: how many fit into a second, and how long one
//! takes.

use parlance_codecs::limits::TEXT_BYTES_MAX;
use serde::{Deserialize, Serialize};

use super::{check_between, check_connections};
use crate::client::Seat;
use crate::error::BenchError;
use crate::limits::{DISK_SYNCS_MAX, IN_FLIGHT_PER_PUBLISHER_MAX, SCHEDULE_SECONDS_MAX};
use crate::stamp::STAMP_BYTES;
use crate::wire::Wire;

/// A closed loop: each publisher has so many messages on their way and sends the next one when
/// one is acknowledged. A server that stalls is therefore asked less meanwhile, and the latency is
/// that from sending; what it would be under a steady demand is the open loop's matter.
///
/// Each publisher is alone in its conversation, so that nothing is delivered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Durable {
    pub(crate) publishers: u32,
    /// Messages of one publisher that wait for their acknowledgements.
    pub(crate) in_flight: u32,
    /// Bytes of each message's text.
    pub(crate) size: usize,
    /// Measured, after the warm-up.
    pub(crate) seconds: u64,
    pub(crate) warmup: u64,
    /// Writes of the disk that are measured beside it, each synced.
    pub(crate) syncs: usize,
    pub(crate) wire: Wire,
}

impl Default for Durable {
    fn default() -> Self {
        Self {
            publishers: 64,
            in_flight: 1,
            size: 200,
            seconds: 10,
            warmup: 2,
            syncs: 200,
            wire: Wire::StreamTcp,
        }
    }
}

impl Durable {
    pub(crate) fn check(&self) -> Result<(), BenchError> {
        check_between("in_flight", self.in_flight, 1..=IN_FLIGHT_PER_PUBLISHER_MAX)?;
        check_between("size", self.size, STAMP_BYTES..=TEXT_BYTES_MAX)?;
        check_between("seconds", self.seconds, 1..=SCHEDULE_SECONDS_MAX)?;
        check_between("warmup", self.warmup, 0..=SCHEDULE_SECONDS_MAX - self.seconds)?;
        check_between("syncs", self.syncs, 0..=DISK_SYNCS_MAX)?;
        if !self.wire.acknowledges() {
            return Err(BenchError::setting("wire", self.wire.name(), "one that acknowledges"));
        }
        check_connections("publishers", self.connections())
    }

    pub(super) fn connections(&self) -> usize {
        self.publishers as usize
    }

    /// See [`super::Workload::shrink`].
    pub(super) fn shrink(&mut self) {
        self.publishers = self.publishers.min(20);
        (self.seconds, self.warmup, self.syncs) = (1, 0, 4);
    }

    pub(crate) fn seats(&self, first_user: u64) -> Vec<Seat> {
        let users = (first_user..).take(self.connections());
        users.map(|user| Seat { user, wire: self.wire, group: user }).collect()
    }
}
