//! Why a run could not be made. What a run found wrong with the server is no error: it is in the
//! report.

use std::io;
use std::path::PathBuf;

use crate::client::End;

#[derive(Debug, thiserror::Error)]
pub(crate) enum BenchError {
    #[error("{doing}: {source}")]
    Io { doing: String, source: io::Error },
    #[error("{field}: {got} given, {allowed} allowed")]
    Setting { field: &'static str, got: String, allowed: String },
    #[error("{place}: {detail}")]
    Scenario { place: String, detail: String },
    #[error("no scenario {name:?}: neither a file nor one of {known}")]
    NoScenario { name: String, known: String },
    #[error("{name} is not installed; install it by: {command}")]
    PeerMissing { name: &'static str, command: String },
    #[error("no target {name:?}: {known} are known")]
    NoTarget { name: String, known: String },
    #[error(
        "{needed} file descriptors are needed, the hard limit of this process is {hard}; \
         ask for fewer connections or raise the limit (ulimit -Hn)"
    )]
    Descriptors { needed: u64, hard: u64 },
    #[error("no `parlance` binary: looked for {}; set PARLANCE_BIN to its path", looked.display())]
    NoServerBinary { looked: PathBuf },
    #[error("the server failed ({status}); the end of its log:\n{log}")]
    ServerFailed { status: String, log: String },
    #[error("the server was not ready after {seconds} s ({last}); the end of its log:\n{log}")]
    ServerNotReady { seconds: u64, last: String, log: String },
    #[error("the server did not end within {seconds} s of SIGTERM and was killed")]
    ServerDidNotStop { seconds: u64 },
    #[error(
        "a running server's groups are made through its operator API: give --operator and its key"
    )]
    NoOperator,
    #[error("operator API, {call}: {detail}")]
    Operator { call: String, detail: String },
    #[error("user {user} could not sign in over {wire}: {end}")]
    SignIn { user: u64, wire: &'static str, end: End },
    #[error("{ready} of {wanted} sessions are ready, and no further one within {seconds} s")]
    SignInStalled { ready: usize, wanted: usize, seconds: u64 },
    #[error("a session ended while nothing was asked of it: {end}")]
    EndedIdle { end: End },
    #[error(
        "{}, line {line}: no record of a run: {detail}; what was read ends with {seen:?}",
        path.display()
    )]
    Record { path: PathBuf, line: usize, detail: String, seen: String },
    #[error(
        "{}, line {line}: a record of schema {schema}, of {age} parlance-bench; this one reads {}",
        path.display(), crate::record::SCHEMA
    )]
    RecordSchema { path: PathBuf, line: usize, schema: u32, age: &'static str },
    #[error("{}: no record in it", path.display())]
    NoRecords { path: PathBuf },
    #[error("nothing to compare: {why}")]
    NothingToCompare { why: String },
    #[error("drawing: {detail}")]
    Plot { detail: String },
    #[error("the scenario cannot be run against a server that speaks {wire} only ({detail})")]
    NotForWire { wire: &'static str, detail: String },
    #[error("a token could not be signed: {detail}")]
    Token { detail: String },
    #[error("sign-in by token needs the running server's key: give --jwt-key-file")]
    NoTokenKey,
    #[error("interrupted")]
    Interrupted,
    #[error("{path}: not what the kernel documents: {seen:?}")]
    Proc { path: String, seen: String },
}

impl BenchError {
    pub(crate) fn io(doing: impl Into<String>, source: io::Error) -> Self {
        Self::Io { doing: doing.into(), source }
    }

    pub(crate) fn setting(
        field: &'static str,
        got: impl ToString,
        allowed: impl Into<String>,
    ) -> Self {
        Self::Setting { field, got: got.to_string(), allowed: allowed.into() }
    }
}
