//! One run of one seed: faults, then quiet, then everybody comes back, then the verdict.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::client::Presence;
use crate::plan::{Plan, Planted};
use crate::situations::Situations;
use crate::trace::Recording;
use crate::violation::{Checked, Promise, Violation, broken};
use crate::world::{Phase, World};

/// Once faults have stopped everything is answered after this long, also where a plan draws slow
/// disks and tiny pages and the backlog is long: the sixteen Syncs that a session may have waiting,
/// each over a thousand messages, one to a page, a fifth of a second each. Most runs need a
/// thousandth of it.
const SETTLE_US_MAX: u64 = 3_600_000_000;
/// How often a quiet world is looked at.
const SETTLE_STEP_US: u64 = 500_000;
/// An acknowledgement is on disk after a second; its wire and its write may be slow beside.
const RECEIPT_DURABLE_US: u64 = 3_000_000;

/// How a run ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub seed: u64,
    /// Things that happened.
    pub steps: u64,
    pub simulated_us: u64,
    /// Equal for two recorded runs of one seed.
    pub hash: u64,
    pub violation: Option<Violation>,
    pub situations: Situations,
}

/// Runs one seed. A panic in the core is a violation like any other.
pub fn run(seed: u64, planted: Option<Planted>, recording: Recording) -> Outcome {
    let plan = Plan::draw(seed, planted);
    if recording == Recording::Print {
        println!("{plan:#?}");
    }
    let mut world = World::new(plan, recording);
    let result = catch_unwind(AssertUnwindSafe(|| world.live_through()));
    let violation = match result {
        Ok(checked) => checked.err(),
        Err(panic) => {
            let what = panic
                .downcast_ref::<String>()
                .cloned()
                .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
                .unwrap_or_else(|| "a panic without words".to_owned());
            Some(Violation { promise: Promise::Contract, what: format!("panic: {what}") })
        }
    };
    Outcome {
        seed,
        steps: world.steps,
        simulated_us: world.agenda.now_us(),
        hash: world.trace.digest(),
        violation,
        situations: world.auditor.reached,
    }
}

/// Runs one seed twice and compares.
pub fn run_twice(seed: u64) -> Outcome {
    let first = run(seed, None, Recording::Hash);
    let mut second = run(seed, None, Recording::Hash);
    if first.hash != second.hash && second.violation.is_none() {
        let what = format!("two runs differ: {:016x} and {:016x}", first.hash, second.hash);
        second.violation = Some(Violation { promise: Promise::Determinism, what });
    }
    second
}

impl World {
    fn live_through(&mut self) -> Checked {
        self.run_until(self.plan.active_us)?;
        self.phase = Phase::Quiet;
        self.settle()?;
        self.run_for(RECEIPT_DURABLE_US)?;
        self.check_receipts()?;
        self.auditor.check_marked_read()?;
        for client in 0..self.clients.len() {
            self.leave(client);
        }
        self.settle()?;
        self.auditor.verdict(&self.clients)?;
        self.compare_stores()
    }

    /// Until everybody is back and everything is answered, and then once more as long, for what
    /// follows unasked.
    fn settle(&mut self) -> Checked {
        let deadline_us = self.agenda.now_us() + SETTLE_US_MAX;
        loop {
            self.run_for(SETTLE_STEP_US)?;
            match self.check_everything_answered() {
                Ok(()) => return self.run_for(SETTLE_STEP_US),
                Err(violation) if self.agenda.now_us() > deadline_us => return Err(violation),
                Err(_) => {}
            }
        }
    }

    /// Acknowledgements that were sent long enough ago, on a connection that still stands, are on
    /// disk.
    fn check_receipts(&self) -> Checked {
        let before_us = self.agenda.now_us() - RECEIPT_DURABLE_US;
        for client in &self.clients {
            let Some(connection) = client.connection() else { continue };
            for receipt in &client.receipts {
                if receipt.connection != connection || receipt.at_us > before_us {
                    continue;
                }
                if !self.auditor.is_acknowledged_on_disk(client.user, receipt.id) {
                    return broken(
                        Promise::Durable,
                        format!(
                            "{} acknowledged {} at {} us, and it is not on disk",
                            client.describe(),
                            receipt.id,
                            receipt.at_us
                        ),
                    );
                }
            }
        }
        Ok(())
    }

    fn check_everything_answered(&self) -> Checked {
        let Some(process) = &self.process else {
            return broken(Promise::Liveness, "the process is down");
        };
        if !process.is_ready() {
            return broken(Promise::Liveness, format!("shards ready: {:?}", process.ready));
        }
        if let Some((id, intent)) = self.auditor.ledger.intents.first_key_value() {
            return broken(Promise::Liveness, format!("{id:?} is never done: {intent:?}"));
        }
        if let Some(shard) = process.lanes.iter().position(|lane| !lane.in_flight.is_empty()) {
            return broken(Promise::Liveness, format!("shard {shard}'s lane has work"));
        }
        if let Some((call, purpose)) = process.calls.first_key_value() {
            return broken(Promise::Liveness, format!("{call:?} is unanswered: {purpose:?}"));
        }
        for client in &self.clients {
            let Presence::In(connection) = client.presence else {
                return broken(
                    Promise::Liveness,
                    format!("{} is {:?}", client.describe(), client.presence),
                );
            };
            let audit = self.auditor.sessions.get(&connection);
            let unanswered = audit.and_then(|audit| audit.unanswered());
            if let Some(unanswered) = unanswered {
                return broken(
                    Promise::Liveness,
                    format!("{} waits for {unanswered}", client.describe()),
                );
            }
            if !client.open_drafts.is_empty() {
                return broken(
                    Promise::Liveness,
                    format!("{} has open drafts {:?}", client.describe(), client.open_drafts),
                );
            }
        }
        Ok(())
    }
}
