//! `cargo xtask`: one command for each thing that is done to this project.
//!
//! Decides which steps a command consists of, and in which order; each step is a module of its
//! own. Every step either succeeds or names what failed, and the first failure ends the command
//! with exit code 1.

mod cargo;
mod clients;
mod counts;
mod error;
mod fuzz;
mod layers;
mod manifest;
mod packages;
mod tidy;

use std::ffi::{OsStr, OsString};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::cargo::{SERVER, Workspace};
use crate::clients::Clients;
use crate::error::StepError;
use crate::packages::Need;

/// Enough short simulated runs to meet every fault in every combination a few times, in about a
/// minute on two cores.
const TEST_SEEDS: u64 = 3_000;

/// Long enough to see whether a change broke a decoder; finding something new takes hours.
const FUZZ_SECONDS: u32 = 60;

const SIMULATOR: &str = "parlance-sim";
const BENCH: &str = "parlance-bench";

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    about = "Installs, builds, serves, tests"
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Install what is missing, build, and serve on 127.0.0.1 with ./data.
    #[command(disable_help_flag = true)]
    Serve {
        /// Given to `parlance serve` as they are.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Install what is missing, build, and run every test: unit, simulation, end to end.
    Test {
        /// Simulated runs, each from a seed of its own.
        #[arg(long, default_value_t = TEST_SEEDS)]
        seeds: u64,
    },
    /// The checks that need no run: tidy, format, layers, clippy.
    Check,
    /// What continuous integration runs: `check`, then `test`.
    Ci {
        /// Simulated runs, each from a seed of its own.
        #[arg(long, default_value_t = TEST_SEEDS)]
        seeds: u64,
    },
    /// Run the simulator.
    #[command(disable_help_flag = true)]
    Simulate {
        /// Given to `parlance-sim` as they are, such as `--seeds 20000`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Run libFuzzer on a decoder; it needs cargo-fuzz.
    Fuzz {
        /// A file of tests/fuzz/fuzz_targets.
        target: String,
        #[arg(long, default_value_t = FUZZ_SECONDS)]
        seconds: u32,
        /// Add what it found to the kept inputs.
        #[arg(long)]
        keep: bool,
    },
    /// Run the load generator beside a server of this build.
    #[command(disable_help_flag = true)]
    Bench {
        /// Given to `parlance-bench` as they are.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Count the instructions of each operation of `bench/micro`; it needs valgrind.
    Counts {
        /// Only operations with this in their names, such as `core/`.
        #[arg(default_value = "")]
        part: String,
    },
    /// Run another command of the server's binary, such as `token --user 7`.
    #[command(disable_help_flag = true)]
    Parlance {
        /// Given to `parlance` as they are.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Install the clients of the end-to-end tests, and print the variables that say where they
    /// are, for a `cargo test` by hand.
    Clients,
    /// Name the system packages that are missing, and install them if asked to.
    Deps {
        #[arg(long)]
        install: bool,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<(), StepError> {
    let workspace = Workspace::locate()?;
    if !matches!(command, Command::Deps { .. } | Command::Clients) {
        workspace.claim_target()?;
    }
    match command {
        Command::Serve { mut arguments } => {
            arguments.insert(0, "serve".into());
            packages::install(Need::Build)?;
            parlance(&workspace, &arguments)
        }
        Command::Parlance { arguments } => {
            packages::install(Need::Build)?;
            parlance(&workspace, &arguments)
        }
        Command::Test { seeds } => {
            packages::install(Need::Test)?;
            test(&workspace, seeds)
        }
        Command::Check => {
            packages::install(Need::Build)?;
            check(&workspace)
        }
        Command::Ci { seeds } => {
            packages::install(Need::Test)?;
            check(&workspace)?;
            test(&workspace, seeds)
        }
        Command::Simulate { arguments } => {
            packages::install(Need::Build)?;
            workspace.build(&[SIMULATOR])?;
            workspace.run_binary(SIMULATOR, &arguments)
        }
        Command::Fuzz { target, seconds, keep } => {
            packages::install(Need::Build)?;
            fuzz::run(&workspace, &target, seconds, keep)
        }
        Command::Bench { arguments } => {
            packages::install(Need::Build)?;
            workspace.build(&[SERVER, BENCH])?;
            workspace.run_binary(BENCH, &arguments)
        }
        Command::Counts { part } => {
            packages::install(Need::Build)?;
            counts::run(&workspace, &part)
        }
        Command::Clients => {
            packages::install(Need::Test)?;
            for (name, value) in Clients::install(&workspace)?.variables() {
                println!("export {name}='{}'", value.display());
            }
            Ok(())
        }
        Command::Deps { install } if install => packages::install(Need::Test),
        Command::Deps { .. } => packages::print_missing(Need::Test),
    }
}

/// Becomes the binary, so that signals and the exit code are its own.
fn parlance(workspace: &Workspace, arguments: &[OsString]) -> Result<(), StepError> {
    workspace.build(&[SERVER])?;
    workspace.become_binary(SERVER, arguments)
}

fn check(workspace: &Workspace) -> Result<(), StepError> {
    step("tidy");
    tidy::check(workspace.root())?;
    step("format");
    workspace.cargo(&["fmt", "--all", "--check"])?;
    step("layers");
    layers::check(workspace)?;
    step("clippy");
    workspace.cargo(&[
        "clippy",
        "--release",
        "--locked",
        "--workspace",
        "--all-targets",
        "--",
        "--deny",
        "warnings",
    ])
}

/// End to end comes last: it needs all that the others have shown, and its closing lines are
/// what a reader of the log looks for.
fn test(workspace: &Workspace, seeds: u64) -> Result<(), StepError> {
    step("build");
    workspace.build(&[SERVER, SIMULATOR])?;
    step("unit tests");
    tests(workspace, &["--lib", "--bins"], &[])?;
    tests(workspace, &["--doc"], &[])?;
    // Each benchmark once, to see that it runs.
    tests(workspace, &["--bench", "*"], &[])?;
    step("plug-in");
    plug_in(workspace)?;
    step("simulation");
    workspace.run_binary(SIMULATOR, &["--seeds".into(), seeds.to_string().into()])?;
    step("end to end");
    let clients = Clients::install(workspace)?;
    let binary = workspace.binary(SERVER);
    let mut variables = vec![("PARLANCE_BIN", binary.as_os_str())];
    variables.extend(clients.variables());
    tests(workspace, &["--test", "*"], &variables)
}

/// With a dialect registered that nothing but its module and its line knows of.
fn plug_in(workspace: &Workspace) -> Result<(), StepError> {
    tests(workspace, &["--examples"], &[])?;
    let whole = ["check", "--release", "--locked", "--workspace"];
    workspace.cargo(&[&whole[..], &["--features", "parlance-codecs/example"]].concat())
}

fn tests(
    workspace: &Workspace,
    targets: &[&str],
    variables: &[(&str, &OsStr)],
) -> Result<(), StepError> {
    let whole = ["test", "--release", "--locked", "--workspace", "--no-fail-fast"];
    workspace.cargo_with(&[&whole, targets].concat(), variables)
}

/// To where cargo writes too, so that a log has both in order, and standard output stays what
/// the command itself prints.
fn step(name: &str) {
    eprintln!("==> {name}");
}
