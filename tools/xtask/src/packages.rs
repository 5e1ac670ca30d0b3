//! What the system must have before anything builds, and how it is installed.
//!
//! Looks for the things themselves (a compiler on `PATH`, a library in its directory), not for
//! packages, so that any distribution and any hand-made installation passes. Where something is
//! missing, Debian and Ubuntu get it by apt-get; elsewhere it is named. Nothing is installed
//! that is not missing.

mod libclang;
#[cfg(test)]
mod tests;

use std::env;
use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::cargo::run;
use crate::error::StepError;
use crate::packages::libclang::Libclang;

/// Seconds that apt-get waits for another one to end: a fresh machine often updates itself.
const APT_LOCK_SECONDS: &str = "DPkg::Lock::Timeout=300";
/// Mirrors fail now and then.
const APT_RETRIES: &str = "Acquire::Retries=3";

/// For what the packages are needed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    Build,
    /// Python, node and Chromium besides, for the end-to-end clients.
    Test,
}

/// One thing that is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Missing {
    CxxCompiler,
    /// For bindgen: RocksDB's binding is generated from its header.
    Libclang(Libclang),
    /// glommio's build calls it.
    Git,
    Make,
    Python,
    Node,
    Npm,
    Chromium,
}

impl Missing {
    fn words(&self) -> &'static str {
        match self {
            Self::CxxCompiler => "a C++17 compiler (g++ or clang++) on PATH, or named by CXX",
            Self::Libclang(_) => "libclang (a shared library) with clang's own headers",
            Self::Git => "git on PATH",
            Self::Make => "make on PATH",
            Self::Python => "python3, 3.10 or newer, with its venv module",
            Self::Node => "node, 18 or newer, on PATH",
            Self::Npm => "npm on PATH",
            Self::Chromium => "Chromium or Chrome on PATH",
        }
    }

    /// Debian's and Ubuntu's names. `default` is the release's own version of clang.
    fn packages(&self, default: Option<u32>) -> Vec<String> {
        match self {
            Self::CxxCompiler => vec!["g++".into()],
            Self::Libclang(state) => state.packages(default),
            Self::Git => vec!["git".into()],
            Self::Make => vec!["make".into()],
            Self::Python => vec!["python3".into(), "python3-venv".into()],
            Self::Node => vec!["nodejs".into()],
            Self::Npm => vec!["npm".into()],
            Self::Chromium => vec!["chromium".into()],
        }
    }
}

/// Prints what `install` would install.
pub(crate) fn print_missing(need: Need) -> Result<(), StepError> {
    let missing = look(need);
    if missing.is_empty() {
        println!("Nothing is missing.");
        return Ok(());
    }
    print!("{}", listing(&missing));
    if on_path("apt-get") {
        println!(
            "to install: {}",
            debian_packages(&missing, libclang::release_default()).join(" ")
        );
    }
    Ok(())
}

/// Installs what is missing, or says why it cannot.
pub(crate) fn install(need: Need) -> Result<(), StepError> {
    let missing = look(need);
    if missing.is_empty() {
        return Ok(());
    }
    if !on_path("apt-get") {
        return Err(StepError::MissingElsewhere { list: listing(&missing) });
    }
    let Some(privilege) = Privilege::find() else {
        let packages = debian_packages(&missing, libclang::release_default()).join(" ");
        return Err(StepError::MissingWithoutRoot { packages });
    };
    eprint!("==> installing what is missing\n{}", listing(&missing));
    // One broken source list makes update fail, and may not matter to what is installed.
    if let Err(error) = run(privilege.apt_get().arg("update")) {
        eprintln!("xtask: {error}; going on with the package lists at hand");
    }
    let packages = debian_packages(&missing, libclang::release_default());
    let mut command = privilege.apt_get();
    command.args(["install", "--yes", "--no-install-recommends"]).args(&packages);
    run(&mut command)?;
    let missing = look(need);
    if missing.is_empty() {
        return Ok(());
    }
    Err(StepError::StillMissing { packages: packages.join(" "), list: listing(&missing) })
}

fn look(need: Need) -> Vec<Missing> {
    let mut missing = Vec::new();
    let compilers = ["c++", "g++", "clang++"];
    if env::var_os("CXX").is_none() && !compilers.iter().any(|name| on_path(name)) {
        missing.push(Missing::CxxCompiler);
    }
    let libclang = Libclang::look();
    if libclang != Libclang::Whole {
        missing.push(Missing::Libclang(libclang));
    }
    if !on_path("git") {
        missing.push(Missing::Git);
    }
    if !on_path("make") {
        missing.push(Missing::Make);
    }
    if need == Need::Test {
        missing.extend(missing_clients());
    }
    missing
}

fn missing_clients() -> Vec<Missing> {
    let mut missing = Vec::new();
    if !python_makes_environments() {
        missing.push(Missing::Python);
    }
    if !node_is_new_enough() {
        missing.push(Missing::Node);
    }
    if !on_path("npm") {
        missing.push(Missing::Npm);
    }
    if chromium().is_none() {
        missing.push(Missing::Chromium);
    }
    missing
}

fn listing(missing: &[Missing]) -> String {
    missing.iter().fold(String::new(), |mut text, one| {
        // Writing into a String cannot fail.
        let _ = writeln!(text, "  - {}", one.words());
        text
    })
}

fn debian_packages(missing: &[Missing], default: Option<u32>) -> Vec<String> {
    missing.iter().flat_map(|one| one.packages(default)).collect()
}

/// Debian ships python3 without `ensurepip`, and then `venv` makes environments without pip.
fn python_makes_environments() -> bool {
    let program = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))";
    succeeds(Command::new("python3").args(["-c", program]))
}

/// 18 is what the packages ask for, and the first with `fetch`.
fn node_is_new_enough() -> bool {
    let program = "process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)";
    succeeds(Command::new("node").args(["-e", program]))
}

fn succeeds(command: &mut Command) -> bool {
    command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

pub(crate) fn node() -> Option<PathBuf> {
    find_on_path("node")
}

/// Any of its distributions.
pub(crate) fn chromium() -> Option<PathBuf> {
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
    names.into_iter().find_map(find_on_path)
}

fn on_path(name: &str) -> bool {
    find_on_path(name).is_some()
}

fn find_on_path(name: &str) -> Option<PathBuf> {
    search_path().map(|directory| directory.join(name)).find(|path| path.is_file())
}

fn search_path() -> impl Iterator<Item = PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).collect::<Vec<_>>().into_iter()
}

/// How apt-get gets the right to install.
enum Privilege {
    Root,
    Sudo,
    /// Nobody is there to type a password.
    SudoUnasked,
}

impl Privilege {
    fn find() -> Option<Self> {
        let user = Command::new("id").arg("-u").output().ok()?;
        if user.stdout.trim_ascii() == b"0" {
            return Some(Self::Root);
        }
        if !on_path("sudo") {
            return None;
        }
        let unasked = succeeds(Command::new("sudo").args(["-n", "true"]));
        match (unasked, std::io::stdin().is_terminal()) {
            (true, _) => Some(Self::SudoUnasked),
            (false, true) => Some(Self::Sudo),
            (false, false) => None,
        }
    }

    fn apt_get(&self) -> Command {
        let frontend = "DEBIAN_FRONTEND=noninteractive";
        let mut command = match self {
            Self::Root => Command::new("env"),
            Self::Sudo => Command::new("sudo"),
            Self::SudoUnasked => {
                let mut command = Command::new("sudo");
                command.arg("-n");
                command
            }
        };
        command.arg(frontend).args(["apt-get", "-o", APT_LOCK_SECONDS, "-o", APT_RETRIES]);
        command
    }
}

/// The names of a directory's entries; none where there is no such directory.
fn names_in(directory: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(directory) else {
        return Vec::new();
    };
    entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect()
}
