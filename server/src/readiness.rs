//! Whether the whole server takes clients, as every shard sees it.
//!
//! It only remembers; [`crate::topology`] decides when the server opens and when it drains.

use std::sync::atomic::{AtomicU8, Ordering};

/// Where the server is in its life. It only ever moves forward.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// Stores are read and intents re-driven; only the operator's port answers.
    Starting,
    /// Every shard begins to listen.
    Opening,
    Open,
    Draining,
}

/// The phase, shared by every thread.
pub(crate) struct Readiness(AtomicU8);

impl Readiness {
    pub(crate) fn starting() -> Self {
        Self(AtomicU8::new(Phase::Starting as u8))
    }

    /// Goes on to `phase`; never back.
    pub(crate) fn advance(&self, phase: Phase) {
        self.0.fetch_max(phase as u8, Ordering::Release);
    }

    /// Whether clients are taken, and if not, why.
    pub(crate) fn ready(&self) -> Result<(), &'static str> {
        let phase = self.0.load(Ordering::Acquire);
        if phase < Phase::Open as u8 {
            Err("the server is starting")
        } else if phase > Phase::Open as u8 {
            Err("the server is draining")
        } else {
            Ok(())
        }
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.0.load(Ordering::Acquire) >= Phase::Draining as u8
    }

    /// Whether shards answer calls: from the moment that the first of them may have a client.
    pub(crate) fn takes_calls(&self) -> bool {
        let phase = self.0.load(Ordering::Acquire);
        (Phase::Opening as u8..=Phase::Open as u8).contains(&phase)
    }
}
