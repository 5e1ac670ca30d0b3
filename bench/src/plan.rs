//! What is to be run: a scenario and its variants, from a file, a prebuilt name or flags.
//!
//! It decides what each run's workload and server settings are, and refuses what cannot be run
//! before anything is started. In which order runs are made is the runner's matter.

mod document;
mod prebuilt;
mod vary;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::error::BenchError;
use crate::host::own::Cores;
use crate::workload::Workload;

pub(crate) use prebuilt::PREBUILT;
pub(crate) use vary::{Assignment, Vary};

/// A scenario, ready to be run.
#[derive(Clone, Debug)]
pub(crate) struct Scenario {
    pub(crate) name: String,
    /// One line for people.
    pub(crate) about: String,
    pub(crate) rounds: u32,
    /// One at least.
    pub(crate) variants: Vec<Variant>,
}

/// A scenario with particular settings; what is compared within it.
#[derive(Clone, Debug)]
pub(crate) struct Variant {
    /// Empty where there is only one.
    pub(crate) name: String,
    pub(crate) server: ServerSettings,
    pub(crate) workload: Workload,
}

/// How safe a message is before it is acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Durability {
    Sync,
    Os,
    Memory,
}

impl Durability {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Sync => "sync",
            Self::Os => "os",
            Self::Memory => "memory",
        }
    }
}

/// How a server that is started for a run is set up. What is absent is the server's default.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ServerSettings {
    /// Of groups and directs.
    pub(crate) durability: Option<Durability>,
    pub(crate) shards: Option<u32>,
    /// Another build of the server.
    pub(crate) binary: Option<PathBuf>,
    /// The cores that it may use.
    pub(crate) pin: Option<Cores>,
    /// Any settings of the server by their names in its own file, such as `limits.outbox_bytes`.
    pub(crate) settings: BTreeMap<String, String>,
}

impl ServerSettings {
    /// These, where they say something, and `other` for the rest.
    pub(crate) fn or(&self, other: &Self) -> Self {
        let mut settings = other.settings.clone();
        settings.extend(self.settings.clone());
        Self {
            durability: self.durability.or(other.durability),
            shards: self.shards.or(other.shards),
            binary: self.binary.clone().or_else(|| other.binary.clone()),
            pin: self.pin.clone().or_else(|| other.pin.clone()),
            settings,
        }
    }
}

/// What the command line changes of a scenario's file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Changes {
    /// Keys of `[workload]`.
    pub(crate) set: Vec<Assignment>,
    /// Each makes as many variants of each variant as it has values.
    pub(crate) vary: Vec<Vary>,
    /// The variants to keep; all, where none is named.
    pub(crate) only: Vec<String>,
    pub(crate) tiny: bool,
}

impl Scenario {
    /// Of flags: one variant without a name.
    pub(crate) fn of_flags(name: &str, workload: Workload) -> Self {
        let variant = Variant { name: String::new(), server: ServerSettings::default(), workload };
        let about = String::new();
        Self { name: name.to_owned(), about, rounds: 1, variants: vec![variant] }
    }

    /// The scenario of a file, or a prebuilt one. A name with a dot or a slash is a file's.
    pub(crate) fn find(name: &str, changes: &Changes) -> Result<Self, BenchError> {
        let prebuilt = PREBUILT.iter().find(|(known, _)| *known == name);
        let mut scenario = match prebuilt {
            Some((name, text)) => document::read(&format!("{name}.toml"), name, text, changes)?,
            None if name.contains(['.', '/']) => {
                let path = Path::new(name);
                let text = std::fs::read_to_string(path)
                    .map_err(|source| BenchError::io(format!("reading {name}"), source))?;
                let stem = path.file_stem().map_or(name.into(), |stem| stem.to_string_lossy());
                document::read(name, &stem, &text, changes)?
            }
            None => return Err(no_scenario(name)),
        };
        vary::apply(&mut scenario, changes)?;
        Ok(scenario)
    }
}

fn no_scenario(name: &str) -> BenchError {
    let known: Vec<&str> = PREBUILT.iter().map(|(name, _)| *name).collect();
    BenchError::NoScenario { name: name.to_owned(), known: known.join(", ") }
}

#[cfg(test)]
mod tests;
