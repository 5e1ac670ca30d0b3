//! Groups in which one speaks and all hear it: sizes, rates, and who sits where.

use parlance_codecs::limits::TEXT_BYTES_MAX;
use serde::{Deserialize, Serialize};

use super::{check_connections, group_number};
use crate::client::Seat;
use crate::error::BenchError;
use crate::limits::{MESSAGES_MAX, SCHEDULE_SECONDS_MAX};
use crate::stamp::STAMP_BYTES;
use crate::wire::{Category, Wire};

/// Groups in which one member speaks and all hear it.
///
/// Each group has `members` receivers and a publisher of its own beside them. Receivers do not
/// acknowledge what they get: the cost of receipts is another workload's matter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Fanout {
    pub(crate) groups: u32,
    /// Receivers of each group.
    pub(crate) members: u32,
    /// Messages per second and group.
    pub(crate) rate: f64,
    /// Bytes of each message's text.
    pub(crate) size: usize,
    /// Measured, after the warm-up.
    pub(crate) seconds: u64,
    pub(crate) warmup: u64,
    /// Dealt to the receivers in turn; publishers speak the first.
    pub(crate) wires: Vec<Wire>,
    /// What the publisher and its receivers meet in; another kind's matter.
    #[serde(skip)]
    pub(crate) category: Category,
    /// Members of each group who are slow on purpose; another kind's matter.
    #[serde(skip)]
    pub(crate) slow: u32,
    #[serde(skip)]
    pub(crate) slow_bytes_per_second: u64,
}

impl Default for Fanout {
    fn default() -> Self {
        Self {
            groups: 1,
            members: 1_000,
            rate: 10.0,
            size: 200,
            seconds: 30,
            warmup: 5,
            wires: vec![Wire::StreamWsJson],
            category: Category::Group,
            slow: 0,
            slow_bytes_per_second: 0,
        }
    }
}

impl Fanout {
    pub(crate) fn check(&self) -> Result<(), BenchError> {
        let at_least_one = |flag, value: u64| match value {
            0 => Err(BenchError::setting(flag, 0, "1 at least")),
            _ => Ok(()),
        };
        at_least_one("groups", self.groups.into())?;
        at_least_one("members", self.members.into())?;
        at_least_one("seconds", self.seconds)?;
        if self.wires.is_empty() {
            return Err(BenchError::setting("wires", "nothing", "one dialect at least"));
        }
        if !self.publisher_wire().publishes() {
            let allowed = "one first that can publish: publishers speak the first";
            return Err(BenchError::setting("wires", self.publisher_wire().name(), allowed));
        }
        if !(self.rate.is_finite() && self.rate > 0.0) {
            return Err(BenchError::setting("rate", self.rate, "a positive number"));
        }
        if !(STAMP_BYTES..=TEXT_BYTES_MAX).contains(&self.size) {
            let allowed = format!("{STAMP_BYTES} to {TEXT_BYTES_MAX} bytes");
            return Err(BenchError::setting("size", self.size, allowed));
        }
        let scheduled = self.seconds.saturating_add(self.warmup);
        if scheduled > SCHEDULE_SECONDS_MAX {
            let allowed = format!("{SCHEDULE_SECONDS_MAX} s in all");
            return Err(BenchError::setting("seconds and warmup", scheduled, allowed));
        }
        if self.messages() == 0 || self.messages() > MESSAGES_MAX {
            let allowed = format!("1 to {MESSAGES_MAX} messages a run");
            return Err(BenchError::setting("rate", self.messages(), allowed));
        }
        check_connections("groups and members", self.connections())
    }

    /// See [`super::Workload::shrink`].
    pub(super) fn shrink(&mut self) {
        self.groups = self.groups.min(3);
        self.members = self.members.min(12);
        self.rate = self.rate.min(20.0);
        (self.seconds, self.warmup) = (1, 0);
    }

    /// Receivers and publishers.
    pub(crate) fn connections(&self) -> usize {
        usize::try_from(u64::from(self.groups) * (u64::from(self.members) + 1))
            .unwrap_or(usize::MAX)
    }

    /// Messages of the whole schedule, all groups together.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "the cast saturates, and `check` refuses what exceeds MESSAGES_MAX"
    )]
    pub(crate) fn messages(&self) -> u64 {
        (self.offered_per_second() * self.warmup.saturating_add(self.seconds) as f64) as u64
    }

    /// Messages per second, all groups together.
    pub(crate) fn offered_per_second(&self) -> f64 {
        self.rate * f64::from(self.groups)
    }

    /// Receipts that one message must cause.
    pub(crate) fn receipts_per_message(&self) -> u32 {
        (self.members - self.slow) + u32::from(self.echoes())
    }

    /// Whether publishers are sent their own messages.
    pub(crate) fn echoes(&self) -> bool {
        self.publisher_wire().echoes(self.category)
    }

    pub(crate) fn publisher_wire(&self) -> Wire {
        self.wires.first().copied().unwrap_or(Wire::StreamWsJson)
    }

    /// By group: its publisher, then its members.
    pub(crate) fn seats(&self, first_user: u64) -> Vec<Seat> {
        let per_group = std::iter::once(self.publisher_wire())
            .chain(self.wires.iter().copied().cycle().take(self.members as usize));
        let seats = (0..self.groups).flat_map(|group| {
            let number = group_number(first_user, group);
            per_group.clone().map(move |wire| (wire, number))
        });
        let users = first_user..;
        users.zip(seats).map(|(user, (wire, group))| Seat { user, wire, group }).collect()
    }

    /// Seats of one group.
    pub(crate) fn seats_per_group(&self) -> usize {
        self.members as usize + 1
    }

    pub(crate) fn group_of(&self, seat: usize) -> u32 {
        u32::try_from(seat / self.seats_per_group()).unwrap_or(u32::MAX)
    }

    pub(crate) fn publisher_of(&self, group: u32) -> usize {
        group as usize * self.seats_per_group()
    }

    /// The last ones of each group.
    pub(crate) fn is_slow(&self, seat: usize) -> bool {
        self.slow > 0 && seat % self.seats_per_group() > (self.members - self.slow) as usize
    }

    pub(crate) fn is_publisher(&self, seat: usize) -> bool {
        seat.is_multiple_of(self.seats_per_group())
    }
}
