//! Runs a program of a client against a server.
//!
//! Decides what such a program is told (addresses, the operator's key, a token for each user),
//! how long it may take, and where the things are that `cargo xtask test` has installed.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::{Map, Value};

use crate::deadline::{WAIT, within};
use crate::server::{Server, end_with_the_test, follow};

/// The users that the cases speak as. Those that they want grouped or befriended, they group
/// and befriend themselves through the operator API.
pub const USERS: std::ops::RangeInclusive<u64> = 1..=9;

/// One function of one module of a client's cases.
pub(crate) struct Case<'a> {
    pub(crate) interpreter: PathBuf,
    pub(crate) script: PathBuf,
    pub(crate) variables: &'a [(&'static str, OsString)],
    pub(crate) module: &'a str,
    pub(crate) case: &'a str,
    pub(crate) arguments: &'a [&'a str],
}

impl Case<'_> {
    /// Panics with all that it wrote where it fails or hangs.
    #[track_caller]
    pub(crate) fn run(&self, server: &Server) {
        let (module, case) = (self.module, self.case);
        let mut command = self.command(server);
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let log = follow(&mut child);
        // A case has deadlines of its own; this one is for an interpreter that hangs.
        let status = within(3 * WAIT, || child.try_wait().ok().flatten());
        let Some(status) = status else {
            // It ends either by this or by itself a moment before.
            let _ = child.kill();
            panic!("{module}.{case} hangs:\n{}", log.text());
        };
        assert!(status.success(), "{module}.{case}: {status}\n{}", log.text());
    }

    fn command(&self, server: &Server) -> Command {
        let token = |user: u64| (user.to_string(), Value::from(server.token(user)));
        let tokens: Map<String, Value> = USERS.map(token).collect();
        let addresses = server.addresses();
        let mut command = Command::new(&self.interpreter);
        command
            .arg(&self.script)
            .args([self.module, self.case])
            .args(self.arguments)
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .env("PARLANCE_MAIN", addresses.main.to_string())
            .env("PARLANCE_STREAM", addresses.stream.to_string())
            .env("PARLANCE_OPERATOR", addresses.operator.to_string())
            .env("PARLANCE_OPERATOR_KEY", server.operator_key())
            .env("PARLANCE_TOKENS", Value::Object(tokens).to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        end_with_the_test(&mut command);
        command
    }
}

/// `cargo xtask test` says which; without it, where that keeps it.
pub(crate) fn from_variable_or_cache(variable: &str, in_cache: &str) -> PathBuf {
    let kept = || {
        let cache = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        let cache = cache.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cache")));
        let path = cache.map(|cache| cache.join("parlance").join(in_cache));
        path.filter(|path| path.exists())
    };
    named(variable).or_else(kept).unwrap_or_else(|| panic!("{}", not_installed(variable)))
}

/// `cargo xtask test` says which; without it, the first of these names on `PATH`.
pub(crate) fn from_variable_or_path(variable: &str, names: &[&str]) -> PathBuf {
    let path = env::var_os("PATH").unwrap_or_default();
    let on_path = || {
        let found = |name| env::split_paths(&path).map(move |directory| directory.join(name));
        names.iter().flat_map(found).find(|path| path.is_file())
    };
    named(variable).or_else(on_path).unwrap_or_else(|| panic!("{}", not_installed(variable)))
}

fn named(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).map(PathBuf::from)
}

fn not_installed(variable: &str) -> String {
    format!("a client is not installed: run `cargo xtask clients`, or set {variable}")
}
