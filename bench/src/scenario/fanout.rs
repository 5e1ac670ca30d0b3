//! `run fanout`: sign in, make the groups, publish on schedule, wait for the rest, judge.

use serde::Serialize;

use super::tally::{Faults, Plan, Tally, Window};
use super::{MemoryStages, Setting, seconds};
use crate::client::fleet::Fleet;
use crate::client::{End, Sink};
use crate::clock::Clock;
use crate::error::BenchError;
use crate::histogram::{Latencies, Quantiles, Timeline};
use crate::host::own::ThreadTime;
use crate::host::process::{CpuTime, Memory};
use crate::limits::{
    DRAIN_NS_MAX, DRAIN_QUIET_NS, GENERATOR_BUSY_SHARE_MAX, LAG_P99_NS_MAX, PUBLISHES_PER_TURN_MAX,
    SCHEDULE_LEAD_NS, TURN_WAIT_NS_MAX,
};
use crate::pacer::{Arrival, Pacer, Schedule};
use crate::seed::Draws;
use crate::stamp::{Stamp, Stamper};
use crate::wire::{Outgoing, Wire};
use crate::workload::{self, Fanout};

#[derive(Clone, Debug, Serialize)]
pub(crate) struct FanoutResult {
    pub(crate) interrupted: bool,
    pub(crate) faults: Faults,
    pub(crate) fault_examples: Vec<String>,
    /// Messages sent, warm-up included.
    pub(crate) published: u64,
    /// Receipts, warm-up and drain included.
    pub(crate) receipts: u64,
    /// Between the window's two readings; receipts of what was published before may be among
    /// them, and those of what was published at its end may not.
    pub(crate) window_seconds: f64,
    pub(crate) window_deliveries: u64,
    pub(crate) deliveries_per_second: f64,
    /// What the schedule asked for.
    pub(crate) offered_deliveries_per_second: f64,
    /// From the intended time to each receipt.
    pub(crate) delivery: Quantiles,
    /// From the intended time to each message's last receipt.
    pub(crate) last_recipient: Quantiles,
    /// From the intended time to the publisher's acknowledgement.
    pub(crate) acknowledgement: Quantiles,
    pub(crate) server_cpu: Option<ServerCpu>,
    pub(crate) memory: Option<MemoryStages>,
    pub(crate) generator: Generator,
    #[serde(skip)]
    pub(crate) timelines: Timelines,
}

/// Latencies second by second, of those that were measured.
#[derive(Clone, Debug, Default)]
pub(crate) struct Timelines {
    pub(crate) delivery: Option<Timeline>,
    pub(crate) last_recipient: Option<Timeline>,
    pub(crate) acknowledgement: Option<Timeline>,
}

/// The server's CPU time in the window, publishing included.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct ServerCpu {
    pub(crate) time: CpuTime,
    /// 1.0 is one core.
    pub(crate) cores_used: f64,
    pub(crate) us_per_delivery: f64,
}

/// How well the generator itself did.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Generator {
    /// Of its one thread, in the window.
    pub(crate) cpu_share: f64,
    /// Ready to run and without a core.
    pub(crate) waiting_share: f64,
    /// From each message's intended time to its being written.
    pub(crate) lag: Quantiles,
    /// Why its figures say more of the generator than of the server.
    pub(crate) limited: Option<String>,
}

/// The kernel's and the tally's counters at one moment.
#[derive(Clone, Copy)]
struct Reading {
    at_ns: u64,
    server: Option<CpuTime>,
    own: ThreadTime,
    deliveries: u64,
}

pub(crate) fn run(workload: &Fanout, setting: &Setting<'_>) -> Result<FanoutResult, BenchError> {
    let clock = Clock::start();
    let mut draws = Draws::new(setting.seed);
    let run_id = draws.next();
    let first_user = workload::first_user(setting.seed);
    let before = setting.memory()?;
    let mut fleet = Fleet::new(setting.target.addresses, clock, draws)?;
    fleet.open(&workload.seats(first_user), setting.interrupt)?;
    settle(&mut fleet, clock, setting.settle_ns)?;
    let idle = setting.memory()?;
    let conversations = make_groups(workload, first_user, setting)?;

    let start_ns = clock.now_ns() + SCHEDULE_LEAD_NS;
    let schedule = Schedule::new(start_ns, workload.groups, workload.rate);
    let from_ns = start_ns + workload.warmup * 1_000_000_000;
    let window = Window { from_ns, to_ns: from_ns + workload.seconds * 1_000_000_000 };
    let stamper = Stamper::new(run_id, workload.size);
    let plan = Plan { workload, stamper, schedule, window, first_user, conversations };
    let mut running = Running {
        setting,
        clock,
        fleet,
        pacer: Pacer::new(schedule, workload.messages()),
        tally: Tally::new(plan, clock.now_ns()),
        lag: Latencies::new(),
    };
    let readings = running.publish_all(window)?;
    if readings.is_some() {
        running.drain()?;
    }
    let after = setting.memory()?;
    let sessions = workload.connections();
    let memory = before.zip(idle).zip(after).map(|((before, idle), after): (_, Memory)| {
        MemoryStages::new(before, idle, after, sessions)
    });
    Ok(running.result(workload, readings, memory))
}

/// Lets the server finish what signing in began, before its memory is read.
pub(super) fn settle(fleet: &mut Fleet, clock: Clock, settle_ns: u64) -> Result<(), BenchError> {
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

/// The groups are made once their members have signed in, for a user exists from then on. Clients
/// of another server have made theirs as they opened.
fn make_groups(
    workload: &Fanout,
    first_user: u64,
    setting: &Setting<'_>,
) -> Result<Vec<u64>, BenchError> {
    if setting.target.wire.is_some() {
        let number = |group| workload::group_number(first_user, group);
        return Ok((0..workload.groups).map(number).collect());
    }
    let operator = setting.target.operator.as_ref().ok_or(BenchError::NoOperator)?;
    let make = |group: u32| {
        if setting.interrupt.is_raised() {
            return Err(BenchError::Interrupted);
        }
        let publisher = first_user + workload.publisher_of(group) as u64;
        let members: Vec<u64> = (publisher..).take(workload.seats_per_group()).collect();
        operator.create_group(&format!("bench {:x} {group}", setting.seed), &members)
    };
    (0..workload.groups).map(make).collect()
}

struct Running<'a> {
    setting: &'a Setting<'a>,
    clock: Clock,
    fleet: Fleet,
    pacer: Pacer,
    tally: Tally<'a>,
    lag: Latencies,
}

impl Running<'_> {
    /// Follows the schedule to its end; `None` where the run was interrupted.
    fn publish_all(&mut self, window: Window) -> Result<Option<(Reading, Reading)>, BenchError> {
        let mut first = None;
        loop {
            let now_ns = self.clock.now_ns();
            if first.is_none() && now_ns >= window.from_ns {
                first = Some(self.read()?);
            }
            if let Some(first) = first.filter(|_| now_ns >= window.to_ns) {
                return Ok(Some((first, self.read()?)));
            }
            if self.setting.interrupt.is_raised() {
                return Ok(None);
            }
            for _ in 0..PUBLISHES_PER_TURN_MAX {
                let Some(arrival) = self.pacer.take(now_ns) else { break };
                self.publish(arrival);
            }
            let edge_ns = if first.is_none() { window.from_ns } else { window.to_ns };
            let next_ns = self.pacer.next_due_ns().map_or(edge_ns, |due| due.min(edge_ns));
            let wait_ns = next_ns.saturating_sub(self.clock.now_ns()).min(TURN_WAIT_NS_MAX);
            self.fleet.turn(wait_ns, &mut self.tally)?;
        }
    }

    fn publish(&mut self, arrival: Arrival) {
        let Arrival { group, index, intended_ns } = arrival;
        let plan = self.tally.plan();
        let text = plan.stamper.text(Stamp { group, index, intended_ns });
        let seat = plan.workload.publisher_of(group);
        let outgoing = Outgoing {
            sender: plan.first_user + seat as u64,
            group: plan.conversations.get(group as usize).copied().unwrap_or_default(),
            index,
            text: &text,
        };
        self.lag.record(self.clock.now_ns().saturating_sub(intended_ns));
        self.tally.publishing(group);
        if !self.fleet.publish(seat, outgoing, &mut self.tally) {
            self.tally.unpublished();
        }
    }

    /// Receives what is still on its way, for as long as something comes.
    fn drain(&mut self) -> Result<(), BenchError> {
        let end_ns = self.clock.now_ns() + DRAIN_NS_MAX;
        let mut progress = (self.tally.deliveries(), self.clock.now_ns());
        while !self.tally.is_complete() && !self.setting.interrupt.is_raised() {
            let now_ns = self.clock.now_ns();
            if self.tally.deliveries() > progress.0 {
                progress = (self.tally.deliveries(), now_ns);
            }
            if now_ns > end_ns || now_ns > progress.1 + DRAIN_QUIET_NS {
                break;
            }
            self.fleet.turn(TURN_WAIT_NS_MAX, &mut self.tally)?;
        }
        Ok(())
    }

    fn read(&self) -> Result<Reading, BenchError> {
        Ok(Reading {
            at_ns: self.clock.now_ns(),
            server: self.setting.cpu()?,
            own: ThreadTime::now()?,
            deliveries: self.tally.deliveries(),
        })
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of one run are far below 2^53")]
    fn result(
        self,
        workload: &Fanout,
        readings: Option<(Reading, Reading)>,
        memory: Option<MemoryStages>,
    ) -> FanoutResult {
        let (window_ns, deliveries) = readings
            .map(|(from, to)| (to.at_ns - from.at_ns, to.deliveries - from.deliveries))
            .unwrap_or_default();
        let window_seconds = seconds(window_ns);
        let rate = |count: f64| if window_ns == 0 { 0.0 } else { count / window_seconds };
        let server_cpu = readings.and_then(|(from, to)| {
            let time = to.server?.since(from.server?);
            Some(ServerCpu {
                time,
                cores_used: rate(seconds(time.total_ns())),
                us_per_delivery: time.total_ns() as f64 / 1e3 / deliveries.max(1) as f64,
            })
        });
        let tally = self.tally;
        let (published, receipts) = (tally.published(), tally.deliveries());
        let timelines = Timelines {
            delivery: Some(tally.latencies.clone()),
            last_recipient: Some(tally.completions.clone()),
            acknowledgement: Some(tally.acknowledgements.clone()),
        };
        let quantiles = |timeline: &Timeline| timeline.total().quantiles();
        let (delivery, last_recipient, acknowledgement) = (
            quantiles(&tally.latencies),
            quantiles(&tally.completions),
            quantiles(&tally.acknowledgements),
        );
        let (faults, fault_examples) = tally.finish();
        FanoutResult {
            interrupted: readings.is_none(),
            faults,
            fault_examples,
            published,
            receipts,
            window_seconds,
            window_deliveries: deliveries,
            deliveries_per_second: rate(deliveries as f64),
            offered_deliveries_per_second: workload.offered_per_second()
                * f64::from(workload.receipts_per_message()),
            delivery,
            last_recipient,
            acknowledgement,
            server_cpu,
            memory,
            generator: judge_generator(&self.lag, readings),
            timelines,
        }
    }
}

fn judge_generator(lag: &Latencies, readings: Option<(Reading, Reading)>) -> Generator {
    let (cpu_share, waiting_share) = readings.map_or((0.0, 0.0), |(from, to)| {
        let own = to.own.since(from.own);
        let window = seconds(to.at_ns - from.at_ns).max(f64::MIN_POSITIVE);
        (seconds(own.running_ns) / window, seconds(own.waiting_ns) / window)
    });
    let lag_p99_ns = lag.at_quantile_ns(0.99);
    let limited = if lag_p99_ns > LAG_P99_NS_MAX {
        let (lag, max) = (lag_p99_ns / 1_000, LAG_P99_NS_MAX / 1_000);
        Some(format!("it published {lag} µs late at p99, {max} µs allowed"))
    } else if cpu_share + waiting_share > GENERATOR_BUSY_SHARE_MAX {
        let busy = (cpu_share + waiting_share) * 100.0;
        let max = GENERATOR_BUSY_SHARE_MAX * 100.0;
        Some(format!(
            "it was busy, or waiting for a core, {busy:.0} % of the time, {max:.0} allowed"
        ))
    } else {
        None
    };
    Generator { cpu_share, waiting_share, lag: lag.quantiles(), limited }
}
