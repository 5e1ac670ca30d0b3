//! The flags of `run`: workloads by flags, and what every run takes.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use crate::client::Addresses;
use crate::error::BenchError;
use crate::host::own::Cores;
use crate::limits::ROUNDS_MAX;
use crate::plan::{Assignment, Changes, Durability, Scenario, ServerSettings, Vary};
use crate::runner::{Options, Running};
use crate::target;
use crate::wire::Wire;
use crate::workload::{Fanout, Idle, Workload};

#[derive(Args, Debug)]
pub(super) struct FanoutFlags {
    #[arg(long, default_value_t = 1)]
    groups: u32,
    /// Receivers of each group; its publisher comes on top.
    #[arg(long, default_value_t = 1_000)]
    members: u32,
    /// Messages per second in each group.
    #[arg(long, default_value_t = 10.0)]
    rate: f64,
    /// Bytes of each message's text.
    #[arg(long, default_value_t = 200)]
    size: usize,
    /// Measured seconds.
    #[arg(long, default_value_t = 30)]
    seconds: u64,
    /// Seconds of the schedule before those.
    #[arg(long, default_value_t = 5)]
    warmup: u64,
    /// What every client speaks.
    #[arg(long, value_enum, default_value = "stream-ws-json", conflicts_with = "mix")]
    dialect: Wire,
    /// What the members speak, dealt in turn; publishers speak the first.
    #[arg(long, value_enum, value_delimiter = ',')]
    mix: Vec<Wire>,
}

#[derive(Args, Debug)]
pub(super) struct IdleFlags {
    #[arg(long, default_value_t = 10_000)]
    connections: usize,
    /// How long the sessions are held while the server's CPU time is measured.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    #[arg(long, value_enum, default_value = "stream-ws-json")]
    dialect: Wire,
}

impl FanoutFlags {
    pub(super) fn into_scenario(self) -> Result<Scenario, BenchError> {
        let Self { groups, members, rate, size, seconds, warmup, dialect, mix } = self;
        let wires = if mix.is_empty() { vec![dialect] } else { mix };
        let workload =
            Fanout { groups, members, rate, size, seconds, warmup, wires, ..Fanout::default() };
        checked(&format!("fanout-{groups}x{members}"), Workload::Fanout(workload))
    }
}

impl IdleFlags {
    pub(super) fn into_scenario(self) -> Result<Scenario, BenchError> {
        let Self { connections, seconds, dialect: wire } = self;
        checked(&format!("idle-{connections}"), Workload::Idle(Idle { connections, seconds, wire }))
    }
}

fn checked(name: &str, workload: Workload) -> Result<Scenario, BenchError> {
    workload.check().map_err(|error| match error {
        BenchError::Setting { .. } => {
            BenchError::Scenario { place: "flag".to_owned(), detail: error.to_string() }
        }
        other => other,
    })?;
    Ok(Scenario::of_flags(name, workload))
}

/// What is changed of scenarios that come from files.
#[derive(Args, Debug)]
pub(super) struct FileFlags {
    /// Prebuilt names (`--list` shows them) or files.
    #[arg(value_name = "SCENARIO")]
    scenarios: Vec<String>,
    /// Shows the prebuilt scenarios and ends.
    #[arg(long)]
    list: bool,
    /// Gives a key of `[workload]` another value, in every variant.
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<Assignment>,
    /// Runs only these variants of the file.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    variant: Vec<String>,
    /// Shrinks everything to about a second and some tens of sessions: shows that a scenario
    /// works; its figures mean nothing.
    #[arg(long)]
    tiny: bool,
}

impl FileFlags {
    pub(super) fn wants_list(&self) -> bool {
        self.list || self.scenarios.is_empty()
    }

    pub(super) fn into_scenarios(self, run: &RunFlags) -> Result<Vec<Scenario>, BenchError> {
        let Self { scenarios, list: _, set, variant: only, tiny } = self;
        let changes = Changes { set, vary: run.vary.clone(), only, tiny };
        scenarios.iter().map(|name| Scenario::find(name, &changes)).collect()
    }

    /// This scenario, where none is named.
    pub(super) fn or_scenario(mut self, name: &str) -> Self {
        if self.scenarios.is_empty() {
            self.scenarios.push(name.to_owned());
        }
        self
    }

    pub(super) fn tiny(&self) -> bool {
        self.tiny
    }
}

#[derive(Args, Debug)]
pub(super) struct RunFlags {
    /// The servers to run against, each started for every run.
    #[arg(long, value_name = "TARGET", value_delimiter = ',', conflicts_with = "server")]
    against: Vec<String>,
    /// Repeats everything, interleaved; over what a scenario's file says.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(ROUNDS_MAX)))]
    rounds: Option<u32>,
    /// Compares settings of the server: durability, shards, binary, or one such as
    /// limits.outbox_bytes. Each value is a variant.
    #[arg(long, value_name = "KEY=A,B", conflicts_with = "server")]
    vary: Vec<Vary>,
    /// Of groups and directs, for a server started here.
    #[arg(long, value_enum, conflicts_with = "server")]
    durability: Option<Durability>,
    /// For a server started here.
    #[arg(long, conflicts_with = "server")]
    shards: Option<u32>,
    /// The server to start; `parlance` beside this binary otherwise.
    #[arg(long, value_name = "FILE", env = "PARLANCE_BIN")]
    server_binary: Option<PathBuf>,
    /// Cores for a server started here, such as 0-3,5.
    #[arg(long, value_name = "CORES", conflicts_with = "server")]
    pin_server: Option<Cores>,
    /// Where a server started here keeps its temporary data directory.
    #[arg(long, value_name = "DIR", conflicts_with = "server")]
    data_parent: Option<PathBuf>,
    /// Cores for the generator.
    #[arg(long, value_name = "CORES")]
    pin_self: Option<Cores>,
    /// The main listener of a running server with open sign-in, instead of starting one.
    #[arg(long, value_name = "ADDR")]
    server: Option<SocketAddr>,
    /// The running server's raw TCP listener.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7701")]
    server_stream: SocketAddr,
    /// The running server's operator listener.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7780")]
    operator: SocketAddr,
    /// A file with the running server's operator key; PARLANCE_OPERATOR__KEY otherwise.
    #[arg(long, value_name = "FILE", requires = "server")]
    operator_key_file: Option<PathBuf>,
    /// A file with the key that the running server's tokens are signed with, for scenarios whose
    /// sessions sign in by token.
    #[arg(long, value_name = "FILE", requires = "server")]
    jwt_key_file: Option<PathBuf>,
    /// The running server's process, for its CPU and memory.
    #[arg(long, value_name = "PID", requires = "server")]
    server_pid: Option<u32>,
    /// Appends each run's record to a file, as one line of JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Writes an HdrHistogram log of each run into a directory: an interval a second, a tag for
    /// each kind of latency.
    #[arg(long, value_name = "DIR")]
    hlog: Option<PathBuf>,
    /// Writes an HTML report of all runs to a file.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Repeats a run's ids and choices.
    #[arg(long)]
    seed: Option<u64>,
}

impl RunFlags {
    pub(super) fn into_options(self, tiny: bool) -> Options {
        let running = self.server.map(|main| Running {
            addresses: Addresses { main, stream: self.server_stream },
            operator: self.operator,
            operator_key_file: self.operator_key_file,
            jwt_key_file: self.jwt_key_file,
            pid: self.server_pid,
        });
        let targets = match self.against.is_empty() {
            true => vec![target::PARLANCE.to_owned()],
            false => self.against,
        };
        Options {
            running,
            targets,
            server: ServerSettings {
                durability: self.durability,
                shards: self.shards,
                binary: self.server_binary,
                pin: self.pin_server,
                settings: std::collections::BTreeMap::new(),
            },
            data_parent: self.data_parent,
            pin_self: self.pin_self,
            json: self.json,
            hlog: self.hlog,
            report: self.report,
            seed: self.seed,
            rounds: self.rounds,
            tiny,
        }
    }
}
