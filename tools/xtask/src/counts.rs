//! `cargo xtask counts`: instructions per operation, counted by valgrind.
//!
//! Decides how they are counted: every operation runs in a process of its own, some times and then
//! three times as often, and the difference is divided by the runs between; what a process does
//! before its first run cancels out. Counts are the same on a busy machine, so a change of a few per
//! cent can be seen where times differ by half. What is counted is in `bench/micro`.

use std::process::{Command, Stdio};

use crate::cargo::{Workspace, describe};
use crate::error::StepError;

const BINARY: &str = "parlance-counts";
const VALGRIND: &str = "valgrind";
/// Enough for what happens in every few runs (a buffer that grows, a node that splits) to be spread
/// over them.
const RUNS: u64 = 32;
const RUNS_MORE: u64 = 3 * RUNS;

/// Counts the operations whose names have `part` in them.
pub(crate) fn run(workspace: &Workspace, part: &str) -> Result<(), StepError> {
    if Command::new(VALGRIND).arg("--version").stdout(Stdio::null()).status().is_err() {
        return Err(StepError::NoValgrind);
    }
    workspace.build(&[BINARY])?;
    let mut list = Command::new(workspace.binary(BINARY));
    let names = output(&mut list, |output| output.stdout)?;
    println!("{:>12}  operation", "instructions");
    for name in names.lines().filter(|name| name.contains(part)) {
        let (few, many) = (count(workspace, name, RUNS)?, count(workspace, name, RUNS_MORE)?);
        println!("{:>12}  {name}", many.saturating_sub(few) / (RUNS_MORE - RUNS));
    }
    Ok(())
}

/// The instructions of a whole process.
fn count(workspace: &Workspace, name: &str, runs: u64) -> Result<u64, StepError> {
    let mut command = Command::new(VALGRIND);
    command
        .args(["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"])
        .arg(workspace.binary(BINARY))
        .args([name, &runs.to_string()]);
    let report = output(&mut command, |output| output.stderr)?;
    refs(&report).ok_or(StepError::NoCount { report })
}

fn output(
    command: &mut Command,
    of: impl FnOnce(std::process::Output) -> Vec<u8>,
) -> Result<String, StepError> {
    let output = command
        .output()
        .map_err(|source| StepError::Start { command: describe(command), source })?;
    if !output.status.success() {
        let status = output.status.to_string();
        return Err(StepError::Failed { command: describe(command), status });
    }
    Ok(String::from_utf8_lossy(&of(output)).into_owned())
}

/// From `==12== I   refs:      1,234,567`, or as newer ones have it, `I refs:`.
fn refs(report: &str) -> Option<u64> {
    report.lines().find_map(|line| {
        let (before, count) = line.split_once("refs:")?;
        before.trim_end().ends_with('I').then_some(())?;
        count.trim().replace(',', "").parse().ok()
    })
}

#[cfg(test)]
mod tests;
