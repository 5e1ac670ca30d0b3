//! Messages on a schedule to a crowd of sessions: what all open-loop kinds share.
//!
//! A [`Crowd`] is opened once; each [`Crowd::stage`] follows a schedule of its own to its end, and
//! waits for what is still on its way, so that one stage's messages never meet the next one's.

use super::slow::SlowReaders;
use super::tally::{Faults, Plan, Tally, Window};
use super::watch::{Generator, Reading, Stretch};
use super::{Setting, drained, groups, settle};
use crate::client::fleet::Fleet;
use crate::clock::Clock;
use crate::error::BenchError;
use crate::histogram::{Latencies, Timeline};
use crate::host::process::Memory;
use crate::limits::{PUBLISHES_PER_TURN_MAX, SCHEDULE_LEAD_NS, TURN_WAIT_NS_MAX};
use crate::pacer::{Arrival, Pacer, Schedule};
use crate::seed::Draws;
use crate::stamp::{Stamp, Stamper};
use crate::wire::{Category, Outgoing};
use crate::workload::{self, Fanout};

/// The signed-in sessions of a run, and their conversations.
pub(super) struct Crowd<'a> {
    setting: &'a Setting<'a>,
    pub(super) clock: Clock,
    draws: Draws,
    fleet: Fleet,
    first_user: u64,
    /// By group.
    conversations: Vec<u64>,
    slow: SlowReaders,
    /// The server's memory before the first session and with all of them at rest.
    pub(super) memory: Option<(Memory, Memory)>,
}

/// What a stage came to.
pub(super) struct Stage {
    /// `false` where it was interrupted.
    pub(super) finished: bool,
    pub(super) stretch: Stretch,
    /// In the stretch.
    pub(super) deliveries: u64,
    pub(super) generator: Generator,
    pub(super) faults: Faults,
    pub(super) examples: Vec<String>,
    /// Warm-up included.
    pub(super) published: u64,
    /// Warm-up and drain included.
    pub(super) receipts: u64,
    pub(super) delivery: Timeline,
    pub(super) last_recipient: Timeline,
    pub(super) acknowledgement: Timeline,
    /// What became of receivers that are slow on purpose.
    pub(super) slow_receipts: u64,
    pub(super) slow_ended: u64,
}

impl<'a> Crowd<'a> {
    /// Signs everybody in and makes the groups.
    pub(super) fn gather(layout: &Fanout, setting: &'a Setting<'a>) -> Result<Self, BenchError> {
        let clock = Clock::start();
        let mut draws = Draws::new(setting.seed);
        let first_user = workload::first_user(setting.seed);
        let before = setting.memory()?;
        let mut fleet = Fleet::new(setting.target.addresses, clock, Draws::new(draws.next()))?;
        let seats = layout.seats(first_user);
        setting.progress.phase(&format!("signing in {} sessions", seats.len()));
        fleet.open(&seats, setting.interrupt)?;
        settle(&mut fleet, clock, setting.settle_ns)?;
        let idle = setting.memory()?;
        let conversations = match layout.category {
            Category::Group => groups::of_layout(layout, first_user, setting)?,
            // Two in a group of their own, where the server has no other word for it.
            Category::Direct if setting.target.wire.is_some() => {
                groups::of_layout(layout, first_user, setting)?
            }
            // A direct is named by the other one, who is its only member beside the publisher.
            Category::Direct => (0..layout.groups)
                .map(|group| first_user + layout.publisher_of(group) as u64 + 1)
                .collect(),
        };
        let slow = SlowReaders::among(layout);
        slow.begin(&mut fleet)?;
        let memory = before.zip(idle);
        Ok(Self { setting, clock, draws, fleet, first_user, conversations, slow, memory })
    }

    /// Publishes as `workload` says; its groups, members and wires are those of the crowd.
    pub(super) fn stage(&mut self, workload: &Fanout) -> Result<Stage, BenchError> {
        let start_ns = self.clock.now_ns() + SCHEDULE_LEAD_NS;
        let schedule = Schedule::new(start_ns, workload.groups, workload.rate);
        let from_ns = start_ns + workload.warmup * 1_000_000_000;
        let window = Window { from_ns, to_ns: from_ns + workload.seconds * 1_000_000_000 };
        let plan = Plan {
            workload,
            stamper: Stamper::new(self.draws.next(), workload.size),
            schedule,
            window,
            first_user: self.first_user,
            conversations: self.conversations.clone(),
        };
        let mut running = Running {
            tally: Tally::new(plan, self.clock.now_ns()),
            pacer: Pacer::new(schedule, workload.messages()),
            lag: Latencies::new(),
            crowd: self,
        };
        running.crowd.setting.progress.phase("warming up");
        let readings = running.publish_all(window)?;
        if readings.is_some() {
            running.crowd.setting.progress.phase("waiting for what is on its way");
            running.drain()?;
        }
        Ok(running.finish(readings))
    }
}

/// A stage on its way.
struct Running<'c, 'a, 'w> {
    crowd: &'c mut Crowd<'a>,
    pacer: Pacer,
    tally: Tally<'w>,
    lag: Latencies,
}

/// The kernel's counters and the tally's, at one moment.
type Counters = (Reading, u64);

impl Running<'_, '_, '_> {
    /// Follows the schedule to its end; `None` where the run was interrupted.
    fn publish_all(&mut self, window: Window) -> Result<Option<[Counters; 2]>, BenchError> {
        let clock = self.crowd.clock;
        let mut first = None;
        loop {
            let now_ns = clock.now_ns();
            if first.is_none() && now_ns >= window.from_ns {
                first = Some(self.read()?);
            }
            if let Some(first) = first.filter(|_| now_ns >= window.to_ns) {
                return Ok(Some([first, self.read()?]));
            }
            if self.crowd.setting.interrupt.is_raised() {
                return Ok(None);
            }
            if first.is_some() {
                let progress = self.crowd.setting.progress;
                progress.measuring(self.tally.deliveries_by_second(), now_ns, window.to_ns);
            }
            for _ in 0..PUBLISHES_PER_TURN_MAX {
                let Some(arrival) = self.pacer.take(now_ns) else { break };
                self.publish(arrival);
            }
            let edge_ns = if first.is_none() { window.from_ns } else { window.to_ns };
            let next_ns = self.pacer.next_due_ns().map_or(edge_ns, |due| due.min(edge_ns));
            let slow_ns = self.crowd.slow.turn(&mut self.crowd.fleet, now_ns, &mut self.tally);
            let next_ns = next_ns.min(slow_ns);
            let wait_ns = next_ns.saturating_sub(clock.now_ns()).min(TURN_WAIT_NS_MAX);
            self.crowd.fleet.turn(wait_ns, &mut self.tally)?;
        }
    }

    fn publish(&mut self, arrival: Arrival) {
        let Arrival { group, index, intended_ns } = arrival;
        let plan = self.tally.plan();
        let text = plan.stamper.text(Stamp { group, index, intended_ns });
        let seat = plan.workload.publisher_of(group);
        let outgoing = Outgoing {
            sender: plan.first_user + seat as u64,
            category: plan.workload.category,
            group: plan.conversations.get(group as usize).copied().unwrap_or_default(),
            index,
            text: &text,
        };
        self.lag.record(self.crowd.clock.now_ns().saturating_sub(intended_ns));
        self.tally.publishing(group);
        if !self.crowd.fleet.publish(seat, outgoing, &mut self.tally) {
            self.tally.unpublished();
        }
    }

    /// Receives what is still on its way, for as long as something comes.
    fn drain(&mut self) -> Result<(), BenchError> {
        let progress = |tally: &Tally<'_>| (tally.deliveries(), tally.is_complete());
        let (clock, interrupt) = (self.crowd.clock, self.crowd.setting.interrupt);
        drained(&mut self.crowd.fleet, clock, interrupt, &mut self.tally, progress, |_, _| {})?;
        self.crowd.slow.release(&mut self.crowd.fleet, clock, &mut self.tally)
    }

    fn read(&self) -> Result<Counters, BenchError> {
        let reading = Reading::take(self.crowd.clock, self.crowd.setting)?;
        Ok((reading, self.tally.deliveries()))
    }

    fn finish(self, readings: Option<[Counters; 2]>) -> Stage {
        let (stretch, deliveries) = readings.map_or((Stretch::default(), 0), |[from, to]| {
            (Stretch::between(from.0, to.0), to.1 - from.1)
        });
        let tally = self.tally;
        let (published, receipts) = (tally.published(), tally.deliveries());
        let (slow_receipts, slow_ended) = tally.slow();
        let (delivery, last_recipient, acknowledgement) = tally.timelines();
        let (faults, examples) = tally.finish();
        Stage {
            finished: readings.is_some(),
            stretch,
            deliveries,
            generator: stretch.generator(&self.lag),
            faults,
            examples,
            published,
            receipts,
            delivery,
            last_recipient,
            acknowledgement,
            slow_receipts,
            slow_ended,
        }
    }
}
