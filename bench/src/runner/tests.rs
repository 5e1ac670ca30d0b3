//! The order of runs, and what a command of several runs ends with.

use super::*;
use crate::plan::Changes;

fn options(targets: &[&str], rounds: Option<u32>) -> Options {
    Options {
        running: None,
        targets: targets.iter().map(|name| (*name).to_owned()).collect(),
        server: ServerSettings::default(),
        data_parent: None,
        pin_self: None,
        json: None,
        hlog: None,
        report: None,
        seed: None,
        rounds,
        tiny: false,
    }
}

#[test]
fn targets_and_variants_take_turns_in_every_round() {
    let scenario = Scenario::find("fanout-1x1000", &Changes::default()).expect("prebuilt");
    let options = options(&["a", "b"], Some(2));
    let runs = in_order(&scenario, &options);
    let order: Vec<String> = runs
        .iter()
        .map(|run| format!("{}/{}/{}", run.target, run.variant.name, run.round))
        .collect();
    let round = |n: u32| ["a/memory", "a/sync", "b/memory", "b/sync"].map(|it| format!("{it}/{n}"));
    assert_eq!(order, [round(0), round(1)].concat());
}

#[test]
fn the_worst_verdict_is_the_commands() {
    use Verdict::{Clean, Faulty, GeneratorLimited, Interrupted};
    assert_eq!(worse(Clean, Clean), Clean);
    assert_eq!(worse(GeneratorLimited, Clean), GeneratorLimited);
    assert_eq!(worse(GeneratorLimited, Faulty), Faulty);
    assert_eq!(worse(Interrupted, Faulty), Interrupted);
}
