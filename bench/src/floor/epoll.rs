//! The floor on epoll: one thread, one send(2) for each delivery.
//!
//! Readiness is level-triggered: a connection is read once for each time that it is announced,
//! and a member whose socket is full is watched for room only while something waits for it.

use std::io;
use std::net::TcpListener;
use std::os::fd::OwnedFd;

use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, SocketFlags, accept_with, recv, send};
use slab::Slab;

use super::groups::{Groups, Place};
use super::lines::{Unread, group_number};
use super::{JOINED, UNSENT_BYTES_MAX, connections_max};

/// Taken from the kernel at once.
const EVENTS_MAX: usize = 1_024;
/// The one buffer that every socket is read into.
const READ_BUFFER_BYTES: usize = 256 * 1024;
/// The listener's event; slots are u32.
const LISTENER: u64 = u64::MAX;

struct Connection {
    socket: OwnedFd,
    place: Option<Place>,
    unread: Unread,
    /// What its socket did not take.
    unsent: Vec<u8>,
}

struct Server {
    epoll: OwnedFd,
    listener: TcpListener,
    /// Whether the listener is watched: not while there is no descriptor for a connection.
    accepting: bool,
    connections: Slab<Connection>,
    groups: Groups,
    /// Members that failed while a message was sent to all.
    failed: Vec<u32>,
}

/// Serves until epoll itself fails.
pub(super) fn serve(listener: TcpListener) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let mut server = Server {
        epoll: epoll::create(CreateFlags::CLOEXEC)?,
        listener,
        accepting: false,
        connections: Slab::with_capacity(connections_max()),
        groups: Groups::default(),
        failed: Vec::new(),
    };
    server.watch_listener()?;
    let mut events: Vec<Event> = Vec::with_capacity(EVENTS_MAX);
    // Written to, so that no connection seems to need its memory.
    let mut buffer = vec![1; READ_BUFFER_BYTES].into_boxed_slice();
    loop {
        events.clear();
        match epoll::wait(&server.epoll, spare_capacity(&mut events), None) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(errno) => return Err(errno.into()),
        }
        for event in &events {
            let (data, flags) = (event.data.u64(), event.flags);
            match u32::try_from(data) {
                Ok(slot) => server.handle(slot, flags, &mut buffer)?,
                Err(_) => server.accept()?,
            }
        }
    }
}

impl Server {
    fn watch_listener(&mut self) -> io::Result<()> {
        epoll::add(&self.epoll, &self.listener, EventData::new_u64(LISTENER), EventFlags::IN)?;
        self.accepting = true;
        Ok(())
    }

    fn accept(&mut self) -> io::Result<()> {
        loop {
            match accept_with(&self.listener, SocketFlags::NONBLOCK | SocketFlags::CLOEXEC) {
                Ok(socket) => self.register(socket)?,
                Err(Errno::AGAIN) => return Ok(()),
                Err(Errno::INTR | Errno::CONNABORTED) => {}
                // Who waits is accepted as soon as somebody leaves; watched meanwhile, the
                // listener would be announced without end.
                Err(Errno::MFILE | Errno::NFILE) => {
                    epoll::delete(&self.epoll, &self.listener)?;
                    self.accepting = false;
                    return Ok(());
                }
                Err(errno) => return Err(errno.into()),
            }
        }
    }

    fn register(&mut self, socket: OwnedFd) -> io::Result<()> {
        let entry = self.connections.vacant_entry();
        epoll::add(&self.epoll, &socket, EventData::new_u64(entry.key() as u64), EventFlags::IN)?;
        let (unread, unsent) = (Unread::default(), Vec::new());
        entry.insert(Connection { socket, place: None, unread, unsent });
        Ok(())
    }

    /// An event may be of a connection that ended in this turn, its slot taken by another: so
    /// what the socket says counts, never the flags alone.
    fn handle(&mut self, slot: u32, flags: EventFlags, buffer: &mut [u8]) -> io::Result<()> {
        if flags.contains(EventFlags::OUT) {
            self.flush(slot)?;
        }
        if flags.intersects(EventFlags::IN | EventFlags::HUP | EventFlags::ERR) {
            let Some(connection) = self.connections.get_mut(slot as usize) else { return Ok(()) };
            match recv(&connection.socket, &mut *buffer, RecvFlags::empty()) {
                Ok((read @ 1.., _)) => self.received(slot, &buffer[..read])?,
                Err(Errno::AGAIN | Errno::INTR) => {}
                Ok(_) | Err(_) => self.remove(slot)?,
            }
        }
        while let Some(failed) = self.failed.pop() {
            self.remove(failed)?;
        }
        Ok(())
    }

    fn received(&mut self, slot: u32, arrived: &[u8]) -> io::Result<()> {
        let Some(connection) = self.connections.get_mut(slot as usize) else { return Ok(()) };
        let mut unread = std::mem::take(&mut connection.unread);
        let mut place = connection.place;
        let mut understood = true;
        let whole = unread.complete(arrived, |line| match place {
            Some(Place { group, .. }) => self.broadcast(slot, group, line),
            None => {
                place = group_number(line).map(|number| self.join(slot, number));
                understood &= place.is_some();
            }
        });
        if whole.is_err() || !understood {
            return self.remove(slot);
        }
        if let Some(connection) = self.connections.get_mut(slot as usize) {
            connection.unread = unread;
        }
        Ok(())
    }

    fn join(&mut self, slot: u32, number: u64) -> Place {
        let place = self.groups.join(number, slot);
        if let Some(connection) = self.connections.get_mut(slot as usize) {
            connection.place = Some(place);
            if !connection.send(slot, JOINED, &self.epoll) {
                self.failed.push(slot);
            }
        }
        place
    }

    fn broadcast(&mut self, sender: u32, group: u32, line: &[u8]) {
        for slot in self.groups.members(group) {
            if *slot == sender {
                continue;
            }
            if let Some(connection) = self.connections.get_mut(*slot as usize)
                && !connection.send(*slot, line, &self.epoll)
            {
                self.failed.push(*slot);
            }
        }
    }

    /// Sends what waited.
    fn flush(&mut self, slot: u32) -> io::Result<()> {
        let Some(connection) = self.connections.get_mut(slot as usize) else { return Ok(()) };
        match send(&connection.socket, &connection.unsent, SendFlags::NOSIGNAL) {
            Ok(sent) => {
                connection.unsent.drain(..sent);
                if connection.unsent.is_empty() {
                    connection.unsent = Vec::new();
                    let data = EventData::new_u64(slot.into());
                    epoll::modify(&self.epoll, &connection.socket, data, EventFlags::IN)?;
                }
            }
            Err(Errno::AGAIN | Errno::INTR) => {}
            Err(_) => self.remove(slot)?,
        }
        Ok(())
    }

    /// Closes a connection, which takes it off the epoll. One that is gone already is named twice
    /// where several messages of a turn failed.
    fn remove(&mut self, slot: u32) -> io::Result<()> {
        let Some(connection) = self.connections.try_remove(slot as usize) else { return Ok(()) };
        if let Some(place) = connection.place
            && let Some(moved) = self.groups.leave(place)
            && let Some(moved) = self.connections.get_mut(moved as usize)
        {
            moved.place = Some(place);
        }
        drop(connection);
        if self.accepting { Ok(()) } else { self.watch_listener() }
    }
}

impl Connection {
    /// Sends, or keeps what the socket does not take; `false` where the connection is lost or
    /// too much waits.
    fn send(&mut self, slot: u32, bytes: &[u8], epoll: &OwnedFd) -> bool {
        let sent = if self.unsent.is_empty() {
            match send(&self.socket, bytes, SendFlags::NOSIGNAL) {
                Ok(sent) if sent == bytes.len() => return true,
                Ok(sent) => sent,
                Err(Errno::AGAIN | Errno::INTR) => 0,
                Err(_) => return false,
            }
        } else {
            0
        };
        let rest = bytes.get(sent..).unwrap_or_default();
        if self.unsent.len() + rest.len() > UNSENT_BYTES_MAX {
            return false;
        }
        let was_empty = self.unsent.is_empty();
        self.unsent.extend_from_slice(rest);
        let watched = EventFlags::IN | EventFlags::OUT;
        let data = EventData::new_u64(slot.into());
        !was_empty || epoll::modify(epoll, &self.socket, data, watched).is_ok()
    }
}
