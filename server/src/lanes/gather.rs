//! How many writes a synced batch waits for.
//!
//! A sync costs the same for one write as for many, in time and in CPU. Where several come within
//! the time of a few syncs, the first of them waits a moment for the others; where they come one by
//! one (each after the answer to the last), nobody waits. Decides how many to wait for, from how it
//! went: one more while writes come beside a sync, and no more than came once the wait was in vain.
//! So a lone writer waits once, if at all, and a crowd that fills a batch by itself never does.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// The longest that the first write of a batch waits for others: as long as a few syncs take.
pub(super) const WAIT_MAX: Duration = Duration::from_millis(1);
/// With so many writes in a batch, a sync costs each of them less than the rest of its way.
const WRITES_MAX: usize = 8;

/// What the lane has learned of those who write.
#[derive(Debug)]
pub(super) struct Gather {
    wanted: usize,
}

impl Default for Gather {
    fn default() -> Self {
        Self { wanted: 1 }
    }
}

impl Gather {
    /// How many writes are worth waiting for.
    pub(super) fn wanted(&self) -> usize {
        self.wanted
    }

    /// A batch of `writes` is done. `came_beside`: others have come since it was closed.
    pub(super) fn learn(&mut self, writes: usize, came_beside: bool) {
        if writes < self.wanted {
            self.wanted = writes.max(1);
        } else if came_beside {
            self.wanted = (self.wanted + 1).min(WRITES_MAX);
        }
    }
}

/// Which write the lane waits for, as the shard sees it: so that it wakes the lane for that one
/// and for none before.
#[derive(Clone, Debug)]
pub(super) struct Awaited(Arc<AtomicU64>);

impl Default for Awaited {
    fn default() -> Self {
        Self(Arc::new(AtomicU64::new(NOTHING)))
    }
}

/// No write ever has this number.
const NOTHING: u64 = u64::MAX;

impl Awaited {
    /// On the lane: waits until `has_come` says so, for [`WAIT_MAX`] at most, while the shard is
    /// to wake it at the write of this number.
    pub(super) fn wait(&self, write: u64, mut has_come: impl FnMut() -> bool) {
        let until = Instant::now() + WAIT_MAX;
        self.0.store(write, Ordering::SeqCst);
        while !has_come() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            thread::park_timeout(left);
        }
        self.0.store(NOTHING, Ordering::SeqCst);
    }

    /// On the shard, which has given the lane every write up to this number. One who looks just
    /// before the lane begins to wait is seen by the lane's own first look.
    pub(super) fn given(&self, up_to: u64, lane: &Thread) {
        if up_to >= self.0.load(Ordering::SeqCst) {
            lane.unpark();
        }
    }
}

#[cfg(test)]
mod tests;
