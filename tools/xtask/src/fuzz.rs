//! `cargo xtask fuzz TARGET`: libFuzzer on one of the targets of `tests/fuzz`.
//!
//! Decides how cargo-fuzz is called: with the kept inputs to begin with, on whatever toolchain builds
//! the rest, its work outside the checkout. A crash's input is left in `tests/fuzz/artifacts`, where
//! cargo-fuzz says how to run it again. With `--keep`, what covers more than the kept inputs do joins
//! them. What runs without a fuzzer is that crate's own test.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::Path;

use crate::cargo::Workspace;
use crate::error::StepError;

const CORPUS: &str = "parlance-corpus";
/// No decoder branches on what comes later.
const INPUT_BYTES_MAX: u32 = 1024;
/// One input takes microseconds.
const INPUT_SECONDS_MAX: u32 = 10;

pub(crate) fn run(
    workspace: &Workspace,
    target: &str,
    seconds: u32,
    keep: bool,
) -> Result<(), StepError> {
    let source = workspace.root().join("tests/fuzz/fuzz_targets").join(target).with_extension("rs");
    if !source.is_file() {
        return Err(StepError::UnknownTarget { name: target.to_owned(), known: known(&source) });
    }
    if workspace.cargo_output(&["fuzz", "--version"]).is_err() {
        return Err(StepError::NoFuzzer);
    }
    workspace.build(&[CORPUS])?;
    let folder = workspace.cache().join("fuzz").join(target);
    let (found, merged) = (folder.join("found"), folder.join("merged"));
    fs::create_dir_all(&found).map_err(StepError::file(&found))?;
    corpus(workspace, "unpack", target, &found)?;
    fuzz(workspace, target, &[&found], &[format!("-max_total_time={seconds}")])?;
    if keep {
        if merged.is_dir() {
            fs::remove_dir_all(&merged).map_err(StepError::file(&merged))?;
        }
        corpus(workspace, "unpack", target, &merged)?;
        fuzz(workspace, target, &[&merged, &found], &["-merge=1".to_owned()])?;
        corpus(workspace, "pack", target, &merged)?;
    }
    Ok(())
}

fn known(source: &Path) -> String {
    let entries = source.parent().and_then(|folder| fs::read_dir(folder).ok());
    let paths = entries.into_iter().flatten().flatten().map(|entry| entry.path());
    let mut names: Vec<String> =
        paths.filter_map(|path| Some(path.file_stem()?.to_string_lossy().into_owned())).collect();
    names.sort_unstable();
    names.join(", ")
}

fn corpus(workspace: &Workspace, verb: &str, target: &str, at: &Path) -> Result<(), StepError> {
    let arguments: [OsString; 3] = [verb.into(), target.into(), at.into()];
    workspace.run_binary(CORPUS, &arguments)
}

/// No sanitizer: there is no unsafe code in what is fuzzed, and without one it runs twice as fast.
fn fuzz(
    workspace: &Workspace,
    target: &str,
    folders: &[&Path],
    options: &[String],
) -> Result<(), StepError> {
    let build = workspace.cache().join("fuzz/target");
    let bounds = [format!("-max_len={INPUT_BYTES_MAX}"), format!("-timeout={INPUT_SECONDS_MAX}")];
    let mut arguments: Vec<&OsStr> = ["fuzz", "run", "--fuzz-dir", "tests/fuzz", "--sanitizer"]
        .into_iter()
        .chain(["none", "--features", "libfuzzer", "--target-dir"])
        .map(OsStr::new)
        .collect();
    arguments.push(build.as_os_str());
    arguments.push(target.as_ref());
    arguments.extend(folders.iter().map(|folder| folder.as_os_str()));
    arguments.push("--".as_ref());
    arguments.extend(bounds.iter().chain(options).map(OsStr::new));
    // Coverage is an unstable flag, which a stable compiler takes when told so.
    workspace.cargo_with(&arguments, &[("RUSTC_BOOTSTRAP", OsStr::new("1"))])
}
