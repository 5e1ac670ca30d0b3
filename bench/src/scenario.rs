//! The workloads that there are, each run from sign-in to its result.
//!
//! A scenario measures and judges nothing but its own run: whether the figures are good is the
//! report's reader's matter.

pub(crate) mod account;
#[cfg(test)]
pub(crate) mod fake_server;
pub(crate) mod fanout;
pub(crate) mod idle;
pub(crate) mod tally;
#[cfg(test)]
mod tests;

use serde::Serialize;

use crate::error::BenchError;
use crate::host::process::{CpuTime, Memory};
use crate::interrupt::Interrupt;
use crate::target::Target;

/// What every scenario is given beside its workload.
#[derive(Debug)]
pub(crate) struct Setting<'a> {
    pub(crate) target: &'a Target,
    pub(crate) seed: u64,
    /// Between the last session's sign-in and the reading of idle memory.
    pub(crate) settle_ns: u64,
    pub(crate) interrupt: &'a Interrupt,
}

impl Setting<'_> {
    /// The server's memory now, where its process is known.
    fn memory(&self) -> Result<Option<Memory>, BenchError> {
        self.target.pid.map(Memory::of).transpose()
    }

    fn cpu(&self) -> Result<Option<CpuTime>, BenchError> {
        self.target.pid.map(CpuTime::of).transpose()
    }
}

/// The server's memory at three moments of a run.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct MemoryStages {
    pub(crate) before_connecting: Memory,
    pub(crate) idle: Memory,
    pub(crate) after: Memory,
    /// Growth of RSS from before connecting to idle, for each session.
    pub(crate) rss_per_session_bytes: f64,
    /// The same of PSS, where it could be read.
    pub(crate) pss_per_session_bytes: Option<f64>,
    /// Growth of the host's kernel structures for each session, both ends of it.
    pub(crate) slab_per_session_bytes: f64,
}

impl MemoryStages {
    #[expect(clippy::cast_precision_loss, reason = "memory sizes are far below 2^53 bytes")]
    pub(crate) fn new(before: Memory, idle: Memory, after: Memory, sessions: usize) -> Self {
        let per_session = |from: u64, to: u64| (to as f64 - from as f64) / sessions.max(1) as f64;
        Self {
            before_connecting: before,
            idle,
            after,
            pss_per_session_bytes: before
                .pss_bytes
                .zip(idle.pss_bytes)
                .map(|(before, idle)| per_session(before, idle)),
            rss_per_session_bytes: per_session(before.rss_bytes, idle.rss_bytes),
            slab_per_session_bytes: per_session(before.slab_bytes, idle.slab_bytes),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a run's times are far below 2^53 nanoseconds")]
pub(crate) fn seconds(ns: u64) -> f64 {
    ns as f64 / 1e9
}
