//! Open-loop arrivals: which message is due when, fixed before the run begins.
//!
//! The schedule depends on nothing that happens during the run. A server that stalls finds the
//! messages of the meantime waiting, and each one's latency counts from the moment it was due:
//! coordinated omission cannot arise. The groups take turns evenly within one interval, so that
//! no burst of all groups at once is measured unless somebody asks for it.

/// One message that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Arrival {
    pub(crate) group: u32,
    /// The message's number in its group, from 0.
    pub(crate) index: u32,
    /// When it is due, on the run's clock.
    pub(crate) intended_ns: u64,
}

/// When each message of a run is due.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Schedule {
    start_ns: u64,
    groups: u32,
    /// Nanoseconds from one arrival to the next, all groups together.
    spacing_ns: f64,
}

impl Schedule {
    /// `groups` is at least 1 and `rate` (messages per second and group) positive: the workload
    /// has checked both.
    pub(crate) fn new(start_ns: u64, groups: u32, rate: f64) -> Self {
        assert!(groups > 0 && rate > 0.0, "a schedule needs a group and a rate");
        Self { start_ns, groups, spacing_ns: 1e9 / (rate * f64::from(groups)) }
    }

    /// When message number `index` of a group is due.
    pub(crate) fn due_ns(&self, group: u32, index: u32) -> u64 {
        self.arrival_ns(u64::from(index) * u64::from(self.groups) + u64::from(group))
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a schedule of at most 500 s and 5e7 arrivals stays far below 2^53 nanoseconds; \
                  the cast of a larger product, for an index that a server made up, saturates"
    )]
    fn arrival_ns(&self, arrival: u64) -> u64 {
        self.start_ns.saturating_add((arrival as f64 * self.spacing_ns) as u64)
    }
}

/// Hands out the messages of a schedule as they become due.
#[derive(Clone, Debug)]
pub(crate) struct Pacer {
    schedule: Schedule,
    /// Arrivals handed out.
    taken: u64,
    total: u64,
}

impl Pacer {
    /// The first `total` messages, all groups together.
    pub(crate) fn new(schedule: Schedule, total: u64) -> Self {
        Self { schedule, taken: 0, total }
    }

    /// When the next message is due; `None` after the last one.
    pub(crate) fn next_due_ns(&self) -> Option<u64> {
        (self.taken < self.total).then(|| self.schedule.arrival_ns(self.taken))
    }

    /// The next message, if it is due at `now_ns`.
    pub(crate) fn take(&mut self, now_ns: u64) -> Option<Arrival> {
        let intended_ns = self.next_due_ns().filter(|due| *due <= now_ns)?;
        let groups = u64::from(self.schedule.groups);
        // Both fit: the remainder is below `groups`, and a workload has at most MESSAGES_MAX
        // messages.
        let group = u32::try_from(self.taken % groups).ok()?;
        let index = u32::try_from(self.taken / groups).ok()?;
        self.taken += 1;
        Some(Arrival { group, index, intended_ns })
    }
}

#[cfg(test)]
mod tests;
