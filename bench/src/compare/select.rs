//! Which runs stand against which.

use crate::record::Record;
use crate::record::groups::{TargetRuns, by_scenario};

/// What tells the two sides apart.
#[derive(Clone, Debug)]
pub(crate) enum Selection {
    /// The file. Targets of the same name and variant are compared; where each file has one
    /// target only, these two are.
    Files,
    /// The target, within the same variant.
    Targets { baseline: String, candidate: String },
    /// The variant, of the same target.
    Variants { baseline: String, candidate: String },
}

impl Selection {
    fn takes(&self, runs: &TargetRuns<'_>, baseline: bool) -> bool {
        let (chosen, name) = match self {
            Self::Files => return true,
            Self::Targets { baseline: from, candidate: to } => {
                (&runs.first().target, if baseline { from } else { to })
            }
            Self::Variants { baseline: from, candidate: to } => {
                (&runs.first().variant, if baseline { from } else { to })
            }
        };
        chosen == name
    }

    /// What two sides have in common that are the same but for the selection.
    fn key(&self, runs: &TargetRuns<'_>) -> (String, String) {
        let Record { target, variant, .. } = runs.first();
        match self {
            Self::Files => (target.clone(), variant.clone()),
            Self::Targets { .. } => (String::new(), variant.clone()),
            Self::Variants { .. } => (target.clone(), String::new()),
        }
    }
}

type Pair<'a> = (TargetRuns<'a>, TargetRuns<'a>);

/// Baseline and candidate of each scenario, and what is left over.
pub(crate) fn pairs<'a>(
    baseline: &'a [Record],
    candidate: &'a [Record],
    selection: &Selection,
) -> (Vec<Pair<'a>>, Vec<String>) {
    let mut unmatched = Vec::new();
    let mut matched = Vec::new();
    let candidates = by_scenario(candidate);
    let mut left: Vec<_> = candidates.iter().map(|scenario| scenario.name).collect();
    for scenario in by_scenario(baseline) {
        left.retain(|name| *name != scenario.name);
        let other = candidates.iter().find(|other| other.name == scenario.name);
        let other = other.map(|other| other.targets.clone()).unwrap_or_default();
        let mut from = scenario.targets;
        let mut to = other;
        from.retain(|runs| selection.takes(runs, true));
        to.retain(|runs| selection.takes(runs, false));
        let (pairs, rest) = pair(from, to, selection);
        unmatched.extend(rest.into_iter().map(|label| format!("{}: {label}", scenario.name)));
        matched.extend(pairs);
    }
    unmatched.extend(left.into_iter().map(|name| format!("{name}: only in the candidate")));
    (matched, unmatched)
}

fn pair<'a>(
    mut from: Vec<TargetRuns<'a>>,
    mut to: Vec<TargetRuns<'a>>,
    selection: &Selection,
) -> (Vec<Pair<'a>>, Vec<String>) {
    if let ([_], [_]) = (from.as_slice(), to.as_slice()) {
        return (from.drain(..).zip(to.drain(..)).collect(), Vec::new());
    }
    let mut pairs = Vec::new();
    let mut rest = Vec::new();
    for baseline in from {
        let key = selection.key(&baseline);
        match to.iter().position(|candidate| selection.key(candidate) == key) {
            Some(at) => pairs.push((baseline, to.remove(at))),
            None => rest.push(format!("{}, only in the baseline", baseline.label)),
        }
    }
    rest.extend(to.iter().map(|runs| format!("{}, only in the candidate", runs.label)));
    (pairs, rest)
}
