//! A steady load for a long time.

use serde::{Deserialize, Serialize};

use super::{Fanout, check_between};
use crate::error::BenchError;
use crate::limits::{SOAK_STAGE_SECONDS_MAX, SOAK_STAGES_MAX};
use crate::wire::Wire;

/// Stages of the same fan-out, one after the other on the same sessions. After each the server's
/// memory and descriptors are read; their slopes say whether it grows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Soak {
    pub(crate) groups: u32,
    /// Receivers of each group.
    pub(crate) members: u32,
    /// Messages per second and group.
    pub(crate) rate: f64,
    /// Bytes of each message's text.
    pub(crate) size: usize,
    pub(crate) stages: u32,
    pub(crate) stage_seconds: u64,
    /// Dealt to the receivers in turn; publishers speak the first.
    pub(crate) wires: Vec<Wire>,
}

impl Default for Soak {
    fn default() -> Self {
        Self {
            groups: 10,
            members: 100,
            rate: 10.0,
            size: 200,
            stages: 30,
            stage_seconds: 60,
            wires: vec![Wire::StreamWsJson],
        }
    }
}

impl Soak {
    pub(crate) fn check(&self) -> Result<(), BenchError> {
        check_between("stages", self.stages, 2..=SOAK_STAGES_MAX)?;
        check_between("stage_seconds", self.stage_seconds, 1..=SOAK_STAGE_SECONDS_MAX)?;
        self.layout().check()
    }

    pub(super) fn connections(&self) -> usize {
        self.layout().connections()
    }

    /// See [`super::Workload::shrink`].
    pub(super) fn shrink(&mut self) {
        self.groups = self.groups.min(2);
        self.members = self.members.min(10);
        (self.stages, self.stage_seconds) = (2, 1);
    }

    /// One stage.
    pub(crate) fn layout(&self) -> Fanout {
        let Self { groups, members, rate, size, stage_seconds: seconds, ref wires, .. } = *self;
        let wires = wires.clone();
        Fanout { groups, members, rate, size, seconds, warmup: 0, wires, ..Fanout::default() }
    }
}
