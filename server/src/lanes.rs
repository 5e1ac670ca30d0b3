//! A shard's threads for blocking work: the commit lane writes, the read lane reads.
//!
//! Lanes are plain threads, bound to no core, and talk with their shard by bounded channels. A
//! shard never waits for a lane: what a full lane does not take stays with the shard, in order,
//! and past a mark the shard stops reading its clients. A lane may wait for its shard's inbox,
//! because the shard never stops draining it. Invariant: writes are reported in the order that
//! they were given, and nothing is reported after a failure.

mod commit;
mod gather;
mod read;

use std::io;
use std::thread::JoinHandle;

pub(crate) use commit::{CommitLane, Write};
pub(crate) use read::{CoreReads, ReadLane, RecallsQuery};

/// Starts a lane's thread.
fn start(name: String, body: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name(name).spawn(body)
}
