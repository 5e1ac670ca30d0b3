//! Other servers as targets: which there are, how each is started, and what it does not do.
//!
//! A peer is a table entry: its program and package, its configuration (a file of `bench/peers`,
//! shown there with the reason of each line), the wire that its clients speak, and what it lacks
//! beside a Parlance server. Where its program is and how it is installed is decided in
//! [`install`].

pub(crate) mod install;
mod jetstream;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;

use super::child::{Ends, OwnServer, free_addresses};
use super::own_server::{Start, filesystem_of};
use super::{ServerFacts, Target};
use crate::client::Addresses;
use crate::error::BenchError;
use crate::interrupt::Interrupt;
use crate::wire::{Foreign, Wire};
use install::Package;

/// A server that is no Parlance.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    package: Package,
    program: &'static str,
    /// In these, as in the configuration, `{…}` is filled in for each run.
    arguments: &'static [&'static str],
    configuration: Option<&'static str>,
    wire: Foreign,
    /// Whether a message is on disk when its publisher is told so.
    pub(crate) durable: bool,
    /// Whether members of a group are sent what is published.
    pub(crate) fans_out: bool,
    /// For the record: what a Parlance server does beside it.
    lacks: &'static [&'static str],
}

const NO_LOG: &str = "keeps no message: no history, nothing after a reconnect";
const NO_ACKNOWLEDGEMENT: &str = "tells a publisher nothing";
const NO_SEQUENCE: &str = "numbers no message";

pub(crate) const PEERS: &[Peer] = &[
    Peer {
        name: "nats",
        package: Package::System(&["nats-server"]),
        program: "nats-server",
        arguments: &["-c", "{CONFIGURATION}"],
        configuration: Some(include_str!("../../peers/nats/core.conf")),
        wire: Foreign::Nats,
        durable: false,
        fans_out: true,
        lacks: &[NO_LOG, NO_ACKNOWLEDGEMENT, NO_SEQUENCE],
    },
    Peer {
        name: "nats-jetstream",
        package: Package::System(&["nats-server"]),
        program: "nats-server",
        arguments: &["-c", "{CONFIGURATION}"],
        configuration: Some(include_str!("../../peers/nats/jetstream.conf")),
        wire: Foreign::NatsJetStream,
        durable: true,
        fans_out: true,
        lacks: &["members are sent a message before it is stored"],
    },
    Peer {
        name: "mosquitto-qos0",
        package: Package::System(&["mosquitto"]),
        program: "mosquitto",
        arguments: &["-c", "{CONFIGURATION}"],
        configuration: Some(include_str!("../../peers/mosquitto/mosquitto.conf")),
        wire: Foreign::MqttQos0,
        durable: false,
        fans_out: true,
        lacks: &[NO_LOG, NO_ACKNOWLEDGEMENT, NO_SEQUENCE],
    },
    Peer {
        name: "mosquitto-qos1",
        package: Package::System(&["mosquitto"]),
        program: "mosquitto",
        arguments: &["-c", "{CONFIGURATION}"],
        configuration: Some(include_str!("../../peers/mosquitto/mosquitto.conf")),
        wire: Foreign::MqttQos1,
        durable: false,
        fans_out: true,
        lacks: &[NO_LOG, "acknowledges what is in memory", NO_SEQUENCE],
    },
    Peer {
        name: "redis",
        package: Package::System(&["redis-server"]),
        program: "redis-server",
        arguments: &["{CONFIGURATION}"],
        configuration: Some(include_str!("../../peers/redis/pubsub.conf")),
        wire: Foreign::Redis,
        durable: false,
        fans_out: true,
        lacks: &[NO_LOG, NO_SEQUENCE],
    },
    Peer {
        name: "redis-stream",
        package: Package::System(&["redis-server"]),
        program: "redis-server",
        arguments: &["{CONFIGURATION}"],
        configuration: Some(include_str!("../../peers/redis/stream.conf")),
        wire: Foreign::RedisStream,
        durable: true,
        fans_out: false,
        lacks: &["nobody is sent anything: XADD is measured alone"],
    },
    Peer {
        name: "ejabberd",
        package: Package::System(&["ejabberd"]),
        program: "erl",
        // One scheduler for the one core. Without a name for the node there is no epmd.
        arguments: &[
            "+S",
            "1:1",
            "+K",
            "true",
            "+P",
            "250000",
            "+Q",
            "32768",
            "-noinput",
            "-mnesia",
            "dir",
            "\"{DIRECTORY}/mnesia\"",
            "-ejabberd",
            "config",
            "\"{CONFIGURATION}.yml\"",
            "log_path",
            "\"{DIRECTORY}/ejabberd.log\"",
            "-pa",
            "{EJABBERD}",
            "-s",
            "ejabberd",
        ],
        configuration: Some(include_str!("../../peers/ejabberd/ejabberd.yml")),
        wire: Foreign::Xmpp,
        durable: false,
        fans_out: true,
        lacks: &["keeps no message of a room as configured", NO_ACKNOWLEDGEMENT, NO_SEQUENCE],
    },
    Peer {
        name: "nchan",
        package: Package::System(&["nginx-light", "libnginx-mod-nchan"]),
        program: "nginx",
        arguments: &["-p", "{DIRECTORY}", "-c", "{CONFIGURATION}", "-e", "stderr"],
        configuration: Some(include_str!("../../peers/nchan/nginx.conf")),
        wire: Foreign::Nchan,
        durable: false,
        fans_out: true,
        lacks: &[NO_LOG, NO_ACKNOWLEDGEMENT, NO_SEQUENCE],
    },
    Peer {
        name: "socket.io",
        package: Package::Npm(&install::SOCKET_IO),
        program: "node",
        arguments: &["{SCRIPT}"],
        configuration: None,
        wire: Foreign::SocketIo,
        durable: false,
        fans_out: true,
        lacks: &[NO_LOG, "acknowledges what is in memory", NO_SEQUENCE],
    },
    Peer {
        name: "ws",
        package: Package::Npm(&install::WS),
        program: "node",
        arguments: &["{SCRIPT}"],
        configuration: None,
        wire: Foreign::WebSocket,
        durable: false,
        fans_out: true,
        lacks: &[NO_LOG, NO_ACKNOWLEDGEMENT, NO_SEQUENCE],
    },
];

/// What is filled in for a run.
struct Filling {
    words: Vec<(&'static str, String)>,
}

impl Filling {
    fn fill(&self, text: &str) -> String {
        self.words.iter().fold(text.to_owned(), |text, (word, value)| text.replace(word, value))
    }
}

impl Peer {
    pub(crate) fn find(name: &str) -> Option<&'static Self> {
        PEERS.iter().find(|peer| peer.name == name)
    }

    /// What would install it; `None` where it is there.
    pub(crate) fn missing(&self) -> Option<String> {
        self.package.missing(self.program)
    }

    /// One line for people: what is installed of it, and what it lacks.
    pub(crate) fn describe(&self) -> String {
        let there = match self.missing() {
            Some(command) => format!("missing, {command}"),
            None => self.package.version(self.program).unwrap_or_default(),
        };
        format!("{:<15} {there}\n{:<15} lacks: {}", self.name, "", self.lacks.join("; "))
    }

    pub(crate) fn install(&self) -> Result<(), BenchError> {
        self.package.install()
    }

    /// Starts it on a free port of loopback and waits until it takes clients.
    pub(super) fn start(&self, start: &Start, interrupt: &Interrupt) -> Result<Target, BenchError> {
        if let Some(command) = self.missing() {
            return Err(BenchError::PeerMissing { name: self.name, command });
        }
        let directory = start.make_directory()?;
        let [address] = free_addresses()?;
        let version = self.package.version(self.program);
        let synced = self.name != "nats-jetstream" || jetstream::can_sync(version.as_deref());
        let filling = self.filling(directory.path(), address, synced);
        if let Some(text) = self.configuration {
            let text = filling.fill(text);
            for name in ["configuration", "configuration.yml"] {
                fs::write(directory.path().join(name), &text)
                    .map_err(|source| BenchError::io("writing a configuration", source))?;
            }
        }
        let program = install::find(self.program).unwrap_or_else(|| self.program.into());
        let mut command = Command::new(program);
        command.args(self.arguments.iter().map(|argument| filling.fill(argument)));
        command.env("HOST", address.ip().to_string()).env("PORT", address.port().to_string());
        let data_filesystem = filesystem_of(directory.path());
        let pin = start.server.pin.as_ref();
        let mut server = OwnServer::start(&mut command, directory, pin, Ends::Somehow)?;
        let connect = || TcpStream::connect(address).map(drop).map_err(|error| error.to_string());
        server.wait_until(connect, interrupt)?;
        if self.wire == Foreign::NatsJetStream {
            jetstream::create_stream(address)?;
        }
        Ok(Target {
            addresses: Addresses { main: address, stream: address },
            wire: Some(Wire::Foreign(self.wire)),
            operator: None,
            signer: None,
            pid: Some(server.id()),
            own: Some(server),
            facts: ServerFacts {
                started_here: true,
                version,
                settings: self.settings(synced),
                settings_inherited: Vec::new(),
                data_filesystem,
            },
        })
    }

    fn filling(&self, directory: &Path, address: SocketAddr, synced: bool) -> Filling {
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let sync = if synced { "sync_interval: always" } else { "" };
        let script = self.package.script().unwrap_or_default();
        let words = vec![
            ("{ADDRESS}", address.to_string()),
            ("{HOST}", address.ip().to_string()),
            ("{PORT}", address.port().to_string()),
            ("{DIRECTORY}", text(directory)),
            ("{CONFIGURATION}", text(&directory.join("configuration"))),
            ("{SYNC_INTERVAL}", sync.to_owned()),
            ("{MODULES}", install::NGINX_MODULES.to_owned()),
            ("{EJABBERD}", text(&install::ejabberd().unwrap_or_default())),
            ("{SCRIPT}", text(&script)),
        ];
        Filling { words }
    }

    /// For the record.
    fn settings(&self, synced: bool) -> BTreeMap<String, String> {
        let mut lacks: Vec<&str> = self.lacks.to_vec();
        if !synced {
            lacks.push("acknowledges before it syncs: servers before 2.10 cannot do otherwise");
        }
        let configured = match self.configuration {
            Some(_) => "bench/peers, the file of this name",
            None => "bench/peers, the server.js of this name",
        };
        [
            ("configuration", configured.to_owned()),
            ("durable", if self.durable && synced { "yes" } else { "no" }.to_owned()),
            ("lacks", lacks.join("; ")),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }
}
