//! The virtual environment of the end-to-end tests' Python clients.
//!
//! It lives in the cache, and is made anew whenever the pinned requirements or the interpreter
//! change. Only what is pinned gets in, and all of it must be pinned: nothing is resolved, and
//! `pip check` fails where a package lacks another one.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::cargo::{Workspace, run};
use crate::clients::stamp::Stamp;
use crate::error::StepError;

const REQUIREMENTS: &str = "tests/e2e/python/requirements.txt";

/// The interpreter that sees the pinned packages.
pub(super) fn environment(workspace: &Workspace) -> Result<PathBuf, StepError> {
    let requirements = workspace.root().join(REQUIREMENTS);
    let directory = workspace.cache().join("venv");
    let python = directory.join("bin").join("python");
    let stamp = Stamp::of(&directory, "python3", std::slice::from_ref(&requirements))?;
    if python.exists() && stamp.holds() {
        return Ok(python);
    }
    fs::create_dir_all(workspace.cache()).map_err(StepError::file(workspace.cache()))?;
    stamp.withdraw()?;
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&directory))?;
    let pip = ["-m", "pip", "--quiet", "--disable-pip-version-check"];
    run(Command::new(&python)
        .args(pip)
        .args(["install", "--no-deps", "--requirement"])
        .arg(&requirements))
    .map_err(StepError::clients("Python clients"))?;
    run(Command::new(&python).args(pip).arg("check"))?;
    stamp.write()?;
    Ok(python)
}
