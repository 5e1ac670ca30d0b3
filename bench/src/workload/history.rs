//! Users who read the past.

use serde::{Deserialize, Serialize};

use super::{check_between, check_connections};
use crate::client::Seat;
use crate::error::BenchError;
use crate::limits::{HISTORY_MESSAGES_MAX, MESSAGES_MAX, PULL_MESSAGES_MAX, SCHEDULE_SECONDS_MAX};
use crate::stamp::STAMP_BYTES;
use crate::wire::Wire;
use parlance_codecs::limits::TEXT_BYTES_MAX;

/// A group's past is pulled page by page from random places, on a schedule. A reader has one call
/// on its way at a time; a call that is due while all readers wait is late, and its latency says so.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct History {
    /// What the group's past holds; it is published before anything is measured.
    pub(crate) messages: u32,
    /// Bytes of each message's text.
    pub(crate) size: usize,
    /// Connections that pull, each of another member.
    pub(crate) readers: u32,
    /// Pulls per second, all readers together.
    pub(crate) rate: f64,
    /// Messages of one pull.
    pub(crate) page: u32,
    /// Measured, after the warm-up.
    pub(crate) seconds: u64,
    pub(crate) warmup: u64,
}

impl Default for History {
    fn default() -> Self {
        Self {
            messages: 20_000,
            size: 200,
            readers: 64,
            rate: 1_000.0,
            page: 50,
            seconds: 10,
            warmup: 2,
        }
    }
}

impl History {
    pub(crate) fn check(&self) -> Result<(), BenchError> {
        check_between("page", self.page, 1..=PULL_MESSAGES_MAX)?;
        check_between("messages", self.messages, self.page..=HISTORY_MESSAGES_MAX)?;
        check_between("size", self.size, STAMP_BYTES..=TEXT_BYTES_MAX)?;
        check_between("seconds", self.seconds, 1..=SCHEDULE_SECONDS_MAX)?;
        check_between("warmup", self.warmup, 0..=SCHEDULE_SECONDS_MAX - self.seconds)?;
        if !(self.rate.is_finite() && self.rate > 0.0) {
            return Err(BenchError::setting("rate", self.rate, "a positive number"));
        }
        if self.pulls() == 0 || self.pulls() > MESSAGES_MAX {
            let allowed = format!("1 to {MESSAGES_MAX} pulls a run");
            return Err(BenchError::setting("rate", self.pulls(), allowed));
        }
        check_connections("readers", self.connections())
    }

    /// The publisher of the past, and the readers.
    pub(super) fn connections(&self) -> usize {
        self.readers as usize + 1
    }

    /// See [`super::Workload::shrink`].
    pub(super) fn shrink(&mut self) {
        self.messages = self.messages.min(200);
        self.readers = self.readers.min(8);
        self.page = self.page.min(self.messages);
        self.rate = self.rate.min(50.0);
        (self.seconds, self.warmup) = (1, 0);
    }

    /// Of the whole schedule.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "the cast saturates, and `check` refuses what exceeds MESSAGES_MAX"
    )]
    pub(crate) fn pulls(&self) -> u64 {
        (self.rate * self.warmup.saturating_add(self.seconds) as f64) as u64
    }

    /// The publisher's seat first.
    pub(crate) fn seats(&self, first_user: u64) -> Vec<Seat> {
        let publisher = Seat { user: first_user, wire: Wire::StreamTcp, group: first_user };
        let readers = (first_user + 1..).take(self.readers as usize);
        let reader = |user| Seat { user, wire: Wire::ImCalls, group: first_user };
        std::iter::once(publisher).chain(readers.map(reader)).collect()
    }
}
