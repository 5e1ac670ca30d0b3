//! The checkout, its build cache, and cargo run in it.
//!
//! Decides where builds go: `$CARGO_TARGET_DIR`, or one directory in the user's cache that all
//! checkouts share, because compiling RocksDB takes ten minutes and more, and once is enough for
//! a machine. Cargo does not tell the crates of one checkout from those of another there (it goes
//! by times and by paths within the checkout), so what another checkout left is removed first.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::StepError;
use crate::manifest;

/// The server's binary.
pub(crate) const SERVER: &str = "parlance";

pub(crate) struct Workspace {
    root: PathBuf,
    cache: PathBuf,
    target: PathBuf,
}

impl Workspace {
    /// From what cargo tells the programs that it runs.
    pub(crate) fn locate() -> Result<Self, StepError> {
        let manifest = env::var_os("CARGO_MANIFEST_DIR")
            .map(PathBuf::from)
            .ok_or(StepError::NoWorkspace("CARGO_MANIFEST_DIR is not set"))?;
        let root = manifest
            .ancestors()
            .nth(2)
            .filter(|root| root.join("Cargo.lock").is_file())
            .ok_or(StepError::NoWorkspace("there is no Cargo.lock two directories up"))?
            .to_path_buf();
        let cache = directory_from("XDG_CACHE_HOME")
            .or_else(|| directory_from("HOME").map(|home| home.join(".cache")))
            .map(|base| base.join("parlance"));
        let target = directory_from("CARGO_TARGET_DIR");
        let (cache, target) = match (cache, target) {
            (Some(cache), Some(target)) => (cache, target),
            (Some(cache), None) => (cache.clone(), cache.join("target")),
            (None, Some(target)) => (target.clone(), target),
            (None, None) => return Err(StepError::NoCacheDirectory),
        };
        Ok(Self { root, cache, target })
    }

    /// Removes the crates that another checkout built into the same directory; those that come
    /// from registries stay. Call it before anything is built.
    pub(crate) fn claim_target(&self) -> Result<(), StepError> {
        let stamp = self.target.join("parlance-checkout");
        let owner = self.root.to_string_lossy().into_owned();
        if fs::read_to_string(&stamp).is_ok_and(|text| text == owner) {
            return Ok(());
        }
        fs::create_dir_all(&self.target).map_err(StepError::file(&self.target))?;
        let packages = manifest::members(&self.root)?;
        let mut arguments = vec!["clean", "--quiet", "--release", "--locked"];
        for package in &packages {
            arguments.extend(package.name().map(|name| ["--package", name]).into_iter().flatten());
        }
        self.cargo(&arguments)?;
        fs::write(&stamp, owner).map_err(StepError::file(&stamp))
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Where what is costly to make and easy to make again is kept.
    pub(crate) fn cache(&self) -> &Path {
        &self.cache
    }

    pub(crate) fn binary(&self, name: &str) -> PathBuf {
        self.target.join("release").join(name)
    }

    pub(crate) fn cargo(&self, arguments: &[&str]) -> Result<(), StepError> {
        self.cargo_with(arguments, &[])
    }

    pub(crate) fn cargo_with(
        &self,
        arguments: &[impl AsRef<OsStr>],
        variables: &[(&str, &OsStr)],
    ) -> Result<(), StepError> {
        let mut command = self.cargo_command();
        command.args(arguments).envs(variables.iter().copied());
        run(&mut command)
    }

    /// What cargo prints, for steps that read it.
    pub(crate) fn cargo_output(&self, arguments: &[&str]) -> Result<String, StepError> {
        let mut command = self.cargo_command();
        command.args(arguments).stderr(std::process::Stdio::inherit());
        let output = command
            .output()
            .map_err(|source| StepError::Start { command: describe(&command), source })?;
        if !output.status.success() {
            return Err(StepError::Failed {
                command: describe(&command),
                status: output.status.to_string(),
            });
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Builds binaries of the workspace. The whole workspace is selected every time, here and
    /// for tests: cargo compiles a dependency anew for every set of features that a selection of
    /// packages asks of it, and RocksDB's build is among those that would differ.
    pub(crate) fn build(&self, binaries: &[&str]) -> Result<(), StepError> {
        let mut command = self.cargo_command();
        command.args(["build", "--release", "--locked", "--workspace"]);
        for name in binaries {
            command.args(["--bin", name]);
        }
        run(&mut command)
    }

    /// Runs a binary that was built.
    pub(crate) fn run_binary(&self, name: &str, arguments: &[OsString]) -> Result<(), StepError> {
        let mut command = Command::new(self.binary(name));
        command.args(arguments).env("PARLANCE_BIN", self.binary(SERVER));
        without_cargo_variables(&mut command);
        run(&mut command)
    }

    /// Replaces this process; returns only where that failed.
    pub(crate) fn become_binary(
        &self,
        name: &str,
        arguments: &[OsString],
    ) -> Result<(), StepError> {
        let mut command = Command::new(self.binary(name));
        command.args(arguments);
        without_cargo_variables(&mut command);
        let source = command.exec();
        Err(StepError::Start { command: describe(&command), source })
    }

    fn cargo_command(&self) -> Command {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        without_cargo_variables(&mut command);
        command.current_dir(&self.root).env("CARGO_TARGET_DIR", &self.target);
        command
    }
}

/// Runs a command whose output is the user's, and fails where it fails.
pub(crate) fn run(command: &mut Command) -> Result<(), StepError> {
    let status = command
        .status()
        .map_err(|source| StepError::Start { command: describe(command), source })?;
    if status.success() {
        return Ok(());
    }
    Err(StepError::Failed { command: describe(command), status: status.to_string() })
}

/// The program's name and its arguments, as one would type them.
pub(crate) fn describe(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str());
    std::iter::once(name)
        .chain(command.get_args())
        .map(OsStr::to_string_lossy)
        .collect::<Vec<_>>()
        .join(" ")
}

/// What `cargo run` says about this program must not reach another: a build script that reads
/// one of these would run again each time it is started from elsewhere.
fn without_cargo_variables(command: &mut Command) {
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
}

fn directory_from(variable: &str) -> Option<PathBuf> {
    let value = env::var_os(variable).filter(|value| !value.is_empty())?;
    std::path::absolute(PathBuf::from(value)).ok()
}
