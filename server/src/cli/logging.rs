//! Where the log goes: lines for people on a terminal, JSON for programs otherwise.

use std::io::{self, IsTerminal as _};

use tracing_subscriber::EnvFilter;

/// Which parts of the server log from which level on, such as `info` or `parlance=debug`.
const FILTER_VARIABLE: &str = "PARLANCE_LOG";

/// Sends the log to standard error. Later calls change nothing.
pub(super) fn start() {
    let filter = EnvFilter::builder()
        .with_default_directive(tracing::Level::INFO.into())
        .with_env_var(FILTER_VARIABLE)
        .from_env_lossy();
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    let started = if io::stderr().is_terminal() {
        log.with_target(false).try_init()
    } else {
        log.json().flatten_event(true).try_init()
    };
    if started.is_err() {
        // A log that is there already keeps going where it went.
        tracing::debug!("the log was started before");
    }
}
