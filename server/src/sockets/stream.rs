//! A connected stream socket, TCP or Unix, or a [link](crate::link) in a socket's place; and the
//! acceptor that makes sockets.
//!
//! Invariant: a socket that is dropped has been shut down first, because the poll that is in the
//! kernel for it would hold the connection open until the shard looks again; and a descriptor on
//! its way to another shard is closed if it never arrives.

use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::net::Shutdown;
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, OwnedFd};
use std::rc::Rc;
use std::task::{Context, Poll};

use parlance_codecs::dialect::EndReason;
use socket2::SockRef;

use super::Sockets;
use crate::link::LinkEnd;

const SEND_FLAGS: i32 = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;

/// A connection's bytes, in both directions.
pub(crate) enum Stream {
    Socket(Socket),
    /// Boxed, because most connections are sockets.
    Link(Box<LinkEnd>),
}

/// A socket that this shard watches.
pub(crate) struct Socket {
    /// `None` once it has left for another shard.
    descriptor: Option<OwnedFd>,
    key: usize,
    sockets: Rc<Sockets>,
}

/// A connection between two shards.
pub(crate) enum MovingStream {
    Socket(OwnedFd),
    Link(Box<LinkEnd>),
}

impl Stream {
    /// Takes the stream off this shard. What was read stays read; what was not is in the kernel,
    /// or in the link, for the next shard.
    pub(crate) fn into_moving(self) -> io::Result<MovingStream> {
        match self {
            Self::Socket(mut socket) => {
                let descriptor = socket.descriptor.take().ok_or(io::ErrorKind::NotConnected)?;
                Ok(MovingStream::Socket(descriptor))
            }
            Self::Link(link) => Ok(MovingStream::Link(link)),
        }
    }

    /// Tells the peer that nothing more comes (`Write`), or ends both ways.
    pub(crate) fn shut_down(&mut self, how: Shutdown) {
        match self {
            Self::Socket(socket) => socket.shut_down(how),
            Self::Link(link) => link.shut_down(how),
        }
    }

    /// Leaves word of why the connection ends, where that can be told beside its bytes.
    pub(crate) fn conclude(&self, reason: EndReason) {
        match self {
            Self::Socket(_) => {}
            Self::Link(link) => link.conclude(reason),
        }
    }

    /// Sends what the kernel, or the link, takes now; never waits
    /// ([`io::ErrorKind::WouldBlock`]).
    pub(crate) fn try_write(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        match self {
            Self::Socket(socket) => {
                let socket = socket.as_open()?;
                match slices {
                    [slice] => SockRef::from(&socket).send_with_flags(slice, SEND_FLAGS),
                    _ => SockRef::from(&socket).send_vectored_with_flags(slices, SEND_FLAGS),
                }
            }
            Self::Link(link) => link.try_write(slices),
        }
    }

    pub(crate) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        match self {
            Self::Socket(socket) => socket.poll_read(cx, buffer),
            Self::Link(link) => link.poll_read(cx, buffer),
        }
    }

    pub(crate) fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self {
            Self::Socket(socket) => socket.poll_write(cx, bytes),
            Self::Link(link) => link.poll_write(cx, bytes),
        }
    }
}

impl Socket {
    fn new(descriptor: OwnedFd, sockets: Rc<Sockets>) -> Self {
        let key = sockets.watch();
        Self { descriptor: Some(descriptor), key, sockets }
    }

    /// `None` once it has left for another shard.
    pub(crate) fn descriptor(&self) -> Option<&OwnedFd> {
        self.descriptor.as_ref()
    }

    fn as_open(&self) -> io::Result<BorrowedFd<'_>> {
        let descriptor = self.descriptor.as_ref().ok_or(io::ErrorKind::NotConnected)?;
        Ok(descriptor.as_fd())
    }

    fn shut_down(&self, how: Shutdown) {
        if let Ok(socket) = self.as_open() {
            // A peer that is gone already makes this fail, which is what was wanted.
            let _ = SockRef::from(&socket).shutdown(how);
        }
    }

    fn poll_read(&self, cx: &Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        let socket = self.as_open()?;
        while self.sockets.is_readable(self.key, socket, cx) {
            match receive(socket, buffer) {
                Ok(length) => {
                    if length > 0 && length < buffer.len() {
                        self.sockets.emptied(self.key);
                    }
                    return Poll::Ready(Ok(length));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.sockets.found_empty(self.key);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
        Poll::Pending
    }

    fn poll_write(&self, cx: &Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let socket = self.as_open()?;
        loop {
            match SockRef::from(&socket).send_with_flags(bytes, SEND_FLAGS) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.sockets.await_room(self.key, socket, cx);
                    return Poll::Pending;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                sent => return Poll::Ready(sent),
            }
        }
    }
}

/// Receives what is there; never waits.
fn receive(socket: BorrowedFd<'_>, buffer: &mut [u8]) -> io::Result<usize> {
    let (start, length) = (buffer.as_mut_ptr(), buffer.len());
    // SAFETY: the kernel writes at most `length` bytes to a buffer of that many, which is borrowed
    // for the call.
    let received =
        unsafe { libc::recv(socket.as_raw_fd(), start.cast(), length, libc::MSG_DONTWAIT) };
    usize::try_from(received).map_err(|_| io::Error::last_os_error())
}

impl MovingStream {
    /// Has this shard watch the stream.
    pub(crate) fn arrive(self, sockets: &Rc<Sockets>) -> Stream {
        match self {
            Self::Socket(socket) => Stream::Socket(Socket::new(socket, Rc::clone(sockets))),
            Self::Link(link) => Stream::Link(link),
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.shut_down(Shutdown::Both);
        self.sockets.forget(self.key);
    }
}

/// A listening socket that this shard watches.
pub(crate) struct Acceptor {
    listening: socket2::Socket,
    key: usize,
    sockets: Rc<Sockets>,
}

impl Acceptor {
    /// Takes a listening stream socket that belongs to this shard alone.
    pub(crate) fn new(listening: socket2::Socket, sockets: Rc<Sockets>) -> io::Result<Self> {
        listening.set_nonblocking(true)?;
        let key = sockets.watch();
        Ok(Self { listening, key, sockets })
    }

    pub(crate) async fn accept(&self) -> io::Result<Stream> {
        poll_fn(|cx| self.poll_accept(cx)).await
    }

    fn poll_accept(&self, cx: &Context<'_>) -> Poll<io::Result<Stream>> {
        while self.sockets.is_readable(self.key, self.listening.as_fd(), cx) {
            match self.listening.accept() {
                Ok((accepted, _)) => {
                    let socket = Socket::new(accepted.into(), Rc::clone(&self.sockets));
                    return Poll::Ready(Ok(Stream::Socket(socket)));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.sockets.found_empty(self.key);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
        Poll::Pending
    }
}

impl Drop for Acceptor {
    fn drop(&mut self) {
        self.sockets.forget(self.key);
    }
}
