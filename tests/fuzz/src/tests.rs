//! Every target over its kept inputs and over seeded changes to them, without a fuzzer.

use std::collections::BTreeSet;
use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;

use parlance_codecs::dialect::{DialectName, PayloadKind};

use crate::mutation::{Dice, mutated};
use crate::{TARGETS, corpus, dialect, run};

/// Changed inputs for each target: all of them together take seconds.
const MUTATIONS: usize = 4_000;

fn replayed(target: &str, input: &[u8], origin: &str) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| run(target, input))) {
        eprintln!("{target}, {origin}: {}", corpus::escape(input));
        resume_unwind(panic);
    }
}

#[test]
fn kept_inputs_break_no_promise() {
    for target in &TARGETS {
        let inputs = corpus::read(target.name).unwrap();
        assert!(!inputs.is_empty(), "{} has no corpus", target.name);
        inputs.iter().for_each(|input| replayed(target.name, input, "kept"));
    }
}

#[test]
fn changed_inputs_break_no_promise() {
    let seed = match std::env::var("PARLANCE_TEST_SEED") {
        Ok(text) => text.parse().expect("PARLANCE_TEST_SEED is a decimal"),
        Err(_) => RandomState::new().hash_one("seed"),
    };
    for target in &TARGETS {
        let inputs: Vec<_> = corpus::read(target.name).unwrap().into_iter().collect();
        let mut dice = Dice(seed);
        for _ in 0..MUTATIONS {
            let (input, other) =
                (&inputs[dice.below(inputs.len())], &inputs[dice.below(inputs.len())]);
            let input = mutated(input, other, &mut dice);
            replayed(target.name, &input, &format!("PARLANCE_TEST_SEED={seed}"));
        }
    }
}

/// Whatever it was meant for, and also in a dialect that no fuzzer has met yet.
#[test]
fn every_dialect_takes_every_input() {
    for target in &TARGETS {
        for input in corpus::read(target.name).unwrap() {
            for dialect in DialectName::ALL {
                for kind in [PayloadKind::Text, PayloadKind::Binary] {
                    dialect::check(*dialect, kind, &input);
                }
            }
        }
    }
}

#[test]
fn every_target_has_its_files() {
    let names: BTreeSet<String> = TARGETS.iter().map(|target| target.name.to_owned()).collect();
    assert_eq!(names.len(), TARGETS.len());
    let folder = |name: &str| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        let stem = |entry: std::io::Result<fs::DirEntry>| {
            entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned()
        };
        fs::read_dir(folder).unwrap().map(stem).collect::<BTreeSet<String>>()
    };
    assert_eq!(folder("fuzz_targets"), names);
    assert_eq!(folder("corpus"), names);
}

#[test]
fn lines_are_bytes() {
    for bytes in [&b""[..], b" ", b"a b ", b"\"\\'\n\r\t\0\xff", b"\\x20"] {
        let line = corpus::escape(bytes);
        assert!(line.trim_end() == line && line.is_ascii());
        assert_eq!(corpus::unescape(&line).unwrap(), bytes);
    }
}
