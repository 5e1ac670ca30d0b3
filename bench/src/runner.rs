//! Makes the runs of a plan, one after the other: targets × variants, round by round.
//!
//! The runs of a round follow one another (A B A B, never A A B B), so that whatever else the
//! machine does meets all of them alike. Each run has a server of its own, unless a running one
//! is measured.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::client::Addresses;
use crate::error::BenchError;
use crate::host::machine::Machine;
use crate::host::own::{self, Cores};
use crate::interrupt::Interrupt;
use crate::limits::SETTLE_NS;
use crate::plan::{Scenario, ServerSettings, Variant};
use crate::record::{Identity, Record, Verdict};
use crate::report::progress::Progress;
use crate::report::{hlog, html, summary};
use crate::scenario::Setting;
use crate::seed::{self, Draws};
use crate::target::operator::Operator;
use crate::target::own_server::{Start, key_of_environment, read_key};
use crate::target::signer::Signer;
use crate::target::{self, ServerFacts, Target};

/// A server that runs already.
#[derive(Clone, Debug)]
pub(crate) struct Running {
    pub(crate) addresses: Addresses,
    pub(crate) operator: SocketAddr,
    pub(crate) operator_key_file: Option<PathBuf>,
    pub(crate) jwt_key_file: Option<PathBuf>,
    pub(crate) pid: Option<u32>,
}

/// Where and how the runs are made.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// Measured instead of starting one.
    pub(crate) running: Option<Running>,
    /// Names of targets to start; one at least.
    pub(crate) targets: Vec<String>,
    /// Over what a scenario's file says.
    pub(crate) server: ServerSettings,
    pub(crate) data_parent: Option<PathBuf>,
    pub(crate) pin_self: Option<Cores>,
    pub(crate) json: Option<PathBuf>,
    /// A directory.
    pub(crate) hlog: Option<PathBuf>,
    pub(crate) report: Option<PathBuf>,
    pub(crate) seed: Option<u64>,
    /// Over what a scenario's file says.
    pub(crate) rounds: Option<u32>,
    /// Nothing is waited for that only makes figures better.
    pub(crate) tiny: bool,
}

/// One run to be made.
#[derive(Clone, Copy, Debug)]
struct Run<'a> {
    scenario: &'a Scenario,
    target: &'a str,
    variant: &'a Variant,
    round: u32,
}

/// Makes all runs of all scenarios; the worst verdict of them.
pub(crate) fn run(scenarios: &[Scenario], options: &Options) -> Result<Verdict, BenchError> {
    let interrupt = Interrupt::listen()?;
    let mut seeds = Draws::new(options.seed.unwrap_or_else(seed::fresh));
    // The first run has the seed that was asked for, so that its record repeats it.
    let mut next_seed = options.seed;
    let runs: Vec<Run<'_>> =
        scenarios.iter().flat_map(|scenario| in_order(scenario, options)).filter(fits).collect();
    let anywhere = own::affinity()?;
    let mut records = Vec::new();
    let mut failed = Verdict::Clean;
    for (number, run) in runs.iter().enumerate() {
        let name = name(number + 1, runs.len(), run);
        // A server that is started next must not inherit the generator's cores.
        own::set_affinity(&anywhere)?;
        let seed = next_seed.take().unwrap_or_else(|| seeds.next());
        let progress = Progress::new(name.clone())?;
        let performed = perform(run, seed, options, &interrupt, &progress);
        // Before anything else is written to the terminal.
        drop(progress);
        let record = match performed {
            // Among several targets the others are still to be measured.
            Err(error @ BenchError::NotForWire { .. }) if options.targets.len() > 1 => {
                eprintln!("skipped: {error}");
                continue;
            }
            // One server that fails must not cost what the others have to say.
            Err(error) if options.targets.len() > 1 && !interrupt.is_raised() => {
                eprintln!("failed against {}: {error}", run.target);
                failed = Verdict::Faulty;
                continue;
            }
            performed => performed?,
        };
        if runs.len() > 1 {
            eprintln!("{name}: {}", summary::in_brief(&record));
        }
        let interrupted = record.verdict == Verdict::Interrupted;
        records.push(record);
        if interrupted {
            break;
        }
    }
    print!("{}", summary::render(&records));
    if let Some(path) = &options.report {
        html::write(&records, path)?;
    }
    Ok(records.iter().map(|record| record.verdict).fold(failed, worse))
}

/// Of two runs' verdicts the one that the whole command ends with.
pub(crate) fn worse(one: Verdict, other: Verdict) -> Verdict {
    let gravity = |verdict| match verdict {
        Verdict::Clean => 0,
        Verdict::GeneratorLimited => 1,
        Verdict::Faulty => 2,
        Verdict::Interrupted => 3,
    };
    if gravity(other) > gravity(one) { other } else { one }
}

fn in_order<'a>(scenario: &'a Scenario, options: &'a Options) -> Vec<Run<'a>> {
    let rounds = options.rounds.unwrap_or(scenario.rounds);
    let round = |round| {
        options.targets.iter().flat_map(move |target| {
            let variants = scenario.variants.iter();
            variants.map(move |variant| Run { scenario, target, variant, round })
        })
    };
    (0..rounds).flat_map(round).collect()
}

/// A target that cannot do what a scenario asks is told of and left out.
fn fits(run: &Run<'_>) -> bool {
    let Run { scenario, target, variant, .. } = run;
    match target::unfit(target, variant.workload.kind()) {
        Some(reason) => {
            eprintln!("{target} is left out of {}: {reason}", scenario.name);
            false
        }
        None => true,
    }
}

/// What is told of a run while it lasts and when it ends.
fn name(number: usize, total: usize, run: &Run<'_>) -> String {
    let Run { scenario, target, variant, round } = run;
    let variant = if variant.name.is_empty() { "" } else { &format!(", {}", variant.name) };
    format!("[{number}/{total}] {} against {target}{variant}, round {round}", scenario.name)
}

/// Prepares the process and the server, runs a scenario, stops the server, reports.
fn perform(
    run: &Run<'_>,
    seed: u64,
    options: &Options,
    interrupt: &Interrupt,
    progress: &Progress,
) -> Result<Record, BenchError> {
    let machine = Machine::here();
    progress.phase("starting the server");
    own::reserve_descriptors(run.variant.workload.connections())?;
    let target = start(run, options, interrupt)?;
    if let Some(cores) = &options.pin_self {
        own::pin(cores)?;
    }
    own::wake_on_time()?;
    let settle_ns = if options.tiny { 0 } else { SETTLE_NS };
    let measurement = run.variant.workload.spoken_in(target.wire)?.run(&Setting {
        target: &target,
        seed,
        settle_ns,
        interrupt,
        progress,
    })?;
    let facts = target.facts.clone();
    // A server that does not stop in good order spoils no figure, but is no success.
    let stopped = target.stop();
    let record = Record::new(identity(run, seed), machine, facts, measurement);
    if let Some(path) = &options.json {
        record.append(path)?;
    }
    if let Some(directory) = &options.hlog {
        hlog::write(&record, directory)?;
    }
    stopped.map(|()| record)
}

fn identity(run: &Run<'_>, seed: u64) -> Identity {
    let Run { scenario, target, variant, round } = *run;
    Identity {
        scenario: scenario.name.clone(),
        kind: variant.workload.kind().as_str().to_owned(),
        target: target.to_owned(),
        variant: variant.name.clone(),
        round,
        seed,
    }
}

fn start(run: &Run<'_>, options: &Options, interrupt: &Interrupt) -> Result<Target, BenchError> {
    let Some(running) = &options.running else {
        let mut server = options.server.or(&run.variant.server);
        // The flag's or the environment's is for variants that name none.
        if run.variant.server.binary.is_some() {
            server.binary.clone_from(&run.variant.server.binary);
        }
        let with_tokens = run.variant.workload.wants_tokens();
        let start = Start { server, with_tokens, data_parent: options.data_parent.clone() };
        return target::start(run.target, &start, interrupt);
    };
    let signer = match (run.variant.workload.wants_tokens(), &running.jwt_key_file) {
        (false, _) => None,
        (true, Some(file)) => Some(Signer::new(&read_key(file)?)),
        (true, None) => return Err(BenchError::NoTokenKey),
    };
    let key = running.operator_key_file.as_deref().map(read_key).transpose()?;
    let key = key.or_else(key_of_environment);
    Ok(Target {
        addresses: running.addresses,
        wire: None,
        operator: key.map(|key| Operator::new(running.operator, key)),
        pid: running.pid,
        signer,
        own: None,
        facts: ServerFacts::default(),
    })
}

#[cfg(test)]
mod tests;
