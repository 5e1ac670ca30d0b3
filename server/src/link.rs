//! An in-memory connection: what a session has in a socket's place when its bytes travel inside
//! something else, such as a call on an HTTP/2 connection.
//!
//! [`link`] makes two ends that are alike; what one writes, the other reads, in order. Each end
//! may live on any shard and move to another. One end becomes the [`Stream`](crate::sockets::Stream)
//! of a framed connection; the other is held by whoever carries the bytes on, whole or as a
//! [`LinkReader`] and a [`LinkWriter`]. Policy: a writer waits for its reader, chunk by chunk, as
//! on a socket whose buffer is full, so a reader that does not read is the slow consumer of the
//! session behind it. Dropping a writer (or [`LinkEnd::shut_down`]) ends the other end's reading
//! behind what was written; dropping a reader fails the other end's writes. Why it ended,
//! whoever knows leaves with [`LinkEnd::conclude`]. Invariant: at most [`CHUNKS_MAX`] chunks of
//! at most [`CHUNK_BYTES_MAX`] wait in each direction.

use std::io::{self, IoSlice};
use std::net::Shutdown;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes, BytesMut};
use flume::r#async::RecvStream;
use futures_lite::Stream as _;
use parlance_codecs::dialect::EndReason;

use crate::sockets::poll_from_afar;

/// One chunk: what one HTTP/2 frame holds by default.
pub(crate) const CHUNK_BYTES_MAX: usize = 16 * 1024;
/// Chunks on their way in one direction: as much as a socket's buffer holds of small messages.
pub(crate) const CHUNKS_MAX: usize = 4;

/// Why the link ended, for whichever end does not know.
type Conclusion = Arc<OnceLock<EndReason>>;

/// One end of a link.
pub(crate) struct LinkEnd {
    reader: LinkReader,
    writer: LinkWriter,
}

/// What the other end writes.
pub(crate) struct LinkReader {
    chunks: RecvStream<'static, Bytes>,
    /// A token for each chunk that the other end may write.
    tokens: flume::Sender<()>,
    /// Of a chunk that was partly read.
    rest: Bytes,
    conclusion: Conclusion,
}

/// What the other end reads.
pub(crate) struct LinkWriter {
    /// `None` once nothing more comes.
    chunks: Option<flume::Sender<Bytes>>,
    tokens: flume::Receiver<()>,
    /// The same tokens, waited for.
    waiting: RecvStream<'static, ()>,
}

/// A new link's two ends.
pub(crate) fn link() -> (LinkEnd, LinkEnd) {
    let conclusion = Conclusion::default();
    let (there, here) = (way(Arc::clone(&conclusion)), way(conclusion));
    let one = LinkEnd { reader: there.1, writer: here.0 };
    let other = LinkEnd { reader: here.1, writer: there.0 };
    (one, other)
}

/// One direction.
fn way(conclusion: Conclusion) -> (LinkWriter, LinkReader) {
    let (chunks, read) = flume::bounded(CHUNKS_MAX);
    let (tokens, taken) = flume::bounded(CHUNKS_MAX);
    for _ in 0..CHUNKS_MAX {
        tokens.try_send(()).expect("the channel is empty and holds as many");
    }
    let waiting = taken.clone().into_stream();
    let writer = LinkWriter { chunks: Some(chunks), tokens: taken, waiting };
    let reader = LinkReader { chunks: read.into_stream(), tokens, rest: Bytes::new(), conclusion };
    (writer, reader)
}

impl LinkEnd {
    /// The two halves, for whoever reads in one place and writes in another.
    pub(crate) fn split(self) -> (LinkReader, LinkWriter) {
        (self.reader, self.writer)
    }

    /// Reads what there is, up to the buffer's length; zero once nothing more comes.
    pub(crate) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.reader.poll_read(cx, buffer)
    }

    /// Writes as one chunk what fits into one; never waits ([`io::ErrorKind::WouldBlock`]).
    pub(crate) fn try_write(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.writer.try_write(slices)
    }

    /// Writes what fits into one chunk, once there is room for one.
    pub(crate) fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.writer.poll_write(cx, bytes)
    }

    /// Writes nothing more; the other end reads what was written and then the end. Reading ends
    /// with the end itself.
    pub(crate) fn shut_down(&mut self, how: Shutdown) {
        match how {
            Shutdown::Write | Shutdown::Both => self.writer.finish(),
            Shutdown::Read => {}
        }
    }

    /// Leaves word for the other end of why this one ends; the first word stands.
    pub(crate) fn conclude(&self, reason: EndReason) {
        // Whoever came first knew better.
        let _ = self.reader.conclusion.set(reason);
    }
}

impl LinkReader {
    /// The next chunk as it was written, or the rest of one; `None` once nothing more comes.
    pub(crate) fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if !self.rest.is_empty() {
            return Poll::Ready(Some(std::mem::take(&mut self.rest)));
        }
        let chunk = ready!(poll_from_afar(cx, |cx| Pin::new(&mut self.chunks).poll_next(cx)));
        if chunk.is_some() {
            // A writer that is gone needs no token.
            let _ = self.tokens.try_send(());
        }
        Poll::Ready(chunk)
    }

    fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        let Some(mut chunk) = ready!(self.poll_chunk(cx)) else { return Poll::Ready(Ok(0)) };
        let length = chunk.len().min(buffer.len());
        chunk.copy_to_slice(buffer.get_mut(..length).unwrap_or_default());
        self.rest = chunk;
        Poll::Ready(Ok(length))
    }

    /// Why the other end ended, where it said so.
    pub(crate) fn conclusion(&self) -> Option<EndReason> {
        self.conclusion.get().copied()
    }
}

impl LinkWriter {
    /// As [`LinkEnd::try_write`].
    pub(crate) fn try_write(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        // A chunk of nothing would read as the end.
        if slices.iter().all(|slice| slice.is_empty()) {
            return Ok(0);
        }
        match self.tokens.try_recv() {
            Ok(()) => self.write(slices),
            Err(flume::TryRecvError::Empty) => Err(io::ErrorKind::WouldBlock.into()),
            Err(flume::TryRecvError::Disconnected) => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    /// As [`LinkEnd::poll_write`].
    pub(crate) fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if bytes.is_empty() {
            return Poll::Ready(Ok(0));
        }
        let token = ready!(poll_from_afar(cx, |cx| Pin::new(&mut self.waiting).poll_next(cx)));
        Poll::Ready(match token {
            Some(()) => self.write(&[IoSlice::new(bytes)]),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        })
    }

    /// Writes nothing more.
    pub(crate) fn finish(&mut self) {
        self.chunks = None;
    }

    /// Sends a chunk, for which a token was taken.
    fn write(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let Some(chunks) = &self.chunks else { return Err(io::ErrorKind::BrokenPipe.into()) };
        let wanted: usize = slices.iter().map(|slice| slice.len()).sum();
        let mut chunk = BytesMut::with_capacity(wanted.min(CHUNK_BYTES_MAX));
        for slice in slices {
            let room = CHUNK_BYTES_MAX - chunk.len();
            chunk.extend_from_slice(slice.get(..room.min(slice.len())).unwrap_or_default());
        }
        let length = chunk.len();
        match chunks.try_send(chunk.freeze()) {
            Ok(()) => Ok(length),
            // A token is room for a chunk, so it is not full.
            Err(_) => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }
}

#[cfg(test)]
mod tests;
