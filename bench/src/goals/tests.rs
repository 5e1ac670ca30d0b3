//! What the table says of records, and that every goal names something that is run.

use super::*;
use crate::plan::PREBUILT;

#[test]
fn every_goal_has_runs_that_measure_it() {
    for goal in GOALS {
        let runs: Vec<&Runs> = RUNS.iter().filter(|runs| runs.scenario == goal.scenario).collect();
        assert!(PREBUILT.iter().any(|(name, _)| *name == goal.scenario), "{}", goal.scenario);
        let measured = |variant: &&str| {
            runs.iter().any(|runs| runs.variants.is_empty() || runs.variants.contains(variant))
        };
        assert!(measured(&goal.variant) || goal.variant.is_empty(), "{}", goal.what);
        if let Over::Variant(variant) = goal.over {
            assert!(measured(&variant), "{}", goal.what);
        }
        if let Over::Target(target) = goal.over {
            let is_run = |runs: &&Runs| OWN.contains(&target) || runs.peers.contains(&target);
            assert!(runs.iter().any(is_run), "{}", goal.what);
        }
    }
}

#[test]
fn every_run_can_be_planned() {
    for runs in RUNS {
        let changes = changes(runs).expect("keys and values");
        let scenario = Scenario::find(runs.scenario, &changes).expect(runs.scenario);
        let variants = runs.variants.len().max(1);
        assert!(scenario.variants.len() >= variants, "{}", runs.scenario);
    }
}

#[test]
fn medians() {
    assert_eq!(table::median(&[]), None);
    assert_eq!(table::median(&[3.0, 1.0, 2.0]), Some(2.0));
    assert_eq!(table::median(&[4.0, 1.0]), Some(2.5));
}

#[test]
fn a_bound_says_by_how_much_it_is_missed() {
    assert_eq!(Bound::AtMost(0.9).judge(0.9), "yes");
    assert_eq!(Bound::AtMost(0.9).judge(1.08), "no, by 20 %");
    assert_eq!(Bound::AtLeast(3.0).judge(1.5), "no, by 50 %");
    assert_eq!(Bound::AtLeast(3.0).judge(3.5), "yes");
}

#[test]
fn without_records_nothing_is_claimed() {
    let table = table::render(&[]);
    assert_eq!(table.matches("not measured").count(), GOALS.len(), "{table}");
}
