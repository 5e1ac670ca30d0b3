//! Many clients in one thread: sockets, sign-in, and what becomes of what arrives.

pub(crate) mod connection;
pub(crate) mod fleet;

use std::io;
use std::net::SocketAddr;

use crate::wire::{Listener, Wire, WireFault};

/// Who a connection signs in as, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seat {
    pub(crate) user: u64,
    pub(crate) wire: Wire,
    /// The group that it joins as it opens, where clients name their groups themselves.
    pub(crate) group: u64,
}

/// Where the server listens for clients.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Addresses {
    pub(crate) main: SocketAddr,
    pub(crate) stream: SocketAddr,
}

impl Addresses {
    pub(crate) fn of(&self, wire: Wire) -> SocketAddr {
        match wire.listener() {
            Listener::Main => self.main,
            Listener::Stream => self.stream,
        }
    }
}

/// Why a connection is no more.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum End {
    #[error("closed by the server with code {0}")]
    Code(u16),
    #[error("closed by the server without a code")]
    Silent,
    #[error("socket: {0}")]
    Socket(io::ErrorKind),
    #[error("{0}")]
    Fault(#[from] WireFault),
    #[error("refused with code {code}: {message}")]
    Refused { code: i64, message: String },
    #[error("the server reads too slowly: {bytes} bytes wait to be sent")]
    Unread { bytes: usize },
}

/// What ready sessions receive.
pub(crate) trait Sink {
    /// One whole frame of a seat's session. `at_ns` is when it was read, on the run's clock.
    fn frame(&mut self, seat: usize, wire: Wire, frame: &[u8], at_ns: u64);

    /// A frame of messages that came before the session was ready: what it had missed.
    fn caught_up(&mut self, seat: usize, wire: Wire, frame: &[u8], at_ns: u64) {
        let _not_awaited = (seat, wire, frame, at_ns);
    }

    /// The connection of a seat is gone.
    fn ended(&mut self, seat: usize, end: End);
}
