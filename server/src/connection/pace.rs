//! One frame a receive, for clients that take it so.
//!
//! Old clients of the two plain framings take what one receive gives them as one frame. No write
//! of the server's can promise that, because the peer's kernel joins what the peer has not read
//! yet; so the next frame waits a moment, in which a waiting client takes the one before. Decides
//! when a chunk may go. A client for whom many chunks wait must take frames apart by itself, or
//! it would be lost anyway: it gets them at once. Invariant: a chunk that is begun is finished
//! without a gap.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use parlance_codecs::dialect::Framing;

use crate::connections::Connections;
use crate::outbox::{Outbox, SLICES_MAX};
use crate::runtime;

/// With more chunks than this waiting, there are no gaps.
const PACED_CHUNKS_MAX: usize = 8;

/// When a connection's chunks may go.
#[derive(Default)]
pub(crate) struct Pace {
    next_ms: Cell<u64>,
    /// On the list of connections whose gap is waited for.
    waits: Cell<bool>,
}

impl Pace {
    /// Whether the outbox's next chunk must wait.
    pub(super) fn holds(&self, framing: Framing, outbox: &Outbox, now_ms: u64) -> bool {
        slices_max(framing) == 1
            && now_ms < self.next_ms.get()
            && !outbox.is_mid_chunk()
            && outbox.chunks() <= PACED_CHUNKS_MAX
    }

    /// A chunk has gone.
    pub(super) fn sent(&self, now_ms: u64, gap: Duration) {
        let gap_ms = u64::try_from(gap.as_millis()).unwrap_or(u64::MAX);
        self.next_ms.set(now_ms.saturating_add(gap_ms));
    }

    /// True where its gap was not waited for before.
    pub(crate) fn begin_to_wait(&self) -> bool {
        !self.waits.replace(true)
    }

    pub(crate) fn waited(&self) {
        self.waits.set(false);
    }
}

/// How many chunks one send may join.
pub(super) fn slices_max(framing: Framing) -> usize {
    match framing {
        Framing::WebSocket
        | Framing::Pieces
        | Framing::Delimited
        | Framing::Grpc
        | Framing::EngineIo3
        | Framing::EngineIo4 => SLICES_MAX,
        Framing::Onechat | Framing::Bare => 1,
    }
}

/// Waits for a gap to be over, for everyone who waits for one by then. Those whose gap began
/// later are found to wait still, and are waited for by another task.
pub(crate) async fn see_to_gaps(connections: Rc<Connections>) {
    runtime::sleep(connections.frame_gap()).await;
    connections.end_gaps();
}

#[cfg(test)]
mod tests;
