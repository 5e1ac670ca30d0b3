//! `durable`: publishers that wait for their acknowledgements.
//!
//! The loop is closed, so its latency is from sending, and a server that stalls is asked less
//! meanwhile. One synced write on the same disk, measured while the server rests, stands beside it.

use std::collections::VecDeque;

use serde::Serialize;

use super::groups;
use super::outcome::{self, Judgement};
use super::tally::Faults;
use super::watch::{Generator, Reading, ServerCpu, Stretch};
use super::{Setting, drained};
use crate::client::fleet::Fleet;
use crate::client::{End, Sink};
use crate::clock::Clock;
use crate::error::BenchError;
use crate::histogram::{Latencies, Timeline};
use crate::host::disk;
use crate::limits::{EXAMPLES_MAX, PUBLISHES_PER_TURN_MAX, TURN_WAIT_NS_MAX};
use crate::record::{Measurement, Unit};
use crate::seed::Draws;
use crate::stamp::{Stamp, Stamper};
use crate::wire::{Category, Outgoing, Said, Step, Wire};
use crate::workload::{self, Durable};

#[derive(Debug, Serialize)]
struct DurableResult {
    faults: Faults,
    /// Warm-up and drain included.
    acknowledged: u64,
    window_seconds: f64,
    window_acknowledged: u64,
    server_cpu: Option<ServerCpu>,
    generator: Generator,
    /// Of so many bytes each; `None` where the server's disk is not known.
    fdatasync_bytes: Option<usize>,
}

pub(crate) fn measure(
    workload: &Durable,
    setting: &Setting<'_>,
) -> Result<Measurement, BenchError> {
    let clock = Clock::start();
    let mut draws = Draws::new(setting.seed);
    let stamper = Stamper::new(draws.next(), workload.size);
    let first_user = workload::first_user(setting.seed);
    let mut fleet = Fleet::new(setting.target.addresses, clock, draws)?;
    fleet.open(&workload.seats(first_user), setting.interrupt)?;
    let alone = (first_user..).take(workload.publishers as usize).map(|user| vec![user]);
    let conversations = groups::make(first_user, alone, setting)?;
    let mut syncs = Latencies::new();
    sync_disk(workload, setting, &mut syncs)?;

    let from_ns = clock.now_ns() + workload.warmup * 1_000_000_000;
    let to_ns = from_ns + workload.seconds * 1_000_000_000;
    let mut closed = Loop::new(workload, stamper, clock, first_user, conversations, from_ns);
    let readings = closed.drive(&mut fleet, setting, from_ns, to_ns)?;
    if readings.is_some() {
        drained(&mut fleet, clock, setting.interrupt, &mut closed, Loop::progress, |_, _| {})?;
    }
    sync_disk(workload, setting, &mut syncs)?;
    Ok(closed.result(workload, readings, syncs))
}

/// Half of the synced writes, before the load and after it.
fn sync_disk(
    workload: &Durable,
    setting: &Setting<'_>,
    syncs: &mut Latencies,
) -> Result<(), BenchError> {
    if let Some(directory) = setting.target.directory() {
        disk::record_syncs(directory, workload.size, workload.syncs.div_ceil(2), syncs)?;
    }
    Ok(())
}

struct Loop {
    stamper: Stamper,
    clock: Clock,
    first_user: u64,
    /// By publisher.
    conversations: Vec<u64>,
    /// By publisher: number and time of sending of what is not acknowledged, in order.
    waiting: Vec<VecDeque<(u32, u64)>>,
    sent: Vec<u32>,
    /// Publishers that may send, once for each message.
    free: VecDeque<usize>,
    acknowledged: u64,
    faults: Faults,
    examples: Vec<String>,
    acknowledgements: Timeline,
    from_ns: u64,
}

impl Loop {
    fn new(
        workload: &Durable,
        stamper: Stamper,
        clock: Clock,
        first_user: u64,
        conversations: Vec<u64>,
        from_ns: u64,
    ) -> Self {
        let publishers = workload.publishers as usize;
        Self {
            stamper,
            clock,
            first_user,
            conversations,
            waiting: vec![VecDeque::new(); publishers],
            sent: vec![0; publishers],
            free: (0..workload.in_flight).flat_map(|_| 0..publishers).collect(),
            acknowledged: 0,
            faults: Faults::default(),
            examples: Vec::new(),
            acknowledgements: Timeline::new(from_ns, clock.now_ns()),
            from_ns,
        }
    }

    /// Publishes until the window's end; `None` where the run was interrupted.
    fn drive(
        &mut self,
        fleet: &mut Fleet,
        setting: &Setting<'_>,
        from_ns: u64,
        to_ns: u64,
    ) -> Result<Option<[(Reading, u64); 2]>, BenchError> {
        let mut first = None;
        loop {
            let now_ns = self.clock.now_ns();
            if first.is_none() && now_ns >= from_ns {
                first = Some((Reading::take(self.clock, setting)?, self.acknowledged));
            }
            if let Some(first) = first.filter(|_| now_ns >= to_ns) {
                let last = (Reading::take(self.clock, setting)?, self.acknowledged);
                return Ok(Some([first, last]));
            }
            if setting.interrupt.is_raised() {
                return Ok(None);
            }
            for _ in 0..PUBLISHES_PER_TURN_MAX {
                let Some(seat) = self.free.pop_front() else { break };
                self.publish(fleet, seat);
            }
            let edge_ns = if first.is_none() { from_ns } else { to_ns };
            let wait_ns = match self.free.is_empty() {
                true => edge_ns.saturating_sub(self.clock.now_ns()).min(TURN_WAIT_NS_MAX),
                false => 0,
            };
            fleet.turn(wait_ns, self)?;
        }
    }

    fn publish(&mut self, fleet: &mut Fleet, seat: usize) {
        let (Some(sent), Some(conversation)) =
            (self.sent.get_mut(seat), self.conversations.get(seat))
        else {
            return;
        };
        let index = *sent;
        *sent += 1;
        let now_ns = self.clock.now_ns();
        let group = u32::try_from(seat).unwrap_or(u32::MAX);
        let text = self.stamper.text(Stamp { group, index, intended_ns: now_ns });
        let outgoing = Outgoing {
            sender: self.first_user + seat as u64,
            category: Category::Group,
            group: *conversation,
            index,
            text: &text,
        };
        if let Some(waiting) = self.waiting.get_mut(seat) {
            waiting.push_back((index, now_ns));
        }
        if !fleet.publish(seat, outgoing, self) {
            self.faults.unpublished += 1;
        }
    }

    fn acknowledge(&mut self, seat: usize, index: u32, at_ns: u64) {
        let waiting = self.waiting.get_mut(seat);
        let found = waiting.and_then(|waiting| {
            let at = waiting.iter().position(|(number, _)| *number == index)?;
            waiting.remove(at)
        });
        let Some((_, sent_ns)) = found else {
            self.faults.misdelivered += 1;
            return self.example(|| format!("seat {seat}: no message {index} waits"));
        };
        self.acknowledged += 1;
        self.free.push_back(seat);
        if sent_ns >= self.from_ns {
            self.acknowledgements.record(at_ns, at_ns.saturating_sub(sent_ns));
        }
    }

    fn example(&mut self, example: impl FnOnce() -> String) {
        if self.examples.len() < EXAMPLES_MAX {
            self.examples.push(example());
        }
    }

    /// What was acknowledged, and whether that is all.
    fn progress(&self) -> (u64, bool) {
        (self.acknowledged, self.waiting.iter().all(VecDeque::is_empty))
    }

    fn result(
        mut self,
        workload: &Durable,
        readings: Option<[(Reading, u64); 2]>,
        syncs: Latencies,
    ) -> Measurement {
        self.faults.unacknowledged = self.waiting.iter().map(|it| it.len() as u64).sum();
        let (stretch, count) = readings.map_or((Stretch::default(), 0), |[from, to]| {
            (Stretch::between(from.0, to.0), to.1 - from.1)
        });
        let generator = stretch.generator(&Latencies::new());
        let measured = syncs.quantiles();
        let result = DurableResult {
            faults: self.faults,
            acknowledged: self.acknowledged,
            window_seconds: stretch.seconds,
            window_acknowledged: count,
            server_cpu: stretch.server_cpu(count),
            generator: generator.clone(),
            fdatasync_bytes: (measured.count > 0).then_some(workload.size),
        };
        let judgement = Judgement {
            interrupted: readings.is_none(),
            faulty: self.faults.any(),
            faults: self.examples,
            limited: generator.limited.clone(),
        };
        let mut measurement = judgement.measurement(workload, &result);
        measurement.higher("acks_per_second", stretch.per_second(count), Unit::PerSecond);
        outcome::server_cpu(&mut measurement, "ack", result.server_cpu.as_ref());
        outcome::generator(&mut measurement, &generator);
        if measured.count > 0 {
            let acknowledged_us = self.acknowledgements.total().quantiles().p50_us;
            let ratio = acknowledged_us / measured.p50_us;
            measurement.lower("ack_p50_per_fdatasync", ratio, Unit::Ratio);
            measurement.histogram("fdatasync", syncs);
        }
        measurement.timeline("acknowledgement", self.acknowledgements);
        measurement.series_of = "acknowledgement";
        measurement
    }
}

impl Sink for Loop {
    fn frame(&mut self, seat: usize, wire: Wire, frame: &[u8], at_ns: u64) {
        match wire.read(Step::Ready, frame) {
            Ok(Said::Acknowledged { index }) => self.acknowledge(seat, index, at_ns),
            Ok(Said::Refused { code, message }) => {
                self.faults.refused += 1;
                self.example(|| format!("seat {seat} was refused with {code}: {message}"));
            }
            // A dialect may echo to its sender.
            Ok(Said::Posts(_) | Said::SignedIn | Said::Synced | Said::Other) => {}
            Err(fault) => {
                self.faults.malformed += 1;
                self.example(|| format!("seat {seat} received {fault}"));
            }
        }
    }

    fn ended(&mut self, seat: usize, end: End) {
        self.faults.disconnected += 1;
        self.example(|| format!("seat {seat}: {end}"));
    }
}
