//! What a run says when it is over: a table for people, one line of JSON for everything else,
//! and an exit code.

pub(crate) mod format;
pub(crate) mod hlog;
pub(crate) mod html;
pub(crate) mod summary;
pub(crate) mod table;

use crate::host::machine::Machine;
use crate::record::{Identity, Measurement, Record, Verdict};
use crate::scenario::fanout::FanoutResult;
use crate::scenario::idle::IdleResult;
use crate::target::ServerFacts;
use crate::workload::{Fanout, Idle};

#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) seed: u64,
    pub(crate) verdict: Verdict,
    pub(crate) machine: Machine,
    pub(crate) server: ServerFacts,
    pub(crate) outcome: Outcome,
}

#[derive(Debug)]
pub(crate) enum Outcome {
    Fanout { workload: Fanout, result: Box<FanoutResult> },
    Idle { workload: Idle, result: IdleResult },
    Measured(Box<Measurement>),
}

impl Report {
    pub(crate) fn new(seed: u64, machine: Machine, server: ServerFacts, outcome: Outcome) -> Self {
        Self { seed, verdict: outcome.verdict(), machine, server, outcome }
    }

    pub(crate) fn into_record(self, identity: Identity) -> Record {
        Record::new(identity, self.machine, self.server, self.outcome.into_measurement())
    }
}

#[cfg(test)]
mod tests;
