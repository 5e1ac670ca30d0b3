//! What valgrind's report is read as.

use super::refs;

#[track_caller]
fn check(report: &str, expected: Option<u64>) {
    assert_eq!(refs(report), expected, "{report}");
}

#[test]
fn instructions_are_found_in_any_version_s_report() {
    check("==7== Command: x\n==7== \n==7== I   refs:      1,234,567\n", Some(1_234_567));
    check("==7== I refs:        42\n", Some(42));
    check("==7== D   refs:      1,234\n", None);
    check("valgrind: failed to start\n", None);
}
