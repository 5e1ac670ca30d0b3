//! What will happen when, and the two clocks.
//!
//! Simulated time moves only from one entry to the next. Entries of the same moment happen in
//! the order in which they were made, so a pipe whose entries never go back in time is a FIFO.

use std::collections::BTreeMap;

use parlance_conversation::input::Now;

/// Wall-clock time at which every run begins: 2026-01-01T00:00:00Z in Unix milliseconds. Any
/// moment after the first message id's epoch will do, by more than the clock ever jumps back.
const WALL_START_MS: u64 = 1_767_225_600_000;

/// The entries to come, and the time of the last one taken.
pub(crate) struct Agenda<T> {
    entries: BTreeMap<(u64, u64), T>,
    order: u64,
    now_us: u64,
    /// How far the wall clock stands from where it would be without jumps.
    wall_offset_ms: i64,
}

impl<T> Agenda<T> {
    pub(crate) fn new() -> Self {
        Self { entries: BTreeMap::new(), order: 0, now_us: 0, wall_offset_ms: 0 }
    }

    pub(crate) fn now_us(&self) -> u64 {
        self.now_us
    }

    /// The turn's clock reading, as the shell would hand it to the core.
    pub(crate) fn now(&self) -> Now {
        let monotonic_ms = self.now_us / 1000;
        let wall_ms =
            WALL_START_MS.saturating_add(monotonic_ms).saturating_add_signed(self.wall_offset_ms);
        Now { monotonic_ms, wall_ms }
    }

    /// Sets the wall clock that far from the undisturbed one; tells whether that is forward.
    pub(crate) fn jump_wall(&mut self, offset_ms: i64) -> bool {
        let forward = offset_ms > self.wall_offset_ms;
        self.wall_offset_ms = offset_ms;
        forward
    }

    /// Adds an entry; a moment that has passed means now.
    pub(crate) fn at(&mut self, at_us: u64, entry: T) {
        self.order += 1;
        self.entries.insert((at_us.max(self.now_us), self.order), entry);
    }

    pub(crate) fn after(&mut self, delay_us: u64, entry: T) {
        self.at(self.now_us.saturating_add(delay_us), entry);
    }

    /// Takes the next entry up to a moment, and moves the time to it (or to that moment).
    pub(crate) fn next_until(&mut self, until_us: u64) -> Option<T> {
        let first = self.entries.first_entry()?;
        let at_us = first.key().0;
        if at_us > until_us {
            self.now_us = self.now_us.max(until_us);
            return None;
        }
        self.now_us = at_us;
        Some(first.remove())
    }
}
