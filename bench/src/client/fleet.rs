//! All connections of a run on one epoll, in one thread.
//!
//! It opens sessions a bounded number at a time, and moves bytes one turn at a time when told to:
//! the schedule and the meaning of what arrives are the scenario's. Readiness is edge-triggered,
//! registered once for each socket: the kernel then looks at a socket once for each arrival, not
//! twice, and a write that waited needs no call of its own to be watched for.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::os::fd::OwnedFd;

use rustix::buffer::spare_capacity;
use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::io::Errno;
use socket2::{Domain, SockRef, Socket, Type};

use super::connection::{Beginning, Connection, Receiving};
use super::{Addresses, End, Seat, Sink};
use crate::clock::Clock;
use crate::error::BenchError;
use crate::histogram::Latencies;
use crate::interrupt::Interrupt;
use crate::limits::{
    CONNECTIONS_PER_SOURCE_MAX, EVENTS_MAX, OPENING_MAX, OPENING_STALL_NS, READ_BUFFER_BYTES,
    SLOW_RECEIVE_BUFFER_BYTES, SOURCES_MAX, TURN_WAIT_NS_MAX,
};
use crate::seed::Draws;
use crate::wire::{Outgoing, Wire};

pub(crate) struct Fleet {
    epoll: OwnedFd,
    events: Vec<Event>,
    buffer: Box<[u8]>,
    /// By seat; `None` once it ended.
    connections: Vec<Option<Connection>>,
    addresses: Addresses,
    ready: usize,
    clock: Clock,
    draws: Draws,
    /// From each connect to the session's readiness.
    sign_ins: Latencies,
}

/// How many sessions are opened at a time, and as whom.
#[derive(Clone, Debug)]
pub(crate) struct Opening {
    /// By seat; none on a server that takes a user's id for its word.
    pub(crate) tokens: Vec<String>,
    pub(crate) at_once: usize,
}

impl Default for Opening {
    fn default() -> Self {
        Self { tokens: Vec::new(), at_once: OPENING_MAX }
    }
}

impl Fleet {
    pub(crate) fn new(
        addresses: Addresses,
        clock: Clock,
        draws: Draws,
    ) -> Result<Self, BenchError> {
        let epoll = epoll::create(CreateFlags::CLOEXEC)
            .map_err(|errno| BenchError::io("creating an epoll", errno.into()))?;
        Ok(Self {
            epoll,
            events: Vec::with_capacity(EVENTS_MAX),
            buffer: vec![0; READ_BUFFER_BYTES].into_boxed_slice(),
            connections: Vec::new(),
            addresses,
            ready: 0,
            clock,
            draws,
            sign_ins: Latencies::new(),
        })
    }

    /// Opens a session for every seat and waits until all are ready.
    pub(crate) fn open(&mut self, seats: &[Seat], interrupt: &Interrupt) -> Result<(), BenchError> {
        self.open_as(seats, &Opening::default(), interrupt)
    }

    /// The same, with tokens and with a bound on how many are on their way.
    pub(crate) fn open_as(
        &mut self,
        seats: &[Seat],
        opening: &Opening,
        interrupt: &Interrupt,
    ) -> Result<(), BenchError> {
        let first = self.connections.len();
        let wanted = first + seats.len();
        let mut waiting = seats.iter().enumerate();
        let mut awaiting = Awaiting::default();
        let mut progress = (self.ready, self.clock.now_ns());
        while self.ready < wanted {
            while self.connections.len() - self.ready < opening.at_once
                && let Some((at, seat)) = waiting.next()
            {
                let token = opening.tokens.get(at).map(String::as_str);
                let index = self.connections.len();
                let connection = self.connect(index, *seat, token, None)?;
                self.connections.push(Some(connection));
            }
            self.turn(TURN_WAIT_NS_MAX, &mut awaiting)?;
            if let Some((index, end)) = awaiting.failed.take() {
                let seat = index.checked_sub(first).and_then(|at| seats.get(at));
                let (user, wire) = seat.map_or((0, "?"), |seat| (seat.user, seat.wire.name()));
                return Err(BenchError::SignIn { user, wire, end });
            }
            if interrupt.is_raised() {
                return Err(BenchError::Interrupted);
            }
            let now_ns = self.clock.now_ns();
            if self.ready > progress.0 {
                progress = (self.ready, now_ns);
            } else if now_ns - progress.1 > OPENING_STALL_NS {
                let seconds = OPENING_STALL_NS / 1_000_000_000;
                return Err(BenchError::SignInStalled { ready: self.ready, wanted, seconds });
            }
        }
        Ok(())
    }

    /// From each connect so far to the session's readiness.
    pub(crate) fn sign_ins(&self) -> &Latencies {
        &self.sign_ins
    }

    /// Sessions that are ready.
    pub(crate) fn ready(&self) -> usize {
        self.ready
    }

    /// Closes a seat's connection without a word, as a network does.
    pub(crate) fn drop_connection(&mut self, index: usize) {
        let connection = self.connections.get_mut(index).and_then(Option::take);
        if connection.is_some_and(|connection| connection.is_ready()) {
            self.ready -= 1;
        }
    }

    /// Begins a new session in a seat whose connection is gone. `after` is the last message that
    /// the seat has seen.
    pub(crate) fn reopen(
        &mut self,
        index: usize,
        seat: Seat,
        after: Option<u64>,
    ) -> Result<(), BenchError> {
        let connection = self.connect(index, seat, None, after)?;
        if let Some(slot) = self.connections.get_mut(index) {
            *slot = Some(connection);
        }
        Ok(())
    }

    /// From here on a seat is read only by [`Self::read_some`]. Its socket holds little, so that
    /// what it does not read soon waits at the server.
    pub(crate) fn stop_reading(&mut self, index: usize) -> Result<(), BenchError> {
        let Some(connection) = self.connections.get_mut(index).and_then(Option::as_mut) else {
            return Ok(());
        };
        connection.slow = true;
        SockRef::from(connection.stream())
            .set_recv_buffer_size(SLOW_RECEIVE_BUFFER_BYTES)
            .map_err(|source| BenchError::io("bounding a socket's receive buffer", source))
    }

    /// From here on a seat is read again as what comes is announced, what waits first.
    pub(crate) fn read_again(&mut self, index: usize, sink: &mut impl Sink) {
        let Some(connection) = self.connections.get_mut(index).and_then(Option::as_mut) else {
            return;
        };
        connection.slow = false;
        let result = announce_again(&self.epoll, connection, index);
        self.settle(index, result, sink);
    }

    /// Reads up to `bytes` of what has come for a seat.
    pub(crate) fn read_some(&mut self, index: usize, bytes: usize, sink: &mut impl Sink) {
        let Some(connection) = self.connections.get_mut(index).and_then(Option::as_mut) else {
            return;
        };
        let bytes = bytes.min(self.buffer.len());
        let Some(buffer) = self.buffer.get_mut(..bytes) else { return };
        let (clock, draws) = (self.clock, &mut self.draws);
        let mut receiving = Receiving { buffer, clock, draws, sink: &mut *sink };
        let result = connection.receive_some(index, &mut receiving);
        self.settle(index, result, sink);
    }

    /// Sends bytes that a seat's wire has no word for; `false` where its connection is gone.
    pub(crate) fn write(&mut self, index: usize, bytes: &[u8], sink: &mut impl Sink) -> bool {
        let Some(connection) = self.connections.get_mut(index).and_then(Option::as_mut) else {
            return false;
        };
        let result = connection.write(bytes);
        let sent = result.is_ok();
        self.settle(index, result, sink);
        sent
    }

    /// Waits up to `wait_ns` for sockets and handles at most [`EVENTS_MAX`] of them.
    pub(crate) fn turn(&mut self, wait_ns: u64, sink: &mut impl Sink) -> Result<(), BenchError> {
        let wait = Timespec {
            tv_sec: i64::try_from(wait_ns / 1_000_000_000).unwrap_or(i64::MAX),
            tv_nsec: i64::try_from(wait_ns % 1_000_000_000).unwrap_or(0),
        };
        self.events.clear();
        match epoll::wait(&self.epoll, spare_capacity(&mut self.events), Some(&wait)) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(errno) => return Err(BenchError::io("waiting on epoll", errno.into())),
        }
        let events = std::mem::take(&mut self.events);
        for event in &events {
            let (data, flags) = (event.data, event.flags);
            if let Ok(index) = usize::try_from(data.u64()) {
                self.handle(index, flags, sink);
            }
        }
        self.events = events;
        Ok(())
    }

    /// Sends a message from a seat; `false` where its connection is gone.
    pub(crate) fn publish(
        &mut self,
        index: usize,
        outgoing: Outgoing<'_>,
        sink: &mut impl Sink,
    ) -> bool {
        let Some(connection) = self.connections.get_mut(index).and_then(Option::as_mut) else {
            return false;
        };
        let result = connection.publish(outgoing, &mut self.draws);
        let sent = result.is_ok();
        self.settle(index, result, sink);
        sent
    }

    fn handle(&mut self, index: usize, flags: EventFlags, sink: &mut impl Sink) {
        let Some(connection) = self.connections.get_mut(index).and_then(Option::as_mut) else {
            return;
        };
        let was_ready = connection.is_ready();
        let mut result = Ok(());
        if flags.contains(EventFlags::OUT) && connection.has_unsent() {
            result = connection.flush();
        }
        let closing = flags.intersects(EventFlags::RDHUP | EventFlags::HUP | EventFlags::ERR);
        if connection.slow {
            // What it has not read it will not miss.
            let result = if closing { Err(End::Silent) } else { result };
            return self.settle(index, result, sink);
        }
        if result.is_ok() && (closing || flags.contains(EventFlags::IN)) {
            let mut receiving = Receiving {
                buffer: &mut self.buffer,
                clock: self.clock,
                draws: &mut self.draws,
                sink: &mut *sink,
            };
            result = match connection.receive_all(index, closing, &mut receiving) {
                Ok(true) => Ok(()),
                Ok(false) => announce_again(&self.epoll, connection, index),
                Err(end) => Err(end),
            };
        }
        if !was_ready && connection.is_ready() {
            self.ready += 1;
            self.sign_ins.record(self.clock.now_ns().saturating_sub(connection.begun_ns()));
        }
        self.settle(index, result, sink);
    }

    /// Forgets a connection that ended, and tells the sink. Dropping it closes its socket, which
    /// takes it off the epoll.
    fn settle(&mut self, index: usize, result: Result<(), End>, sink: &mut impl Sink) {
        let Err(end) = result else { return };
        let connection = self.connections.get_mut(index).and_then(Option::take);
        if connection.is_some_and(|connection| connection.is_ready()) {
            self.ready -= 1;
        }
        sink.ended(index, end);
    }

    fn connect(
        &self,
        index: usize,
        seat: Seat,
        token: Option<&str>,
        after: Option<u64>,
    ) -> Result<Connection, BenchError> {
        let begun_ns = self.clock.now_ns();
        let address = self.addresses.of(seat.wire);
        let stream = start_connect(address, index)
            .map_err(|source| BenchError::io(format!("connecting to {address}"), source))?;
        let beginning = Beginning { begun_ns, token, after };
        let connection = Connection::new(stream, seat, &address.to_string(), beginning);
        epoll::add(&self.epoll, connection.stream(), event_data(index), interest())
            .map_err(|errno| BenchError::io("adding a socket to epoll", errno.into()))?;
        Ok(connection)
    }
}

/// A socket that is ready when it is registered anew is announced anew.
fn announce_again(epoll: &OwnedFd, connection: &Connection, index: usize) -> Result<(), End> {
    epoll::modify(epoll, connection.stream(), event_data(index), interest())
        .map_err(|errno| End::Socket(io::Error::from(errno).kind()))
}

fn event_data(index: usize) -> EventData {
    EventData::new_u64(index as u64)
}

fn interest() -> EventFlags {
    EventFlags::IN | EventFlags::OUT | EventFlags::RDHUP | EventFlags::ET
}

/// Begins to connect. On loopback the sources are spread, because one of them has only so many
/// ports.
fn start_connect(address: SocketAddr, index: usize) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM.nonblocking(), None)?;
    socket.set_tcp_nodelay(true)?;
    if let Some(source) = source_of(address, index) {
        socket.bind(&SocketAddr::from((source, 0)).into())?;
    }
    match socket.connect(&address.into()) {
        Ok(()) => {}
        Err(error) if error.raw_os_error() == Some(Errno::INPROGRESS.raw_os_error()) => {}
        Err(error) => return Err(error),
    }
    Ok(socket.into())
}

/// The source address for a seat; `None` where the kernel's own choice will do.
fn source_of(address: SocketAddr, index: usize) -> Option<Ipv4Addr> {
    let source = index / CONNECTIONS_PER_SOURCE_MAX % SOURCES_MAX;
    match (address.ip(), u8::try_from(source)) {
        (IpAddr::V4(ip), Ok(source @ 1..)) if ip.is_loopback() => {
            Some(Ipv4Addr::new(127, 0, 0, source + 1))
        }
        _ => None,
    }
}

/// Listens to a fleet whose sessions only have to get ready.
#[derive(Default)]
struct Awaiting {
    failed: Option<(usize, End)>,
}

impl Sink for Awaiting {
    fn frame(&mut self, _: usize, _: Wire, _: &[u8], _: u64) {}

    fn ended(&mut self, seat: usize, end: End) {
        self.failed.get_or_insert((seat, end));
    }
}
