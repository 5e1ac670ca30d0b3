//! What a shard does between two turns: it lets its tasks run, looks at its sockets, and waits.
//!
//! Where it waits is decided here. The runtime's own way to wait and wake costs as much as ten
//! sends, so a shard that had something to do a moment ago waits in its own ring instead, and
//! lets the runtime's reactor look around once per [`SLICE`]. A shard that has been quiet for
//! [`LINGER`] parks in the runtime and costs nothing.
//!
//! No wake-up may be lost in between. The ways in, and how each is heard in either wait:
//! * Sockets: by the ring. Parked: the ring signals an eventfd that the runtime reads. Signals
//!   are switched on before the last look at the ring, so what comes is either seen or signalled.
//! * Other threads' messages: the inbox and its [`Doorbell`](crate::sockets::Doorbell), which the
//!   ring polls. The shard says that it falls asleep, then looks into the inbox a last time.
//! * Other threads' wakers ([`from_afar`](crate::sockets::from_afar)): they ring the same
//!   doorbell, and say that a task was woken, which sends the shard to the reactor at once.
//! * Tasks of this shard: nothing waits before every task that could run has run, and none can be
//!   woken while the shard is in the ring's wait, because whoever would wake it runs here too.
//! * The runtime's timers: late by a slice at most.
//! * What the runtime itself loses ([`crate::runtime`]): the heartbeat, as ever.

use std::future::poll_fn;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use super::{Next, ShardLoop};
use crate::runtime;

/// How long the runtime's reactor is not looked at while the shard waits in its ring: a look costs
/// some 10 us.
const SLICE: Duration = Duration::from_millis(4);
/// How long after something happened the shard goes on waiting in its ring.
const LINGER: Duration = Duration::from_millis(20);

/// When the shard did what.
pub(crate) struct Rest {
    /// Something happened.
    stirred: Instant,
    /// The runtime's reactor looked around.
    reacted: Instant,
}

impl Rest {
    pub(crate) fn new() -> Self {
        let now = Instant::now();
        Self { stirred: now, reacted: now }
    }

    /// The shard had work.
    pub(super) fn worked(&mut self) {
        self.stirred = Instant::now();
    }
}

impl ShardLoop {
    /// Lets everyone else run; then waits, unless there is more to do, until there may be.
    pub(super) async fn rest(&mut self, next: Next) {
        loop {
            runtime::run_others().await;
            if self.connections.sockets().look() {
                self.rest.stirred = Instant::now();
                // Whoever was woken has its inputs ready for the same turn.
                runtime::run_others().await;
            }
            let now = Instant::now();
            let woken = self.connections.sockets().doorbell().take_woken_task();
            if woken || now - self.rest.reacted >= SLICE {
                runtime::yield_to_reactor().await;
                self.rest.reacted = Instant::now();
                // A turn a slice, for the deadlines; whoever the reactor woke runs before it.
                return runtime::run_others().await;
            }
            if next == Next::Again || self.is_due() {
                return;
            }
            self.wait(now).await;
        }
    }

    /// Waits once, in the ring or in the runtime.
    async fn wait(&mut self, now: Instant) {
        let sockets = self.connections.sockets().clone();
        let doorbell = sockets.doorbell();
        doorbell.fall_asleep();
        if !self.is_due() && !doorbell.has_woken_task() {
            if now - self.rest.stirred < LINGER {
                if sockets.wait(SLICE) {
                    self.rest.stirred = Instant::now();
                }
            } else if !sockets.begin_to_park() {
                poll_fn(|cx| self.poll_stirred(cx)).await;
                sockets.end_to_park();
                self.rest.reacted = Instant::now();
            } else {
                sockets.end_to_park();
            }
        }
        doorbell.wake_up();
    }

    /// Ready once something rings, while the shard is parked.
    fn poll_stirred(&self, cx: &mut Context<'_>) -> Poll<()> {
        let rung = self.inputs().bell().poll_rung(cx);
        let stirred = self.connections.sockets().stirred().poll_rung(cx);
        if rung.is_ready() || stirred.is_ready() { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Whether there may be something for a turn.
    fn is_due(&self) -> bool {
        self.inputs().bell().is_rung() || !self.inbox.is_empty()
    }
}
