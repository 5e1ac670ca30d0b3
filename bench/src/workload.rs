//! What a run asks of a server: sizes, rates and dialects, checked before anything is started.
//!
//! One module for each kind. A kind's fields are the keys of `[workload]` in a scenario's file,
//! and their defaults are what the file may leave out.

mod fanout;
mod idle;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::BenchError;
use crate::limits::CONNECTIONS_MAX;
use crate::report::Outcome;
use crate::scenario::{self, Setting};
use crate::wire::Wire;

pub(crate) use fanout::Fanout;
pub(crate) use idle::Idle;

/// Users of a run have consecutive ids from a multiple of this, so that two runs against one
/// server never meet in a conversation.
const USERS_PER_RUN: u64 = 1 << 24;
/// Distinct first users: `USERS_PER_RUN` times this is 2^62, below the largest user id.
const RUNS: u64 = 1 << 38;

/// The kinds of scenarios, as files and records name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    Fanout,
    Idle,
}

impl Kind {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Fanout => "fanout",
            Self::Idle => "idle",
        }
    }
}

/// The workload of one run.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum Workload {
    Fanout(Fanout),
    Idle(Idle),
}

/// The same call on whatever kind it is.
macro_rules! of_any_kind {
    ($workload:expr, $inner:ident => $call:expr) => {
        match $workload {
            Workload::Fanout($inner) => $call,
            Workload::Idle($inner) => $call,
        }
    };
}

/// The part of a scenario's file that holds a workload; the other parts are read elsewhere.
#[derive(Deserialize)]
struct Part<W> {
    workload: W,
}

impl Workload {
    /// The workload of a scenario's file. An error knows its place in the text.
    pub(crate) fn of_document(kind: Kind, text: &str) -> Result<Self, toml::de::Error> {
        fn part<W: DeserializeOwned>(text: &str) -> Result<W, toml::de::Error> {
            toml::from_str::<Part<W>>(text).map(|part| part.workload)
        }
        Ok(match kind {
            Kind::Fanout => Self::Fanout(part(text)?),
            Kind::Idle => Self::Idle(part(text)?),
        })
    }

    /// A workload of keys from several places.
    pub(crate) fn of_table(kind: Kind, table: toml::Table) -> Result<Self, toml::de::Error> {
        Ok(match kind {
            Kind::Fanout => Self::Fanout(table.try_into()?),
            Kind::Idle => Self::Idle(table.try_into()?),
        })
    }

    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Fanout(_) => Kind::Fanout,
            Self::Idle(_) => Kind::Idle,
        }
    }

    pub(crate) fn check(&self) -> Result<(), BenchError> {
        of_any_kind!(self, workload => workload.check())
    }

    /// Sessions that are open at the same time.
    pub(crate) fn connections(&self) -> usize {
        of_any_kind!(self, workload => workload.connections())
    }

    /// The same kind of run in about a second with some tens of sessions: it shows that the
    /// scenario works, and measures nothing.
    pub(crate) fn shrink(&mut self) {
        of_any_kind!(self, workload => workload.shrink());
    }

    /// The same in the only wire of a target, where it has but one.
    pub(crate) fn spoken_in(&self, wire: Option<Wire>) -> Self {
        let mut workload = self.clone();
        if let Some(wire) = wire {
            of_any_kind!(&mut workload, workload => workload.speak(wire));
        }
        workload
    }

    /// Runs it, from the first connect to the last receipt.
    pub(crate) fn run(&self, setting: &Setting<'_>) -> Result<Outcome, BenchError> {
        Ok(match self {
            Self::Fanout(workload) => {
                let result = Box::new(scenario::fanout::run(workload, setting)?);
                Outcome::Fanout { workload: workload.clone(), result }
            }
            Self::Idle(workload) => {
                let result = scenario::idle::run(workload, setting)?;
                Outcome::Idle { workload: workload.clone(), result }
            }
        })
    }
}

fn check_connections(field: &'static str, connections: usize) -> Result<(), BenchError> {
    if connections == 0 || connections > CONNECTIONS_MAX {
        let allowed = format!("1 to {CONNECTIONS_MAX} connections");
        return Err(BenchError::setting(field, connections, allowed));
    }
    Ok(())
}

/// The number of a run's group, where clients name their groups themselves.
pub(crate) fn group_number(first_user: u64, group: u32) -> u64 {
    first_user + u64::from(group)
}

/// The first user id of a run.
pub(crate) fn first_user(seed: u64) -> u64 {
    (seed % RUNS) * USERS_PER_RUN + 1
}
const _: () = assert!(CONNECTIONS_MAX as u64 <= USERS_PER_RUN, "each session has its own user");
const _: () = assert!(USERS_PER_RUN * RUNS < i64::MAX as u64, "every user id must be valid");

#[cfg(test)]
mod tests;
