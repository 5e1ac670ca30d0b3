//! Every prebuilt scenario, tiny, by the real binaries: each runs, loses nothing and has its
//! figures. How fast anything was is never asked here.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// `PARLANCE_BIN`, or the server that stands beside the load generator.
fn server() -> PathBuf {
    let beside = || Path::new(env!("CARGO_BIN_EXE_parlance-bench")).with_file_name("parlance");
    let path = std::env::var_os("PARLANCE_BIN").map_or_else(beside, PathBuf::from);
    let missing = "run `cargo xtask test`, or set PARLANCE_BIN";
    assert!(path.is_file(), "there is no {}: {missing}", path.display());
    path
}

fn bench(arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_parlance-bench"))
        .args(arguments)
        .env("PARLANCE_BIN", server())
        .output()
        .expect("the load generator starts");
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&text).into_owned())
}

/// The records of a tiny run, each of which must be without fault and have these figures.
fn check(scenario: &str, variants: &[&str], figures: &[&str]) -> Vec<Value> {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("records.jsonl");
    let file = file.to_str().expect("a path of text");
    let (code, told) = bench(&["run", scenario, "--tiny", "--rounds", "1", "--json", file]);
    // 3: on a busy machine the generator may be late, which is no fault of the scenario's.
    assert!(matches!(code, Some(0 | 3)), "{scenario} ended with {code:?}:\n{told}");
    let text = std::fs::read_to_string(file).expect("records");
    let records: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let seen: Vec<&str> = records.iter().filter_map(|it| it["variant"].as_str()).collect();
    assert_eq!(seen, variants, "{scenario}");
    for record in &records {
        assert_eq!(record["schema"], 2, "{scenario}");
        assert_eq!(record["scenario"], scenario);
        let verdict = record["verdict"].as_str();
        assert!(matches!(verdict, Some("clean" | "generator-limited")), "{record}");
        for name in figures {
            let value = &record["figures"][name]["value"];
            assert!(value.is_number(), "{scenario} has no {name}: {}", record["figures"]);
        }
        for (fault, count) in record["result"]["faults"].as_object().into_iter().flatten() {
            assert_eq!(count, 0, "{scenario}: {fault}: {record}");
        }
    }
    records
}

const DELIVERY: &[&str] = &["delivery_p50_us", "last_recipient_p99_us", "deliveries_per_second"];
const DURABLE: &[&str] = &["acks_per_second", "ack_p50_us", "fdatasync_p50_us"];

#[test]
fn every_scenario_is_listed() {
    let (code, told) = bench(&["run", "--list"]);
    assert_eq!(code, Some(0), "{told}");
    let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    for entry in std::fs::read_dir(scenarios).expect("bench/scenarios") {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        assert!(told.lines().any(|line| line.starts_with(&name)), "{name}:\n{told}");
    }
}

#[test]
fn fanout() {
    for scenario in ["fanout-1x1000", "fanout-100x10", "fanout-1x10000"] {
        check(scenario, &["memory", "sync"], DELIVERY);
    }
}

#[test]
fn shards() {
    check("shards", &["one", "two"], DELIVERY);
}

#[test]
fn floors() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("records.jsonl");
    let file = file.to_str().expect("a path of text");
    let floors = ["--against", "epoll-floor,uring-floor", "--variant", "memory"];
    let run = ["run", "fanout-1x1000", "--tiny", "--rounds", "1", "--json", file];
    let (code, told) = bench(&[&run[..], &floors[..]].concat());
    assert!(matches!(code, Some(0 | 3)), "{code:?}:\n{told}");
    let text = std::fs::read_to_string(file).expect("records");
    let records: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let targets: Vec<&str> = records.iter().filter_map(|it| it["target"].as_str()).collect();
    assert_eq!(targets, ["epoll-floor", "uring-floor"]);
    for record in &records {
        assert!(record["figures"]["deliveries_per_second"]["value"].is_number(), "{record}");
        for (fault, count) in record["result"]["faults"].as_object().into_iter().flatten() {
            assert_eq!(count, 0, "{fault}: {record}");
        }
    }
}

#[test]
fn direct() {
    check("direct", &["memory", "sync"], DELIVERY);
}

#[test]
fn mixed_dialects() {
    check("mixed-dialects", &[""], DELIVERY);
}

#[test]
fn durable() {
    for scenario in ["durable-1", "durable-64", "durable-1024"] {
        check(scenario, &[""], DURABLE);
    }
}

#[test]
fn history() {
    check("history", &[""], &["pulls_per_second", "pull_p99_us"]);
}

#[test]
fn idle_connections() {
    check("idle-10000", &[""], &["sign_ins_per_second", "rss_per_connection_bytes"]);
}

#[test]
fn connect_storm() {
    let figures = ["sign_ins_per_second", "sign_in_p99_us", "server_cpu_us_per_sign_in"];
    check("connect-storm", &[""], &figures);
}

#[test]
fn reconnect_storm() {
    let records = check("reconnect-storm", &[""], &["all_back_seconds", "resume_p99_us"]);
    let result = &records.first().expect("a record")["result"];
    assert_eq!(result["sessions"], result["resume"]["count"], "{result}");
}

#[test]
fn slow_consumers() {
    let variants = ["without", "nothing-read", "slowly-read"];
    let records = check("slow-consumers", &variants, DELIVERY);
    let with = records.iter().filter(|it| it["figures"]["slow_receipts"].is_object());
    assert_eq!(with.count(), 2);
}

#[test]
fn ramp() {
    for scenario in ["ramp-1x1000", "ramp-100x10"] {
        let records = check(scenario, &[""], &[]);
        let record = records.first().expect("a record");
        // A step at which the generator is late is not kept, and on a busy machine it may be the first.
        let found = record["figures"]["kept_deliveries_per_second"].is_object();
        assert!(found || record["verdict"] == "generator-limited", "{record}");
        assert!(record["ramp"].as_array().is_some_and(|steps| !steps.is_empty()), "{record}");
    }
}

#[test]
fn soak() {
    let records = check("soak", &[""], &["delivery_p50_us", "server_cores"]);
    let stages = &records.first().expect("a record")["result"]["stages"];
    assert_eq!(stages.as_array().map(Vec::len), Some(2), "{stages}");
}

#[test]
fn targets_and_variants_take_turns() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("records.jsonl");
    let path = file.to_str().expect("a path of text");
    let vary = ["--vary", "durability=memory,sync", "--rounds", "2", "--json", path];
    let (code, told) =
        bench(&[&["run", "idle-10000", "--tiny", "--set", "seconds=0"], &vary[..]].concat());
    assert_eq!(code, Some(0), "{told}");
    let text = std::fs::read_to_string(file).expect("records");
    let order: Vec<String> = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"))
        .map(|record| format!("{} {}", record["variant"].as_str().unwrap_or(""), record["round"]))
        .collect();
    assert_eq!(order, ["memory 0", "sync 0", "memory 1", "sync 1"]);
}

#[test]
fn a_file_of_ones_own_is_run_and_its_mistakes_are_told() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("mine.toml");
    let text = "about = \"mine\"\nkind = \"idle\"\n[workload]\nconnections = 3\nsecconds = 0\n";
    std::fs::write(&file, text).expect("written");
    let path = file.to_str().expect("a path of text");
    let (code, told) = bench(&["run", path]);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("mine.toml:5: ") && told.contains("`secconds`"), "{told}");
    std::fs::write(&file, text.replace("secconds", "seconds")).expect("written");
    let (code, told) = bench(&["run", path, "--tiny"]);
    assert_eq!(code, Some(0), "{told}");
}
