//! Files are read, varied and refused.

use super::*;
use crate::workload::Fanout;

const FILE: &str = "\
about = \"a test\"
kind = \"fanout\"

[workload]
members = 7
rate = 5

[[variants]]
name = \"a\"
server.durability = \"memory\"

[[variants]]
name = \"b\"
server.shards = 2
workload.members = 9
";

fn read(text: &str, changes: &Changes) -> Result<Scenario, BenchError> {
    let mut scenario = document::read("x.toml", "x", text, changes)?;
    vary::apply(&mut scenario, changes).map(|()| scenario)
}

fn members(variant: &Variant) -> u32 {
    match &variant.workload {
        Workload::Fanout(Fanout { members, .. }) => *members,
        _ => 0,
    }
}

fn change(set: &[&str], vary: &[&str], only: &[&str]) -> Changes {
    Changes {
        set: set.iter().map(|text| text.parse().expect("an assignment")).collect(),
        vary: vary.iter().map(|text| text.parse().expect("values")).collect(),
        only: only.iter().map(|name| (*name).to_owned()).collect(),
        tiny: false,
    }
}

#[test]
fn every_prebuilt_scenario_is_read_whole_and_tiny() {
    for (name, _) in PREBUILT {
        for tiny in [false, true] {
            let scenario = Scenario::find(name, &Changes { tiny, ..Changes::default() });
            let scenario = scenario.unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(!scenario.about.is_empty() && !scenario.variants.is_empty(), "{name}");
            let most = scenario.variants.iter().map(|it| it.workload.connections()).max();
            assert!(!tiny || most <= Some(150), "{name} {most:?}");
        }
    }
}

#[test]
fn every_file_of_the_directory_is_prebuilt() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    for entry in std::fs::read_dir(directory).expect("bench/scenarios") {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        let listed = PREBUILT.iter().any(|(known, _)| name == format!("{known}.toml"));
        assert!(listed, "{name} is in no list");
    }
}

#[test]
fn a_variant_has_the_files_keys_and_its_own_over_them() {
    let scenario = read(FILE, &Changes::default()).expect("a scenario");
    let [a, b] = scenario.variants.as_slice() else { panic!("{:?}", scenario.variants) };
    assert_eq!(
        (a.name.as_str(), members(a), a.server.durability),
        ("a", 7, Some(Durability::Memory))
    );
    assert_eq!((b.name.as_str(), members(b), b.server.shards), ("b", 9, Some(2)));
}

#[test]
fn the_command_line_sets_varies_and_selects() {
    let scenario = read(FILE, &change(&["members=3"], &[], &[])).expect("a scenario");
    assert_eq!(scenario.variants.iter().map(members).collect::<Vec<_>>(), [3, 3]);
    let varied = change(
        &[],
        &["shards=1,2", "limits.outbox_bytes=9000000"],
        &["a shards=1 limits.outbox_bytes=9000000"],
    );
    let scenario = read(FILE, &varied).expect("a scenario");
    let [only] = scenario.variants.as_slice() else { panic!("{:?}", scenario.variants) };
    assert_eq!((only.server.shards, only.server.durability), (Some(1), Some(Durability::Memory)));
    assert_eq!(
        only.server.settings.get("limits.outbox_bytes").map(String::as_str),
        Some("9000000")
    );
}

/// The text with one replacement is refused, by file, line and what is allowed.
fn refused(from: &str, to: &str, expected: &[&str]) {
    let text = FILE.replacen(from, to, 1);
    assert_ne!(text, FILE, "{from:?} is in the file");
    let error = read(&text, &Changes::default()).expect_err(to).to_string();
    assert!(expected.iter().all(|part| error.contains(part)), "{error}");
}

#[test]
fn a_mistake_is_told_with_its_place_and_what_is_allowed() {
    refused("kind = \"fanout\"", "kind = \"funout\"", &["x.toml:2:", "`funout`", "`fanout`"]);
    refused("about", "abuot", &["x.toml:1:", "`abuot`", "`about`"]);
    refused("rate = 5", "raet = 5", &["x.toml:6:", "`raet`", "`rate`", "`members`"]);
    refused("rate = 5", "rate = \"fast\"", &["x.toml:6:", "f64"]);
    refused("rate = 5", "rate = -5", &["x.toml:6:", "rate: -5", "positive"]);
    refused("members = 7", "members = 0", &["x.toml:5:", "members: 0", "1 at least"]);
    refused("members = 7", "wires = [\"smoke\"]", &["x.toml:5:", "`smoke`", "`stream-tcp`"]);
    refused("workload.members", "workload.mebmers", &["variant \"b\"", "`mebmers`"]);
    refused("\"memory\"", "\"none\"", &["x.toml:10:", "`none`", "`sync`"]);
    refused("kind = \"fanout\"", "kind = \"fanout\"\nrounds = 0", &["x.toml:3:", "rounds: 0"]);
    refused("kind = \"fanout\"", "kind = ", &["x.toml:2:"]);
}

#[test]
fn what_the_command_line_cannot_change_is_refused() {
    let error = read(FILE, &change(&["mebmers=3"], &[], &[])).expect_err("no such key").to_string();
    assert!(error.contains("mebmers") && error.contains("members"), "{error}");
    let error = read(FILE, &change(&[], &[], &["c"])).expect_err("no such variant").to_string();
    assert!(error.contains('c') && error.contains("a, b"), "{error}");
    for bad in ["size=1,2", "shards=many", "durability=never", "shards"] {
        assert!(bad.parse::<Vary>().is_err(), "{bad}");
    }
    let error =
        Scenario::find("fanuot", &Changes::default()).expect_err("no such name").to_string();
    assert!(error.contains("fanuot") && error.contains("fanout-1x1000"), "{error}");
}
