//! The floors: the least that a broadcaster can do, to measure servers against.
//!
//! Both speak one protocol of lines. The first line of a connection is the number of the group
//! that it joins, and is answered by an empty line; every later line is sent, as it came, to each
//! other member of that group. Nothing is decoded, stored, acknowledged or joined with what
//! follows it: one message costs one send for each receiver, which is what the kernel's own part
//! of a delivery costs. A server that is cheaper than this joins what waits for one receiver.
//!
//! [`epoll`] makes one system call for each send; [`uring`] submits all sends of a turn in one.
//! Who is in which group is decided in [`groups`], where a line ends in [`lines`].

pub(crate) mod epoll;
mod groups;
mod lines;
#[cfg(test)]
mod tests;
pub(crate) mod uring;

use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener};

use clap::{Args, ValueEnum};
use rustix::process::{Resource, getrlimit};
use socket2::{Domain, Socket, Type};

use crate::error::BenchError;

/// Unsent bytes that one member may cause to wait before it is dropped. The kernel's own buffers
/// come on top.
const UNSENT_BYTES_MAX: usize = 1 << 20;
/// The longest line, its end included.
const LINE_BYTES_MAX: usize = 256 * 1024;
const _: () = assert!(4 * LINE_BYTES_MAX <= UNSENT_BYTES_MAX, "one line must not drop a member");
/// Connections that the kernel completes before they are accepted: a storm finds room.
const BACKLOG: i32 = 4_096;
/// The answer to a join.
const JOINED: &[u8] = b"\n";

/// Which floor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Floor {
    /// One thread on epoll, one send(2) for each delivery.
    Epoll,
    /// One thread on io_uring, all sends of a turn submitted together.
    Uring,
}

/// `parlance-bench floor …`.
#[derive(Args, Debug)]
pub(crate) struct FloorFlags {
    #[arg(value_enum)]
    floor: Floor,
    /// Where to listen. Port 0 takes a free one, which is printed.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7790")]
    listen: SocketAddr,
}

impl FloorFlags {
    /// Serves until the process is ended.
    pub(crate) fn serve(&self) -> Result<(), BenchError> {
        let failed = |source| BenchError::io(format!("serving on {}", self.listen), source);
        let listener = listen(self.listen).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let mut out = io::stdout().lock();
        writeln!(out, "listening on {address}").and_then(|()| out.flush()).map_err(failed)?;
        drop(out);
        self.floor.serve(listener).map_err(failed)
    }
}

impl Floor {
    /// Serves until something fails that no connection is to blame for.
    fn serve(self, listener: TcpListener) -> io::Result<()> {
        match self {
            Self::Epoll => epoll::serve(listener),
            Self::Uring => uring::serve(listener),
        }
    }
}

/// How many connections this process can have. Their table is made as large at once: one that
/// grew by doubling would be counted as memory of connections that never came.
fn connections_max() -> usize {
    const WITHOUT_LIMIT: u64 = 1 << 20;
    let files = getrlimit(Resource::Nofile).current.unwrap_or(WITHOUT_LIMIT);
    usize::try_from(files.min(WITHOUT_LIMIT)).unwrap_or(usize::MAX)
}

/// A listener whose connections inherit TCP_NODELAY.
fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    socket.set_tcp_nodelay(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}
