//! The command line: flags and files to scenarios, an exit code to the shell.

mod flags;
mod peers;
mod results;

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::error::BenchError;
use crate::floor::FloorFlags;
use crate::plan::{Changes, PREBUILT, Scenario};
use crate::record::Verdict;
use crate::runner;
use flags::{FanoutFlags, FileFlags, IdleFlags, RunFlags};
use peers::{GoalsCommand, PeersCommand};
use results::{CompareFlags, ReportFlags};

/// Load for a Parlance server, on a schedule that does not wait for it.
///
/// Exit codes: 0 clean; 1 the run could not be made; 2 the server lost, doubled, reordered or
/// spoiled something; 3 the generator was the bottleneck; 130 interrupted.
/// `compare`: 0 no regression; 1 nothing to compare; 4 a regression beyond --fail-above.
#[derive(Debug, Parser)]
#[command(name = "parlance-bench", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs scenarios, prebuilt or from files, and prints what was measured.
    Run(Box<RunCommand>),
    /// Runs scenarios against the floors, parlance and every other server that is installed.
    Peers(Box<PeersCommand>),
    /// Measures the figures that this project sets itself, and prints them as a table.
    Goals(Box<GoalsCommand>),
    /// Serves as a minimal broadcaster, which servers are measured against.
    ///
    /// The first line of a connection is the number of the group that it joins, and is answered
    /// by an empty line; every later line goes to each other member.
    Floor(FloorFlags),
    /// Tells whether a candidate is better or worse than a baseline, figure by figure.
    Compare(CompareFlags),
    /// Makes an HTML report of records, or prints a table of them.
    Report(ReportFlags),
}

const RUN_EXAMPLES: &str = "\
Examples:
  parlance-bench run --list
      shows the prebuilt scenarios
  parlance-bench run fanout-1x1000 --pin-server 0 --pin-self 1
      one prebuilt scenario, server and generator on a core each
  parlance-bench run fanout-1x1000 --vary durability=memory,sync --rounds 5 --json runs.jsonl
      five rounds of both settings, interleaved, a line of JSON for each run
  parlance-bench run fanout-1x1000 --set members=200 --set 'wires=[\"onechat\"]'
      the scenario with other numbers
  parlance-bench run fanout-1x1000 --rounds 5 --report runs.html --hlog logs
      a page with plots to send to a colleague, and HdrHistogram logs
  parlance-bench run mine.toml
      a scenario of your own; copy one of bench/scenarios
  parlance-bench run idle-10000 --vary binary=./parlance-before,./parlance-after --rounds 3
      two builds of the server
  parlance-bench run fanout --groups 10 --members 100 --rate 20
      a workload by flags alone";

#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true, after_help = RUN_EXAMPLES)]
struct RunCommand {
    #[command(subcommand)]
    by_flags: Option<ByFlags>,
    #[command(flatten)]
    files: FileFlags,
    #[command(flatten)]
    run: RunFlags,
}

#[derive(Debug, Subcommand)]
enum ByFlags {
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

/// Runs what the command line says.
pub fn main() -> ExitCode {
    let command = match Cli::try_parse() {
        Ok(Cli { command }) => command,
        Err(shown) => {
            let code = if shown.use_stderr() { ExitCode::FAILURE } else { ExitCode::SUCCESS };
            // Where even the terminal is gone, nobody is left to be told.
            let _unseen = shown.print();
            return code;
        }
    };
    let ran = match command {
        Command::Run(command) => command.perform().map(Verdict::exit_code),
        Command::Peers(peers) => peers.perform().map(Verdict::exit_code),
        Command::Goals(goals) => goals.perform().map(Verdict::exit_code),
        Command::Floor(floor) => floor.serve().map(|()| 0),
        Command::Compare(flags) => flags.perform(),
        Command::Report(flags) => flags.perform(),
    };
    match ran {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("parlance-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

impl RunCommand {
    fn perform(self) -> Result<Verdict, BenchError> {
        let Self { by_flags, files, run } = self;
        let (scenarios, options) = match by_flags {
            Some(ByFlags::Fanout { fanout, run }) => {
                (vec![fanout.into_scenario()?], run.into_options(false))
            }
            Some(ByFlags::Idle { idle, run }) => {
                (vec![idle.into_scenario()?], run.into_options(false))
            }
            None if files.wants_list() => return list().map(|()| Verdict::Clean),
            None => {
                let tiny = files.tiny();
                (files.into_scenarios(&run)?, run.into_options(tiny))
            }
        };
        runner::run(&scenarios, &options)
    }
}

/// A line for each prebuilt scenario.
fn list() -> Result<(), BenchError> {
    for (name, _) in PREBUILT {
        let scenario = Scenario::find(name, &Changes::default())?;
        let variants: Vec<&str> = scenario.variants.iter().map(|it| it.name.as_str()).collect();
        let variants = match variants.as_slice() {
            [_] => String::new(),
            several => format!(" [{}]", several.join(", ")),
        };
        println!("{name:<22}{}{variants}", scenario.about);
    }
    Ok(())
}
