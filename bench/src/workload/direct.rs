//! Pairs of users, one of whom writes to the other.

use serde::{Deserialize, Serialize};

use super::Fanout;
use crate::error::BenchError;
use crate::wire::{Category, Wire};

/// Direct messages on a schedule. Where the server asks for friendship between the two, it must
/// be told not to (`auth.friends_required`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Direct {
    pub(crate) pairs: u32,
    /// Messages per second and pair.
    pub(crate) rate: f64,
    /// Bytes of each message's text.
    pub(crate) size: usize,
    /// Measured, after the warm-up.
    pub(crate) seconds: u64,
    pub(crate) warmup: u64,
    /// Dealt to the receivers in turn; senders speak the first.
    pub(crate) wires: Vec<Wire>,
}

impl Default for Direct {
    fn default() -> Self {
        Self {
            pairs: 500,
            rate: 4.0,
            size: 200,
            seconds: 10,
            warmup: 2,
            wires: vec![Wire::StreamWsJson],
        }
    }
}

impl Direct {
    pub(crate) fn check(&self) -> Result<(), BenchError> {
        if self.pairs == 0 {
            return Err(BenchError::setting("pairs", 0, "1 at least"));
        }
        self.layout().check()
    }

    pub(super) fn connections(&self) -> usize {
        self.layout().connections()
    }

    /// See [`super::Workload::shrink`].
    pub(super) fn shrink(&mut self) {
        self.pairs = self.pairs.min(20);
        (self.seconds, self.warmup) = (1, 0);
    }

    /// A pair is a group of one receiver beside its publisher.
    pub(crate) fn layout(&self) -> Fanout {
        let Self { pairs: groups, rate, size, seconds, warmup, ref wires } = *self;
        let wires = wires.clone();
        let fanout =
            Fanout { groups, members: 1, rate, size, seconds, warmup, wires, ..Fanout::default() };
        Fanout { category: Category::Direct, ..fanout }
    }
}
