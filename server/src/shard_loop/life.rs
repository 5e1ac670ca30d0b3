//! A shard's life: it gets ready, is opened, drains, and ends when every shard has drained.
//!
//! The main thread orders, the shard reports. Draining, a shard closes its sessions in good
//! order, then keeps turning until nothing of what its clients did is left unwritten; it goes on
//! serving the other shards until it is told to finish. A failed store ends the shard at once:
//! nothing more is acknowledged.

use parlance_codecs::dialect::EndReason;
use parlance_conversation::input::Now;
use parlance_conversation::limits::CURSOR_WRITE_MS;
use parlance_conversation::placement::ShardIndex;

use super::ShardLoop;
use crate::connection::Arriving;
use crate::inbox::Order;
use crate::listener::Doors;
use crate::stops::Stop;

/// What the main thread hears.
#[derive(Debug)]
pub(crate) enum Lifecycle {
    /// The shard could take clients.
    Ready(ShardIndex),
    /// It listens for clients.
    Opened(ShardIndex),
    /// Its clients are gone and everything of theirs is written.
    Drained(ShardIndex),
    /// It cannot go on, because its store failed or it cannot listen.
    Failed { shard: ShardIndex, reason: String },
    /// Its executor has ended, for whatever reason.
    Ended(ShardIndex),
    /// The process was asked to end.
    Signal,
}

/// Where a shard is in its life.
pub(crate) struct Life {
    me: ShardIndex,
    reports: flume::Sender<Lifecycle>,
    /// What it listens on, until it is opened.
    doors: Option<Doors>,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Running,
    Draining {
        /// Since when nothing was left to do, if nothing is.
        quiet_since_ms: Option<u64>,
    },
    Drained,
    Over,
}

impl Life {
    pub(crate) fn new(me: ShardIndex, reports: flume::Sender<Lifecycle>, doors: Doors) -> Self {
        Self { me, reports, doors: Some(doors), stage: Stage::Running }
    }

    pub(super) fn ready(&self) {
        self.report(Lifecycle::Ready(self.me));
    }

    pub(crate) fn fail(&mut self, reason: String) {
        self.report(Lifecycle::Failed { shard: self.me, reason });
        self.stage = Stage::Over;
    }

    pub(super) fn is_over(&self) -> bool {
        self.stage == Stage::Over
    }

    fn is_draining(&self) -> bool {
        matches!(self.stage, Stage::Draining { .. } | Stage::Drained)
    }

    fn report(&self, report: Lifecycle) {
        // There is room for every report of every shard; a main thread that is gone needs none.
        let _ = self.reports.try_send(report);
    }
}

impl ShardLoop {
    pub(super) fn obey(&mut self, order: Order, now: Now) {
        match order {
            Order::Open => {
                let Some(doors) = self.life.doors.take() else { return };
                match doors.open(&self.connections) {
                    Ok(()) => self.life.report(Lifecycle::Opened(self.life.me)),
                    Err(reason) => self.life.fail(reason),
                }
            }
            Order::Drain => {
                self.life.doors = None;
                if !self.life.is_draining() {
                    self.life.stage = Stage::Draining { quiet_since_ms: None };
                }
                self.connections.stops().reach(Stop::Drain);
                self.connections.end_all(EndReason::Drain);
            }
            Order::Hurry => self.connections.stops().reach(Stop::Hurry),
            Order::Finish => self.life.stage = Stage::Over,
        }
        self.pulse.worked(now.monotonic_ms);
    }

    /// A connection has come home.
    pub(super) fn welcome(&self, arriving: Arriving) {
        self.connections.admit(arriving);
        if self.life.is_draining() {
            self.connections.end_all(EndReason::Drain);
        }
    }

    /// Looks whether a draining shard has drained.
    pub(super) fn see_to_life(&mut self, now: Now) {
        let Stage::Draining { quiet_since_ms } = self.life.stage else { return };
        self.pulse.worked(now.monotonic_ms);
        if !self.is_quiet() {
            self.life.stage = Stage::Draining { quiet_since_ms: None };
            return;
        }
        let since_ms = quiet_since_ms.unwrap_or(now.monotonic_ms);
        // Cursors that the last receipts moved are written after this long at the latest.
        let settled = now.monotonic_ms >= since_ms + CURSOR_WRITE_MS + super::TICK_MS;
        if settled || self.connections.stops().reached() == Stop::Hurry {
            self.life.stage = Stage::Drained;
            self.life.report(Lifecycle::Drained(self.life.me));
        } else {
            self.life.stage = Stage::Draining { quiet_since_ms: Some(since_ms) };
        }
    }

    /// No client is left, and nothing waits to be written or sent.
    fn is_quiet(&self) -> bool {
        self.connections.is_empty()
            && !self.connections.stops().has_guests()
            && self.commits.is_idle()
            && self.reads.is_idle()
            && self.mesh.is_empty()
            && self.inputs().is_empty()
    }
}
