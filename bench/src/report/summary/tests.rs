//! Tables of one run and of many.

use super::*;
use crate::record::Verdict;
use crate::record::tests::sample;

#[test]
fn one_run_shows_its_figures_and_its_verdict() {
    let text = render(&[sample("parlance", 0, 100)]);
    assert!(text.starts_with("fanout-1x1000: one round\n"), "{text}");
    assert!(text.contains("server CPU per delivery ↓"), "{text}");
    assert!(text.contains("1.00 µs") && text.contains("10.0/s"), "{text}");
    assert!(!text.contains(" to ") && !text.contains('×'), "{text}");
    assert!(text.ends_with("parlance: clean; seed 7\n\n"), "{text}");
}

#[test]
fn rounds_and_targets_show_medians_ranges_and_ratios() {
    let mut records = Vec::new();
    for (round, latency) in [(0, 100), (1, 300), (2, 200)] {
        records.push(sample("parlance", round, latency));
        records.push(sample("nats", round, latency * 3));
    }
    let text = render(&records);
    assert!(text.contains("3 rounds"), "{text}");
    assert!(text.contains("2.00 µs") && text.contains("1.00 µs to 3.00 µs"), "{text}");
    assert!(text.contains("×3.00  6.00 µs"), "{text}");
}

#[test]
fn what_is_not_clean_is_left_out_of_the_medians_and_said() {
    let mut limited = sample("parlance", 1, 900);
    limited.verdict = Verdict::GeneratorLimited;
    limited.reasons.push("it published late".to_owned());
    let text = render(&[sample("parlance", 0, 100), limited.clone()]);
    assert!(text.contains("1.00 µs") && !text.contains("9.00 µs"), "{text}");
    assert!(text.contains("parlance: 1 OF 2 RUNS GENERATOR-LIMITED; seed 7, 7\n"), "{text}");
    assert!(text.contains("  - round 1: it published late\n"), "{text}");
    assert!(render(&[limited]).contains("9.00 µs"), "there is nothing else to show");
}

#[test]
fn many_targets_stand_in_several_tables_beside_the_first() {
    let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let records: Vec<Record> = names.iter().map(|name| sample(name, 0, 100)).collect();
    let text = render(&records);
    assert_eq!(text.matches("server CPU per delivery").count(), 3, "{text}");
}
