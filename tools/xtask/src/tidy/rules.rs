//! The rules themselves.

use super::{Breach, Source, has_extension};

/// A file that needs more lines holds more than one idea.
const FILE_LINES_MAX: usize = 400;
/// A function that needs more lines does more than one thing.
const FUNCTION_LINES_MAX: usize = 70;

/// Words that stand for work left undone, or that silence what should be heard. Each is written
/// in two pieces, so that this table does not break its own rule.
const LEFTOVERS: &[(&str, &str)] = &[
    ("todo", "!("),
    ("unimplemented", "!("),
    ("dbg", "!("),
    ("TO", "DO"),
    ("FIX", "ME"),
    ("#[ign", "ore"),
    ("#[all", "ow("),
    ("#![all", "ow("),
];

/// What a test does not do: it waits for a condition, with a deadline.
const SLEEPS: &[(&str, &str)] = &[("thread::", "sleep"), ("Timer::", "new"), (" sleep", "(")];

/// Where the home directories of people lie.
const HOMES: &[&str] = &["home", "root", "Users"];

pub(super) fn breaches(source: &Source<'_>) -> Vec<Breach> {
    let mut found = Vec::new();
    if source.is_rust() {
        found.extend(too_long(source));
        found.extend(without_opening(source));
        found.extend(words(source, LEFTOVERS));
        found.extend(long_functions(source));
        if is_test(source.path) {
            found.extend(words(source, SLEEPS));
        }
    }
    if !has_extension(source.path, "lock") {
        found.extend(home_paths(source));
    }
    found
}

fn too_long(source: &Source<'_>) -> Option<Breach> {
    let lines = source.text.lines().count();
    (lines > FILE_LINES_MAX).then(|| Breach {
        line: 0,
        words: format!("{lines} lines, of at most {FILE_LINES_MAX}: split it by idea"),
    })
}

fn without_opening(source: &Source<'_>) -> Option<Breach> {
    (!source.text.starts_with("//!")).then(|| Breach {
        line: 1,
        words: "does not open with `//!`: what it decides, what it leaves to others".into(),
    })
}

fn is_test(path: &str) -> bool {
    path.starts_with("tests/") || path.ends_with("tests.rs") || path.contains("/tests/")
}

fn words(source: &Source<'_>, forbidden: &'static [(&str, &str)]) -> Vec<Breach> {
    numbered(source)
        .flat_map(|(line, text)| {
            forbidden.iter().filter_map(move |(head, tail)| {
                let word = format!("{head}{tail}");
                text.contains(&word).then(|| Breach { line, words: format!("`{word}`") })
            })
        })
        .collect()
}

/// Counts by indentation, which rustfmt has made exact.
fn long_functions(source: &Source<'_>) -> Vec<Breach> {
    let mut found = Vec::new();
    let mut open: Option<(usize, usize)> = None;
    for (line, text) in numbered(source) {
        let body = text.trim_start();
        let indent = text.len() - body.len();
        match open {
            None if opens_function(body) => open = Some((line, indent)),
            Some((first, depth)) if indent == depth && (body == "}" || body.ends_with(");")) => {
                let lines = line - first + 1;
                if lines > FUNCTION_LINES_MAX {
                    let words =
                        format!("a function of {lines} lines, of at most {FUNCTION_LINES_MAX}");
                    found.push(Breach { line: first, words });
                }
                open = None;
            }
            None | Some(_) => {}
        }
    }
    found
}

/// Whether a line begins a function whose end is on a later line.
fn opens_function(line: &str) -> bool {
    let words =
        ["pub ", "pub(crate) ", "pub(super) ", "const ", "async ", "unsafe ", "extern \"C\" "];
    let mut rest = line;
    while let Some(shorter) = words.iter().find_map(|word| rest.strip_prefix(word)) {
        rest = shorter;
    }
    rest.starts_with("fn ") && !line.ends_with('}') && !line.ends_with(';')
}

fn home_paths(source: &Source<'_>) -> Vec<Breach> {
    numbered(source)
        .filter(|(_, text)| HOMES.iter().any(|home| names_home(text, home)))
        .map(|(line, _)| Breach { line, words: "a path in somebody's home directory".into() })
        .collect()
}

/// `/HOME/x` that begins a path, rather than being a piece of a longer one or of a URL.
fn names_home(text: &str, home: &str) -> bool {
    let needle = format!("/{home}/");
    text.match_indices(&needle).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + needle.len()..].chars().next();
        let begins = !before.is_some_and(|c| c.is_ascii_alphanumeric() || "_.-".contains(c));
        begins && after.is_some_and(|c| c.is_ascii_alphabetic())
    })
}

fn numbered<'a>(source: &Source<'a>) -> impl Iterator<Item = (usize, &'a str)> {
    source.text.lines().enumerate().map(|(index, text)| (index + 1, text))
}
