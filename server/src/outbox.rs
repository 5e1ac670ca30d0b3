//! The bytes that wait to be sent on one connection, and how many there may be.
//!
//! Chunks are whole frames, shared with every other outbox that the same message is in. Live
//! chunks are bounded: [`Outbox::push`] says when the peer is too slow, and whoever pushed evicts
//! it. Pages of history are not counted, because the core asks for the next only once the outbox
//! has drained; so an outbox holds its bound and one page at most. Invariant: the first chunk is
//! the only one that may be partly sent, so whatever else is dropped, the peer still sees whole
//! frames.

use std::collections::VecDeque;
use std::io::IoSlice;

use bytes::Bytes;

use crate::sockets::Slices;

/// Chunks joined into one send. The kernel takes 1,024; past some dozens a send costs by the
/// byte.
pub(crate) const SLICES_MAX: usize = 64;
/// Room for chunks that an empty outbox keeps; what a burst needed beyond it is given back.
const CHUNKS_KEPT: usize = 8;

/// Whether a chunk counts against the bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weight {
    Live,
    /// Part of an answer that the core paces by [`Outbox::is_nearly_empty`].
    Page,
}

/// The peer does not read as fast as it is sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooSlow;

#[derive(Default)]
pub(crate) struct Outbox {
    chunks: VecDeque<(Bytes, Weight)>,
    /// How much of the first chunk is sent.
    begun: usize,
    live_bytes: usize,
    bytes: usize,
}

impl Outbox {
    /// Adds a chunk, unless that would leave more than `bytes_max` of live bytes unsent.
    pub(crate) fn push(
        &mut self,
        chunk: Bytes,
        weight: Weight,
        bytes_max: usize,
    ) -> Result<(), TooSlow> {
        if weight == Weight::Live {
            // One chunk alone is taken whatever its size: frames are bounded elsewhere.
            if self.live_bytes > 0 && self.live_bytes + chunk.len() > bytes_max {
                return Err(TooSlow);
            }
            self.live_bytes += chunk.len();
        }
        self.bytes += chunk.len();
        self.chunks.push_back((chunk, weight));
        Ok(())
    }

    /// Adds the connection's last words, which nothing refuses.
    pub(crate) fn push_last(&mut self, chunk: Bytes) {
        self.bytes += chunk.len();
        self.chunks.push_back((chunk, Weight::Page));
    }

    /// Unsent bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// Above half of the bound: the peer asks for more than it reads.
    pub(crate) fn is_over_mark(&self, bytes_max: usize) -> bool {
        self.bytes > bytes_max / 2
    }

    /// Below a quarter of the bound: time to give it more.
    pub(crate) fn is_nearly_empty(&self, bytes_max: usize) -> bool {
        self.bytes < bytes_max / 4
    }

    pub(crate) fn chunks(&self) -> usize {
        self.chunks.len()
    }

    /// Whether a chunk is partly sent.
    pub(crate) fn is_mid_chunk(&self) -> bool {
        self.begun > 0
    }

    /// What is to be sent next, as one slice.
    pub(crate) fn first(&self) -> Option<&[u8]> {
        let (chunk, _) = self.chunks.front()?;
        chunk.get(self.begun..)
    }

    /// What is to be sent next, as up to `slices_max` slices.
    pub(crate) fn slices(&self, slices_max: usize) -> Slices<'_> {
        let mut begun = self.begun;
        let chunks = self.chunks.iter().take(slices_max);
        chunks
            .map(|(chunk, _)| {
                IoSlice::new(chunk.get(std::mem::take(&mut begun)..).unwrap_or_default())
            })
            .collect()
    }

    /// Takes off `sent` bytes, which the kernel now has.
    pub(crate) fn advance(&mut self, mut sent: usize) {
        self.bytes = self.bytes.saturating_sub(sent);
        while let Some((chunk, weight)) = self.chunks.front() {
            let left = chunk.len() - self.begun;
            if sent < left {
                self.begun += sent;
                return;
            }
            sent -= left;
            if *weight == Weight::Live {
                self.live_bytes -= chunk.len();
            }
            self.begun = 0;
            self.chunks.pop_front();
        }
        if self.chunks.capacity() > CHUNKS_KEPT {
            self.chunks = VecDeque::new();
        }
    }

    /// Drops everything but the rest of a chunk that is partly sent.
    pub(crate) fn drop_unbegun(&mut self) {
        let begun = self.chunks.pop_front().filter(|_| self.begun > 0);
        *self = Self { begun: self.begun, ..Self::default() };
        if let Some((chunk, _)) = begun {
            self.bytes = chunk.len() - self.begun;
            self.chunks.push_back((chunk, Weight::Page));
        }
    }

    /// Everything unsent as plain bytes, for the shard that the connection moves to.
    pub(crate) fn into_unsent(self) -> Vec<u8> {
        let mut unsent = Vec::with_capacity(self.bytes);
        let mut begun = self.begun;
        for (chunk, _) in &self.chunks {
            unsent.extend_from_slice(chunk.get(begun..).unwrap_or_default());
            begun = 0;
        }
        unsent
    }
}

#[cfg(test)]
mod tests;
