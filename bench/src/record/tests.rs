//! Records written and read back, and what is no record.

use std::time::Duration;

use serde_json::json;

use super::file::read;
use super::*;

/// A fan-out run of `target` whose latencies are around `latency_us`.
pub(crate) fn sample(target: &str, round: u32, latency_us: u64) -> Record {
    let mut measurement =
        Measurement::new(Verdict::Clean, json!({"groups": 1}), json!({"published": 80}));
    let mut delivery = Timeline::new(0, 0);
    for (second, part) in (0..3).flat_map(|second| (0..10).map(move |part| (second, part))) {
        let at = Duration::from_secs(second) + Duration::from_millis(part * 100);
        let at_ns = u64::try_from(at.as_nanos()).expect("a few seconds");
        delivery.record(at_ns, (latency_us + part) * 1_000);
    }
    measurement.timeline("delivery", delivery);
    let cpu = latency_us as f64 / 100.0;
    measurement.lower("server_cpu_us_per_delivery", cpu, Unit::Microseconds);
    measurement.higher("deliveries_per_second", 10.0, Unit::PerSecond);
    measurement.higher("unknown", f64::NAN, Unit::PerSecond);
    measurement.ramp.push(RampStep { rate: 10.0, p99_us: 20.5, lost: 0, kept: true });
    let identity = Identity {
        scenario: "fanout-1x1000".to_owned(),
        kind: "fanout".to_owned(),
        target: target.to_owned(),
        variant: String::new(),
        round,
        seed: 7,
    };
    Record::new(identity, Machine::default(), ServerFacts::default(), measurement)
}

#[test]
fn a_record_tells_figures_histograms_and_seconds() {
    let record = sample("parlance", 3, 100);
    let json = serde_json::to_value(&record).expect("JSON");
    assert_eq!(json["schema"], SCHEMA);
    assert_eq!(json["round"], 3);
    assert_eq!(json["verdict"], "clean");
    assert_eq!(
        json["figures"]["server_cpu_us_per_delivery"],
        json!({"value": 1.0, "unit": "us", "better": "lower"})
    );
    assert_eq!(json["figures"]["deliveries_per_second"]["better"], "higher");
    assert!(json["figures"].get("unknown").is_none(), "what is not finite was not measured");
    assert_eq!(json["figures"]["delivery_max_us"]["value"], 109.055);
    assert!(json["histograms"]["delivery"].as_str().is_some_and(|text| text.len() < 400));
    let series = json["series"].as_array().expect("a series");
    assert_eq!(series.len(), 3);
    assert_eq!(series[2]["at_s"], 3.0);
    assert_eq!(series[2]["deliveries"], 10);
}

#[test]
fn lines_gather_and_are_read_back() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("runs.jsonl");
    let written = [sample("parlance", 0, 100), sample("epoll-floor", 0, 90)];
    for record in &written {
        record.append(&path).expect("written");
    }
    let found = read(&path).expect("read");
    assert_eq!(found.len(), 2);
    for (found, written) in found.iter().zip(&written) {
        assert_eq!(serde_json::to_value(found).ok(), serde_json::to_value(written).ok());
        assert_eq!(found.histograms["delivery"].quantiles().count, 30);
    }
}

/// Reading a file of `text` fails, and says all of `expected`.
fn check_refused(text: &str, expected: &[&str]) {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("runs.jsonl");
    std::fs::write(&path, text).expect("written");
    let error = read(&path).expect_err("no record").to_string();
    assert!(error.contains("runs.jsonl"), "{error}");
    for part in expected {
        assert!(error.contains(part), "{part:?} is not in: {error}");
    }
}

#[test]
fn what_is_no_record_is_refused_with_its_place() {
    let good = serde_json::to_string(&sample("parlance", 0, 100)).expect("JSON");
    check_refused("", &["no record in it"]);
    check_refused("\n  \n", &["no record in it"]);
    check_refused(&format!("{good}\n\nhello\n"), &["line 3", "expected value", "\"h\""]);
    check_refused(&good[..good.len() - 1], &["line 1", "EOF"]);
    check_refused(&good.replace("\"schema\":2", "\"schema\":1"), &["schema 1", "older", "reads 2"]);
    check_refused(&good.replace("\"schema\":2", "\"schema\":3"), &["schema 3", "newer"]);
    check_refused(&good.replace("\"schema\":2,", ""), &["missing field `schema`"]);
    check_refused(&good.replace("\"seed\":7", "\"seed\":\"x\""), &["invalid type: string \"x\""]);
    check_refused(&good.replace("\"seed\":7", "\"sead\":7"), &["unknown field `sead`"]);
    check_refused(&good.replace("\"lower\"", "\"up\""), &["unknown variant `up`"]);
    check_refused(&good.replace("HISTF", "HISTX"), &["HISTX", "is no encoded HdrHistogram"]);
    // The excerpt ends between characters, whatever they are.
    check_refused("{\"schema\":2,\"ü\":", &["line 1"]);
}
