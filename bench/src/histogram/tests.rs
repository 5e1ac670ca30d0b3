//! Values recorded in and read back from the histograms, at their bounds too.

use super::*;

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
