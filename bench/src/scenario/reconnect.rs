//! `reconnect`: everybody comes back at once and must miss nothing.

use std::collections::VecDeque;

use serde::Serialize;

use super::account::{Account, Receipt};
use super::outcome::{self, Judgement};
use super::tally::Faults;
use super::watch::{Generator, Reading, ServerCpu, Stretch};
use super::{Setting, drained, groups, settle};
use crate::client::fleet::Fleet;
use crate::client::{End, Seat, Sink};
use crate::clock::Clock;
use crate::error::BenchError;
use crate::histogram::{Latencies, Quantiles};
use crate::limits::{EXAMPLES_MAX, OPENING_STALL_NS, PUBLISHES_PER_TURN_MAX, TURN_WAIT_NS_MAX};
use crate::record::{Measurement, Unit};
use crate::seed::Draws;
use crate::stamp::{Found, Stamp, Stamper};
use crate::wire::{Category, Outgoing, Said, Step, Wire};
use crate::workload::{self, Fanout, Reconnect};

#[derive(Debug, Serialize)]
struct ReconnectResult {
    faults: Faults,
    /// From the first connect to the last receiver's having everything.
    seconds: f64,
    sessions: u64,
    missed_messages: u64,
    /// From each receiver's connect to its having everything.
    resume: Quantiles,
    server_cpu: Option<ServerCpu>,
    generator: Generator,
}

pub(crate) fn measure(
    workload: &Reconnect,
    setting: &Setting<'_>,
) -> Result<Measurement, BenchError> {
    let layout = workload.layout();
    let clock = Clock::start();
    let mut draws = Draws::new(setting.seed);
    let stamper = Stamper::new(draws.next(), workload.size);
    let first_user = workload::first_user(setting.seed);
    let seats = layout.seats(first_user);
    let mut fleet = Fleet::new(setting.target.addresses, clock, draws)?;
    fleet.open(&seats, setting.interrupt)?;
    settle(&mut fleet, clock, setting.settle_ns)?;
    let conversations = groups::of_layout(&layout, first_user, setting)?;
    let mut storm = Storm::new(&layout, stamper, clock, first_user, conversations, seats);

    storm.publish(&mut fleet, workload.before, setting)?;
    storm.everybody_has(&mut fleet, setting)?;
    storm.drop_receivers(&mut fleet);
    storm.publish(&mut fleet, workload.missed, setting)?;
    let from = Reading::take(clock, setting)?;
    storm.come_back(&mut fleet, workload.at_once, setting)?;
    storm.everybody_has(&mut fleet, setting)?;
    let to = Reading::take(clock, setting)?;
    let interrupted = setting.interrupt.is_raised();
    Ok(storm.result(workload, Stretch::between(from, to), interrupted))
}

struct Storm<'a> {
    layout: &'a Fanout,
    stamper: Stamper,
    clock: Clock,
    first_user: u64,
    conversations: Vec<u64>,
    seats: Vec<Seat>,
    /// By seat.
    accounts: Vec<Account>,
    /// By seat: the last message's id.
    last_ids: Vec<Option<u64>>,
    /// By seat: first receipts.
    received: Vec<u32>,
    /// By seat: when its last connect began.
    begun_ns: Vec<u64>,
    /// Published to each group.
    published: u32,
    acknowledged: u64,
    receipts: u64,
    resumes: Latencies,
    /// Receivers are expected to be gone.
    back: bool,
    faults: Faults,
    examples: Vec<String>,
}

impl<'a> Storm<'a> {
    fn new(
        layout: &'a Fanout,
        stamper: Stamper,
        clock: Clock,
        first_user: u64,
        conversations: Vec<u64>,
        seats: Vec<Seat>,
    ) -> Self {
        let count = seats.len();
        Self {
            layout,
            stamper,
            clock,
            first_user,
            conversations,
            seats,
            accounts: vec![Account::default(); count],
            last_ids: vec![None; count],
            received: vec![0; count],
            begun_ns: vec![0; count],
            published: 0,
            acknowledged: 0,
            receipts: 0,
            resumes: Latencies::new(),
            back: false,
            faults: Faults::default(),
            examples: Vec::new(),
        }
    }

    fn receivers(&self) -> impl Iterator<Item = usize> + use<> {
        let (count, per_group) = (self.layout.connections(), self.layout.seats_per_group());
        (0..count).filter(move |seat| seat % per_group != 0)
    }

    /// Publishes `count` messages to each group, and waits for their acknowledgements.
    fn publish(
        &mut self,
        fleet: &mut Fleet,
        count: u32,
        setting: &Setting<'_>,
    ) -> Result<(), BenchError> {
        let groups = self.layout.groups;
        let messages = (self.published..self.published + count)
            .flat_map(|index| (0..groups).map(move |group| (group, index)));
        for (number, (group, index)) in messages.enumerate() {
            self.publish_one(fleet, group, index);
            if number % PUBLISHES_PER_TURN_MAX == 0 {
                fleet.turn(0, self)?;
            }
        }
        self.published += count;
        let wanted = u64::from(groups) * u64::from(self.published);
        let progress = |storm: &Self| (storm.acknowledged, storm.acknowledged >= wanted);
        drained(fleet, self.clock, setting.interrupt, self, progress, |_, _| {})
    }

    fn publish_one(&mut self, fleet: &mut Fleet, group: u32, index: u32) {
        let seat = self.layout.publisher_of(group);
        let intended_ns = self.clock.now_ns();
        let text = self.stamper.text(Stamp { group, index, intended_ns });
        let outgoing = Outgoing {
            sender: self.first_user + seat as u64,
            category: Category::Group,
            group: self.conversations.get(group as usize).copied().unwrap_or_default(),
            index,
            text: &text,
        };
        if !fleet.publish(seat, outgoing, self) {
            self.faults.unpublished += 1;
        }
    }

    /// Waits until every receiver has everything, or nothing comes any more.
    fn everybody_has(
        &mut self,
        fleet: &mut Fleet,
        setting: &Setting<'_>,
    ) -> Result<(), BenchError> {
        let receivers = u64::from(self.layout.groups) * u64::from(self.layout.members);
        let wanted = receivers * u64::from(self.published);
        let progress = |storm: &Self| (storm.receipts, storm.receipts >= wanted);
        drained(fleet, self.clock, setting.interrupt, self, progress, |_, _| {})
    }

    fn drop_receivers(&self, fleet: &mut Fleet) {
        for seat in self.receivers() {
            fleet.drop_connection(seat);
        }
    }

    /// Connects all receivers anew, so many at a time.
    fn come_back(
        &mut self,
        fleet: &mut Fleet,
        at_once: usize,
        setting: &Setting<'_>,
    ) -> Result<(), BenchError> {
        self.back = true;
        let mut waiting: VecDeque<usize> = self.receivers().collect();
        let standing = self.layout.groups as usize;
        let (wanted, mut begun) = (standing + waiting.len(), standing);
        let mut progress = (fleet.ready(), self.clock.now_ns());
        while fleet.ready() < wanted && !setting.interrupt.is_raised() {
            while begun.saturating_sub(fleet.ready()) < at_once
                && let Some(seat) = waiting.pop_front()
            {
                self.reopen(fleet, seat)?;
                begun += 1;
            }
            fleet.turn(TURN_WAIT_NS_MAX, self)?;
            let now_ns = self.clock.now_ns();
            if fleet.ready() > progress.0 {
                progress = (fleet.ready(), now_ns);
            } else if now_ns - progress.1 > OPENING_STALL_NS {
                // What is missing then shows as lost.
                break;
            }
        }
        Ok(())
    }

    fn reopen(&mut self, fleet: &mut Fleet, index: usize) -> Result<(), BenchError> {
        let (Some(seat), Some(begun_ns)) =
            (self.seats.get(index).copied(), self.begun_ns.get_mut(index))
        else {
            return Ok(());
        };
        *begun_ns = self.clock.now_ns();
        fleet.reopen(index, seat, self.last_ids.get(index).copied().flatten())
    }

    /// Messages, live or missed.
    fn received(&mut self, seat: usize, wire: Wire, frame: &[u8], at_ns: u64) {
        match wire.read(Step::Ready, frame) {
            Ok(Said::Acknowledged { .. }) => self.acknowledged += 1,
            Ok(Said::Posts(posts)) => {
                for post in posts {
                    self.receive_one(seat, post.text.as_bytes(), post.id, at_ns);
                }
            }
            Ok(Said::Refused { code, message }) => {
                self.faults.refused += 1;
                self.example(|| format!("seat {seat} was refused with {code}: {message}"));
            }
            Ok(Said::SignedIn | Said::Synced | Said::Other) => {}
            Err(fault) => {
                self.faults.malformed += 1;
                self.example(|| format!("seat {seat} received {fault}"));
            }
        }
    }

    fn receive_one(&mut self, seat: usize, text: &[u8], id: Option<u64>, at_ns: u64) {
        let stamp = match self.stamper.find(text) {
            Some((Found::Ours(stamp), _)) if stamp.group == self.layout.group_of(seat) => stamp,
            _ => {
                self.faults.misdelivered += 1;
                return self.example(|| format!("seat {seat} received what is not for it"));
            }
        };
        let (Some(account), Some(received), Some(last)) =
            (self.accounts.get_mut(seat), self.received.get_mut(seat), self.last_ids.get_mut(seat))
        else {
            return;
        };
        *last = id.or(*last);
        match account.receive(stamp.index) {
            Receipt::Duplicate => {
                self.faults.duplicated += 1;
                return self.example(|| format!("seat {seat} received {stamp:?} again"));
            }
            Receipt::Reordered => self.faults.reordered += 1,
            Receipt::InOrder => {}
        }
        *received += 1;
        self.receipts += 1;
        if self.back && *received == self.published {
            let begun_ns = self.begun_ns.get(seat).copied().unwrap_or_default();
            self.resumes.record(at_ns.saturating_sub(begun_ns));
        }
    }

    fn example(&mut self, example: impl FnOnce() -> String) {
        if self.examples.len() < EXAMPLES_MAX {
            self.examples.push(example());
        }
    }

    fn result(mut self, workload: &Reconnect, stretch: Stretch, interrupted: bool) -> Measurement {
        for seat in self.receivers() {
            let Some(account) = self.accounts.get(seat) else { continue };
            let missing = account.missing(self.published);
            self.faults.lost += missing;
            if missing > 0 {
                self.example(|| format!("seat {seat} never received {missing} messages"));
            }
        }
        let wanted = u64::from(self.layout.groups) * u64::from(self.published);
        self.faults.unacknowledged = wanted.saturating_sub(self.acknowledged);
        let sessions = u64::from(workload.groups) * u64::from(workload.members);
        let generator = stretch.generator(&Latencies::new());
        let result = ReconnectResult {
            faults: self.faults,
            seconds: stretch.seconds,
            sessions,
            missed_messages: sessions * u64::from(workload.missed),
            resume: self.resumes.quantiles(),
            server_cpu: stretch.server_cpu(sessions),
            generator: generator.clone(),
        };
        let judgement = Judgement {
            interrupted,
            faulty: self.faults.any(),
            faults: self.examples,
            limited: generator.limited.clone(),
        };
        let mut measurement = judgement.measurement(workload, &result);
        measurement.lower("all_back_seconds", stretch.seconds, Unit::Seconds);
        measurement.higher("resumes_per_second", stretch.per_second(sessions), Unit::PerSecond);
        let caught_up = stretch.per_second(result.missed_messages);
        measurement.higher("caught_up_per_second", caught_up, Unit::PerSecond);
        measurement.histogram("resume", self.resumes);
        outcome::server_cpu(&mut measurement, "resume", result.server_cpu.as_ref());
        outcome::generator(&mut measurement, &generator);
        measurement
    }
}

impl Sink for Storm<'_> {
    fn frame(&mut self, seat: usize, wire: Wire, frame: &[u8], at_ns: u64) {
        self.received(seat, wire, frame, at_ns);
    }

    fn caught_up(&mut self, seat: usize, wire: Wire, frame: &[u8], at_ns: u64) {
        self.received(seat, wire, frame, at_ns);
    }

    fn ended(&mut self, seat: usize, end: End) {
        self.faults.disconnected += 1;
        self.example(|| format!("seat {seat}: {end}"));
    }
}
