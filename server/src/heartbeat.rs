//! A shard's heartbeat: it rings the turn's bell some dozen times a second, beside the slices of
//! [`crate::shard_loop`].
//!
//! It drives the core's deadlines and the wheel, retries what a full inbox did not take, and
//! bounds how long an executor can sleep over a task that could run ([`crate::runtime`]). It
//! beats faster while the shard had work a moment ago than when it is asleep, so that an idle server costs
//! next to nothing; and it counts the beats that came late, because then something held the
//! executor.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use crate::connections::Connections;
use crate::runtime;

/// Between two beats of a shard that had work a moment ago.
const AWAKE: Duration = Duration::from_millis(25);
/// Between two beats of a shard that has long been idle: the longest that a lost wake-up can
/// last. A beat costs some 50 us of CPU.
const ASLEEP: Duration = Duration::from_millis(100);
/// A shard without work for this long is asleep.
const ASLEEP_AFTER_MS: u64 = 5_000;
/// A beat that is later than this is counted as a stall.
const LATE: Duration = Duration::from_millis(50);

/// What the turn tells the heartbeat.
#[derive(Default)]
pub(crate) struct Pulse {
    worked_ms: Cell<u64>,
    over: Cell<bool>,
}

impl Pulse {
    /// The shard had work at this time.
    pub(crate) fn worked(&self, now_ms: u64) {
        self.worked_ms.set(now_ms);
    }

    /// The shard ends, and its heartbeat with it.
    pub(crate) fn end(&self) {
        self.over.set(true);
    }
}

/// Beats until the shard ends.
pub(crate) async fn beat(pulse: Rc<Pulse>, connections: Rc<Connections>) {
    while !pulse.over.get() {
        let idle_ms = connections.now().monotonic_ms.saturating_sub(pulse.worked_ms.get());
        let pause = if idle_ms <= ASLEEP_AFTER_MS { AWAKE } else { ASLEEP };
        let slept = Instant::now();
        runtime::sleep(pause).await;
        if slept.elapsed() > pause + LATE {
            connections.metrics().loop_stalls.add(1);
        }
        connections.handle().door().inputs.bell().ring();
    }
}
