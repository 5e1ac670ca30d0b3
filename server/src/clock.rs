//! The turn's time. Read once per turn, so that everything in a turn agrees about it.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use parlance_conversation::input::Now;

/// Reads both clocks. Copies of one clock agree about when the process began.
#[derive(Clone, Copy)]
pub(crate) struct Clock {
    started: Instant,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self { started: Instant::now() }
    }

    pub(crate) fn sample(self) -> Now {
        let monotonic = self.started.elapsed().as_millis();
        // A wall clock before 1970 counts as 1970; ids and deadlines do not depend on it.
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |wall| wall.as_millis());
        Now {
            monotonic_ms: u64::try_from(monotonic).unwrap_or(u64::MAX),
            wall_ms: u64::try_from(wall).unwrap_or(u64::MAX),
        }
    }
}
