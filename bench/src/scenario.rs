//! The workloads that there are, each run from sign-in to its result.
//!
//! A scenario measures and judges nothing but its own run: whether the figures are good is the
//! report's reader's matter.

pub(crate) mod account;
pub(crate) mod connect;
pub(crate) mod durable;
#[cfg(test)]
pub(crate) mod fake_server;
pub(crate) mod fanout;
mod flow;
mod groups;
pub(crate) mod history;
pub(crate) mod idle;
mod outcome;
pub(crate) mod ramp;
pub(crate) mod reconnect;
mod slow;
pub(crate) mod soak;
pub(crate) mod tally;
#[cfg(test)]
mod tests;
mod watch;

use serde::Serialize;

use crate::client::fleet::Fleet;
use crate::client::{End, Seat, Sink};
use crate::clock::Clock;
use crate::error::BenchError;
use crate::host::process::{CpuTime, Memory};
use crate::interrupt::Interrupt;
use crate::limits::{DRAIN_NS_MAX, DRAIN_QUIET_NS, TURN_WAIT_NS_MAX};
use crate::report::progress::Progress;
use crate::target::Target;
use crate::wire::Wire;

/// What every scenario is given beside its workload.
#[derive(Debug)]
pub(crate) struct Setting<'a> {
    pub(crate) target: &'a Target,
    pub(crate) seed: u64,
    /// Between the last session's sign-in and the reading of idle memory.
    pub(crate) settle_ns: u64,
    pub(crate) interrupt: &'a Interrupt,
    pub(crate) progress: &'a Progress,
}

impl Setting<'_> {
    /// The server's memory now, where its process is known.
    fn memory(&self) -> Result<Option<Memory>, BenchError> {
        self.target.pid.map(Memory::of).transpose()
    }

    /// A token for each seat, signed as the server's own.
    fn tokens(&self, seats: &[Seat]) -> Result<Vec<String>, BenchError> {
        let Some(signer) = &self.target.signer else { return Ok(Vec::new()) };
        seats.iter().map(|seat| signer.sign(seat.user)).collect()
    }

    fn cpu(&self) -> Result<Option<CpuTime>, BenchError> {
        self.target.pid.map(CpuTime::of).transpose()
    }
}

/// The server's memory at three moments of a run.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct MemoryStages {
    pub(crate) before_connecting: Memory,
    pub(crate) idle: Memory,
    pub(crate) after: Memory,
    /// Growth of RSS from before connecting to idle, for each session.
    pub(crate) rss_per_session_bytes: f64,
    /// The same of PSS, where it could be read.
    pub(crate) pss_per_session_bytes: Option<f64>,
    /// Growth of the host's kernel structures for each session, both ends of it.
    pub(crate) slab_per_session_bytes: f64,
}

impl MemoryStages {
    #[expect(clippy::cast_precision_loss, reason = "memory sizes are far below 2^53 bytes")]
    pub(crate) fn new(before: Memory, idle: Memory, after: Memory, sessions: usize) -> Self {
        let per_session = |from: u64, to: u64| (to as f64 - from as f64) / sessions.max(1) as f64;
        Self {
            before_connecting: before,
            idle,
            after,
            pss_per_session_bytes: before
                .pss_bytes
                .zip(idle.pss_bytes)
                .map(|(before, idle)| per_session(before, idle)),
            rss_per_session_bytes: per_session(before.rss_bytes, idle.rss_bytes),
            slab_per_session_bytes: per_session(before.slab_bytes, idle.slab_bytes),
        }
    }
}

/// Lets the server finish what signing in began, before its memory is read.
fn settle(fleet: &mut Fleet, clock: Clock, settle_ns: u64) -> Result<(), BenchError> {
    let end_ns = clock.now_ns() + settle_ns;
    let mut settling = Settling::default();
    while let Some(left_ns) = end_ns.checked_sub(clock.now_ns()).filter(|left| *left > 0) {
        fleet.turn(left_ns.min(TURN_WAIT_NS_MAX), &mut settling)?;
        if let Some(end) = settling.ended.take() {
            return Err(BenchError::EndedIdle { end });
        }
    }
    Ok(())
}

/// Listens to sessions that nothing is sent to yet.
#[derive(Default)]
struct Settling {
    ended: Option<End>,
}

impl Sink for Settling {
    fn frame(&mut self, _: usize, _: Wire, _: &[u8], _: u64) {}

    fn ended(&mut self, _: usize, end: End) {
        self.ended = Some(end);
    }
}

/// Receives what is still on its way, for as long as something comes. `progress` is a count that
/// rises with it, and whether nothing more is expected; `each_turn` may still send something.
fn drained<S: Sink>(
    fleet: &mut Fleet,
    clock: Clock,
    interrupt: &Interrupt,
    sink: &mut S,
    progress: impl Fn(&S) -> (u64, bool),
    mut each_turn: impl FnMut(&mut S, &mut Fleet),
) -> Result<(), BenchError> {
    let end_ns = clock.now_ns() + DRAIN_NS_MAX;
    let mut last = (progress(sink).0, clock.now_ns());
    loop {
        let now_ns = clock.now_ns();
        let (count, complete) = progress(sink);
        if count > last.0 {
            last = (count, now_ns);
        }
        let given_up = now_ns > end_ns || now_ns > last.1 + DRAIN_QUIET_NS;
        if complete || given_up || interrupt.is_raised() {
            return Ok(());
        }
        each_turn(sink, fleet);
        fleet.turn(TURN_WAIT_NS_MAX, sink)?;
    }
}

#[expect(clippy::cast_precision_loss, reason = "a run's times are far below 2^53 nanoseconds")]
pub(crate) fn seconds(ns: u64) -> f64 {
    ns as f64 / 1e9
}
