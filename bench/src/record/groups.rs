//! Records of one file by what they are of: scenario, then target and variant, then rounds.
//!
//! In the order in which they come, so that the first target of a file is the one that ratios
//! are told against.

use super::{Figure, Record, Verdict};

/// Figures that tables show first, in this order; others follow by name.
const FIRST: [&str; 19] = [
    "server_cpu_us_per_delivery",
    "deliveries_per_second",
    "delivery_p50_us",
    "delivery_p99_us",
    "delivery_p999_us",
    "delivery_max_us",
    "last_recipient_p50_us",
    "last_recipient_p99_us",
    "last_recipient_p999_us",
    "last_recipient_max_us",
    "acks_per_second",
    "ack_p50_us",
    "ack_p99_us",
    "ack_p999_us",
    "ack_max_us",
    "sign_ins_per_second",
    "rss_per_connection_bytes",
    "pss_per_connection_bytes",
    "slab_per_connection_bytes",
];

/// All runs of one scenario.
#[derive(Clone, Debug)]
pub(crate) struct ScenarioRuns<'a> {
    pub(crate) name: &'a str,
    pub(crate) targets: Vec<TargetRuns<'a>>,
}

/// All rounds of one scenario against one target in one variant.
#[derive(Clone, Debug)]
pub(crate) struct TargetRuns<'a> {
    pub(crate) label: String,
    /// At least one.
    pub(crate) runs: Vec<&'a Record>,
}

/// A figure over rounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
    pub(crate) rounds: usize,
}

pub(crate) fn by_scenario(records: &[Record]) -> Vec<ScenarioRuns<'_>> {
    let mut scenarios: Vec<ScenarioRuns<'_>> = Vec::new();
    for record in records {
        let at = scenarios.iter().position(|of| of.name == record.scenario);
        let at = at.unwrap_or_else(|| {
            scenarios.push(ScenarioRuns { name: &record.scenario, targets: Vec::new() });
            scenarios.len() - 1
        });
        if let Some(scenario) = scenarios.get_mut(at) {
            scenario.add(record);
        }
    }
    scenarios
}

impl<'a> ScenarioRuns<'a> {
    fn add(&mut self, record: &'a Record) {
        let same = |of: &&mut TargetRuns<'_>| {
            of.first().target == record.target && of.first().variant == record.variant
        };
        match self.targets.iter_mut().find(same) {
            Some(target) => target.runs.push(record),
            None => {
                let (label, runs) = (record.label(), vec![record]);
                self.targets.push(TargetRuns { label, runs });
            }
        }
    }

    /// Of all targets, each once, in the order of tables.
    pub(crate) fn figure_names(&self) -> Vec<&'a str> {
        let runs = self.targets.iter().flat_map(|target| &target.runs);
        let mut names: Vec<&str> =
            runs.flat_map(|run| run.figures.keys().map(String::as_str)).collect();
        let place = |name: &&str| FIRST.iter().position(|first| first == name);
        names.sort_by_key(|name| (place(name).unwrap_or(FIRST.len()), *name));
        names.dedup();
        names
    }

    /// Unit and direction of a figure.
    pub(crate) fn figure(&self, name: &str) -> Option<Figure> {
        self.targets
            .iter()
            .flat_map(|target| &target.runs)
            .find_map(|run| run.figures.get(name).copied())
    }

    pub(crate) fn runs(&self) -> impl Iterator<Item = &'a Record> {
        self.targets.iter().flat_map(|target| target.runs.iter().copied())
    }

    /// Whether all runs were asked for the same.
    pub(crate) fn is_one_workload(&self) -> bool {
        let mut workloads = self.runs().map(|run| &run.workload);
        let first = workloads.next();
        workloads.all(|workload| Some(workload) == first)
    }
}

impl<'a> TargetRuns<'a> {
    pub(crate) fn first(&self) -> &'a Record {
        self.runs.first().expect("a target is made of its first run")
    }

    /// The runs whose figures may be believed.
    pub(crate) fn clean(&self) -> impl Iterator<Item = &'a Record> {
        self.runs.iter().copied().filter(|run| run.verdict == Verdict::Clean)
    }

    /// The clean runs; all, where none is clean, for then the marks are all that there is.
    pub(crate) fn counted(&self) -> Vec<&'a Record> {
        let clean: Vec<&Record> = self.clean().collect();
        if clean.is_empty() { self.runs.clone() } else { clean }
    }

    /// By round, of the runs that count.
    pub(crate) fn values(&self, figure: &str) -> Vec<f64> {
        let runs = self.counted().into_iter();
        runs.filter_map(|run| run.figures.get(figure)).map(|figure| figure.value).collect()
    }

    pub(crate) fn spread(&self, figure: &str) -> Option<Spread> {
        Spread::of(&self.values(figure))
    }

    /// Runs that are not clean, such as `1 of 3 runs generator-limited`; empty where all are.
    pub(crate) fn marks(&self) -> Vec<String> {
        let kinds = [Verdict::Faulty, Verdict::GeneratorLimited, Verdict::Interrupted];
        let count = |kind| self.runs.iter().filter(|run| run.verdict == kind).count();
        let some = kinds.into_iter().map(|kind| (kind, count(kind))).filter(|(_, some)| *some > 0);
        some.map(|(kind, some)| match self.runs.len() {
            1 => kind.as_str().to_owned(),
            all => format!("{some} of {all} runs {}", kind.as_str()),
        })
        .collect()
    }
}

impl Spread {
    /// Nothing of no values.
    pub(crate) fn of(values: &[f64]) -> Option<Self> {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (min, max) = (*sorted.first()?, *sorted.last()?);
        Some(Self { median: median_of_sorted(&sorted)?, min, max, rounds: sorted.len() })
    }
}

/// The middle one, or the mean of the middle two.
pub(crate) fn median_of_sorted(sorted: &[f64]) -> Option<f64> {
    let upper = *sorted.get(sorted.len() / 2)?;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    let lower = *sorted.get((sorted.len() / 2).checked_sub(1)?)?;
    Some(f64::midpoint(lower, upper))
}
