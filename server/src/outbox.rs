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
    /// Mostly the only one: a client that reads has no more than a turn's chunks waiting, and none
    /// while it is idle.
    first: Option<Chunk>,
    /// In order behind the first; `None` where there are none.
    more: Option<Box<More>>,
    /// How much of the first chunk is sent.
    begun: usize,
    live_bytes: usize,
    bytes: usize,
}

type Chunk = (Bytes, Weight);

struct More(VecDeque<Chunk>);

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
        self.append((chunk, weight));
        Ok(())
    }

    /// Adds the connection's last words, which nothing refuses.
    pub(crate) fn push_last(&mut self, chunk: Bytes) {
        self.append((chunk, Weight::Page));
    }

    fn append(&mut self, chunk: Chunk) {
        self.bytes += chunk.0.len();
        if self.first.is_none() {
            self.first = Some(chunk);
        } else {
            let more = self.more.get_or_insert_with(|| Box::new(More(VecDeque::new())));
            more.0.push_back(chunk);
        }
    }

    /// Takes the first chunk off; the next one is the first.
    fn shift(&mut self) -> Option<Chunk> {
        let next = self.more.as_mut().and_then(|more| more.0.pop_front());
        if next.is_none() {
            self.more = None;
        }
        std::mem::replace(&mut self.first, next)
    }

    fn iter(&self) -> impl Iterator<Item = &Chunk> {
        self.first.iter().chain(self.more.iter().flat_map(|more| &more.0))
    }

    /// Unsent bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.first.is_none()
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
        usize::from(self.first.is_some()) + self.more.as_ref().map_or(0, |more| more.0.len())
    }

    /// Whether a chunk is partly sent.
    pub(crate) fn is_mid_chunk(&self) -> bool {
        self.begun > 0
    }

    /// What is to be sent next, as one slice.
    pub(crate) fn first(&self) -> Option<&[u8]> {
        let (chunk, _) = self.first.as_ref()?;
        chunk.get(self.begun..)
    }

    /// What is to be sent next, as up to `slices_max` slices.
    pub(crate) fn slices(&self, slices_max: usize) -> Slices<'_> {
        let mut begun = self.begun;
        let chunks = self.iter().take(slices_max);
        chunks
            .map(|(chunk, _)| {
                IoSlice::new(chunk.get(std::mem::take(&mut begun)..).unwrap_or_default())
            })
            .collect()
    }

    /// Takes off `sent` bytes, which the kernel now has.
    pub(crate) fn advance(&mut self, mut sent: usize) {
        self.bytes = self.bytes.saturating_sub(sent);
        while let Some((chunk, weight)) = &self.first {
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
            self.shift();
        }
    }

    /// Drops everything but the rest of a chunk that is partly sent.
    pub(crate) fn drop_unbegun(&mut self) {
        let begun = self.first.take().filter(|_| self.begun > 0);
        *self = Self { begun: self.begun, ..Self::default() };
        if let Some((chunk, _)) = begun {
            self.bytes = chunk.len() - self.begun;
            self.first = Some((chunk, Weight::Page));
        }
    }

    /// Everything unsent as plain bytes, for the shard that the connection moves to.
    pub(crate) fn into_unsent(self) -> Vec<u8> {
        let mut unsent = Vec::with_capacity(self.bytes);
        let mut begun = self.begun;
        for (chunk, _) in self.iter() {
            unsent.extend_from_slice(chunk.get(begun..).unwrap_or_default());
            begun = 0;
        }
        unsent
    }
}

#[cfg(test)]
mod tests;
