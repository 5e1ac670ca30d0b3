//! Tidiness that no compiler checks: length, opening words, leftovers, paths of one's machine.
//!
//! Reads every file that git would keep. A rule is a function from a file to the places where it
//! is broken; what a rule finds fails the check, there are no warnings.

mod rules;
#[cfg(test)]
mod tests;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cargo;
use crate::error::StepError;
use crate::manifest;

/// One file, as the rules see it.
struct Source<'a> {
    /// From the checkout's root, with `/`.
    path: &'a str,
    text: &'a str,
}

impl Source<'_> {
    fn is_rust(&self) -> bool {
        has_extension(self.path, "rs")
    }
}

/// A rule that is broken at a line (0: the file as a whole).
#[derive(Debug, PartialEq, Eq)]
struct Breach {
    line: usize,
    words: String,
}

pub(crate) fn check(root: &Path) -> Result<(), StepError> {
    let mut found = Vec::new();
    for path in kept_files(root)? {
        let file = root.join(&path);
        // Deleted and not committed yet, or not text.
        let Ok(text) = fs::read_to_string(&file) else {
            continue;
        };
        let name = path.to_string_lossy().into_owned();
        let source = Source { path: &name, text: &text };
        for breach in rules::breaches(&source) {
            found.push(format!("  {name}:{}: {}", breach.line, breach.words));
        }
    }
    for manifest in manifest::members(root)? {
        if !manifest.takes_workspace_lints() {
            found.push(format!("  {}: does not take the workspace's lints", manifest.path));
        }
    }
    if found.is_empty() {
        return Ok(());
    }
    Err(StepError::Untidy { count: found.len(), list: found.join("\n") })
}

/// What is committed or could be: git knows what to leave out.
fn kept_files(root: &Path) -> Result<Vec<PathBuf>, StepError> {
    let mut command = Command::new("git");
    command.current_dir(root).args([
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ]);
    let spoken = cargo::describe(&command);
    let output =
        command.output().map_err(|source| StepError::Start { command: spoken.clone(), source })?;
    if !output.status.success() {
        return Err(StepError::Failed { command: spoken, status: output.status.to_string() });
    }
    let names = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(names.split('\0').filter(|name| !name.is_empty()).map(PathBuf::from).collect())
}

fn has_extension(path: &str, extension: &str) -> bool {
    Path::new(path).extension().is_some_and(|found| found == extension)
}
