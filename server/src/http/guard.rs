//! Hands hyper one HTTP/1 message at a time.
//!
//! Every head is held back until it is whole and checked ([`head`](super::head)), also those that
//! a peer sends before the answer to the one before. To know where the next head begins, the
//! guard counts the body that [`Guard::body_follows`] announced; a body of unknown length is
//! handed through, and the request that had one is the connection's last.

use super::head::{HEAD_BYTES_MAX, end_of_head, is_hopeless, is_unambiguous};

/// What hyper is given in place of a head that it must refuse: no head may hold a NUL, so it
/// answers 400 and closes.
const REFUSED_HEAD: &[u8] = b"\0";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Gathering a head, of which `seen` bytes hold no end.
    Head {
        seen: usize,
    },
    /// A head was checked; `left` bytes of it are to be handed over. Then the service says what
    /// follows.
    Checked {
        left: usize,
    },
    Body {
        left: u64,
    },
    /// Everything goes through.
    Through,
    /// The head was refused; what follows is dropped.
    Refused,
}

/// Bytes from the peer that hyper has not had yet, and where in the protocol they stand.
#[derive(Debug)]
pub(super) struct Guard {
    phase: Phase,
    bytes: Vec<u8>,
}

impl Guard {
    /// For HTTP/1; `bytes` came already.
    pub(super) fn for_http1(bytes: Vec<u8>) -> Self {
        Self { phase: Phase::Head { seen: 0 }, bytes }
    }

    /// Takes what the peer sent.
    pub(super) fn put(&mut self, bytes: &[u8]) {
        if self.phase != Phase::Refused {
            self.bytes.extend_from_slice(bytes);
        }
    }

    /// Waiting for the first byte of a request.
    pub(super) fn is_between_requests(&self) -> bool {
        matches!(self.phase, Phase::Head { .. }) && self.bytes.is_empty()
    }

    /// hyper has parsed the head that it was handed. `None`: the body's length is not known.
    pub(super) fn body_follows(&mut self, length: Option<u64>) {
        self.phase = match length {
            Some(0) => Phase::Head { seen: 0 },
            Some(left) => Phase::Body { left },
            None => Phase::Through,
        };
    }

    /// More than this is not taken from the peer before hyper has taken some.
    pub(super) fn is_full(&self) -> bool {
        self.bytes.len() > HEAD_BYTES_MAX
    }

    /// Up to `room` bytes for hyper; empty where more must come first.
    pub(super) fn take(&mut self, room: usize) -> Vec<u8> {
        if let Phase::Head { seen } = self.phase {
            self.phase = self.look_at_head(seen);
            if self.phase == Phase::Refused {
                self.bytes = Vec::new();
                return REFUSED_HEAD.to_vec();
            }
        }
        let ready = match self.phase {
            Phase::Head { .. } | Phase::Refused => 0,
            Phase::Checked { left } => left,
            Phase::Body { left } => usize::try_from(left).unwrap_or(usize::MAX),
            Phase::Through => usize::MAX,
        };
        let count = ready.min(room).min(self.bytes.len());
        let rest = self.bytes.split_off(count);
        let taken = std::mem::replace(&mut self.bytes, rest);
        self.phase = match self.phase {
            Phase::Checked { left } => Phase::Checked { left: left.saturating_sub(count) },
            Phase::Body { left } => match left.saturating_sub(count as u64) {
                0 => Phase::Head { seen: 0 },
                left => Phase::Body { left },
            },
            same @ (Phase::Head { .. } | Phase::Through | Phase::Refused) => same,
        };
        taken
    }

    /// What was not handed over: the first frames after a handshake.
    pub(super) fn take_rest(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }

    /// What the bytes of a head come to, `seen` of which hold no end.
    fn look_at_head(&self, seen: usize) -> Phase {
        match end_of_head(&self.bytes, seen) {
            Some(end) if self.bytes.get(..end).is_some_and(is_unambiguous) => {
                Phase::Checked { left: end }
            }
            // hyper answers 431 to what is longer than it takes.
            None if self.bytes.len() > HEAD_BYTES_MAX => Phase::Through,
            None if !is_hopeless(&self.bytes) => Phase::Head { seen: self.bytes.len() },
            Some(_) | None => Phase::Refused,
        }
    }
}
