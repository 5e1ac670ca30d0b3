//! Each rule, kept and broken.

use super::rules::breaches;
use super::{Breach, Source};

fn broken(path: &str, text: &str) -> Vec<usize> {
    breaches(&Source { path, text }).into_iter().map(|Breach { line, .. }| line).collect()
}

#[test]
fn a_file_that_keeps_the_rules_is_passed() {
    assert!(broken("a.rs", "//! Opens well.\n\nfn short() {\n    work();\n}\n").is_empty());
    assert!(broken("notes.md", "# Anything\n").is_empty());
}

#[test]
fn a_file_must_open_with_its_purpose() {
    assert_eq!(broken("a.rs", "use std::fs;\n"), [1]);
}

#[test]
fn a_file_has_at_most_400_lines() {
    assert!(broken("a.rs", &"//!\n".repeat(400)).is_empty());
    assert_eq!(broken("a.rs", &"//!\n".repeat(401)), [0]);
}

#[test]
fn a_function_has_at_most_70_lines() {
    let function = |statements: usize| {
        format!("//! x\nfn f(\n    x: u32,\n) {{\n{}}}\n", "    work(x);\n".repeat(statements))
    };
    assert!(broken("a.rs", &function(66)).is_empty());
    assert_eq!(broken("a.rs", &function(67)), [2]);
}

#[test]
fn leftovers_are_found_with_their_line() {
    let text = ["//! x", &format!("    todo{}\"later\")", "!("), &format!("// FIX{}", "ME")];
    assert_eq!(broken("a.rs", &text.join("\n")), [2, 3]);
}

#[test]
fn home_directories_are_named_nowhere() {
    let path = |head: &str| format!("see {head}ann/x\n");
    assert_eq!(broken("a.md", &path(&["", "home", ""].join("/"))), [1]);
    assert!(broken("a.md", &path(&["https://example.org", "home", ""].join("/"))).is_empty());
    assert!(broken("a.md", &path(&["", "var", "home", ""].join("/"))).is_empty());
}

#[test]
fn tests_do_not_sleep() {
    let text = format!("//! x\n    std::thread::{}(pause);\n", "sleep");
    assert_eq!(broken("server/src/wheel/tests.rs", &text), [2]);
    assert_eq!(broken("tests/sim/src/main.rs", &text), [2]);
    assert!(broken("server/src/listener/bind.rs", &text).is_empty());
}
