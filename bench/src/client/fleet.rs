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
use socket2::{Domain, Socket, Type};

use super::connection::{Connection, Receiving};
use super::{Addresses, End, Seat, Sink};
use crate::clock::Clock;
use crate::error::BenchError;
use crate::interrupt::Interrupt;
use crate::limits::{
    CONNECTIONS_PER_SOURCE_MAX, EVENTS_MAX, OPENING_MAX, OPENING_STALL_NS, READ_BUFFER_BYTES,
    SOURCES_MAX, TURN_WAIT_NS_MAX,
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
        })
    }

    /// Opens a session for every seat and waits until all are ready.
    pub(crate) fn open(&mut self, seats: &[Seat], interrupt: &Interrupt) -> Result<(), BenchError> {
        let first = self.connections.len();
        let wanted = first + seats.len();
        let mut waiting = seats.iter();
        let mut opening = Opening::default();
        let mut progress = (self.ready, self.clock.now_ns());
        while self.ready < wanted {
            while self.connections.len() - self.ready < OPENING_MAX
                && let Some(seat) = waiting.next()
            {
                self.connect(*seat)?;
            }
            self.turn(TURN_WAIT_NS_MAX, &mut opening)?;
            if let Some((index, end)) = opening.failed.take() {
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

    fn connect(&mut self, seat: Seat) -> Result<(), BenchError> {
        let index = self.connections.len();
        let address = self.addresses.of(seat.wire);
        let stream = start_connect(address, index)
            .map_err(|source| BenchError::io(format!("connecting to {address}"), source))?;
        let connection = Connection::new(stream, seat, &address.to_string());
        epoll::add(&self.epoll, connection.stream(), event_data(index), interest())
            .map_err(|errno| BenchError::io("adding a socket to epoll", errno.into()))?;
        self.connections.push(Some(connection));
        Ok(())
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
struct Opening {
    failed: Option<(usize, End)>,
}

impl Sink for Opening {
    fn frame(&mut self, _: usize, _: Wire, _: &[u8], _: u64) {}

    fn ended(&mut self, seat: usize, end: End) {
        self.failed.get_or_insert((seat, end));
    }
}
