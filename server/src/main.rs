//! Parlance: a connection server for chat.
//!
//! Reads the command line and hands over: `serve` to [`topology`], tokens to [`auth`], the
//! operator's commands to `parlance-operator`. An error is one line that says what to do; the
//! exit code is 2 where the command line or the settings are wrong, 1 for other failures.

use std::process::ExitCode;

mod asks;
mod auth;
mod calls;
mod cli;
mod clock;
mod config;
mod connection;
mod connections;
mod error;
mod heartbeat;
mod http;
mod inbox;
mod lanes;
mod link;
mod listener;
mod mesh;
mod metrics;
mod outbox;
mod password_lane;
mod readiness;
mod resources;
mod runtime;
mod secrets;
mod shard_handle;
mod shard_loop;
mod shutdown;
mod sockets;
mod stops;
mod topology;
mod visits;
mod wheel;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::run()
}
