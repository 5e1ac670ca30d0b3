//! Runs one case of the npm clients, or of a page in headless Chromium, against a server.
//!
//! A new case is an async function `name(world, ...arguments)` that `node/cases/MODULE.js`
//! exports, and a test that runs it by [`run_case`]. It says by an exception what it did not
//! see. What it requires is pinned in `node/package.json`, and locked by `npm install
//! --package-lock-only` there.

use std::ffi::OsString;
use std::path::Path;

use crate::program::{self, Case, USERS};
use crate::server::Server;

/// Starts a server and runs `cases/MODULE.js`'s function `case` with these arguments.
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
    let interpreter = program::from_variable_or_path("PARLANCE_NODE", &["node"]);
    let modules = program::from_variable_or_cache("PARLANCE_NODE_MODULES", "node/node_modules");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("node/run.js");
    let browsers = ["chromium", "chromium-browser", "google-chrome", "chrome"];
    let chromium = program::from_variable_or_path("PARLANCE_CHROMIUM", &browsers);
    // Where `require` looks for what is not beside the script; the browser, for pages.
    let variables =
        [("NODE_PATH", OsString::from(modules)), ("PARLANCE_CHROMIUM", OsString::from(chromium))];
    Case { interpreter, script, variables: &variables, module, case, arguments }.run(server);
}
