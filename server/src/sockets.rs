//! The shard's own way to its sockets: one io_uring beside the runtime's.
//!
//! A socket is read and written by plain calls that never wait; what waits is one poll per socket,
//! which stays in the kernel as long as the socket is here and costs no memory of this process
//! beyond its [`Watch`]. Everything that a turn has for its clients is given to the kernel at
//! once. Decides who is woken by what the kernel found; what is sent to whom, and what becomes
//! of a socket that is full or broken, is the connections' to say.
//!
//! Invariant: while a [`Watch`] says that its socket is not readable, a poll is in the kernel or on
//! its way there, and whatever comes is found by it; so nobody waits for what is there already.

mod doorbell;
mod ring;
mod stream;
mod watch;

use std::cell::RefCell;
use std::io;
use std::os::fd::{AsFd as _, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;

use slab::Slab;

use crate::runtime::{self, Bell};
use ring::{Found, Repeats, Ring, Token};
use watch::{Kind, Watch};

pub(crate) use doorbell::{Doorbell, from_afar, poll_from_afar};
pub(crate) use ring::{SENDS_MAX, Sending, Slices};
pub(crate) use stream::{Acceptor, MovingStream, Stream};

/// What a socket is watched for: bytes, and that no more of them come.
const READING: i16 = libc::POLLIN | libc::POLLRDHUP;
/// What tells that no more bytes come. A read that finds fewer bytes than it had room for has
/// emptied the socket, but it may have left the end behind.
const ENDED: i16 = libc::POLLRDHUP | libc::POLLHUP | libc::POLLERR;
const DOORBELL: Token = Token(u64::MAX - 1);

/// One shard's sockets.
pub(crate) struct Sockets {
    ring: RefCell<Ring>,
    watches: RefCell<Slab<Watch>>,
    doorbell: Arc<Doorbell>,
    /// Rung where the ring was given something, or has something, while the shard is parked.
    stirred: Bell,
}

impl Sockets {
    /// On the shard's own thread. Starts the task that hears the ring while the shard is parked.
    pub(crate) fn new(doorbell: Arc<Doorbell>) -> io::Result<Rc<Self>> {
        let (sockets, signal) = Self::with_signal(doorbell)?;
        let sockets = Rc::new(sockets);
        sockets.doorbell.hang();
        runtime::spawn("signals", hear_signals(signal, Rc::clone(&sockets)));
        Ok(sockets)
    }

    /// And the eventfd that the ring signals.
    fn with_signal(doorbell: Arc<Doorbell>) -> io::Result<(Self, OwnedFd)> {
        let mut ring = Ring::new()?;
        let signal = doorbell::eventfd()?;
        ring.register_bell(signal.as_raw_fd())?;
        let bell = doorbell.as_fd().as_raw_fd();
        ring.poll(bell, libc::POLLIN, Repeats::Always, DOORBELL);
        let stirred = Bell::default();
        let sockets = Self { ring: ring.into(), watches: RefCell::default(), doorbell, stirred };
        Ok((sockets, signal))
    }

    pub(crate) fn doorbell(&self) -> &Doorbell {
        &self.doorbell
    }

    pub(crate) fn stirred(&self) -> &Bell {
        &self.stirred
    }

    /// Sends what each socket takes now; never waits ([`io::ErrorKind::WouldBlock`]).
    pub(crate) fn send_all(&self, sendings: &mut [Sending<'_>]) {
        self.ring.borrow_mut().send_all(sendings);
    }

    /// Gives the kernel what waits for it, and wakes whoever it has something for. True where
    /// there was something.
    pub(crate) fn look(&self) -> bool {
        self.stirred.hush();
        self.ring.borrow_mut().look();
        self.wake_found()
    }

    /// The same, once there is something, or `patience` has passed.
    pub(crate) fn wait(&self, patience: Duration) -> bool {
        self.ring.borrow_mut().wait(patience);
        self.wake_found()
    }

    /// From now on [`Sockets::stirred`] rings for what comes. True where something is there
    /// already.
    pub(crate) fn begin_to_park(&self) -> bool {
        let mut ring = self.ring.borrow_mut();
        ring.begin_signals();
        ring.has_work()
    }

    pub(crate) fn end_to_park(&self) {
        self.ring.borrow_mut().end_signals();
    }

    fn wake_found(&self) -> bool {
        let mut any = false;
        // Not in one expression: whoever is woken may borrow the ring.
        loop {
            let next = self.ring.borrow_mut().next_found();
            let Some(found) = next else { return any };
            any = true;
            if let Some(waker) = self.note(found) {
                waker.wake();
            }
        }
    }

    fn note(&self, found: Found) -> Option<Waker> {
        if found.token == DOORBELL {
            if found.has_ended {
                let bell = self.doorbell.as_fd().as_raw_fd();
                self.ring.borrow_mut().poll(bell, libc::POLLIN, Repeats::Always, DOORBELL);
            }
            return None;
        }
        let (key, kind) = watch::of_token(found.token)?;
        let mut watches = self.watches.borrow_mut();
        let watch = watches.get_mut(key)?;
        watch.note(kind, found);
        if watch.is_over() {
            watches.remove(key);
            return None;
        }
        watch.waker.take()
    }

    /// Begins to watch a socket; the key names it from then on.
    fn watch(&self) -> usize {
        self.watches.borrow_mut().insert(Watch::default())
    }

    /// Whether the socket may have something to be read; otherwise `cx` is woken once it may.
    fn is_readable(&self, key: usize, socket: BorrowedFd<'_>, cx: &Context<'_>) -> bool {
        let mut watches = self.watches.borrow_mut();
        let Some(watch) = watches.get_mut(key) else { return true };
        if watch.is_readable {
            return true;
        }
        watch.remember(cx);
        if watch.begin(Kind::Reading) {
            self.poll(
                socket.as_raw_fd(),
                READING,
                Repeats::Always,
                watch::token(key, Kind::Reading),
            );
        }
        false
    }

    /// A read found this, and nothing more is there.
    fn emptied(&self, key: usize) {
        if let Some(watch) = self.watches.borrow_mut().get_mut(key) {
            watch.is_readable = watch.has_ended;
        }
    }

    /// A read found nothing.
    fn found_empty(&self, key: usize) {
        if let Some(watch) = self.watches.borrow_mut().get_mut(key) {
            watch.is_readable = false;
        }
    }

    /// Has `cx` woken once the socket takes bytes again.
    fn await_room(&self, key: usize, socket: BorrowedFd<'_>, cx: &Context<'_>) {
        let mut watches = self.watches.borrow_mut();
        let Some(watch) = watches.get_mut(key) else { return };
        watch.remember(cx);
        if watch.begin(Kind::Room) {
            let token = watch::token(key, Kind::Room);
            self.poll(socket.as_raw_fd(), libc::POLLOUT, Repeats::Once, token);
        }
    }

    /// The socket is watched no more. Its polls end at the next look; until then they keep the
    /// connection open in the kernel.
    fn forget(&self, key: usize) {
        let mut watches = self.watches.borrow_mut();
        let Some(watch) = watches.get_mut(key) else { return };
        watch.waker = None;
        watch.is_forgotten = true;
        let polls = watch.polls();
        if watch.is_over() {
            watches.remove(key);
        }
        for kind in polls {
            self.ring.borrow_mut().end_poll(watch::token(key, kind));
            self.stirred.ring();
        }
    }

    fn poll(&self, socket: RawFd, events: i16, repeats: Repeats, token: Token) {
        self.ring.borrow_mut().poll(socket, events, repeats, token);
        self.stirred.ring();
    }
}

/// Rings for the ring, whose signals only the runtime's reactor hears.
async fn hear_signals(signal: OwnedFd, sockets: Rc<Sockets>) {
    let signals = runtime::Signals::new(signal);
    loop {
        signals.next().await;
        sockets.stirred.ring();
    }
}

#[cfg(test)]
mod tests;
