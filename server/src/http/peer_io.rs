//! A peer's stream as hyper reads and writes it, through the guard.

use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use hyper::rt::{Read, ReadBufCursor, Write};

use super::exchange::Exchange;
use crate::sockets::Stream;

/// What one read takes; it lives on the stack for the time of the read only.
const READ_BYTES: usize = 8 * 1024;

pub(super) struct PeerIo {
    pub(super) stream: Stream,
    pub(super) exchange: Rc<Exchange>,
}

impl Read for PeerIo {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut cursor: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            let ready = self.exchange.guard().take(cursor.remaining());
            if !ready.is_empty() {
                cursor.put_slice(&ready);
                return Poll::Ready(Ok(()));
            }
            if self.exchange.guard().is_full() {
                // Until the service has looked at the head that it was handed; that wakes us.
                return Poll::Pending;
            }
            let mut bytes = [0; READ_BYTES];
            match self.stream.poll_read(cx, &mut bytes) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                // The end, which hyper sees as nothing read.
                Poll::Ready(Ok(0)) => return Poll::Ready(Ok(())),
                Poll::Ready(Ok(count)) => {
                    self.exchange.received(bytes.get(..count).unwrap_or_default());
                }
            }
        }
    }
}

impl Write for PeerIo {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.stream.poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Nothing is buffered on this side of the kernel.
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.shut_down(std::net::Shutdown::Write);
        Poll::Ready(Ok(()))
    }
}
