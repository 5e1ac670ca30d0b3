//! A connected stream socket, TCP or Unix, and the acceptor that makes them.
//!
//! glommio's TCP stream only receives, sends and polls, which any stream socket can do; so one
//! type serves both. Invariant: a [`Stream`] that is dropped has been shut down first, because
//! the poll that glommio keeps armed in the kernel would hold the connection open until the
//! reactor runs again; and a descriptor on its way to another shard is closed if it never
//! arrives.

use std::io;
use std::net::Shutdown;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_lite::io::{AsyncRead, AsyncWrite};
use glommio::net::{TcpListener, TcpStream};
use socket2::SockRef;

/// A connection's socket, bound to this shard's executor.
pub(crate) struct Stream {
    inner: TcpStream,
    shut_down_on_drop: bool,
}

/// A connection's socket between two shards.
pub(crate) struct MovingStream(OwnedFd);

impl Stream {
    fn new(inner: TcpStream) -> Self {
        Self { inner, shut_down_on_drop: true }
    }

    /// Takes the socket off this executor. What was read stays read; what was not is in the
    /// kernel for the next shard.
    pub(crate) fn into_moving(mut self) -> io::Result<MovingStream> {
        let copy = self.as_fd().try_clone_to_owned()?;
        self.shut_down_on_drop = false;
        Ok(MovingStream(copy))
    }

    /// Tells the peer that nothing more comes (`Write`), or ends both ways.
    pub(crate) fn shut_down(&self, how: Shutdown) {
        // A peer that is gone already makes this fail, which is what was wanted.
        let _ = SockRef::from(self).shutdown(how);
    }

    pub(crate) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_read(cx, buffer)
    }

    pub(crate) fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }
}

impl MovingStream {
    /// Binds the socket to the executor that this runs on.
    pub(crate) fn arrive(self) -> Stream {
        // SAFETY: the descriptor is an open socket that nothing else owns; ownership passes to
        // the stream.
        Stream::new(unsafe { TcpStream::from_raw_fd(self.0.into_raw_fd()) })
    }
}

impl AsFd for Stream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        // SAFETY: the descriptor is open as long as `inner`, which outlives the borrow.
        unsafe { BorrowedFd::borrow_raw(self.inner.as_raw_fd()) }
    }
}

impl Drop for Stream {
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

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
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
        Ok(Stream::new(accepted.bind_to_executor()))
    }
}
