//! Every receipt of a fan-out run: how late it was, and whether it should have come at all.
//!
//! The stamp in a frame's raw bytes is enough for the figures. Of every so many receipts one
//! frame is decoded in full, with an independent decoder, and compared with what was sent.

use serde::Serialize;

use super::account::{Account, Receipt};
use crate::client::{End, Sink};
use crate::histogram::Timeline;
use crate::limits::{EXAMPLES_MAX, SAMPLE_EVERY};
use crate::pacer::Schedule;
use crate::stamp::{Found, Stamp, Stamper};
use crate::wire::{Nature, Said, SeenPost, Step, Wire};
use crate::workload::Fanout;

/// What a receiver must never see. Each is counted once for each receiver.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Faults {
    /// Published, and never received until the drain's end.
    pub(crate) lost: u64,
    pub(crate) duplicated: u64,
    /// Overtaken by a later message of the same group.
    pub(crate) reordered: u64,
    /// Of another group, or never published.
    pub(crate) misdelivered: u64,
    /// Not what was sent, or not to be decoded.
    pub(crate) malformed: u64,
    /// Error frames.
    pub(crate) refused: u64,
    /// Published, and never acknowledged.
    pub(crate) unacknowledged: u64,
    /// Sessions that ended before the run did.
    pub(crate) disconnected: u64,
    /// Due, but not sent: the publisher's connection was gone.
    pub(crate) unpublished: u64,
}

impl Faults {
    pub(crate) fn any(&self) -> bool {
        *self != Self::default()
    }

    /// Those of another stretch of the same run.
    pub(crate) fn add(&mut self, other: &Self) {
        self.lost += other.lost;
        self.duplicated += other.duplicated;
        self.reordered += other.reordered;
        self.misdelivered += other.misdelivered;
        self.malformed += other.malformed;
        self.refused += other.refused;
        self.unacknowledged += other.unacknowledged;
        self.disconnected += other.disconnected;
        self.unpublished += other.unpublished;
    }
}

/// When messages are due that count for the latencies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    pub(crate) from_ns: u64,
    pub(crate) to_ns: u64,
}

impl Window {
    fn holds(&self, at_ns: u64) -> bool {
        (self.from_ns..self.to_ns).contains(&at_ns)
    }
}

/// What the run has published and its server's names for it.
pub(crate) struct Plan<'a> {
    pub(crate) workload: &'a Fanout,
    pub(crate) stamper: Stamper,
    pub(crate) schedule: Schedule,
    pub(crate) window: Window,
    pub(crate) first_user: u64,
    /// The conversation of each group.
    pub(crate) conversations: Vec<u64>,
}

pub(crate) struct Tally<'a> {
    plan: Plan<'a>,
    /// By seat.
    accounts: Vec<Account>,
    /// Receivers that have seen a message, by group and index. Grows as messages are published.
    seen: Vec<Vec<u32>>,
    acknowledged: Vec<Vec<bool>>,
    acknowledged_count: u64,
    faults: Faults,
    examples: Vec<String>,
    /// Every stamp that arrived, duplicates too: what the server's CPU was spent on.
    deliveries: u64,
    /// First receipts.
    distinct: u64,
    published: u64,
    latencies: Timeline,
    /// Of each message, the last receiver's.
    completions: Timeline,
    acknowledgements: Timeline,
    /// Stamps that came to receivers which are slow on purpose.
    slow_receipts: u64,
    /// Those of them that the server closed.
    slow_ended: u64,
}

impl<'a> Tally<'a> {
    /// The run's clock reads `now_ns`.
    pub(crate) fn new(plan: Plan<'a>, now_ns: u64) -> Self {
        let timeline = Timeline::new(plan.window.from_ns, now_ns);
        let groups = plan.workload.groups as usize;
        Self {
            accounts: vec![Account::default(); plan.workload.connections()],
            seen: vec![Vec::new(); groups],
            acknowledged: vec![Vec::new(); groups],
            acknowledged_count: 0,
            plan,
            faults: Faults::default(),
            examples: Vec::new(),
            deliveries: 0,
            distinct: 0,
            published: 0,
            latencies: timeline.clone(),
            completions: timeline.clone(),
            acknowledgements: timeline,
            slow_receipts: 0,
            slow_ended: 0,
        }
    }

    pub(crate) fn plan(&self) -> &Plan<'a> {
        &self.plan
    }

    pub(crate) fn deliveries(&self) -> u64 {
        self.deliveries
    }

    /// Receipts of those that are slow on purpose, and how many of them were closed.
    pub(crate) fn slow(&self) -> (u64, u64) {
        (self.slow_receipts, self.slow_ended)
    }

    /// Of deliveries, of each message's last one, and of acknowledgements.
    pub(crate) fn timelines(&self) -> (Timeline, Timeline, Timeline) {
        (self.latencies.clone(), self.completions.clone(), self.acknowledgements.clone())
    }

    pub(crate) fn deliveries_by_second(&self) -> &Timeline {
        &self.latencies
    }

    pub(crate) fn published(&self) -> u64 {
        self.published
    }

    /// Everything that was published has arrived everywhere and is acknowledged.
    pub(crate) fn is_complete(&self) -> bool {
        let expected = self.published * u64::from(self.plan.workload.receipts_per_message());
        self.distinct >= expected && self.acknowledgements_due() == 0
    }

    /// A message is about to be sent: from here on its receipts are expected.
    pub(crate) fn publishing(&mut self, group: u32) {
        let group = group as usize;
        if let (Some(seen), Some(acknowledged)) =
            (self.seen.get_mut(group), self.acknowledged.get_mut(group))
        {
            seen.push(0);
            acknowledged.push(false);
            self.published += 1;
        }
    }

    /// A message could not be sent.
    pub(crate) fn unpublished(&mut self) {
        self.faults.unpublished += 1;
    }

    /// The faults and their first examples, once nothing more is expected.
    pub(crate) fn finish(mut self) -> (Faults, Vec<String>) {
        self.faults.unacknowledged = self.acknowledgements_due();
        let workload = self.plan.workload;
        let echoes = workload.echoes();
        for (seat, account) in self.accounts.iter().enumerate() {
            if workload.is_slow(seat) || (workload.is_publisher(seat) && !echoes) {
                continue;
            }
            let group = workload.group_of(seat);
            let published = self.seen.get(group as usize).map_or(0, Vec::len);
            let published = u32::try_from(published).unwrap_or(u32::MAX);
            let Some(first) = account.first_missing(published) else { continue };
            let missing = account.missing(published);
            self.faults.lost += missing;
            if self.examples.len() < EXAMPLES_MAX {
                let example = format!(
                    "seat {seat} never received {missing} of group {group}, the first is {first}"
                );
                self.examples.push(example);
            }
        }
        (self.faults, self.examples)
    }

    fn acknowledgements_due(&self) -> u64 {
        if !self.plan.workload.publisher_wire().acknowledges() {
            return 0;
        }
        self.published - self.acknowledged_count
    }

    fn fault(&mut self, count: fn(&mut Faults) -> &mut u64, example: impl FnOnce() -> String) {
        *count(&mut self.faults) += 1;
        if self.examples.len() < EXAMPLES_MAX {
            self.examples.push(example());
        }
    }

    fn receipt(&mut self, seat: usize, stamp: Stamp, at_ns: u64) {
        let Stamp { group, index, intended_ns } = stamp;
        let workload = self.plan.workload;
        let silent = workload.is_publisher(seat) && !workload.echoes();
        let counter = self.seen.get_mut(group as usize).and_then(|of| of.get_mut(index as usize));
        let counter = counter.filter(|_| workload.group_of(seat) == group && !silent);
        let (Some(counter), Some(account)) = (counter, self.accounts.get_mut(seat)) else {
            let example = || format!("seat {seat} received {stamp:?}, which is not for it");
            return self.fault(|faults| &mut faults.misdelivered, example);
        };
        let receipt = account.receive(index);
        if receipt != Receipt::Duplicate {
            *counter += 1;
            let complete = *counter == workload.receipts_per_message();
            self.distinct += 1;
            if self.plan.window.holds(intended_ns) {
                let latency_ns = at_ns.saturating_sub(intended_ns);
                self.latencies.record(at_ns, latency_ns);
                if complete {
                    self.completions.record(at_ns, latency_ns);
                }
            }
        }
        match receipt {
            Receipt::InOrder => {}
            Receipt::Reordered => self.fault(
                |faults| &mut faults.reordered,
                || format!("seat {seat} received {stamp:?} after a later one"),
            ),
            Receipt::Duplicate => self.fault(
                |faults| &mut faults.duplicated,
                || format!("seat {seat} received {stamp:?} again"),
            ),
        }
    }

    /// A frame without a stamp: an acknowledgement, an error, or nothing of ours.
    fn unstamped(&mut self, seat: usize, wire: Wire, frame: &[u8], at_ns: u64) {
        match wire.read(Step::Ready, frame) {
            Ok(Said::Acknowledged { index }) => self.acknowledged(seat, index, at_ns),
            Ok(Said::Refused { code, message }) => self.fault(
                |faults| &mut faults.refused,
                || format!("seat {seat} was refused with {code}: {message}"),
            ),
            Ok(Said::Posts(posts)) if !posts.is_empty() => self.fault(
                |faults| &mut faults.malformed,
                || format!("seat {seat} received posts without a stamp: {posts:.200?}"),
            ),
            Ok(Said::Posts(_) | Said::SignedIn | Said::Synced | Said::Other) => {}
            Err(fault) => self
                .fault(|faults| &mut faults.malformed, || format!("seat {seat} received {fault}")),
        }
    }

    fn acknowledged(&mut self, seat: usize, index: u32, at_ns: u64) {
        let group = self.plan.workload.group_of(seat);
        let slot =
            self.acknowledged.get_mut(group as usize).and_then(|of| of.get_mut(index as usize));
        match slot {
            Some(done) if self.plan.workload.is_publisher(seat) && !*done => {
                *done = true;
                self.acknowledged_count += 1;
                let due_ns = self.plan.schedule.due_ns(group, index);
                if self.plan.window.holds(due_ns) {
                    self.acknowledgements.record(at_ns, at_ns.saturating_sub(due_ns));
                }
            }
            Some(_) | None => self.fault(
                |faults| &mut faults.misdelivered,
                || format!("seat {seat} received an acknowledgement of {index} that is not due"),
            ),
        }
    }

    /// Decodes a frame in full and compares every message in it with what was sent.
    fn check_frame(&mut self, seat: usize, wire: Wire, frame: &[u8]) {
        let found = match wire.read(Step::Ready, frame) {
            Ok(Said::Posts(posts)) => {
                let wrong = posts.into_iter().find(|post| !self.is_as_sent(post));
                wrong.map(|post| format!("{post:?}"))
            }
            Ok(other) => Some(format!("{other:?}")),
            Err(fault) => Some(fault.to_string()),
        };
        if let Some(found) = found {
            self.fault(
                |faults| &mut faults.malformed,
                || format!("seat {seat} received a message that is not as sent: {found:.300}"),
            );
        }
    }

    fn is_as_sent(&self, post: &SeenPost) -> bool {
        let Some((Found::Ours(stamp), _)) = self.plan.stamper.find(post.text.as_bytes()) else {
            return false;
        };
        let publisher = self.plan.workload.publisher_of(stamp.group) as u64;
        post.text == self.plan.stamper.text(stamp)
            && post.sender.is_none_or(|sender| sender == self.plan.first_user + publisher)
            && post.group.is_none_or(|group| {
                self.plan.conversations.get(stamp.group as usize) == Some(&group)
            })
            && stamp.intended_ns == self.plan.schedule.due_ns(stamp.group, stamp.index)
    }
}

impl Sink for Tally<'_> {
    fn frame(&mut self, seat: usize, wire: Wire, frame: &[u8], at_ns: u64) {
        let stamps_max = match wire.nature(frame) {
            Nature::PassedOver => return,
            Nature::Answer => return self.unstamped(seat, wire, frame, at_ns),
            Nature::One => 1,
            Nature::Open => u64::MAX,
        };
        if self.plan.workload.is_slow(seat) {
            self.slow_receipts += self.plan.stamper.count(frame).min(stamps_max);
            return;
        }
        let mut rest = frame;
        let mut stamps = 0u64;
        while stamps < stamps_max
            && let Some((found, after)) = self.plan.stamper.find(rest)
        {
            rest = after;
            stamps += 1;
            match found {
                Found::Ours(stamp) => self.receipt(seat, stamp, at_ns),
                Found::Foreign => self.fault(
                    |faults| &mut faults.misdelivered,
                    || format!("seat {seat} received a stamp of another run, or a spoiled one"),
                ),
            }
        }
        if stamps == 0 {
            return self.unstamped(seat, wire, frame, at_ns);
        }
        let samples = self.deliveries.div_ceil(SAMPLE_EVERY);
        self.deliveries += stamps;
        // Of the very first receipts, and then whenever another SAMPLE_EVERY are full.
        if self.deliveries.div_ceil(SAMPLE_EVERY) > samples {
            self.check_frame(seat, wire, frame);
        }
    }

    fn ended(&mut self, seat: usize, end: End) {
        if self.plan.workload.is_slow(seat) {
            self.slow_ended += 1;
            return;
        }
        self.fault(|faults| &mut faults.disconnected, || format!("seat {seat}: {end}"));
    }
}
