//! A group some of whose members read nothing, or slowly.

use serde::{Deserialize, Serialize};

use super::Fanout;
use crate::error::BenchError;
use crate::wire::Wire;

/// The figures are the other members'; beside them stands a run without the slow ones (a variant
/// with `slow = 0`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Slow {
    /// Receivers, the slow ones among them.
    pub(crate) members: u32,
    pub(crate) slow: u32,
    /// What each of the slow ones reads; 0 is nothing at all.
    pub(crate) read_bytes_per_second: u64,
    /// Messages per second.
    pub(crate) rate: f64,
    /// Bytes of each message's text.
    pub(crate) size: usize,
    /// Measured, after the warm-up.
    pub(crate) seconds: u64,
    pub(crate) warmup: u64,
    /// Dealt to the receivers in turn; the publisher speaks the first.
    pub(crate) wires: Vec<Wire>,
}

impl Default for Slow {
    fn default() -> Self {
        Self {
            members: 1_000,
            slow: 10,
            read_bytes_per_second: 0,
            rate: 20.0,
            size: 2_000,
            seconds: 10,
            warmup: 2,
            wires: vec![Wire::StreamWsJson],
        }
    }
}

impl Slow {
    pub(crate) fn check(&self) -> Result<(), BenchError> {
        if self.slow >= self.members {
            let allowed = format!("fewer than the {} members", self.members);
            return Err(BenchError::setting("slow", self.slow, allowed));
        }
        self.layout().check()
    }

    pub(super) fn connections(&self) -> usize {
        self.layout().connections()
    }

    /// See [`super::Workload::shrink`].
    pub(super) fn shrink(&mut self) {
        self.members = self.members.min(20);
        self.slow = self.slow.min(3);
        (self.seconds, self.warmup) = (1, 0);
    }

    pub(crate) fn layout(&self) -> Fanout {
        let Self { members, slow, rate, size, seconds, warmup, ref wires, .. } = *self;
        let slow_bytes_per_second = self.read_bytes_per_second;
        let wires = wires.clone();
        let groups = 1;
        Fanout {
            groups,
            members,
            rate,
            size,
            seconds,
            warmup,
            wires,
            slow,
            slow_bytes_per_second,
            ..Fanout::default()
        }
    }
}
