//! Verdicts, faults and memory as records tell them.

use serde_json::json;

use super::*;
use crate::host::process::Memory;

#[test]
fn the_gravest_decides_the_verdict_and_every_reason_is_told() {
    let mut judgement = Judgement::default();
    let verdict =
        |judgement: &Judgement| judgement.clone().measurement(&json!({}), &json!({})).verdict;
    assert_eq!(verdict(&judgement), Verdict::Clean);
    judgement.limited = Some("late".to_owned());
    assert_eq!(verdict(&judgement), Verdict::GeneratorLimited);
    judgement.faulty = true;
    judgement.faults = vec!["1 lost".to_owned()];
    assert_eq!(verdict(&judgement), Verdict::Faulty);
    judgement.interrupted = true;
    assert_eq!(verdict(&judgement), Verdict::Interrupted);
    assert_eq!(judgement.measurement(&json!({}), &json!({})).reasons, ["1 lost", "late"]);
}

#[test]
fn faults_are_counted_before_their_examples() {
    assert!(faults(&Faults::default(), &[]).is_empty());
    let some = Faults { lost: 1_234, refused: 1, ..Faults::default() };
    let told = faults(&some, &["seat 3 never received 2".to_owned()]);
    assert_eq!(told, ["1234 lost, 1 refused", "seat 3 never received 2"]);
}

#[test]
fn memory_is_told_for_each_connection() {
    let stage =
        |rss_bytes| Memory { rss_bytes, pss_bytes: Some(rss_bytes / 2), ..Memory::default() };
    let stages = MemoryStages::new(stage(0), stage(2 << 20), stage(0), 1_024);
    let mut measurement = Judgement::default().measurement(&json!({}), &json!({}));
    memory(&mut measurement, Some(&stages));
    memory(&mut measurement, None);
    let value = |name| measurement.figures.get(name).map(|figure| figure.value);
    assert_eq!(value("rss_per_connection_bytes"), Some(2_048.0));
    assert_eq!(value("pss_per_connection_bytes"), Some(1_024.0));
    assert_eq!(value("slab_per_connection_bytes"), Some(0.0));
}
