//! The virtual environment of the end-to-end tests' Python clients.
//!
//! It lives in the cache, and is made anew whenever the pinned requirements or the interpreter
//! change; the stamp beside it is written last, so a half-made one is never taken for a whole.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cargo::{Workspace, run};
use crate::error::StepError;

const REQUIREMENTS: &str = "tests/e2e/python/requirements.txt";

/// The interpreter that sees the pinned packages.
pub(crate) fn environment(workspace: &Workspace) -> Result<PathBuf, StepError> {
    let requirements = workspace.root().join(REQUIREMENTS);
    let directory = workspace.cache().join("venv");
    let python = directory.join("bin").join("python");
    let stamp = directory.join("made-from");
    let wanted = wanted_stamp(&requirements)?;
    if python.exists() && fs::read_to_string(&stamp).is_ok_and(|made| made == wanted) {
        return Ok(python);
    }
    fs::create_dir_all(workspace.cache()).map_err(StepError::file(workspace.cache()))?;
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&directory))?;
    run(Command::new(&python)
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"])
        .arg(&requirements))?;
    fs::write(&stamp, wanted).map_err(StepError::file(stamp))?;
    Ok(python)
}

fn wanted_stamp(requirements: &Path) -> Result<String, StepError> {
    let pins = fs::read_to_string(requirements).map_err(StepError::file(requirements))?;
    let command = "python3 --version";
    let version = Command::new("python3")
        .arg("--version")
        .output()
        .map_err(|source| StepError::Start { command: command.into(), source })?;
    Ok(format!("{}{pins}", String::from_utf8_lossy(&version.stdout)))
}
