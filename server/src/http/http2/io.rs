//! A stream as hyper's HTTP/2 wants it; what was read before comes first.

use std::io;
use std::net::Shutdown;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use hyper::rt::{Read, ReadBufCursor, Write};

use super::Life;
use crate::sockets::Stream;

/// What one read takes; it lives on the stack for the time of the read only.
const READ_BYTES: usize = 16 * 1024;

pub(super) struct Http2Io {
    stream: Stream,
    /// Read already, and not handed over.
    prefix: Vec<u8>,
    life: Rc<Life>,
}

impl Http2Io {
    pub(super) fn new(stream: Stream, prefix: Vec<u8>, life: Rc<Life>) -> Self {
        Self { stream, prefix, life }
    }
}

impl Read for Http2Io {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut cursor: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.prefix.is_empty() {
            let count = self.prefix.len().min(cursor.remaining());
            let rest = self.prefix.split_off(count);
            let first = std::mem::replace(&mut self.prefix, rest);
            cursor.put_slice(&first);
            return Poll::Ready(Ok(()));
        }
        let mut bytes = [0; READ_BYTES];
        let room = cursor.remaining().min(READ_BYTES);
        let room = bytes.get_mut(..room).unwrap_or_default();
        let count = ready!(self.stream.poll_read(cx, room))?;
        let read = room.get(..count).unwrap_or_default();
        self.life.received(read.len());
        // Nothing is the end, and hyper sees it as that.
        cursor.put_slice(read);
        Poll::Ready(Ok(()))
    }
}

impl Write for Http2Io {
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
        self.stream.shut_down(Shutdown::Write);
        Poll::Ready(Ok(()))
    }
}
