//! A connected stream socket, TCP or Unix, or a [link](crate::link) in a socket's place; and the
//! acceptor that makes sockets.
//!
//! glommio's TCP stream only receives, sends and polls, which any stream socket can do; so one
//! type serves both. Invariant: a socket that is dropped has been shut down first, because
//! the poll that glommio keeps armed in the kernel would hold the connection open until the
//! reactor runs again; and a descriptor on its way to another shard is closed if it never
//! arrives.

use std::io::{self, IoSlice};
use std::net::Shutdown;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_lite::io::{AsyncRead, AsyncWrite};
use glommio::net::{TcpListener, TcpStream};
use parlance_codecs::dialect::EndReason;
use socket2::SockRef;

use crate::link::LinkEnd;

/// A connection's bytes, in both directions.
pub(crate) enum Stream {
    Socket(Socket),
    /// Boxed, because most connections are sockets.
    Link(Box<LinkEnd>),
}

/// A socket, bound to this shard's executor.
pub(crate) struct Socket {
    inner: TcpStream,
    shut_down_on_drop: bool,
}

/// A connection between two shards.
pub(crate) enum MovingStream {
    Socket(OwnedFd),
    Link(Box<LinkEnd>),
}

impl Stream {
    /// Takes the stream off this executor. What was read stays read; what was not is in the
    /// kernel, or in the link, for the next shard.
    pub(crate) fn into_moving(self) -> io::Result<MovingStream> {
        match self {
            Self::Socket(mut socket) => {
                let copy = socket.as_fd().try_clone_to_owned()?;
                socket.shut_down_on_drop = false;
                Ok(MovingStream::Socket(copy))
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
                let flags = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
                SockRef::from(&*socket).send_vectored_with_flags(slices, flags)
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
            Self::Socket(socket) => Pin::new(&mut socket.inner).poll_read(cx, buffer),
            Self::Link(link) => link.poll_read(cx, buffer),
        }
    }

    pub(crate) fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self {
            Self::Socket(socket) => Pin::new(&mut socket.inner).poll_write(cx, bytes),
            Self::Link(link) => link.poll_write(cx, bytes),
        }
    }
}

impl Socket {
    fn new(inner: TcpStream) -> Self {
        Self { inner, shut_down_on_drop: true }
    }

    fn shut_down(&self, how: Shutdown) {
        // A peer that is gone already makes this fail, which is what was wanted.
        let _ = SockRef::from(self).shutdown(how);
    }
}

impl MovingStream {
    /// Binds the stream to the executor that this runs on.
    pub(crate) fn arrive(self) -> Stream {
        match self {
            Self::Socket(socket) => {
                // SAFETY: the descriptor is an open socket that nothing else owns; ownership
                // passes to the stream.
                let inner = unsafe { TcpStream::from_raw_fd(socket.into_raw_fd()) };
                Stream::Socket(Socket::new(inner))
            }
            Self::Link(link) => Stream::Link(link),
        }
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        // SAFETY: the descriptor is open as long as `inner`, which outlives the borrow.
        unsafe { BorrowedFd::borrow_raw(self.inner.as_raw_fd()) }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if self.shut_down_on_drop {
            self.shut_down(Shutdown::Both);
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        Stream::poll_read(&mut self, cx, buffer)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Stream::poll_write(&mut self, cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Nothing is buffered on this side of the kernel.
        Poll::Ready(Ok(()))
    }

    fn poll_close(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.shut_down(Shutdown::Write);
        Poll::Ready(Ok(()))
    }
}

/// A listening socket on this executor.
pub(crate) struct Acceptor(TcpListener);

impl Acceptor {
    /// Takes a listening stream socket that belongs to this shard alone: two executors that
    /// share one would race on its blocking flag.
    pub(crate) fn new(listening: OwnedFd) -> Self {
        // SAFETY: the descriptor is an open socket that nothing else owns; ownership passes to
        // the listener.
        Self(unsafe { TcpListener::from_raw_fd(listening.into_raw_fd()) })
    }

    pub(crate) async fn accept(&self) -> io::Result<Stream> {
        let accepted = self.0.shared_accept().await.map_err(io::Error::from)?;
        // Bound at once: an accepted stream that is dropped unbound leaks its descriptor.
        Ok(Stream::Socket(Socket::new(accepted.bind_to_executor())))
    }
}
