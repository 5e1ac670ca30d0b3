//! JSONTestSuite's cases through the reader that the dialects use.
//!
//! `codecs/vectors/json` holds them as text: `NAME = TEXT`, or `NAME * COUNT = TEXT` for a text that
//! is repeated; lines of one name are joined.

use std::collections::BTreeMap;

use super::{JsonError, parse};
use crate::vectors;

fn cases(file: &str) -> BTreeMap<String, Vec<u8>> {
    let mut cases: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for line in vectors::lines(&format!("json/{file}.txt")) {
        let (head, text) = line.split_once(" =").unwrap_or_else(|| panic!("{line}"));
        let (name, count) = match head.split_once(" * ") {
            Some((name, count)) => (name, count.parse().unwrap()),
            None => (head, 1),
        };
        let text = vectors::unescape(text.strip_prefix(' ').unwrap_or_default());
        cases.entry(name.to_owned()).or_default().extend(text.repeat(count));
    }
    cases
}

fn check(file: &str, count: usize, expected: fn(&Result<(), JsonError>) -> bool) {
    let cases = cases(file);
    assert_eq!(cases.len(), count, "the suite has as many cases of {file}");
    for (name, text) in cases {
        let found = parse(&text).map(drop);
        let shown = &text[..text.len().min(100)];
        assert!(expected(&found), "{name}: {} gave {found:?}", shown.escape_ascii());
    }
}

#[test]
fn what_every_parser_takes_is_taken() {
    check("accepted", 93, Result::is_ok);
}

/// Two cases more that every parser takes: they are read to their end, and refused only because
/// a key stands twice.
#[test]
fn a_repeated_key_is_the_only_fault_of_its_text() {
    check("repeated", 2, |found| matches!(found, Err(JsonError::Twice(key)) if key == "a"));
}

#[test]
fn what_is_no_json_is_refused() {
    check("refused", 188, Result::is_err);
}

#[test]
fn what_is_left_to_the_parser_has_its_written_outcome() {
    check("either-accepted", 5, Result::is_ok);
    check("either-refused", 30, Result::is_err);
}
