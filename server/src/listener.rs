//! Taking connections: which sockets a shard listens on, and what becomes of what it accepts.
//!
//! Every shard has listening sockets of its own for each client address (SO_REUSEPORT); the
//! operator's port and Unix sockets, which cannot be shared that way, belong to one shard.
//! Policy: with no seat left, a connection is accepted and closed at once, so that its peer
//! hears of it; where the process has no descriptor left, accepting pauses, and peers wait in
//! the backlog. Invariant: an accept loop that is told to drain stops accepting before its
//! socket is closed, so no connection is taken and forgotten.

mod arrival;
mod bind;
mod probe;

use std::io;
use std::rc::Rc;
use std::time::Duration;

use futures_lite::future::or;
use socket2::Socket;

use crate::config::ListenAddress;
use crate::connections::{Connections, Seats};
use crate::runtime;
use crate::sockets::Acceptor;

pub(crate) use bind::bind;

/// Connections that the kernel holds until they are accepted: a reconnect storm's.
const BACKLOG: i32 = 4_096;
/// Connections that are accepted in a row before others have their turn.
const ACCEPTS_IN_A_ROW_MAX: usize = 64;
/// How long accepting rests after an error such as "no descriptor left".
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Who answers at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    /// Whatever its first bytes say.
    Main,
    /// The `stream` dialect behind varint lengths.
    Stream,
    /// The `im` dialect's push channel, with or without a WebSocket's handshake.
    Push,
    Operator,
}

impl Service {
    /// As its setting is called.
    fn as_str(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Stream => "stream",
            Self::Push => "push",
            Self::Operator => "operator",
        }
    }
}

/// A socket that is bound and does not listen yet.
pub(crate) struct Door {
    service: Service,
    socket: Socket,
    address: ListenAddress,
}

/// What one shard listens on.
pub(crate) struct Doors {
    clients: Vec<Door>,
    operator: Vec<Door>,
    seats: Seats,
}

impl Doors {
    /// Where it listens, with the name of the service.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = String> {
        let all = self.operator.iter().chain(&self.clients);
        all.map(|door| format!("{} {}", door.service.as_str(), door.address))
    }

    pub(crate) fn seats(&self) -> &Seats {
        &self.seats
    }

    /// Listens for the operator, who may ask before the server takes clients.
    pub(crate) fn open_operator(&mut self, connections: &Rc<Connections>) -> Result<(), String> {
        let mut doors = std::mem::take(&mut self.operator).into_iter();
        doors.try_for_each(|door| door.open(connections, &self.seats))
    }

    /// Listens for clients.
    pub(crate) fn open(self, connections: &Rc<Connections>) -> Result<(), String> {
        self.clients.into_iter().try_for_each(|door| door.open(connections, &self.seats))
    }
}

impl Door {
    fn open(self, connections: &Rc<Connections>, seats: &Seats) -> Result<(), String> {
        self.socket
            .listen(BACKLOG)
            .map_err(|error| format!("cannot listen on {}: {error}", self.address))?;
        let acceptor = Acceptor::new(self.socket, Rc::clone(connections.sockets()))
            .map_err(|error| format!("cannot listen on {}: {error}", self.address))?;
        let (connections, seats) = (Rc::clone(connections), seats.clone());
        tracing::debug!(service = self.service.as_str(), address = %self.address, "listening");
        runtime::spawn("accept", async move {
            accept_until_drain(acceptor, self.service, connections, seats).await;
            if let ListenAddress::Unix(path) = &self.address {
                // The next start would find it abandoned and remove it anyway.
                let _ = std::fs::remove_file(path);
            }
        });
        Ok(())
    }
}

async fn accept_until_drain(
    acceptor: Acceptor,
    service: Service,
    connections: Rc<Connections>,
    seats: Seats,
) {
    let _guest = connections.stops().guest();
    let mut in_a_row = 0;
    loop {
        let accepted = or(async { Some(acceptor.accept().await) }, async {
            connections.stops().until_drain().await;
            None
        });
        match accepted.await {
            None => return,
            Some(Ok(stream)) => {
                connections.metrics().connections_accepted.add(1);
                match seats.take() {
                    Some(seat) => arrival::begin(service, stream, seat, &connections),
                    None => connections.metrics().connections_refused.add(1),
                }
            }
            Some(Err(error)) => rest_after(&error).await,
        }
        in_a_row += 1;
        if in_a_row >= ACCEPTS_IN_A_ROW_MAX {
            in_a_row = 0;
            runtime::yield_to_reactor().await;
        }
    }
}

/// A peer that left before it was accepted is nobody's error; everything else is left time to
/// pass, because it would fail again at once.
async fn rest_after(error: &io::Error) {
    if error.kind() == io::ErrorKind::ConnectionAborted {
        return;
    }
    tracing::warn!(%error, "cannot accept a connection");
    runtime::sleep(ACCEPT_PAUSE).await;
}
