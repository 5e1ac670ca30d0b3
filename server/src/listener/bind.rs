//! Binding the listening sockets, before any shard runs, so that a taken address is an error at
//! start.
//!
//! A killed server's sockets outlive it by some milliseconds, so binding is tried for a second.
//! Invariant: an address that another process listens on is refused even where both would share
//! it: it is bound alone first, which the kernel allows only where nobody else listens.

use std::io;
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, SockAddr, Socket, TcpKeepalive, Type};

use super::{Door, Doors, Service};
use crate::config::{Listen, ListenAddress};
use crate::connections::Seats;
use crate::error::BootError;

/// How long an address that is in use is tried again.
const RETRY_FOR: Duration = Duration::from_secs(1);
const RETRY_EVERY: Duration = Duration::from_millis(20);
/// What the kernel buffers for a peer that does not read. Unset it would be megabytes, and a slow
/// consumer would be noticed that much later.
const SEND_BUFFER_BYTES: usize = 128 * 1024;
/// Silence after which the kernel asks a TCP peer whether it is there, and how often it asks.
const KEEPALIVE_AFTER: Duration = Duration::from_secs(60);
const KEEPALIVE_EVERY: Duration = Duration::from_secs(15);
/// How long sent bytes may stay unacknowledged before the peer counts as gone.
const UNACKNOWLEDGED_MAX: Duration = Duration::from_secs(60);

/// Binds every address for `shards` shards, in their order.
pub(crate) fn bind(listen: &Listen, shards: usize, seats: &Seats) -> Result<Vec<Doors>, BootError> {
    let empty = || Doors { clients: Vec::new(), operator: Vec::new(), seats: seats.clone() };
    let mut all: Vec<Doors> = std::iter::repeat_with(empty).take(shards).collect();
    for address in &listen.operator {
        let door = bind_one("operator", Service::Operator, address)?;
        if let Some(first) = all.first_mut() {
            first.operator.push(door);
        }
    }
    let services = [
        ("main", Service::Main, &listen.main),
        ("stream", Service::Stream, &listen.stream),
        ("push", Service::Push, &listen.push),
    ];
    for (setting, service, addresses) in services {
        for address in addresses {
            let doors = match address {
                ListenAddress::Tcp(tcp) => bind_tcp_for_each(setting, service, *tcp, shards)?,
                ListenAddress::Unix(_) => vec![bind_one(setting, service, address)?],
            };
            for (shard, door) in all.iter_mut().zip(doors) {
                shard.clients.push(door);
            }
        }
    }
    Ok(all)
}

/// One socket per shard on one address. Port 0 is chosen once, for all of them.
fn bind_tcp_for_each(
    setting: &'static str,
    service: Service,
    address: SocketAddr,
    shards: usize,
) -> Result<Vec<Door>, BootError> {
    let shown = ListenAddress::Tcp(address);
    let failed = |source| refused(setting, &shown, source);
    let alone = retry(|| bind_tcp(address, false)).map_err(failed)?;
    let address = local_address(&alone).map_err(failed)?;
    drop(alone);
    let bound = (0..shards).map(|_| {
        let socket = retry(|| bind_tcp(address, true)).map_err(failed)?;
        Ok(Door { service, socket, address: ListenAddress::Tcp(address) })
    });
    bound.collect()
}

/// A socket for one shard alone.
fn bind_one(
    setting: &'static str,
    service: Service,
    address: &ListenAddress,
) -> Result<Door, BootError> {
    let bound = match address {
        ListenAddress::Tcp(tcp) => retry(|| bind_tcp(*tcp, false)).and_then(|socket| {
            let address = ListenAddress::Tcp(local_address(&socket)?);
            Ok(Door { service, socket, address })
        }),
        ListenAddress::Unix(path) => retry(|| bind_unix(path)).map(|socket| Door {
            service,
            socket,
            address: address.clone(),
        }),
    };
    bound.map_err(|source| refused(setting, address, source))
}

fn refused(setting: &'static str, address: &ListenAddress, source: io::Error) -> BootError {
    let address = address.clone();
    if source.kind() == io::ErrorKind::AddrInUse {
        BootError::AddressInUse { setting, address }
    } else {
        BootError::Listen { setting, address, source }
    }
}

fn retry(bind: impl Fn() -> io::Result<Socket>) -> io::Result<Socket> {
    let began = Instant::now();
    loop {
        match bind() {
            Err(error)
                if error.kind() == io::ErrorKind::AddrInUse && began.elapsed() < RETRY_FOR =>
            {
                std::thread::sleep(RETRY_EVERY);
            }
            bound => return bound,
        }
    }
}

/// Options are set on the listening socket; what it accepts inherits them.
fn bind_tcp(address: SocketAddr, shared: bool) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // Connections of an earlier process that linger must not keep this one from starting.
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(shared)?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_tcp_nodelay(true)?;
    socket.set_send_buffer_size(SEND_BUFFER_BYTES)?;
    let keepalive = TcpKeepalive::new().with_time(KEEPALIVE_AFTER).with_interval(KEEPALIVE_EVERY);
    socket.set_tcp_keepalive(&keepalive)?;
    socket.set_tcp_user_timeout(Some(UNACKNOWLEDGED_MAX))?;
    socket.bind(&address.into())?;
    Ok(socket)
}

fn bind_unix(path: &Path) -> io::Result<Socket> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_send_buffer_size(SEND_BUFFER_BYTES)?;
    let address = SockAddr::unix(path)?;
    match socket.bind(&address) {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse && is_abandoned(path) => {
            std::fs::remove_file(path)?;
            socket.bind(&address)?;
        }
        bound => bound?,
    }
    Ok(socket)
}

/// Whether a socket file is left over from a process that is gone: nobody answers at it.
fn is_abandoned(path: &Path) -> bool {
    UnixStream::connect(path).is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
}

fn local_address(socket: &Socket) -> io::Result<SocketAddr> {
    let address = socket.local_addr()?.as_socket();
    address.ok_or_else(|| io::Error::other("a TCP socket has no address"))
}

#[cfg(test)]
mod tests;
