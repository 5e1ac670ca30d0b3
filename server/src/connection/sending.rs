//! How a connection's outbox goes out.
//!
//! The turn's flush sends the first batch of every dirty outbox in one submission ([`Begun`]);
//! [`Connection::flush`] sends what is left after that, and everything where there is no socket.
//! Decides what a full socket means: the connection's task waits for room. Invariant: an outbox is
//! advanced by exactly what the kernel, or the link, took.

use std::cell::{Ref, RefMut};
use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use super::{Connection, pace};
use crate::outbox::Outbox;
use crate::sockets::{Sending, Stream};

/// What a flush came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    All,
    /// The socket is full; the connection's task goes on once there is room.
    Blocked,
    /// The next frame waits for its gap to be over.
    Paced,
}

/// A connection whose outbox is on its way to the kernel together with others.
pub(crate) struct Begun<'a> {
    connection: &'a Connection,
    socket: Ref<'a, OwnedFd>,
    outbox: RefMut<'a, Outbox>,
}

impl Begun<'_> {
    /// What the kernel is to be given.
    pub(crate) fn sending(&self) -> Sending<'_> {
        let slices_max = pace::slices_max(self.connection.form.get().framing);
        Sending::new(self.socket.as_fd(), self.outbox.slices(slices_max))
    }

    /// Takes off what was sent of `wanted` bytes.
    pub(crate) fn settle(
        mut self,
        wanted: usize,
        sent: io::Result<usize>,
        now_ms: u64,
        gap: Duration,
    ) {
        match self.connection.settle(&mut self.outbox, wanted, sent) {
            Ok(Settled::All) => self.connection.pace.sent(now_ms, gap),
            Ok(Settled::Again | Settled::Blocked) => {}
            Err(_) => self.connection.lose(),
        }
    }
}

/// What one send came to.
enum Settled {
    /// Everything that was given.
    All,
    /// It was interrupted.
    Again,
    Blocked,
}

impl Connection {
    /// Marks it for the flush at the end of the turn; true where it was not marked before. A
    /// socket that is full is left to its task.
    pub(crate) fn mark_dirty(&self) -> bool {
        !self.is_blocked.get() && !self.is_dirty.replace(true)
    }

    /// Begins to send, where something may go to a socket now.
    pub(crate) fn begin_sending(&self, now_ms: u64) -> Option<Begun<'_>> {
        let socket = Ref::filter_map(self.stream.borrow(), |stream| match stream {
            Some(Stream::Socket(socket)) => socket.descriptor(),
            Some(Stream::Link(_)) | None => None,
        });
        let socket = socket.ok()?;
        let outbox = self.outbox.borrow_mut();
        let holds = self.pace.holds(self.form.get().framing, &outbox, now_ms);
        let waits = outbox.is_empty() || self.is_blocked.get() || holds;
        (!waits).then_some(Begun { connection: self, socket, outbox })
    }

    /// Sends what waits with as few calls as there can be, and never waits.
    pub(crate) fn flush(&self, now_ms: u64, gap: Duration) -> io::Result<Sent> {
        self.is_dirty.set(false);
        let mut outbox = self.outbox.borrow_mut();
        if outbox.is_empty() {
            return Ok(Sent::All);
        }
        let mut stream = self.stream.borrow_mut();
        let Some(stream) = stream.as_mut() else { return Ok(Sent::All) };
        let framing = self.form.get().framing;
        while !outbox.is_empty() {
            if self.is_blocked.get() {
                return Ok(Sent::Blocked);
            }
            if self.pace.holds(framing, &outbox, now_ms) {
                return Ok(Sent::Paced);
            }
            let slices = outbox.slices(pace::slices_max(framing));
            let wanted = slices.iter().map(|slice| slice.len()).sum();
            let sent = stream.try_write(&slices);
            drop(slices);
            match self.settle(&mut outbox, wanted, sent)? {
                Settled::All => self.pace.sent(now_ms, gap),
                Settled::Again | Settled::Blocked => {}
            }
        }
        Ok(Sent::All)
    }

    fn settle(
        &self,
        outbox: &mut Outbox,
        wanted: usize,
        sent: io::Result<usize>,
    ) -> io::Result<Settled> {
        match sent {
            Ok(sent) => {
                outbox.advance(sent);
                Ok(if sent < wanted { self.block() } else { Settled::All })
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(self.block()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(Settled::Again),
            Err(error) => Err(error),
        }
    }

    /// Leaves the rest to the task, which waits until the socket takes more.
    fn block(&self) -> Settled {
        self.is_blocked.set(true);
        self.wake();
        Settled::Blocked
    }

    /// Where the socket was full: waits for room and sends one chunk, or a part of it. Ready once
    /// it is not full; the turn's flush sends the rest.
    pub(super) fn poll_room(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut stream = self.stream.borrow_mut();
        let mut outbox = self.outbox.borrow_mut();
        let sent = match (stream.as_mut(), outbox.first()) {
            (Some(stream), Some(first)) if self.is_blocked.get() => {
                ready!(stream.poll_write(cx, first))
            }
            (_, _) => Ok(0),
        };
        self.is_blocked.set(false);
        Poll::Ready(sent.map(|sent| outbox.advance(sent)))
    }
}
