//! `parlance-sim`: runs seeds of the simulation and stops at the first that breaks a promise.

use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use parlance_sim::{Outcome, Recording, Situations, run, run_twice};

/// Seeds that once failed; they run before all others.
const REGRESSIONS: &str = include_str!("../regressions.txt");
/// Every so many seeds, one runs twice and has to run the same.
const TWICE_EVERY: u64 = 64;
/// A run of this many seeds must have reached every situation at least once.
const SITUATIONS_AFTER: u64 = 2_000;
/// Every so many seeds, a line says how far it is.
const PROGRESS_EVERY: u64 = 1_000;

/// Simulates the core under faults, seed by seed.
#[derive(Debug, Parser)]
#[command(name = "parlance-sim")]
struct Arguments {
    /// How many seeds to run.
    #[arg(long, default_value_t = 1_000)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    start: u64,
    /// Run this seed only.
    #[arg(long)]
    seed: Option<u64>,
    /// Print everything that happens; with --seed.
    #[arg(long, requires = "seed")]
    trace: bool,
    /// Go on after a failing seed, and list them all at the end.
    #[arg(long)]
    keep_going: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match arguments.seed {
        Some(seed) => one_seed(seed, arguments.trace),
        None => many_seeds(&arguments),
    }
}

fn one_seed(seed: u64, trace: bool) -> ExitCode {
    let recording = if trace { Recording::Print } else { Recording::Hash };
    let outcome = run(seed, None, recording);
    println!(
        "seed {seed}: {} steps, {:.1} s simulated, trace {:016x}",
        outcome.steps,
        outcome.simulated_us as f64 / 1e6,
        outcome.hash
    );
    match outcome.violation {
        None => ExitCode::SUCCESS,
        Some(violation) => {
            eprintln!("seed {seed} failed: {violation}");
            ExitCode::FAILURE
        }
    }
}

fn many_seeds(arguments: &Arguments) -> ExitCode {
    let began = Instant::now();
    let mut total = Total::default();
    let range = arguments.start..arguments.start.saturating_add(arguments.seeds);
    for (count, seed) in (1u64..).zip(regressions().chain(range)) {
        let outcome =
            if seed % TWICE_EVERY == 0 { run_twice(seed) } else { run(seed, None, Recording::Off) };
        total.add(&outcome);
        if total.failures > 0 && !arguments.keep_going {
            return ExitCode::FAILURE;
        }
        if count % PROGRESS_EVERY == 0 {
            total.print_progress(began);
        }
    }
    total.print_progress(began);
    print!("{}", total.situations);
    let missing = total.situations.missing();
    if total.seeds >= SITUATIONS_AFTER && !missing.is_empty() {
        eprintln!("never reached in {} seeds: {}", total.seeds, missing.join("; "));
        return ExitCode::FAILURE;
    }
    if total.failures > 0 {
        eprintln!("{} seeds failed", total.failures);
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn regressions() -> impl Iterator<Item = u64> {
    let lines = REGRESSIONS.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    lines.filter_map(|line| line.parse().ok())
}

#[derive(Default)]
struct Total {
    seeds: u64,
    steps: u64,
    simulated_us: u64,
    failures: u64,
    situations: Situations,
}

impl Total {
    fn add(&mut self, outcome: &Outcome) {
        self.seeds += 1;
        self.steps += outcome.steps;
        self.simulated_us += outcome.simulated_us;
        self.situations.add(&outcome.situations);
        if let Some(violation) = &outcome.violation {
            self.failures += 1;
            let seed = outcome.seed;
            eprintln!("seed {seed} failed: {violation}");
            eprintln!("  replay: cargo run --release -p parlance-sim -- --seed {seed} --trace");
        }
    }

    fn print_progress(&self, began: Instant) {
        println!(
            "{} seeds, {} steps, {:.1} h simulated, {} failed, {:.1} s",
            self.seeds,
            self.steps,
            self.simulated_us as f64 / 3.6e9,
            self.failures,
            began.elapsed().as_secs_f64()
        );
    }
}
