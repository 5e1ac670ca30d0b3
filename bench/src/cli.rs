//! The command line: flags to a workload and a target, a report to the terminal.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::client::Addresses;
use crate::error::BenchError;
use crate::host::machine::Machine;
use crate::host::own::{self, Cores};
use crate::interrupt::Interrupt;
use crate::limits::SETTLE_NS;
use crate::record::Verdict;
use crate::report::{Outcome, Report, table};
use crate::scenario::{self, Setting};
use crate::seed;
use crate::target::operator::Operator;
use crate::target::own_server::{Start, key_of_environment, read_key};
use crate::target::{ServerFacts, Target};
use crate::wire::Wire;
use crate::workload::{Fanout, Idle};

/// Load for a Parlance server, on a schedule that does not wait for it.
///
/// Exit codes: 0 clean; 1 the run could not be made; 2 the server lost, doubled, reordered or
/// spoiled something; 3 the generator was the bottleneck; 130 interrupted.
#[derive(Debug, Parser)]
#[command(name = "parlance-bench", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs one workload and prints what it measured.
    #[command(subcommand)]
    Run(Scenario),
}

#[derive(Debug, Subcommand)]
enum Scenario {
    /// Groups in which one speaks and all hear it: latency, loss, and the server's CPU for each
    /// delivery.
    Fanout {
        #[command(flatten)]
        fanout: FanoutFlags,
        #[command(flatten)]
        run: RunFlags,
    },
    /// Sessions that do nothing: the server's memory for each.
    Idle {
        #[command(flatten)]
        idle: IdleFlags,
        #[command(flatten)]
        run: RunFlags,
    },
}

#[derive(Args, Debug)]
struct FanoutFlags {
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
struct IdleFlags {
    #[arg(long, default_value_t = 10_000)]
    connections: usize,
    /// How long the sessions are held while the server's CPU time is measured.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    #[arg(long, value_enum, default_value = "stream-ws-json")]
    dialect: Wire,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Durability {
    Sync,
    Os,
    Memory,
}

impl Durability {
    fn as_str(self) -> &'static str {
        match self {
            Self::Sync => "sync",
            Self::Os => "os",
            Self::Memory => "memory",
        }
    }
}

#[derive(Args, Debug)]
struct RunFlags {
    /// Of groups, for a server started here.
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
    /// The running server's process, for its CPU and memory.
    #[arg(long, value_name = "PID", requires = "server")]
    server_pid: Option<u32>,
    /// Appends the report to a file, as one line of JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Repeats a run's ids and choices.
    #[arg(long)]
    seed: Option<u64>,
}

/// Runs what the command line says.
pub fn main() -> ExitCode {
    let scenario = match Cli::try_parse() {
        Ok(Cli { command: Command::Run(scenario) }) => scenario,
        Err(shown) => {
            let code = if shown.use_stderr() { ExitCode::FAILURE } else { ExitCode::SUCCESS };
            // Where even the terminal is gone, nobody is left to be told.
            let _unseen = shown.print();
            return code;
        }
    };
    let ran = match scenario {
        Scenario::Fanout { fanout, run } => fanout.into_workload().and_then(|workload| {
            run.perform(workload.connections(), |setting| {
                let result = Box::new(scenario::fanout::run(&workload, setting)?);
                Ok(Outcome::Fanout { workload, result })
            })
        }),
        Scenario::Idle { idle, run } => idle.into_workload().and_then(|workload| {
            run.perform(workload.connections, |setting| {
                let result = scenario::idle::run(&workload, setting)?;
                Ok(Outcome::Idle { workload, result })
            })
        }),
    };
    match ran {
        Ok(verdict) => ExitCode::from(verdict.exit_code()),
        Err(error) => {
            eprintln!("parlance-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

impl FanoutFlags {
    fn into_workload(self) -> Result<Fanout, BenchError> {
        let Self { groups, members, rate, size, seconds, warmup, dialect, mix } = self;
        let wires = if mix.is_empty() { vec![dialect] } else { mix };
        let workload = Fanout { groups, members, rate, size, seconds, warmup, wires };
        workload.check().map(|()| workload)
    }
}

impl IdleFlags {
    fn into_workload(self) -> Result<Idle, BenchError> {
        let Self { connections, seconds, dialect: wire } = self;
        let workload = Idle { connections, seconds, wire };
        workload.check().map(|()| workload)
    }
}

impl RunFlags {
    /// Prepares the process and the server, runs a scenario, stops the server, reports.
    fn perform(
        &self,
        connections: usize,
        scenario: impl FnOnce(&Setting<'_>) -> Result<Outcome, BenchError>,
    ) -> Result<Verdict, BenchError> {
        let interrupt = Interrupt::listen()?;
        let seed = self.seed.unwrap_or_else(seed::fresh);
        let machine = Machine::here();
        own::reserve_descriptors(connections)?;
        let target = self.target(&interrupt)?;
        if let Some(cores) = &self.pin_self {
            own::pin(cores)?;
        }
        own::wake_on_time()?;
        let outcome = scenario(&Setting {
            target: &target,
            seed,
            settle_ns: SETTLE_NS,
            interrupt: &interrupt,
        })?;
        let facts = target.facts.clone();
        // A server that does not stop in good order spoils no figure, but is no success.
        let stopped = target.stop();
        let report = Report::new(seed, machine, facts, outcome);
        print!("{}", table::render(&report));
        let variant = self.durability.map_or("", Durability::as_str);
        let record = report.into_record("parlance", variant);
        if let Some(path) = &self.json {
            record.append(path)?;
        }
        stopped.map(|()| record.verdict)
    }

    fn target(&self, interrupt: &Interrupt) -> Result<Target, BenchError> {
        let Some(main) = self.server else {
            let start = Start {
                binary: self.server_binary.clone(),
                shards: self.shards,
                durability: self.durability.map(Durability::as_str),
                pin: self.pin_server.clone(),
                data_parent: self.data_parent.clone(),
            };
            return start.run(interrupt);
        };
        let key = self.operator_key_file.as_deref().map(read_key).transpose()?;
        let key = key.or_else(key_of_environment);
        Ok(Target {
            addresses: Addresses { main, stream: self.server_stream },
            operator: key.map(|key| Operator::new(self.operator, key)),
            pid: self.server_pid,
            own: None,
            facts: ServerFacts::default(),
        })
    }
}
