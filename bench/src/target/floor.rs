//! The floors as targets: this binary started once more, as a broadcaster.

use std::collections::BTreeMap;
use std::env;
use std::net::TcpStream;
use std::process::Command;

use clap::ValueEnum;

use super::child::{Ends, OwnServer, free_addresses};
use super::own_server::Start;
use super::{ServerFacts, Target};
use crate::client::Addresses;
use crate::error::BenchError;
use crate::floor::Floor;
use crate::interrupt::Interrupt;
use crate::wire::{Foreign, Wire};

/// Starts a floor and waits until it takes clients.
pub(crate) fn start(
    floor: Floor,
    start: &Start,
    interrupt: &Interrupt,
) -> Result<Target, BenchError> {
    let binary =
        env::current_exe().map_err(|source| BenchError::io("finding this binary", source))?;
    let [address] = free_addresses()?;
    let named = floor.to_possible_value();
    let name = named.as_ref().map_or("", |value| value.get_name());
    let mut command = Command::new(binary);
    command.args(["floor", name, "--listen", &address.to_string()]);
    let directory = start.make_directory()?;
    let mut server =
        OwnServer::start(&mut command, directory, start.server.pin.as_ref(), Ends::Somehow)?;
    let connect = || TcpStream::connect(address).map(drop).map_err(|error| error.to_string());
    server.wait_until(connect, interrupt)?;
    let facts = ServerFacts {
        started_here: true,
        version: Some(format!("parlance-bench floor {name} {}", env!("CARGO_PKG_VERSION"))),
        settings: BTreeMap::new(),
        settings_inherited: Vec::new(),
        data_filesystem: None,
    };
    Ok(Target {
        addresses: Addresses { main: address, stream: address },
        wire: Some(Wire::Foreign(Foreign::Lines)),
        operator: None,
        pid: Some(server.id()),
        signer: None,
        own: Some(server),
        facts,
    })
}
