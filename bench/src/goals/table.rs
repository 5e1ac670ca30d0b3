//! The goals' table, of records: parlance's ratio, by how much a goal is reached or missed, and the
//! best peer's.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::{Bound, GOALS, Goal, Over};
use crate::record::{Record, Verdict};
use crate::target::{OWN, PARLANCE};

pub(super) fn render(records: &[Record]) -> String {
    let mut out =
        "| what | goal | here | reached | the best peer |\n| --- | --- | --- | --- | --- |\n"
            .to_owned();
    for goal in GOALS {
        let here = ratios(goal, PARLANCE, records);
        let (value, reached) = match median(&here) {
            Some(value) => (told(value, &here), goal.bound.judge(value)),
            None => ("not measured".to_owned(), "–".to_owned()),
        };
        let best = best_peer(goal, records);
        let best =
            best.map_or("–".to_owned(), |(name, value)| format!("{name} {}", short(value)));
        let (what, bound) = (goal.what, goal.bound.told());
        // A String takes everything that is written to it.
        let _written = writeln!(out, "| {what} | {bound} | {value} | {reached} | {best} |");
    }
    out.push('\n');
    every_target(records, &mut out);
    out
}

impl Bound {
    fn told(self) -> String {
        match self {
            Self::AtMost(bound) => format!("≤ {}", short(bound)),
            Self::AtLeast(bound) => format!("≥ {}", short(bound)),
        }
    }

    pub(super) fn judge(self, value: f64) -> String {
        let (reached, over) = match self {
            Self::AtMost(bound) => (value <= bound, value / bound - 1.0),
            Self::AtLeast(bound) => (value >= bound, 1.0 - value / bound),
        };
        if reached { "yes".to_owned() } else { format!("no, by {:.0} %", over * 100.0) }
    }
}

/// One for each round in which both sides were measured.
fn ratios(goal: &Goal, target: &str, records: &[Record]) -> Vec<f64> {
    let of = |target: &str, variant: &str| -> BTreeMap<u32, f64> {
        let runs = records.iter().filter(|record| {
            record.scenario == goal.scenario
                && record.target == target
                && record.variant == variant
                && counts(record)
        });
        runs.filter_map(|record| Some((record.round, record.figures.get(goal.figure)?.value)))
            .collect()
    };
    let above = of(target, goal.variant);
    let below = match goal.over {
        Over::Target(base) => of(base, goal.variant),
        Over::Variant(variant) => of(target, variant),
        Over::Nothing => return above.into_values().collect(),
    };
    above.iter().filter_map(|(round, value)| Some(value / below.get(round)?)).collect()
}

/// A figure of a server that lost messages is none, and neither is a durable publish that was
/// acknowledged before it was synced. Of a busy generator the latencies are spoiled, but not the
/// server's CPU time.
fn counts(record: &Record) -> bool {
    let synced = record.server.settings.get("durable").is_none_or(|durable| durable == "yes");
    matches!(record.verdict, Verdict::Clean | Verdict::GeneratorLimited)
        && (record.kind != "durable" || synced)
}

fn best_peer(goal: &Goal, records: &[Record]) -> Option<(String, f64)> {
    if matches!(goal.over, Over::Variant(_)) {
        return None;
    }
    let peers: std::collections::BTreeSet<&str> =
        records.iter().map(|record| record.target.as_str()).collect();
    let measured = peers
        .into_iter()
        .filter(|name| !OWN.contains(name))
        .filter_map(|name| Some((name.to_owned(), median(&ratios(goal, name, records))?)));
    match goal.bound {
        Bound::AtMost(_) => measured.min_by(|one, other| one.1.total_cmp(&other.1)),
        Bound::AtLeast(_) => measured.max_by(|one, other| one.1.total_cmp(&other.1)),
    }
}

/// Every target's ratio to the base of each goal: what the table above was taken from.
fn every_target(records: &[Record], out: &mut String) {
    let targets: std::collections::BTreeSet<&str> =
        records.iter().map(|record| record.target.as_str()).collect();
    for goal in GOALS {
        let each: Vec<String> = targets
            .iter()
            .filter_map(|target| Some((*target, median(&ratios(goal, target, records))?)))
            .map(|(target, value)| format!("{target} {}", short(value)))
            .collect();
        if !each.is_empty() {
            let _written = writeln!(out, "- {}: {}", goal.what, each.join(", "));
        }
    }
}

/// A median with its range, where several rounds were made.
fn told(median: f64, of: &[f64]) -> String {
    let (least, most) = (
        of.iter().copied().fold(f64::INFINITY, f64::min),
        of.iter().copied().fold(f64::NEG_INFINITY, f64::max),
    );
    match of.len() {
        0 | 1 => short(median),
        _ => format!("{} ({} to {})", short(median), short(least), short(most)),
    }
}

pub(super) fn median(of: &[f64]) -> Option<f64> {
    let mut sorted = of.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 {
        return sorted.get(middle).copied();
    }
    Some((sorted.get(middle.checked_sub(1)?)? + sorted.get(middle)?) / 2.0)
}

/// Ratios with two decimals, bytes without.
fn short(value: f64) -> String {
    if value.abs() >= 100.0 { format!("{value:.0}") } else { format!("{value:.2}") }
}
