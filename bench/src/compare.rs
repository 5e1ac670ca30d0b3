//! `compare`: whether a candidate is better or worse than a baseline, figure by figure.
//!
//! The ratio of the medians says by how much, its bootstrap interval how sure that is. Only clean
//! runs are compared. A figure is better or worse where its whole interval lies on one side of
//! 1, and a regression where the whole interval lies beyond the threshold.

mod bootstrap;
mod select;
mod text;

use serde::Serialize;

use crate::record::groups::{ScenarioRuns, Spread, TargetRuns};
use crate::record::{Better, Figure, Record, Unit, Verdict};
pub(crate) use bootstrap::Interval;
pub(crate) use select::{Selection, pairs};
pub(crate) use text::render;

/// Fewer rounds than this say little, whatever the interval.
pub(crate) const ROUNDS_TELLING: usize = 5;
/// With a single round on a side nothing is known of how rounds differ.
const ROUNDS_MIN: usize = 2;
/// What the names of the generator's own figures begin with.
const GENERATOR: &str = "generator_";
/// What `compare` exits with where there is a regression.
pub(crate) const REGRESSION_EXIT_CODE: u8 = 4;

#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// A regression is a figure that became worse by more than this factor; none is looked for
    /// without it.
    pub(crate) fail_above: Option<f64>,
    /// Only these figures; all where it is empty.
    pub(crate) figures: Vec<String>,
    pub(crate) seed: u64,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Comparison {
    pub(crate) fail_above: Option<f64>,
    pub(crate) regression: bool,
    pub(crate) scenarios: Vec<ScenarioComparison>,
    /// What has no counterpart on the other side.
    pub(crate) unmatched: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct ScenarioComparison {
    pub(crate) scenario: String,
    pub(crate) baseline: String,
    pub(crate) candidate: String,
    /// Rounds of the baseline and of the candidate that count.
    pub(crate) rounds: [usize; 2],
    /// Rounds were interleaved, so round by round what else the machine did was the same.
    pub(crate) paired: bool,
    pub(crate) figures: Vec<FigureComparison>,
    /// What keeps the figures from saying more.
    pub(crate) notes: Vec<String>,
    /// Runs of the candidate that lost, doubled, reordered or spoiled something, where no run
    /// of the baseline did.
    pub(crate) newly_faulty: bool,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct FigureComparison {
    pub(crate) figure: String,
    pub(crate) unit: Unit,
    pub(crate) better: Better,
    pub(crate) baseline: f64,
    pub(crate) candidate: f64,
    /// Candidate over baseline, of the medians; `None` where one of them is not above zero.
    pub(crate) ratio: Option<f64>,
    pub(crate) interval: Option<Interval>,
    pub(crate) change: Change,
    pub(crate) regression: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Change {
    Better,
    Worse,
    /// The interval holds 1, or there is none.
    Unclear,
}

impl Comparison {
    /// No clean run of one side met one of the other: that is no absence of regressions.
    pub(crate) fn is_empty(&self) -> bool {
        self.scenarios.iter().all(|scenario| scenario.figures.is_empty())
    }

    /// What kept everything from being compared.
    pub(crate) fn obstacles(&self) -> String {
        let notes = self.scenarios.iter().flat_map(|scenario| &scenario.notes);
        notes.chain(&self.unmatched).map(String::as_str).collect::<Vec<_>>().join("; ")
    }
}

/// Compares what `selection` pairs of the two files (or of one file with itself).
pub(crate) fn compare(
    baseline: &[Record],
    candidate: &[Record],
    selection: &Selection,
    options: &Options,
) -> Comparison {
    let (matched, unmatched) = pairs(baseline, candidate, selection);
    let of_pair = |(baseline, candidate): &(TargetRuns<'_>, TargetRuns<'_>)| {
        of_targets(baseline, candidate, options)
    };
    let scenarios: Vec<ScenarioComparison> = matched.iter().map(of_pair).collect();
    let regressed = |scenario: &ScenarioComparison| {
        scenario.newly_faulty || scenario.figures.iter().any(|figure| figure.regression)
    };
    let regression = options.fail_above.is_some() && scenarios.iter().any(regressed);
    Comparison { fail_above: options.fail_above, regression, scenarios, unmatched }
}

fn of_targets(
    baseline: &TargetRuns<'_>,
    candidate: &TargetRuns<'_>,
    options: &Options,
) -> ScenarioComparison {
    let sides = [baseline, candidate];
    let clean = sides.map(|side| side.clean().collect::<Vec<_>>());
    let [from, to] = &clean;
    let paired = is_interleaved(from, to);
    let both = ScenarioRuns {
        name: &baseline.first().scenario,
        targets: vec![baseline.clone(), candidate.clone()],
    };
    let wanted = |name: &&str| match options.figures.as_slice() {
        // How busy the generator was is no quality of the server.
        [] => !name.starts_with(GENERATOR),
        some => some.iter().any(|wanted| wanted == name),
    };
    let names = both.figure_names().into_iter().filter(wanted);
    let figures = names.filter_map(|name| {
        let figure = both.figure(name)?;
        let values = [from, to].map(|runs| values(runs, name));
        // A round that lacks the figure leaves the others without their partners.
        let whole = values[0].len() == from.len() && values[1].len() == to.len();
        of_figure(name, figure, &values, paired && whole, options)
    });
    ScenarioComparison {
        scenario: both.name.to_owned(),
        baseline: baseline.label.clone(),
        candidate: candidate.label.clone(),
        rounds: [from.len(), to.len()],
        paired,
        figures: figures.collect(),
        notes: notes(&both, [from.len(), to.len()]),
        newly_faulty: has_faulty(candidate) && !has_faulty(baseline),
    }
}

fn of_figure(
    name: &str,
    figure: Figure,
    values: &[Vec<f64>; 2],
    paired: bool,
    options: &Options,
) -> Option<FigureComparison> {
    let [from, to] = values;
    let (baseline, candidate) = (Spread::of(from)?.median, Spread::of(to)?.median);
    let ratio = bootstrap::ratio(baseline, candidate);
    let interval = ratio.filter(|_| from.len().min(to.len()) >= ROUNDS_MIN).and_then(|_| {
        // Its own draws for each figure: which others there are must not matter.
        bootstrap::interval(from, to, paired, options.seed)
    });
    let worse = interval.map(|interval| match figure.better {
        Better::Lower => interval,
        Better::Higher => interval.inverse(),
    });
    let change = match worse {
        Some(worse) if worse.low > 1.0 => Change::Worse,
        Some(worse) if worse.high < 1.0 => Change::Better,
        Some(_) | None => Change::Unclear,
    };
    let beyond = |max: f64| worse.is_some_and(|worse| worse.low > max);
    Some(FigureComparison {
        figure: name.to_owned(),
        unit: figure.unit,
        better: figure.better,
        baseline,
        candidate,
        ratio,
        interval,
        change,
        regression: options.fail_above.is_some_and(beyond),
    })
}

fn values(runs: &[&Record], name: &str) -> Vec<f64> {
    let figures = runs.iter().filter_map(|run| run.figures.get(name));
    figures.map(|figure| figure.value).collect()
}

/// Both sides ran the same rounds, and every round ended on both before the next one did on
/// either.
fn is_interleaved(from: &[&Record], to: &[&Record]) -> bool {
    let rounds = |runs: &[&Record]| runs.iter().map(|run| run.round).collect::<Vec<_>>();
    let rising = |rounds: &[u32]| rounds.is_sorted_by(|one, next| one < next);
    if rounds(from) != rounds(to) || !rising(&rounds(from)) {
        return false;
    }
    let mut all: Vec<&Record> = from.iter().chain(to).copied().collect();
    all.sort_by_key(|run| (run.finished_at_unix_ms, run.round));
    all.is_sorted_by_key(|run| run.round)
}

fn has_faulty(target: &TargetRuns<'_>) -> bool {
    target.runs.iter().any(|run| run.verdict == Verdict::Faulty)
}

fn notes(both: &ScenarioRuns<'_>, rounds: [usize; 2]) -> Vec<String> {
    let mut notes = Vec::new();
    for target in &both.targets {
        for mark in target.marks() {
            notes.push(format!("{}: {mark}, not compared", target.label));
        }
    }
    let fewest = rounds.into_iter().min().unwrap_or_default();
    match fewest {
        0 => notes.push("one side has no clean run: nothing to compare".to_owned()),
        1 => notes.push("one round: how much rounds differ is not known".to_owned()),
        some if some < ROUNDS_TELLING => notes
            .push(format!("{some} rounds: the intervals say little, run {ROUNDS_TELLING} or more")),
        _ => {}
    }
    if !both.is_one_workload() {
        notes.push("the two sides were asked for different workloads".to_owned());
    }
    let mut machines = both.runs().map(|run| {
        let machine = &run.machine;
        (&machine.cpu, machine.cores, &machine.kernel)
    });
    let first = machines.next();
    if machines.any(|machine| Some(machine) != first) {
        notes.push("the two sides ran on different machines or kernels".to_owned());
    }
    notes
}

#[cfg(test)]
mod tests;
