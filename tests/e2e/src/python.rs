//! Runs one case of the Python clients against a server.
//!
//! A new case is a function `name(world, *arguments)` in `python/cases/MODULE.py`, and a test
//! that runs it by [`run_case`]. It says by an exception what it did not see. What it imports is
//! pinned in `python/requirements.txt`, each package with all that it needs.

use std::ffi::OsString;
use std::path::Path;

pub use crate::program::USERS;
use crate::program::{self, Case};
use crate::server::Server;

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
    let interpreter = program::from_variable_or_cache("PARLANCE_PYTHON", "venv/bin/python");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("python/run.py");
    let variables = [("PYTHONDONTWRITEBYTECODE", OsString::from("1"))];
    Case { interpreter, script, variables: &variables, module, case, arguments }.run(server);
}
