//! `history`: how fast the past is read.
//!
//! Every page is checked: it must hold the messages that were asked for, all and in order.

use std::collections::VecDeque;

use serde::Serialize;

use super::outcome::{self, Judgement};
use super::tally::Faults;
use super::watch::{Generator, Reading, ServerCpu, Stretch};
use super::{Setting, drained, groups};
use crate::client::fleet::Fleet;
use crate::client::{End, Sink};
use crate::clock::Clock;
use crate::error::BenchError;
use crate::histogram::{Latencies, Timeline};
use crate::limits::{
    EXAMPLES_MAX, PUBLISHES_PER_TURN_MAX, SCHEDULE_LEAD_NS, STORING_AHEAD_MAX, TURN_WAIT_NS_MAX,
};
use crate::pacer::{Arrival, Pacer, Schedule};
use crate::record::{Measurement, Unit};
use crate::seed::Draws;
use crate::stamp::{Found, Stamp, Stamper};
use crate::wire::{Category, Outgoing, Said, Step, Wire, im_calls};
use crate::workload::{self, History};

#[derive(Debug, Serialize)]
struct HistoryResult {
    faults: Faults,
    window_seconds: f64,
    window_pulls: u64,
    server_cpu: Option<ServerCpu>,
    generator: Generator,
}

pub(crate) fn measure(
    workload: &History,
    setting: &Setting<'_>,
) -> Result<Measurement, BenchError> {
    let clock = Clock::start();
    let mut draws = Draws::new(setting.seed);
    let stamper = Stamper::new(draws.next(), workload.size);
    let first_user = workload::first_user(setting.seed);
    let mut fleet = Fleet::new(setting.target.addresses, clock, Draws::new(draws.next()))?;
    // A user exists from the first sign-in on, and readers make calls only.
    let members: Vec<u64> = (first_user..).take(workload.readers as usize + 1).collect();
    let mut seats = workload.seats(first_user);
    let readers = seats.split_off(1);
    fleet.open(&seats, setting.interrupt)?;
    let group = groups::make(first_user, std::iter::once(members), setting)?;
    let group = group.first().copied().unwrap_or_default();

    let mut storing = Storing { acknowledged: 0, ended: None };
    store(workload, &stamper, (&mut fleet, clock), (first_user, group), &mut storing, setting)?;
    fleet.open(&readers, setting.interrupt)?;

    let start_ns = clock.now_ns() + SCHEDULE_LEAD_NS;
    let from_ns = start_ns + workload.warmup * 1_000_000_000;
    let to_ns = from_ns + workload.seconds * 1_000_000_000;
    let mut pulling = Pulling {
        workload,
        stamper,
        clock,
        draws,
        first_user,
        group,
        pacer: Pacer::new(Schedule::new(start_ns, 1, workload.rate), workload.pulls()),
        free: (1..=workload.readers as usize).collect(),
        due: VecDeque::new(),
        asked: vec![None; workload.readers as usize + 1],
        answered: 0,
        from_ns,
        faults: Faults::default(),
        examples: Vec::new(),
        pulls: Timeline::new(from_ns, clock.now_ns()),
        lag: Latencies::new(),
    };
    let readings = pulling.follow(&mut fleet, setting, to_ns)?;
    if readings.is_some() {
        drained(
            &mut fleet,
            clock,
            setting.interrupt,
            &mut pulling,
            Pulling::progress,
            Pulling::ask,
        )?;
    }
    Ok(pulling.result(readings))
}

/// Publishes the past, with a bounded number of messages on their way.
fn store(
    workload: &History,
    stamper: &Stamper,
    (fleet, clock): (&mut Fleet, Clock),
    (sender, group): (u64, u64),
    storing: &mut Storing,
    setting: &Setting<'_>,
) -> Result<(), BenchError> {
    let mut sent = 0;
    while storing.acknowledged < workload.messages {
        if setting.interrupt.is_raised() {
            return Err(BenchError::Interrupted);
        }
        while sent < workload.messages && sent - storing.acknowledged < STORING_AHEAD_MAX {
            let stamp = Stamp { group: 0, index: sent, intended_ns: clock.now_ns() };
            let text = stamper.text(stamp);
            let category = Category::Group;
            let outgoing = Outgoing { sender, category, group, index: sent, text: &text };
            fleet.publish(0, outgoing, storing);
            sent += 1;
        }
        fleet.turn(TURN_WAIT_NS_MAX, storing)?;
        if let Some(end) = storing.ended.take() {
            return Err(BenchError::EndedIdle { end });
        }
    }
    Ok(())
}

/// Listens while the past is stored.
struct Storing {
    acknowledged: u32,
    ended: Option<End>,
}

impl Sink for Storing {
    fn frame(&mut self, _: usize, wire: Wire, frame: &[u8], _: u64) {
        match wire.read(Step::Ready, frame) {
            Ok(Said::Acknowledged { .. }) => self.acknowledged += 1,
            Ok(Said::Refused { code, message }) => {
                self.ended.get_or_insert(End::Refused { code, message });
            }
            Ok(Said::Posts(_) | Said::SignedIn | Said::Synced | Said::Other) => {}
            Err(fault) => {
                self.ended.get_or_insert(End::Fault(fault));
            }
        }
    }

    fn ended(&mut self, _: usize, end: End) {
        self.ended.get_or_insert(end);
    }
}

/// What a reader waits for.
#[derive(Clone, Copy, Debug)]
struct Asked {
    intended_ns: u64,
    /// The number of the page's first message, from 0.
    start: u32,
}

struct Pulling<'a> {
    workload: &'a History,
    stamper: Stamper,
    clock: Clock,
    draws: Draws,
    first_user: u64,
    group: u64,
    pacer: Pacer,
    /// Readers without a call.
    free: VecDeque<usize>,
    /// Calls that are due and have no reader yet.
    due: VecDeque<Arrival>,
    /// By seat.
    asked: Vec<Option<Asked>>,
    answered: u64,
    from_ns: u64,
    faults: Faults,
    examples: Vec<String>,
    pulls: Timeline,
    /// From when a call was due to when the generator saw it, whether or not a reader was free.
    lag: Latencies,
}

impl Pulling<'_> {
    /// Follows the schedule to its end; `None` where the run was interrupted.
    fn follow(
        &mut self,
        fleet: &mut Fleet,
        setting: &Setting<'_>,
        to_ns: u64,
    ) -> Result<Option<[(Reading, u64); 2]>, BenchError> {
        let mut first = None;
        loop {
            let now_ns = self.clock.now_ns();
            if first.is_none() && now_ns >= self.from_ns {
                first = Some((Reading::take(self.clock, setting)?, self.answered));
            }
            if let Some(first) = first.filter(|_| now_ns >= to_ns) {
                return Ok(Some([first, (Reading::take(self.clock, setting)?, self.answered)]));
            }
            if setting.interrupt.is_raised() {
                return Ok(None);
            }
            for _ in 0..PUBLISHES_PER_TURN_MAX {
                let Some(arrival) = self.pacer.take(now_ns) else { break };
                self.lag.record(self.clock.now_ns().saturating_sub(arrival.intended_ns));
                self.due.push_back(arrival);
            }
            self.ask(fleet);
            let edge_ns = if first.is_none() { self.from_ns } else { to_ns };
            let next_ns = self.pacer.next_due_ns().map_or(edge_ns, |due| due.min(edge_ns));
            let wait_ns = next_ns.saturating_sub(self.clock.now_ns()).min(TURN_WAIT_NS_MAX);
            fleet.turn(wait_ns, self)?;
            self.ask(fleet);
        }
    }

    /// Gives the calls that are due to readers that are free.
    fn ask(&mut self, fleet: &mut Fleet) {
        while !self.due.is_empty()
            && let Some(seat) = self.free.pop_front()
            && let Some(arrival) = self.due.pop_front()
        {
            let last = self.workload.messages - self.workload.page;
            let start = u32::try_from(self.draws.next() % (u64::from(last) + 1)).unwrap_or(0);
            if let Some(asked) = self.asked.get_mut(seat) {
                *asked = Some(Asked { intended_ns: arrival.intended_ns, start });
            }
            let token = (self.first_user + seat as u64).to_string();
            let call = im_calls::pull(&token, self.group, start + 1, self.workload.page);
            if !fleet.write(seat, &call, self) {
                self.faults.unpublished += 1;
            }
        }
    }

    /// What was answered, and whether nothing more is expected.
    fn progress(&self) -> (u64, bool) {
        (self.answered, self.due.is_empty() && self.asked.iter().all(Option::is_none))
    }

    /// The stamps of a page must be those of the messages from `start` on.
    fn check_page(&mut self, seat: usize, answer: &[u8], start: u32) {
        let mut rest = answer;
        let mut expected = start;
        while let Some((found, after)) = self.stamper.find(rest) {
            rest = after;
            match found {
                Found::Ours(stamp) if stamp.index == expected => expected += 1,
                _ => {
                    self.faults.misdelivered += 1;
                    return self
                        .example(|| format!("seat {seat}: {found:?} in place of {expected}"));
                }
            }
        }
        let end = start + self.workload.page;
        if expected < end {
            self.faults.lost += u64::from(end - expected);
            self.example(|| format!("seat {seat}: a page from {start} ends at {expected}"));
        }
    }

    fn example(&mut self, example: impl FnOnce() -> String) {
        if self.examples.len() < EXAMPLES_MAX {
            self.examples.push(example());
        }
    }

    fn result(mut self, readings: Option<[(Reading, u64); 2]>) -> Measurement {
        self.faults.unpublished += self.due.len() as u64;
        self.faults.unacknowledged =
            self.asked.iter().filter(|asked| asked.is_some()).count() as u64;
        let (stretch, pulls) = readings.map_or((Stretch::default(), 0), |[from, to]| {
            (Stretch::between(from.0, to.0), to.1 - from.1)
        });
        let generator = stretch.generator(&self.lag);
        let result = HistoryResult {
            faults: self.faults,
            window_seconds: stretch.seconds,
            window_pulls: pulls,
            server_cpu: stretch.server_cpu(pulls),
            generator: generator.clone(),
        };
        let judgement = Judgement {
            interrupted: readings.is_none(),
            faulty: self.faults.any(),
            faults: self.examples,
            limited: generator.limited.clone(),
        };
        let mut measurement = judgement.measurement(self.workload, &result);
        measurement.higher("pulls_per_second", stretch.per_second(pulls), Unit::PerSecond);
        let messages = stretch.per_second(pulls) * f64::from(self.workload.page);
        measurement.higher("pulled_messages_per_second", messages, Unit::PerSecond);
        outcome::server_cpu(&mut measurement, "pull", result.server_cpu.as_ref());
        outcome::generator(&mut measurement, &generator);
        measurement.timeline("pull", self.pulls);
        measurement.series_of = "pull";
        measurement
    }
}

impl Sink for Pulling<'_> {
    fn frame(&mut self, seat: usize, wire: Wire, frame: &[u8], at_ns: u64) {
        if wire != Wire::ImCalls {
            return;
        }
        let Some(asked) = self.asked.get_mut(seat).and_then(Option::take) else {
            self.faults.malformed += 1;
            return self.example(|| format!("seat {seat}: an answer without a question"));
        };
        self.answered += 1;
        self.free.push_back(seat);
        if let Said::Refused { code, message } = im_calls::read(frame) {
            self.faults.refused += 1;
            return self.example(|| format!("seat {seat} was refused with {code}: {message}"));
        }
        if asked.intended_ns >= self.from_ns {
            self.pulls.record(at_ns, at_ns.saturating_sub(asked.intended_ns));
        }
        self.check_page(seat, frame, asked.start);
    }

    fn ended(&mut self, seat: usize, end: End) {
        self.faults.disconnected += 1;
        self.example(|| format!("seat {seat}: {end}"));
    }
}
