//! Why a step failed, in words that say what to do about it.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

#[derive(Debug, Error)]
pub(crate) enum StepError {
    #[error("run this as `cargo xtask` inside the checkout: {0}")]
    NoWorkspace(&'static str),
    #[error(
        "there is no directory for the build cache: set CARGO_TARGET_DIR, XDG_CACHE_HOME or HOME"
    )]
    NoCacheDirectory,
    #[error("`{command}` could not be started: {source}")]
    Start { command: String, source: io::Error },
    #[error("`{command}` failed with {status}")]
    Failed { command: String, status: String },
    #[error("{path}: {source}")]
    File { path: PathBuf, source: io::Error },
    #[error(
        "these are missing, and only Debian and Ubuntu are installed on by this command:\n{list}"
    )]
    MissingElsewhere { list: String },
    #[error(
        "these packages are missing, and installing them needs root or sudo: {packages}\n\
         run `apt-get install {packages}` as root, then this command again"
    )]
    MissingWithoutRoot { packages: String },
    #[error("apt-get installed {packages}, and yet these are missing:\n{list}")]
    StillMissing { packages: String, list: String },
    #[error("there is no `{0}` on PATH")]
    NotOnPath(&'static str),
    #[error(
        "the {what} of the end-to-end tests are not installed: {source}\n\
         they come from a package registry, which this machine must reach"
    )]
    Clients { what: &'static str, source: Box<StepError> },
    #[error("no fuzz target is called {name}; there are {known}")]
    UnknownTarget { name: String, known: String },
    #[error(
        "cargo-fuzz is not installed: `cargo install cargo-fuzz --locked` does that, and a C++ \
         compiler must be there\nwithout a fuzzer, `cargo xtask test` replays the kept inputs and \
         changes to them"
    )]
    NoFuzzer,
    #[error(
        "valgrind is not installed: `apt-get install valgrind` does that\n\
         without it, `cargo bench -p parlance-micro` takes the times of the same operations"
    )]
    NoValgrind,
    #[error("valgrind counted nothing:\n{report}")]
    NoCount { report: String },
    #[error("{count} breaches of the layers:\n{list}")]
    Layers { count: usize, list: String },
    #[error("{count} untidy places:\n{list}")]
    Untidy { count: usize, list: String },
}

impl StepError {
    /// For `map_err` on what the file system answers about one path.
    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> StepError {
        let path = path.into();
        move |source| StepError::File { path, source }
    }

    /// For `map_err` on what installs clients of one kind.
    pub(crate) fn clients(what: &'static str) -> impl FnOnce(StepError) -> StepError {
        move |source| StepError::Clients { what, source: Box::new(source) }
    }
}
