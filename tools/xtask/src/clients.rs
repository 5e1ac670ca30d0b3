//! The clients that others wrote, through which the end-to-end tests speak to the server.
//!
//! Decides where they are: Python's and npm's packages in the cache, made from what the tests'
//! own directories pin; Chromium, node and python3 wherever the system has them. What cannot be
//! had fails the command: a proof that was skipped is none.

mod node;
mod python;
mod stamp;
#[cfg(test)]
mod tests;

use std::ffi::OsStr;
use std::path::PathBuf;

use crate::cargo::Workspace;
use crate::error::StepError;
use crate::packages;

/// All of them, installed.
pub(crate) struct Clients {
    /// The interpreter that sees the pinned packages.
    python: PathBuf,
    node: PathBuf,
    /// The directory that `require` looks in.
    node_modules: PathBuf,
    chromium: PathBuf,
}

impl Clients {
    /// Installs what is not there yet. The system's own packages are there already: see
    /// [`packages::install`].
    pub(crate) fn install(workspace: &Workspace) -> Result<Self, StepError> {
        Ok(Self {
            python: python::environment(workspace)?,
            node: packages::node().ok_or(StepError::NotOnPath("node"))?,
            node_modules: node::modules(workspace)?,
            chromium: packages::chromium().ok_or(StepError::NotOnPath("chromium"))?,
        })
    }

    /// What tells the tests where they are.
    pub(crate) fn variables(&self) -> [(&'static str, &OsStr); 4] {
        [
            ("PARLANCE_PYTHON", self.python.as_os_str()),
            ("PARLANCE_NODE", self.node.as_os_str()),
            ("PARLANCE_NODE_MODULES", self.node_modules.as_os_str()),
            ("PARLANCE_CHROMIUM", self.chromium.as_os_str()),
        ]
    }
}
