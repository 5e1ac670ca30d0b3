//! Comparisons whose outcome is known, and what must hold of any.

use proptest::prelude::*;

use super::bootstrap::{interval, ratio};
use super::*;
use crate::record::groups::median_of_sorted;
use crate::record::tests::sample;

const CPU: &str = "server_cpu_us_per_delivery";

fn options(fail_above: Option<f64>) -> Options {
    Options { fail_above, figures: vec![CPU.to_owned()], seed: 1 }
}

/// Rounds of a target whose CPU per delivery is a hundredth of each of `latencies`.
fn rounds(target: &str, latencies: &[u64]) -> Vec<Record> {
    let run = |(round, latency): (u32, &u64)| {
        let mut record = sample(target, round, *latency);
        record.finished_at_unix_ms = u64::from(round) * 1_000;
        record
    };
    (0..).zip(latencies).map(run).collect()
}

fn only_figure(comparison: &Comparison) -> &FigureComparison {
    let [scenario] = comparison.scenarios.as_slice() else { panic!("{comparison:?}") };
    let [figure] = scenario.figures.as_slice() else { panic!("{scenario:?}") };
    figure
}

#[test]
fn medians_of_odd_and_even_counts() {
    assert_eq!(median_of_sorted(&[]), None);
    assert_eq!(median_of_sorted(&[3.0]), Some(3.0));
    assert_eq!(median_of_sorted(&[1.0, 2.0]), Some(1.5));
    assert_eq!(median_of_sorted(&[1.0, 2.0, 9.0]), Some(2.0));
}

#[test]
fn ratios_need_something_on_both_sides() {
    assert_eq!(ratio(2.0, 3.0), Some(1.5));
    assert_eq!(ratio(0.0, 0.0), Some(1.0));
    assert_eq!(ratio(0.0, 1.0), None);
    assert_eq!(ratio(-1.0, 1.0), None);
}

/// With two rounds a side a resample's median is the low value in a quarter of the draws, the
/// mean in half, the high one in a quarter; so the interval ends at the extremes.
#[test]
fn the_interval_of_two_rounds_is_that_of_the_extremes() {
    let found = interval(&[1.0, 2.0], &[3.0, 4.0], false, 1).expect("an interval");
    assert_eq!(found, Interval { low: 1.5, high: 4.0 });
    // In pairs, only 3/1, 3.5/1.5 and 4/2 can be drawn.
    let paired = interval(&[1.0, 2.0], &[3.0, 4.0], true, 1).expect("an interval");
    assert_eq!(paired, Interval { low: 2.0, high: 3.0 });
}

/// Rounds of 1 to 11 against one constant: the resampled median is a median of eleven draws of
/// eleven, of which (binomially) 95 % lie between 3 and 9.
#[test]
fn the_interval_of_eleven_rounds_is_the_binomial_one() {
    let rounds: Vec<f64> = (1..=11).map(f64::from).collect();
    for seed in 0..5 {
        let found = interval(&[1.0; 11], &rounds, false, seed).expect("an interval");
        assert_eq!(found, Interval { low: 3.0, high: 9.0 }, "seed {seed}");
    }
}

#[test]
fn pairs_see_what_the_machine_did_to_both() {
    // Each round is twice as slow as the one before, on both sides alike.
    let from = rounds("a", &[100, 200, 400, 800, 1_600]);
    let to = rounds("b", &[110, 220, 440, 880, 1_760]);
    let comparison = compare(&from, &to, &Selection::Files, &options(Some(1.05)));
    let figure = only_figure(&comparison);
    assert!(comparison.scenarios[0].paired);
    assert!(comparison.scenarios[0].notes.is_empty(), "{:?}", comparison.scenarios[0].notes);
    assert!(figure.ratio.is_some_and(|ratio| (ratio - 1.1).abs() < 1e-9));
    assert_eq!(figure.change, Change::Worse);
    assert!(figure.regression && comparison.regression);
    let at_the_edge = compare(&from, &to, &Selection::Files, &options(Some(1.11)));
    assert!(!at_the_edge.regression);
}

#[test]
fn rounds_of_two_moments_are_not_pairs() {
    let from = rounds("a", &[100, 200, 400, 800, 1_600]);
    let mut to = rounds("b", &[110, 220, 440, 880, 1_760]);
    for run in &mut to {
        run.finished_at_unix_ms += 1_000_000;
    }
    let comparison = compare(&from, &to, &Selection::Files, &options(Some(1.05)));
    assert!(!comparison.scenarios[0].paired);
    assert_eq!(only_figure(&comparison).change, Change::Unclear);
    assert!(!comparison.regression);
}

#[test]
fn more_deliveries_are_better_and_fewer_are_a_regression() {
    let mut from = rounds("a", &[100; 5]);
    let to = rounds("b", &[100; 5]);
    for run in &mut from {
        run.figures.get_mut("deliveries_per_second").expect("a figure").value = 20.0;
    }
    let mut options = options(Some(1.5));
    options.figures = vec!["deliveries_per_second".to_owned()];
    let worse = compare(&from, &to, &Selection::Files, &options);
    assert_eq!(only_figure(&worse).ratio, Some(0.5));
    assert_eq!(only_figure(&worse).change, Change::Worse);
    assert!(worse.regression);
    let better = compare(&to, &from, &Selection::Files, &options);
    assert_eq!(only_figure(&better).change, Change::Better);
    assert!(!better.regression);
}

#[test]
fn one_round_decides_nothing_and_few_say_so() {
    let (from, to) = (rounds("a", &[100]), rounds("b", &[900]));
    let one = compare(&from, &to, &Selection::Files, &options(Some(1.1)));
    assert_eq!(only_figure(&one).change, Change::Unclear);
    assert_eq!(only_figure(&one).interval, None);
    assert!(!one.regression);
    assert!(one.scenarios[0].notes[0].starts_with("one round"), "{:?}", one.scenarios[0].notes);
    let (from, to) = (rounds("a", &[100; 3]), rounds("b", &[900; 3]));
    let few = compare(&from, &to, &Selection::Files, &options(Some(1.1)));
    assert!(few.regression);
    assert!(few.scenarios[0].notes[0].starts_with("3 rounds"), "{:?}", few.scenarios[0].notes);
}

#[test]
fn runs_that_are_not_clean_are_left_out_and_a_new_fault_is_a_regression() {
    let from = rounds("a", &[100; 6]);
    let mut to = rounds("b", &[100, 100, 100, 100, 100, 900]);
    to[5].verdict = Verdict::GeneratorLimited;
    let limited = compare(&from, &to, &Selection::Files, &options(Some(1.1)));
    assert_eq!(limited.scenarios[0].rounds, [6, 5]);
    assert!(limited.scenarios[0].notes[0].contains("1 of 6 runs generator-limited"));
    assert!(!limited.regression);
    to[5].verdict = Verdict::Faulty;
    assert!(compare(&from, &to, &Selection::Files, &options(Some(1.1))).regression);
    assert!(!compare(&to, &to, &Selection::Files, &options(Some(1.1))).regression);
    for run in &mut to {
        run.verdict = Verdict::Interrupted;
    }
    let none = compare(&from, &to, &Selection::Files, &options(Some(1.1)));
    assert!(none.is_empty() && none.scenarios[0].figures.is_empty());
    assert!(render(&none).contains("nothing to compare"), "{}", render(&none));
}

#[test]
fn the_generators_own_figures_are_compared_where_they_are_named() {
    let mut records = rounds("parlance", &[100; 2]);
    let lag = Figure { value: 9.0, unit: Unit::Microseconds, better: Better::Lower };
    for run in &mut records {
        run.figures.insert("generator_lag_p99_us".to_owned(), lag);
    }
    let compared = |figures: &[&str]| {
        let figures = figures.iter().map(|name| (*name).to_owned()).collect();
        let options = Options { fail_above: None, figures, seed: 1 };
        let comparison = compare(&records, &records, &Selection::Files, &options);
        let figures = &comparison.scenarios[0].figures;
        figures.iter().any(|figure| figure.figure == "generator_lag_p99_us")
    };
    assert!(!compared(&[]));
    assert!(compared(&["generator_lag_p99_us"]));
}

#[test]
fn targets_and_variants_of_one_file() {
    let mut records = rounds("parlance", &[100; 5]);
    records.extend(rounds("nats", &[300; 5]));
    let mut synced = rounds("parlance", &[200; 5]);
    for run in &mut synced {
        run.variant = "sync".to_owned();
    }
    records.extend(synced);
    let names = |baseline: &str, candidate: &str| (baseline.to_owned(), candidate.to_owned());
    let (baseline, candidate) = names("parlance", "nats");
    let selection = Selection::Targets { baseline, candidate };
    let targets = compare(&records, &records, &selection, &options(None));
    assert_eq!(only_figure(&targets).ratio, Some(3.0));
    assert_eq!(targets.unmatched.len(), 1, "{:?}", targets.unmatched);
    let (baseline, candidate) = names("", "sync");
    let selection = Selection::Variants { baseline, candidate };
    let variants = compare(&records, &records, &selection, &options(None));
    assert_eq!(only_figure(&variants).ratio, Some(2.0));
    let (baseline, candidate) = names("redis", "sync");
    let selection = Selection::Targets { baseline, candidate };
    assert!(compare(&records, &records, &selection, &options(None)).is_empty());
}

#[test]
fn the_text_says_by_how_much_and_how_sure() {
    let comparison = compare(
        &rounds("a", &[100, 200, 400, 800, 1_600]),
        &rounds("b", &[110, 220, 440, 880, 1_760]),
        &Selection::Files,
        &options(Some(1.05)),
    );
    let text = render(&comparison);
    for part in ["fanout-1x1000: b against a", "paired by round", "×1.100", "1.100 to 1.100"] {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
    assert!(text.contains("REGRESSION: a figure is worse by more than ×1.05"), "{text}");
}

proptest! {
    // Each case is ten thousand resamples of a dozen figures.
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn a_file_is_no_better_and_no_worse_than_itself(
        latencies in proptest::collection::vec(1u64..1_000_000, 1..12),
        seed: u64,
    ) {
        let records = rounds("parlance", &latencies);
        let options = Options { fail_above: Some(1.0), figures: Vec::new(), seed };
        let comparison = compare(&records, &records, &Selection::Files, &options);
        prop_assert!(!comparison.regression);
        prop_assert!(comparison.unmatched.is_empty());
        for figure in &comparison.scenarios[0].figures {
            prop_assert_eq!(figure.ratio, Some(1.0));
            prop_assert_eq!(figure.change, Change::Unclear);
        }
    }
}
