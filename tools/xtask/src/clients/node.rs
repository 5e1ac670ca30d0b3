//! The npm packages of the end-to-end tests' clients.
//!
//! They live in the cache, beside copies of the files that pin them, and are made anew whenever
//! one of those or node changes. `npm ci` installs exactly what the lock file says, each package
//! by its hash, and fails where the lock file and the manifest differ.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::Command;

use crate::cargo::{Workspace, run};
use crate::clients::stamp::Stamp;
use crate::error::StepError;

const SOURCE: &str = "tests/e2e/node";
const FILES: [&str; 3] = ["package.json", "package-lock.json", ".npmrc"];

/// The directory that node's `require` looks in.
pub(super) fn modules(workspace: &Workspace) -> Result<PathBuf, StepError> {
    let source = workspace.root().join(SOURCE);
    let directory = workspace.cache().join("node");
    let modules = directory.join("node_modules");
    let stamp = Stamp::of(&directory, "node", &FILES.map(|name| source.join(name)))?;
    if modules.exists() && stamp.holds() {
        return Ok(modules);
    }
    fs::create_dir_all(&directory).map_err(StepError::file(&directory))?;
    stamp.withdraw()?;
    for name in FILES {
        let from = source.join(name);
        fs::copy(&from, directory.join(name)).map_err(StepError::file(from))?;
    }
    // What it says goes where cargo's words go: standard output is for what one asked for.
    run(Command::new("npm")
        .args(["ci", "--loglevel=error"])
        .current_dir(&directory)
        .stdout(io::stderr()))
    .map_err(StepError::clients("npm clients"))?;
    stamp.write()?;
    Ok(modules)
}
