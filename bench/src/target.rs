//! The server under load: one that this run starts and stops, or one that runs already.

mod child;
mod floor;
pub(crate) mod operator;
pub(crate) mod own_server;
pub(crate) mod peers;
pub(crate) mod signer;

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::client::Addresses;
use crate::error::BenchError;
use crate::floor::Floor;
use crate::interrupt::Interrupt;
use crate::wire::Wire;
use crate::workload::Kind;
use child::OwnServer;
use operator::Operator;
use own_server::Start;
use peers::{PEERS, Peer};
use signer::Signer;

/// The targets that are part of this project.
pub(crate) const OWN: [&str; 3] = [EPOLL_FLOOR, URING_FLOOR, PARLANCE];
/// The target of a run that names none.
pub(crate) const PARLANCE: &str = "parlance";
pub(crate) const EPOLL_FLOOR: &str = "epoll-floor";
pub(crate) const URING_FLOOR: &str = "uring-floor";

/// Starts the server that goes by this name, and waits until it takes clients.
pub(crate) fn start(
    name: &str,
    start: &Start,
    interrupt: &Interrupt,
) -> Result<Target, BenchError> {
    match name {
        PARLANCE => start.run(interrupt),
        EPOLL_FLOOR => floor::start(Floor::Epoll, start, interrupt),
        URING_FLOOR => floor::start(Floor::Uring, start, interrupt),
        _ => match Peer::find(name) {
            Some(peer) => peer.start(start, interrupt),
            None => Err(BenchError::NoTarget { name: name.to_owned(), known: names() }),
        },
    }
}

/// The targets that can be started by name.
fn names() -> String {
    let peers = PEERS.iter().map(|peer| peer.name);
    OWN.into_iter().chain(peers).collect::<Vec<_>>().join(", ")
}

/// Why a target cannot run a kind of scenario; `None` where it can.
pub(crate) fn unfit(name: &str, kind: Kind) -> Option<&'static str> {
    let peer = Peer::find(name)?;
    match kind {
        Kind::Durable => (!peer.durable).then_some("it acknowledges what is in memory"),
        Kind::Fanout | Kind::Ramp | Kind::Slow | Kind::Soak => {
            (!peer.fans_out).then_some("nobody is sent what is published")
        }
        Kind::Direct | Kind::History | Kind::Reconnect => Some("it has no word for that"),
        Kind::Connect | Kind::Idle => None,
    }
}

/// What a scenario needs to know of the server.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) addresses: Addresses,
    /// The only wire that it understands; `None` where it speaks a scenario's dialects.
    pub(crate) wire: Option<Wire>,
    /// `None` where clients name their groups themselves, as they open, and where a running
    /// server's key was not given; then no groups can be made.
    pub(crate) operator: Option<Operator>,
    /// `None` where a running server's was not given; then its CPU and memory go unmeasured.
    pub(crate) pid: Option<u32>,
    /// Signs tokens that the server takes; `None` where it takes a user's id for its word.
    pub(crate) signer: Option<Signer>,
    /// Stopped when the target is.
    pub(crate) own: Option<OwnServer>,
    pub(crate) facts: ServerFacts,
}

/// The server, for the report.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub(crate) struct ServerFacts {
    pub(crate) started_here: bool,
    pub(crate) version: Option<String>,
    /// What it was started with. Nothing secret: the run's own flags.
    pub(crate) settings: BTreeMap<String, String>,
    /// Names of settings that came with the environment, whatever their values.
    pub(crate) settings_inherited: Vec<String>,
    /// The data directory's file system: durability on a memory disk measures nothing.
    pub(crate) data_filesystem: Option<String>,
}

impl Target {
    /// A directory on the disk of a server that was started here.
    pub(crate) fn directory(&self) -> Option<&Path> {
        self.own.as_ref().map(OwnServer::directory)
    }

    /// Stops the server, if this run started it.
    pub(crate) fn stop(self) -> Result<(), BenchError> {
        self.own.map_or(Ok(()), OwnServer::stop)
    }
}
