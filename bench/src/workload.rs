//! What a run asks of a server: sizes, rates and dialects, checked before anything is started.
//!
//! One module for each kind. A kind's fields are the keys of `[workload]` in a scenario's file,
//! and their defaults are what the file may leave out.

mod connect;
mod direct;
mod durable;
mod fanout;
mod history;
mod idle;
mod ramp;
mod reconnect;
mod slow;
mod soak;

use std::fmt::Display;
use std::ops::RangeInclusive;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::BenchError;
use crate::limits::CONNECTIONS_MAX;
use crate::record::Measurement;
use crate::scenario::{self, Setting};
use crate::wire::Wire;

pub(crate) use connect::{Connect, SignIn};
pub(crate) use direct::Direct;
pub(crate) use durable::Durable;
pub(crate) use fanout::Fanout;
pub(crate) use history::History;
pub(crate) use idle::Idle;
pub(crate) use ramp::Ramp;
pub(crate) use reconnect::Reconnect;
pub(crate) use slow::Slow;
pub(crate) use soak::Soak;

/// Users of a run have consecutive ids from a multiple of this, so that two runs against one
/// server never meet in a conversation.
const USERS_PER_RUN: u64 = 1 << 24;
/// Distinct first users: `USERS_PER_RUN` times this is 2^62, below the largest user id.
const RUNS: u64 = 1 << 38;

/// The kinds of scenarios, as files and records name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    Connect,
    Direct,
    Durable,
    Fanout,
    History,
    Idle,
    Ramp,
    Reconnect,
    Slow,
    Soak,
}

impl Kind {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Direct => "direct",
            Self::Durable => "durable",
            Self::Fanout => "fanout",
            Self::History => "history",
            Self::Idle => "idle",
            Self::Ramp => "ramp",
            Self::Reconnect => "reconnect",
            Self::Slow => "slow",
            Self::Soak => "soak",
        }
    }
}

/// The workload of one run.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum Workload {
    Connect(Connect),
    Direct(Direct),
    Durable(Durable),
    Fanout(Fanout),
    History(History),
    Idle(Idle),
    Ramp(Ramp),
    Reconnect(Reconnect),
    Slow(Slow),
    Soak(Soak),
}

/// The same call on whatever kind it is.
macro_rules! of_any_kind {
    ($workload:expr, $inner:ident => $call:expr) => {
        match $workload {
            Workload::Connect($inner) => $call,
            Workload::Direct($inner) => $call,
            Workload::Durable($inner) => $call,
            Workload::Fanout($inner) => $call,
            Workload::History($inner) => $call,
            Workload::Idle($inner) => $call,
            Workload::Ramp($inner) => $call,
            Workload::Reconnect($inner) => $call,
            Workload::Slow($inner) => $call,
            Workload::Soak($inner) => $call,
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
            Kind::Connect => Self::Connect(part(text)?),
            Kind::Direct => Self::Direct(part(text)?),
            Kind::Durable => Self::Durable(part(text)?),
            Kind::Fanout => Self::Fanout(part(text)?),
            Kind::History => Self::History(part(text)?),
            Kind::Idle => Self::Idle(part(text)?),
            Kind::Ramp => Self::Ramp(part(text)?),
            Kind::Reconnect => Self::Reconnect(part(text)?),
            Kind::Slow => Self::Slow(part(text)?),
            Kind::Soak => Self::Soak(part(text)?),
        })
    }

    /// A workload of keys from several places.
    pub(crate) fn of_table(kind: Kind, table: toml::Table) -> Result<Self, toml::de::Error> {
        Ok(match kind {
            Kind::Connect => Self::Connect(table.try_into()?),
            Kind::Direct => Self::Direct(table.try_into()?),
            Kind::Durable => Self::Durable(table.try_into()?),
            Kind::Fanout => Self::Fanout(table.try_into()?),
            Kind::History => Self::History(table.try_into()?),
            Kind::Idle => Self::Idle(table.try_into()?),
            Kind::Ramp => Self::Ramp(table.try_into()?),
            Kind::Reconnect => Self::Reconnect(table.try_into()?),
            Kind::Slow => Self::Slow(table.try_into()?),
            Kind::Soak => Self::Soak(table.try_into()?),
        })
    }

    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Connect(_) => Kind::Connect,
            Self::Direct(_) => Kind::Direct,
            Self::Durable(_) => Kind::Durable,
            Self::Fanout(_) => Kind::Fanout,
            Self::History(_) => Kind::History,
            Self::Idle(_) => Kind::Idle,
            Self::Ramp(_) => Kind::Ramp,
            Self::Reconnect(_) => Kind::Reconnect,
            Self::Slow(_) => Kind::Slow,
            Self::Soak(_) => Kind::Soak,
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
    pub(crate) fn spoken_in(&self, wire: Option<Wire>) -> Result<Self, BenchError> {
        let mut workload = self.clone();
        let Some(wire) = wire else { return Ok(workload) };
        match &mut workload {
            Self::Direct(Direct { wires, .. })
            | Self::Fanout(Fanout { wires, .. })
            | Self::Ramp(Ramp { wires, .. })
            | Self::Slow(Slow { wires, .. })
            | Self::Soak(Soak { wires, .. }) => *wires = vec![wire],
            Self::Connect(Connect { wire: spoken, .. })
            | Self::Durable(Durable { wire: spoken, .. })
            | Self::Idle(Idle { wire: spoken, .. })
            | Self::Reconnect(Reconnect { wire: spoken, .. }) => *spoken = wire,
            Self::History(_) => {
                let detail = "it pulls by the im dialect".to_owned();
                return Err(BenchError::NotForWire { wire: wire.name(), detail });
            }
        }
        // A wire that cannot do what the scenario is about is refused here.
        let refused = |error: BenchError| BenchError::NotForWire {
            wire: wire.name(),
            detail: error.to_string(),
        };
        workload.check().map(|()| workload).map_err(refused)
    }

    /// Whether sessions sign in with tokens, so that the server must not be open.
    pub(crate) fn wants_tokens(&self) -> bool {
        matches!(self, Self::Connect(Connect { sign_in: SignIn::Jwt, .. }))
    }

    /// Runs it, from the first connect to the last receipt.
    pub(crate) fn run(&self, setting: &Setting<'_>) -> Result<Measurement, BenchError> {
        match self {
            Self::Fanout(workload) => scenario::fanout::measure(workload, workload, setting),
            Self::Idle(workload) => scenario::idle::measure(workload, setting),
            Self::Direct(workload) => {
                scenario::fanout::measure(workload, &workload.layout(), setting)
            }
            Self::Slow(workload) => {
                scenario::fanout::measure(workload, &workload.layout(), setting)
            }
            Self::Connect(workload) => scenario::connect::measure(workload, setting),
            Self::Durable(workload) => scenario::durable::measure(workload, setting),
            Self::History(workload) => scenario::history::measure(workload, setting),
            Self::Ramp(workload) => scenario::ramp::measure(workload, setting),
            Self::Reconnect(workload) => scenario::reconnect::measure(workload, setting),
            Self::Soak(workload) => scenario::soak::measure(workload, setting),
        }
    }
}

/// Refuses a field that is out of its range.
fn check_between<T: Copy + PartialOrd + Display>(
    field: &'static str,
    value: T,
    allowed: RangeInclusive<T>,
) -> Result<(), BenchError> {
    if allowed.contains(&value) {
        return Ok(());
    }
    let allowed = format!("{} to {}", allowed.start(), allowed.end());
    Err(BenchError::setting(field, value, allowed))
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
