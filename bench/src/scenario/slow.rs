//! Receivers that read nothing, or slowly, on purpose.
//!
//! They are members like all others, so the server must bear them: hold back, and evict them past
//! its bounds. What they miss is no loss, and that they are closed is no fault.

use crate::client::Sink;
use crate::client::fleet::Fleet;
use crate::clock::Clock;
use crate::error::BenchError;
use crate::workload::Fanout;

/// How often a slow reader reads.
const SIPS_PER_SECOND: u64 = 10;
const SIP_NS: u64 = 1_000_000_000 / SIPS_PER_SECOND;

/// Long enough to read what the sockets of both ends and an outbox hold.
const RELEASE_NS: u64 = 500_000_000;

#[derive(Clone, Debug)]
pub(super) struct SlowReaders {
    seats: Vec<usize>,
    /// Of one sip; 0 reads nothing.
    sip_bytes: usize,
    next_ns: u64,
}

impl SlowReaders {
    /// The last members of each group, as many as the layout says.
    pub(super) fn among(layout: &Fanout) -> Self {
        let seats = (0..layout.connections()).filter(|seat| layout.is_slow(*seat)).collect();
        let sip_bytes = layout.slow_bytes_per_second.div_ceil(SIPS_PER_SECOND);
        let sip_bytes = usize::try_from(sip_bytes).unwrap_or(usize::MAX);
        Self { seats, sip_bytes, next_ns: 0 }
    }

    /// From here on they are not read as what comes for them is announced.
    pub(super) fn begin(&self, fleet: &mut Fleet) -> Result<(), BenchError> {
        self.seats.iter().try_for_each(|seat| fleet.stop_reading(*seat))
    }

    /// Lets them read all that waits, so that the end of those that the server closed is seen.
    pub(super) fn release(
        &self,
        fleet: &mut Fleet,
        clock: Clock,
        sink: &mut impl Sink,
    ) -> Result<(), BenchError> {
        let end_ns = clock.now_ns() + RELEASE_NS;
        for seat in &self.seats {
            fleet.read_again(*seat, sink);
        }
        while !self.seats.is_empty() && clock.now_ns() < end_ns {
            fleet.turn(SIP_NS, sink)?;
        }
        Ok(())
    }

    /// Lets them read where it is time; when it will be next.
    pub(super) fn turn(&mut self, fleet: &mut Fleet, now_ns: u64, sink: &mut impl Sink) -> u64 {
        if self.seats.is_empty() || self.sip_bytes == 0 {
            return u64::MAX;
        }
        if now_ns >= self.next_ns {
            for seat in &self.seats {
                fleet.read_some(*seat, self.sip_bytes, sink);
            }
            self.next_ns = now_ns + SIP_NS;
        }
        self.next_ns
    }
}
