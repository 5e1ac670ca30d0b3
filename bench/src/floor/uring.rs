//! The floor on io_uring: one thread, one system call for all that a turn sends.
//!
//! A turn takes what has arrived, prepares a send for each receiver of each message, and submits
//! them while it waits for the next. Two messages of one group are never in one submission, so a
//! send that is cut short is known before anything else goes to that socket.

mod ring;

use std::io;
use std::net::TcpListener;

use super::groups::{Groups, Place};
use super::lines::{Unread, group_number};
use super::{JOINED, UNSENT_BYTES_MAX, connections_max};
use ring::{Completion, OUTGOING_BYTES, Piece, Ring};

/// What one flush of a slow member's backlog carries.
const FLUSH_BYTES_MAX: usize = 256 * 1024;
const _: () = assert!(super::LINE_BYTES_MAX <= OUTGOING_BYTES, "a line must fit into a turn");

#[derive(Default)]
struct Connection {
    place: Option<Place>,
    unread: Unread,
    /// What its socket did not take.
    unsent: Vec<u8>,
    /// Operations that will still complete: a slot is free without any.
    pending: u8,
    /// Nothing more is sent; the slot is freed when nothing is pending.
    ended: bool,
}

struct Server {
    ring: Ring,
    accepting: bool,
    /// By slot of the ring's file table; `None` for free ones.
    connections: Vec<Option<Connection>>,
    groups: Groups,
    /// By group: the last submission that holds one of its messages.
    submissions: Vec<u64>,
    /// To be handled.
    completions: Vec<Completion>,
}

/// Serves until the ring itself fails.
pub(super) fn serve(listener: TcpListener) -> io::Result<()> {
    let slots = connections_max();
    let mut server = Server {
        ring: Ring::new(listener, u32::try_from(slots).unwrap_or(u32::MAX))?,
        accepting: false,
        connections: Vec::with_capacity(slots),
        groups: Groups::default(),
        submissions: Vec::new(),
        completions: Vec::new(),
    };
    server.accept()?;
    loop {
        server.turn(1)?;
        // A submission in the middle of a turn brings more, which come behind.
        while !server.completions.is_empty() {
            for completion in std::mem::take(&mut server.completions) {
                server.handle(completion)?;
            }
        }
    }
}

impl Server {
    fn accept(&mut self) -> io::Result<()> {
        self.accepting = true;
        self.ring.accept()
    }

    /// Submits what was gathered and waits for `wanted` completions. What was not sent is kept at
    /// once, before anything else can be sent to that socket; the rest is handled later.
    fn turn(&mut self, wanted: usize) -> io::Result<()> {
        let mut completions = Vec::new();
        self.ring.turn(wanted, &mut completions)?;
        for completion in completions {
            match completion {
                Completion::Unsent { slot, rest: Some(rest) } => self.keep(slot, &rest)?,
                Completion::Unsent { slot, rest: None } => self.drop_member(slot)?,
                later => self.completions.push(later),
            }
        }
        Ok(())
    }

    fn handle(&mut self, completion: Completion) -> io::Result<()> {
        match completion {
            Completion::Accepted { slot, more } => {
                self.accepted(slot)?;
                if more { Ok(()) } else { self.accept() }
            }
            Completion::AcceptEnded { full: false } => self.accept(),
            Completion::AcceptEnded { full: true } => {
                // Asked for again when a slot is free.
                self.accepting = false;
                Ok(())
            }
            Completion::Received { slot, piece, more } => {
                self.received(slot, piece)?;
                if more { Ok(()) } else { self.receive_ended(slot, true) }
            }
            Completion::ReceiveEnded { slot, starved } => self.receive_ended(slot, starved),
            Completion::Room { slot } => {
                self.completed(slot);
                self.flush(slot)
            }
            Completion::Flushed { slot, sent } => self.flushed(slot, sent),
            Completion::Closed if self.accepting => Ok(()),
            Completion::Closed => self.accept(),
            Completion::Unsent { .. } => unreachable!("a turn keeps what was not sent"),
        }
    }

    fn receive_ended(&mut self, slot: u32, goes_on: bool) -> io::Result<()> {
        if goes_on && self.is_live(slot) {
            return self.ring.receive(slot);
        }
        self.completed(slot);
        self.end(slot)
    }

    fn accepted(&mut self, slot: u32) -> io::Result<()> {
        let at = slot as usize;
        if self.connections.len() <= at {
            self.connections.resize_with(at + 1, || None);
        }
        self.connections[at] = Some(Connection { pending: 1, ..Connection::default() });
        self.ring.receive(slot)
    }

    fn received(&mut self, slot: u32, piece: Piece) -> io::Result<()> {
        let Some(connection) = self.live(slot) else {
            self.ring.give_back(piece);
            return Ok(());
        };
        let mut unread = std::mem::take(&mut connection.unread);
        let mut lines = Vec::new();
        let mut ends = Vec::new();
        let whole = unread.complete(self.ring.bytes(&piece), |line| {
            lines.extend_from_slice(line);
            ends.push(lines.len());
        });
        self.ring.give_back(piece);
        let mut from = 0;
        for end in ends {
            let line = lines.get(from..end).unwrap_or_default();
            from = end;
            match self.live(slot).map(|connection| connection.place) {
                Some(Some(place)) => self.broadcast(slot, place.group, line)?,
                Some(None) => match group_number(line) {
                    Some(number) => self.join(slot, number)?,
                    None => return self.drop_member(slot),
                },
                None => return Ok(()),
            }
        }
        if whole.is_err() {
            return self.drop_member(slot);
        }
        if let Some(connection) = self.live(slot) {
            connection.unread = unread;
        }
        Ok(())
    }

    fn join(&mut self, slot: u32, number: u64) -> io::Result<()> {
        let place = self.groups.join(number, slot);
        if let Some(connection) = self.live(slot) {
            connection.place = Some(place);
        }
        let message = self.message_to(place.group, JOINED)?;
        self.ring.send(std::iter::once(slot), message)
    }

    fn broadcast(&mut self, sender: u32, group: u32, line: &[u8]) -> io::Result<()> {
        let message = self.message_to(group, line)?;
        let Self { ring, connections, groups, .. } = self;
        let mut overfull = Vec::new();
        let takes_now = |slot: &u32| {
            let connection = connections.get_mut(*slot as usize).and_then(Option::as_mut);
            let Some(connection) = connection.filter(|_| *slot != sender) else { return false };
            if connection.unsent.is_empty() {
                return true;
            }
            if connection.unsent.len() + line.len() <= UNSENT_BYTES_MAX {
                connection.unsent.extend_from_slice(line);
            } else {
                overfull.push(*slot);
            }
            false
        };
        ring.send(groups.members(group).iter().copied().filter(takes_now), message)?;
        overfull.into_iter().try_for_each(|slot| self.drop_member(slot))
    }

    /// A message to members of one group, in a submission that holds no other one of the group.
    fn message_to(&mut self, group: u32, bytes: &[u8]) -> io::Result<ring::Message> {
        let at = group as usize;
        if self.submissions.len() <= at {
            self.submissions.resize(at + 1, u64::MAX);
        }
        if self.submissions[at] == self.ring.submission() {
            self.turn(0)?;
        }
        let message = match self.ring.message(bytes) {
            Some(message) => message,
            None => {
                self.turn(0)?;
                self.ring.message(bytes).ok_or(io::ErrorKind::FileTooLarge)?
            }
        };
        self.submissions[at] = self.ring.submission();
        Ok(message)
    }

    /// Keeps what a socket did not take, and asks for word when it has room.
    fn keep(&mut self, slot: u32, rest: &[u8]) -> io::Result<()> {
        let Some(connection) = self.live(slot) else { return Ok(()) };
        let first = connection.unsent.is_empty();
        connection.unsent.extend_from_slice(rest);
        if first {
            connection.pending += 1;
            self.ring.await_room(slot)?;
        }
        Ok(())
    }

    fn flush(&mut self, slot: u32) -> io::Result<()> {
        let Some(connection) = self.live(slot) else { return self.free(slot) };
        let chunk = connection.unsent.get(..FLUSH_BYTES_MAX).unwrap_or(&connection.unsent);
        let chunk = chunk.to_vec();
        connection.pending += 1;
        let message = match self.ring.message(&chunk) {
            Some(message) => message,
            None => {
                self.turn(0)?;
                self.ring.message(&chunk).ok_or(io::ErrorKind::FileTooLarge)?
            }
        };
        self.ring.flush(slot, message)
    }

    fn flushed(&mut self, slot: u32, sent: Option<usize>) -> io::Result<()> {
        self.completed(slot);
        let (Some(sent), Some(connection)) = (sent, self.live(slot)) else {
            return self.drop_member(slot);
        };
        connection.unsent.drain(..sent);
        if connection.unsent.is_empty() {
            connection.unsent = Vec::new();
            return Ok(());
        }
        connection.pending += 1;
        self.ring.await_room(slot)
    }

    /// Gives a member up that is lost, too slow or not understood.
    fn drop_member(&mut self, slot: u32) -> io::Result<()> {
        if self.is_live(slot) {
            self.ring.shut_down(slot)?;
        }
        self.end(slot)
    }

    /// Takes a connection out of its group; frees its slot once nothing is pending on it.
    fn end(&mut self, slot: u32) -> io::Result<()> {
        if let Some(connection) = self.live(slot) {
            connection.ended = true;
            connection.unsent = Vec::new();
            if let Some(place) = connection.place.take()
                && let Some(moved) = self.groups.leave(place)
                && let Some(moved) = self.connection(moved)
            {
                moved.place = Some(place);
            }
        }
        self.free(slot)
    }

    fn free(&mut self, slot: u32) -> io::Result<()> {
        let idle = |connection: &Connection| connection.ended && connection.pending == 0;
        let entry = self.connections.get_mut(slot as usize);
        match entry.and_then(|entry| entry.take_if(|connection| idle(connection))) {
            Some(_ended) => self.ring.close(slot),
            None => Ok(()),
        }
    }

    fn completed(&mut self, slot: u32) {
        if let Some(connection) = self.connection(slot) {
            connection.pending = connection.pending.saturating_sub(1);
        }
    }

    fn connection(&mut self, slot: u32) -> Option<&mut Connection> {
        self.connections.get_mut(slot as usize)?.as_mut()
    }

    fn live(&mut self, slot: u32) -> Option<&mut Connection> {
        self.connection(slot).filter(|connection| !connection.ended)
    }

    fn is_live(&mut self, slot: u32) -> bool {
        self.live(slot).is_some()
    }
}
