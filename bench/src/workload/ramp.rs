//! A rate that rises until the server no longer keeps up.

use serde::{Deserialize, Serialize};

use super::{Fanout, check_between};
use crate::error::BenchError;
use crate::limits::RAMP_STEPS_MAX;
use crate::wire::Wire;

/// Steps of fan-out, each at a higher rate than the one before, until one is not kept: something
/// is lost, or the latency's p99 is above `p99_ms_max`. Then the rate is sought between the last
/// kept one and that one, `refine` times.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Ramp {
    pub(crate) groups: u32,
    /// Receivers of each group.
    pub(crate) members: u32,
    /// Messages per second and group in the first step.
    pub(crate) rate: f64,
    /// What the next step's rate is multiplied by.
    pub(crate) factor: f64,
    /// Of rising rates, at most; a server that keeps all of them was not saturated.
    pub(crate) steps: u32,
    /// Steps between the last kept rate and the first one that was not.
    pub(crate) refine: u32,
    pub(crate) p99_ms_max: u32,
    /// Bytes of each message's text.
    pub(crate) size: usize,
    /// Measured in each step, after its warm-up.
    pub(crate) seconds: u64,
    pub(crate) warmup: u64,
    /// Dealt to the receivers in turn; publishers speak the first.
    pub(crate) wires: Vec<Wire>,
}

impl Default for Ramp {
    fn default() -> Self {
        Self {
            groups: 1,
            members: 1_000,
            rate: 50.0,
            factor: 1.5,
            steps: 20,
            refine: 3,
            p99_ms_max: 100,
            size: 200,
            seconds: 4,
            warmup: 1,
            wires: vec![Wire::StreamWsJson],
        }
    }
}

impl Ramp {
    pub(crate) fn check(&self) -> Result<(), BenchError> {
        if !(self.factor.is_finite() && self.factor >= 1.01) {
            return Err(BenchError::setting("factor", self.factor, "1.01 at least"));
        }
        check_between("steps", self.steps, 1..=RAMP_STEPS_MAX)?;
        check_between("refine", self.refine, 0..=RAMP_STEPS_MAX)?;
        check_between("p99_ms_max", self.p99_ms_max, 1..=60_000)?;
        self.layout(self.rate).check()
    }

    pub(super) fn connections(&self) -> usize {
        self.layout(self.rate).connections()
    }

    /// See [`super::Workload::shrink`].
    pub(super) fn shrink(&mut self) {
        self.groups = self.groups.min(2);
        self.members = self.members.min(10);
        (self.rate, self.steps, self.p99_ms_max) = (10.0, 2, 60_000);
        (self.seconds, self.warmup) = (1, 0);
    }

    /// One step.
    pub(crate) fn layout(&self, rate: f64) -> Fanout {
        let Self { groups, members, size, seconds, warmup, ref wires, .. } = *self;
        let wires = wires.clone();
        Fanout { groups, members, rate, size, seconds, warmup, wires, ..Fanout::default() }
    }
}
