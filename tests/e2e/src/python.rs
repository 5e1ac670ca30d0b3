//! Runs one case of the Python clients against a server.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Map, Value};

use crate::deadline::{WAIT, within};
use crate::log::Log;
use crate::server::Server;

/// The users that the cases speak as. Those that they want grouped or befriended, they group
/// and befriend themselves through the operator API.
pub const USERS: std::ops::RangeInclusive<u64> = 1..=9;

/// Starts a server and runs `cases/MODULE.py`'s function `case` with these arguments.
#[track_caller]
pub fn run_case(module: &str, case: &str, arguments: &[&str]) {
    let server = Server::start();
    server.operator().create_users(USERS);
    run_case_on(&server, module, case, arguments);
    server.stop();
}

/// The same on a server that was prepared otherwise.
#[track_caller]
pub fn run_case_on(server: &Server, module: &str, case: &str, arguments: &[&str]) {
    let tokens: Map<String, Value> =
        USERS.map(|user| (user.to_string(), Value::from(server.token(user)))).collect();
    let mut command = Command::new(interpreter());
    command
        .arg(scripts().join("run.py"))
        .args([module, case])
        .args(arguments)
        .env("PARLANCE_MAIN", server.addresses().main.to_string())
        .env("PARLANCE_STREAM", server.addresses().stream.to_string())
        .env("PARLANCE_OPERATOR", server.addresses().operator.to_string())
        .env("PARLANCE_OPERATOR_KEY", server.operator_key())
        .env("PARLANCE_TOKENS", Value::Object(tokens).to_string())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let log = Log::default();
    if let Some(output) = child.stdout.take() {
        log.follow(output);
    }
    if let Some(output) = child.stderr.take() {
        log.follow(output);
    }
    // A case has deadlines of its own; this one is for an interpreter that hangs.
    let status = within(3 * WAIT, || child.try_wait().ok().flatten());
    let Some(status) = status else {
        // It ends either by this or by itself a moment before.
        let _ = child.kill();
        panic!("{module}.{case} hangs:\n{}", log.text());
    };
    assert!(status.success(), "{module}.{case}: {status}\n{}", log.text());
}

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("python")
}

/// `cargo xtask test` says which; without it, where that keeps it.
fn interpreter() -> PathBuf {
    if let Some(path) = env::var_os("PARLANCE_PYTHON") {
        return path.into();
    }
    let cache = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cache")));
    let python = cache.map(|cache| cache.join("parlance/venv/bin/python"));
    python.filter(|path| path.exists()).unwrap_or_else(|| {
        panic!("no Python with the pinned packages: run `cargo xtask test`, or set PARLANCE_PYTHON")
    })
}
