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
/// Older releases of some of those, which a case finds in a directory of their own.
const OLDER: &str = "tests/e2e/python/requirements-engineio3.txt";
const OLDER_DIRECTORY: &str = "engineio3";

/// The interpreter that sees the pinned packages.
pub(super) fn environment(workspace: &Workspace) -> Result<PathBuf, StepError> {
    let requirements = [REQUIREMENTS, OLDER].map(|name| workspace.root().join(name));
    let [newer, older] = &requirements;
    let directory = workspace.cache().join("venv");
    let python = directory.join("bin").join("python");
    let stamp = Stamp::of(&directory, "python3", &requirements)?;
    if python.exists() && stamp.holds() {
        return Ok(python);
    }
    fs::create_dir_all(workspace.cache()).map_err(StepError::file(workspace.cache()))?;
    stamp.withdraw()?;
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&directory))?;
    let pip = || {
        let mut pip = Command::new(&python);
        pip.args(["-m", "pip", "--quiet", "--disable-pip-version-check"]);
        pip
    };
    let install = ["install", "--no-deps", "--requirement"];
    run(pip().args(install).arg(newer)).map_err(StepError::clients("Python clients"))?;
    run(pip().arg("check"))?;
    run(pip().args(install).arg(older).arg("--target").arg(directory.join(OLDER_DIRECTORY)))
        .map_err(StepError::clients("Python clients"))?;
    stamp.write()?;
    Ok(python)
}
