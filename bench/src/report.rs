//! What a run says when it is over: a table for people, one line of JSON for everything else,
//! and an exit code.

pub(crate) mod table;

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;

use crate::error::BenchError;
use crate::host::machine::Machine;
use crate::scenario::fanout::FanoutResult;
use crate::scenario::idle::IdleResult;
use crate::target::ServerFacts;
use crate::workload::{Fanout, Idle};

/// Raised with every change that a reader of the JSON would notice.
const SCHEMA: u32 = 1;

#[derive(Debug, Serialize)]
pub(crate) struct Report {
    schema: u32,
    bench_version: &'static str,
    finished_at_unix_ms: u64,
    /// The command line: pinning and everything else that is no property of the workload.
    arguments: Vec<String>,
    pub(crate) seed: u64,
    pub(crate) verdict: Verdict,
    pub(crate) machine: Machine,
    pub(crate) server: ServerFacts,
    #[serde(flatten)]
    pub(crate) outcome: Outcome,
}

#[derive(Debug, Serialize)]
#[serde(tag = "scenario", rename_all = "kebab-case")]
pub(crate) enum Outcome {
    Fanout { workload: Fanout, result: Box<FanoutResult> },
    Idle { workload: Idle, result: IdleResult },
}

/// Whether the figures may be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Verdict {
    Clean,
    /// The server lost, doubled, reordered or spoiled something, or refused it.
    Faulty,
    /// The load generator was the bottleneck.
    GeneratorLimited,
    Interrupted,
}

impl Verdict {
    /// 1 is for runs that could not be made, as everywhere.
    pub(crate) fn exit_code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Faulty => 2,
            Self::GeneratorLimited => 3,
            Self::Interrupted => 130,
        }
    }
}

impl Outcome {
    fn verdict(&self) -> Verdict {
        let (interrupted, faulty, limited) = match self {
            Self::Fanout { result, .. } => {
                (result.interrupted, result.faults.any(), result.generator.limited.is_some())
            }
            Self::Idle { result, .. } => (result.interrupted, result.disconnected > 0, false),
        };
        if interrupted {
            Verdict::Interrupted
        } else if faulty {
            Verdict::Faulty
        } else if limited {
            Verdict::GeneratorLimited
        } else {
            Verdict::Clean
        }
    }
}

impl Report {
    pub(crate) fn new(seed: u64, machine: Machine, server: ServerFacts, outcome: Outcome) -> Self {
        let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            schema: SCHEMA,
            bench_version: env!("CARGO_PKG_VERSION"),
            finished_at_unix_ms: u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
            arguments: std::env::args().skip(1).collect(),
            seed,
            verdict: outcome.verdict(),
            machine,
            server,
            outcome,
        }
    }

    /// Appends one line, so that a file gathers the runs that are to be compared.
    pub(crate) fn append_json(&self, path: &Path) -> Result<(), BenchError> {
        let failed = |source| BenchError::io(format!("writing {}", path.display()), source);
        let mut line = serde_json::to_vec(self).map_err(|error| failed(error.into()))?;
        line.push(b'\n');
        let mut file = OpenOptions::new().create(true).append(true).open(path).map_err(failed)?;
        file.write_all(&line).map_err(failed)
    }
}

#[cfg(test)]
mod tests;
