//! The end-to-end tests' harness: the real binary, and clients that share no code with it.
//!
//! Nothing here knows how the server works. It starts `parlance serve` in a directory of its own
//! on ports of its own, speaks the documented protocols over real sockets, and waits for
//! conditions with a deadline; it never sleeps to let something happen. The Python clients (see
//! `python/`), the npm clients and the browser's page (see `node/`) speak through libraries that
//! others wrote; `cargo xtask test` installs them, in pinned versions.

pub mod deadline;
pub mod engineio;
pub mod http2;
pub mod im;
pub mod log;
pub mod node;
pub mod onechat;
pub mod operator;
pub mod ports;
mod program;
pub mod python;
pub mod rooms;
pub mod seed;
pub mod server;
pub mod socketio;
pub mod stream;
pub mod websocket;
