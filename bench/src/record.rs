//! One run of one scenario against one target in one round, as every reader of results knows it.
//!
//! The figures are generic: a name, a value, a unit and which way is better. What reads records
//! (tables, comparisons, the HTML report) therefore knows no scenario and no target. What is
//! peculiar to a kind of scenario is in `result`, for people.

pub(crate) mod file;
pub(crate) mod groups;

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::histogram::{Latencies, Timeline};
use crate::host::machine::Machine;
use crate::target::ServerFacts;

/// Raised with every change that a reader would notice.
pub(crate) const SCHEMA: u32 = 2;

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Record {
    pub(crate) schema: u32,
    pub(crate) bench_version: String,
    pub(crate) finished_at_unix_ms: u64,
    /// The command line.
    pub(crate) arguments: Vec<String>,
    pub(crate) seed: u64,
    /// The scenario's own name, such as `fanout-1x1000`.
    pub(crate) scenario: String,
    /// What kind of scenario it is, such as `fanout`.
    pub(crate) kind: String,
    pub(crate) target: String,
    /// How the target was set up, such as `memory`; empty where there is one way only.
    pub(crate) variant: String,
    /// From 0. Rounds of one invocation are interleaved over its targets.
    pub(crate) round: u32,
    pub(crate) verdict: Verdict,
    /// Why the verdict is not `clean`.
    #[serde(default)]
    pub(crate) reasons: Vec<String>,
    pub(crate) machine: Machine,
    pub(crate) server: ServerFacts,
    /// What was asked for, in the scenario's own words.
    pub(crate) workload: Value,
    pub(crate) figures: BTreeMap<String, Figure>,
    pub(crate) histograms: BTreeMap<String, Latencies>,
    pub(crate) series: Vec<Sample>,
    pub(crate) ramp: Vec<RampStep>,
    pub(crate) result: Value,
    /// Second by second, of a run of this process: for the HdrHistogram log. Too large for a line.
    #[serde(skip)]
    pub(crate) timelines: BTreeMap<String, Timeline>,
}

/// Whether the figures may be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Verdict {
    Clean,
    /// The server lost, doubled, reordered or spoiled something, or refused it.
    Faulty,
    /// The load generator was the bottleneck.
    GeneratorLimited,
    Interrupted,
}

impl Verdict {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Faulty => "faulty",
            Self::GeneratorLimited => "generator-limited",
            Self::Interrupted => "interrupted",
        }
    }

    /// 1 is for runs that could not be made, as everywhere.
    pub(crate) fn exit_code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Faulty => 2,
            Self::GeneratorLimited => 3,
            Self::Interrupted => 130,
        }
    }
}

/// One number of a run. Finite, for JSON has no word for anything else.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Figure {
    pub(crate) value: f64,
    pub(crate) unit: Unit,
    pub(crate) better: Better,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Better {
    Lower,
    Higher,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) enum Unit {
    #[serde(rename = "us")]
    Microseconds,
    #[serde(rename = "s")]
    Seconds,
    #[serde(rename = "bytes")]
    Bytes,
    #[serde(rename = "1/s")]
    PerSecond,
    /// CPU time over wall time: 1.0 is one core, wholly used.
    #[serde(rename = "cores")]
    Cores,
    #[serde(rename = "count")]
    Count,
    #[serde(rename = "ratio")]
    Ratio,
}

/// One second of a run.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sample {
    /// From the beginning of the measured window to this second's end.
    pub(crate) at_s: f64,
    pub(crate) deliveries: u64,
    /// The quantiles are 0 where nothing was delivered.
    pub(crate) p50_us: f64,
    pub(crate) p99_us: f64,
    pub(crate) max_us: f64,
}

/// One step of a ramp to saturation.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RampStep {
    /// Deliveries per second that the step asked for.
    pub(crate) rate: f64,
    pub(crate) p99_us: f64,
    pub(crate) lost: u64,
    /// The target kept up: nothing lost, and p99 within the ramp's bound.
    pub(crate) kept: bool,
}

/// Which run it was.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    pub(crate) scenario: String,
    pub(crate) kind: String,
    pub(crate) target: String,
    pub(crate) variant: String,
    pub(crate) round: u32,
    pub(crate) seed: u64,
}

/// What a run of any kind of scenario came to.
#[derive(Clone, Debug)]
pub(crate) struct Measurement {
    pub(crate) verdict: Verdict,
    pub(crate) reasons: Vec<String>,
    pub(crate) workload: Value,
    pub(crate) figures: BTreeMap<String, Figure>,
    /// Those without a timeline. A timeline's total becomes a histogram of its name.
    pub(crate) histograms: BTreeMap<String, Latencies>,
    pub(crate) timelines: BTreeMap<String, Timeline>,
    /// The timeline that the series is made of.
    pub(crate) series_of: &'static str,
    pub(crate) ramp: Vec<RampStep>,
    pub(crate) result: Value,
}

impl Measurement {
    pub(crate) fn new(verdict: Verdict, workload: Value, result: Value) -> Self {
        Self {
            verdict,
            reasons: Vec::new(),
            workload,
            figures: BTreeMap::new(),
            histograms: BTreeMap::new(),
            timelines: BTreeMap::new(),
            series_of: "delivery",
            ramp: Vec::new(),
            result,
        }
    }

    /// A value that is not finite was not measured, and is left out.
    pub(crate) fn figure(
        &mut self,
        name: impl Into<String>,
        value: f64,
        unit: Unit,
        better: Better,
    ) {
        if value.is_finite() {
            self.figures.insert(name.into(), Figure { value, unit, better });
        }
    }

    pub(crate) fn lower(&mut self, name: impl Into<String>, value: f64, unit: Unit) {
        self.figure(name, value, unit, Better::Lower);
    }

    pub(crate) fn higher(&mut self, name: impl Into<String>, value: f64, unit: Unit) {
        self.figure(name, value, unit, Better::Higher);
    }

    /// Keeps a timeline, and makes the figures `NAME_p50_us`, `_p99_us`, `_p999_us` and `_max_us`
    /// of it where anything was recorded.
    pub(crate) fn timeline(&mut self, name: &str, timeline: Timeline) {
        self.quantiles(name, &timeline.total());
        self.timelines.insert(name.to_owned(), timeline);
    }

    /// The same of a histogram that has no timeline.
    pub(crate) fn histogram(&mut self, name: &str, latencies: Latencies) {
        self.quantiles(name, &latencies);
        self.histograms.insert(name.to_owned(), latencies);
    }

    fn quantiles(&mut self, name: &str, latencies: &Latencies) {
        let quantiles = latencies.quantiles();
        if quantiles.count == 0 {
            return;
        }
        let name = if name == "acknowledgement" { "ack" } else { name };
        for (suffix, value) in [
            ("p50", quantiles.p50_us),
            ("p99", quantiles.p99_us),
            ("p999", quantiles.p999_us),
            ("max", quantiles.max_us),
        ] {
            self.lower(format!("{name}_{suffix}_us"), value, Unit::Microseconds);
        }
    }

    fn series(&self) -> Vec<Sample> {
        let Some(timeline) = self.timelines.get(self.series_of) else {
            return Vec::new();
        };
        let sample = |second: crate::histogram::TimelineSecond<'_>| {
            let quantiles = second.quantiles();
            Sample {
                at_s: second.end.into(),
                deliveries: quantiles.count,
                p50_us: quantiles.p50_us,
                p99_us: quantiles.p99_us,
                max_us: quantiles.max_us,
            }
        };
        timeline.seconds().map(sample).collect()
    }
}

impl Record {
    /// Of a run that has just ended.
    pub(crate) fn new(
        identity: Identity,
        machine: Machine,
        server: ServerFacts,
        measurement: Measurement,
    ) -> Self {
        let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let series = measurement.series();
        let mut histograms = measurement.histograms;
        let totals = measurement.timelines.iter();
        histograms.extend(totals.map(|(name, timeline)| (name.clone(), timeline.total())));
        // An empty one says nothing that its absence does not.
        histograms.retain(|_, latencies| latencies.quantiles().count > 0);
        let Identity { scenario, kind, target, variant, round, seed } = identity;
        Self {
            schema: SCHEMA,
            bench_version: env!("CARGO_PKG_VERSION").to_owned(),
            finished_at_unix_ms: u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
            arguments: std::env::args().skip(1).collect(),
            seed,
            scenario,
            kind,
            target,
            variant,
            round,
            verdict: measurement.verdict,
            reasons: measurement.reasons,
            machine,
            server,
            workload: measurement.workload,
            figures: measurement.figures,
            histograms,
            series,
            ramp: measurement.ramp,
            result: measurement.result,
            timelines: measurement.timelines,
        }
    }

    /// The target, and its variant where it has one: `parlance (memory)`.
    pub(crate) fn label(&self) -> String {
        if self.variant.is_empty() {
            self.target.clone()
        } else {
            format!("{} ({})", self.target, self.variant)
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
