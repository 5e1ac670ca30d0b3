//! Values recorded in and read back from the histograms, at their bounds too.

use super::*;
use crate::limits::TIMELINE_SECONDS_MAX;

fn close(got: f64, expected: f64) -> bool {
    (got - expected).abs() <= expected * 0.002
}

#[test]
fn quantiles_of_a_known_distribution() {
    let mut latencies = Latencies::new();
    for microsecond in 1..=10_000u64 {
        latencies.record(microsecond * 1_000);
    }
    let quantiles = latencies.quantiles();
    assert_eq!(quantiles.count, 10_000);
    for (got, expected) in [
        (quantiles.p50_us, 5_000.0),
        (quantiles.p90_us, 9_000.0),
        (quantiles.p99_us, 9_900.0),
        (quantiles.p999_us, 9_990.0),
        (quantiles.max_us, 10_000.0),
        (quantiles.mean_us, 5_000.5),
    ] {
        assert!(close(got, expected), "{got} is not {expected}");
    }
}

#[test]
fn one_slow_receipt_in_a_thousand_is_the_maximum_and_not_the_median() {
    let mut latencies = Latencies::new();
    for _ in 0..999 {
        latencies.record(20_000);
    }
    latencies.record(5_000_000_000);
    let quantiles = latencies.quantiles();
    assert!(close(quantiles.p50_us, 20.0) && close(quantiles.p99_us, 20.0), "{quantiles:?}");
    assert!(close(quantiles.max_us, 5_000_000.0), "{quantiles:?}");
}

#[test]
fn an_empty_one_and_the_extremes_are_no_fault() {
    assert_eq!(Latencies::new().quantiles().count, 0);
    let mut latencies = Latencies::new();
    latencies.record(0);
    latencies.record(u64::MAX);
    let quantiles = latencies.quantiles();
    assert_eq!(quantiles.count, 2);
    assert!(close(quantiles.max_us, LATENCY_NS_MAX as f64 / 1_000.0), "{quantiles:?}");
}

#[test]
fn the_encoding_is_read_back_and_nothing_else_is() {
    let mut latencies = Latencies::new();
    for latency_ns in [0, 100, 12_345, 9_999_999, LATENCY_NS_MAX] {
        latencies.record(latency_ns);
    }
    let text = serde_json::to_string(&latencies).expect("encoded");
    // What the encoding of a V2 histogram that was deflated begins with.
    assert!(text.starts_with("\"HISTFAAA"), "{text}");
    assert_eq!(serde_json::from_str::<Latencies>(&text).expect("read back"), latencies);
    for bad in ["\"\"", "\"HISTFAAA\"", "\"%\"", "7"] {
        assert!(serde_json::from_str::<Latencies>(bad).is_err(), "{bad}");
    }
}

#[test]
fn a_timeline_keeps_each_second_apart_and_adds_up() {
    let mut timeline = Timeline::new(10_000_000_000, 0);
    let mut all = Latencies::new();
    for (at_ms, latency_us) in [(9_000, 5), (10_000, 10), (10_999, 20), (13_500, 3_500_000)] {
        timeline.record(at_ms * 1_000_000, latency_us * 1_000);
        all.record(latency_us * 1_000);
    }
    let counts: Vec<_> = timeline.seconds().map(|second| second.quantiles().count).collect();
    assert_eq!(counts, [3, 0, 0, 1]);
    let last = timeline.seconds().last().expect("a second");
    assert_eq!(last.end, 4);
    assert!(close(last.quantiles().max_us, 3_500_000.0));
    assert_eq!(timeline.total().quantiles(), all.quantiles());
}

#[test]
fn what_comes_very_late_is_kept_in_the_last_second() {
    let mut timeline = Timeline::new(0, 0);
    timeline.record(u64::MAX, u64::MAX);
    assert_eq!(timeline.seconds().count(), TIMELINE_SECONDS_MAX);
    assert!(close(timeline.total().quantiles().max_us, LATENCY_NS_MAX as f64 / 1_000.0));
}
