//! The main thread while the server runs: it opens it, drains it, and sees it end.
//!
//! Decides what follows from each report. Every shard ready: open. A signal: drain; a second one,
//! or the drain's deadline: hurry. Every shard drained: finish. A shard that failed or ended by
//! itself: the others drain in a hurry, and the process ends with an error, because what that
//! shard had accepted nobody else can acknowledge.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parlance_conversation::placement::ShardIndex;

use crate::error::BootError;
use crate::inbox::{InboxSender, Order, ToShard};
use crate::readiness::{Phase, Readiness};
use crate::resources;
use crate::runtime::{Executor, ExecutorError, LOCKED_BYTES};
use crate::shard_loop::Lifecycle;

/// How long a drain may take in good order.
const DRAIN: Duration = Duration::from_secs(10);
/// How long it may take after that, in a hurry.
const HURRIED: Duration = Duration::from_secs(5);
/// How long an order waits for room in a shard's inbox. A shard that turns has room sooner.
const ORDER_WAIT: Duration = Duration::from_secs(1);

/// How far the server has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Course {
    Starting { ready: usize },
    Opening { opened: usize },
    Open,
    Draining { drained: usize, deadline: Instant, is_hurried: bool },
    Finishing { deadline: Instant },
}

pub(super) struct Supervisor {
    /// By shard; `None` once joined.
    executors: Vec<Option<Executor>>,
    inboxes: Vec<InboxSender>,
    readiness: Arc<Readiness>,
    heard: flume::Receiver<Lifecycle>,
    course: Course,
    failure: Option<BootError>,
}

impl Supervisor {
    pub(super) fn new(
        executors: Vec<Executor>,
        inboxes: Vec<InboxSender>,
        readiness: Arc<Readiness>,
        heard: flume::Receiver<Lifecycle>,
    ) -> Self {
        let executors = executors.into_iter().map(Some).collect();
        let course = Course::Starting { ready: 0 };
        Self { executors, inboxes, readiness, heard, course, failure: None }
    }

    /// Watches until every shard has ended, or could not be made to.
    pub(super) fn run(mut self) -> Result<(), BootError> {
        while self.running() > 0 {
            match self.next_report() {
                Some(report) => self.hear(report),
                None if self.is_given_up() => {
                    let late = BootError::Stopped { reason: "not drained in time".to_owned() };
                    return Err(self.failure.unwrap_or(late));
                }
                None => self.hurry(),
            }
        }
        self.failure.map_or(Ok(()), Err)
    }

    /// `None` where a deadline passed first.
    fn next_report(&self) -> Option<Lifecycle> {
        match self.course {
            Course::Starting { .. } | Course::Opening { .. } | Course::Open => {
                self.heard.recv().ok()
            }
            Course::Draining { deadline, .. } | Course::Finishing { deadline } => {
                self.heard.recv_deadline(deadline).ok()
            }
        }
    }

    fn hear(&mut self, report: Lifecycle) {
        match report {
            Lifecycle::Ready(shard) => self.shard_is_ready(shard),
            Lifecycle::Opened(shard) => self.shard_is_open(shard),
            Lifecycle::Drained(shard) => self.shard_has_drained(shard),
            Lifecycle::Failed { shard, reason } => {
                let reason = format!("shard {}: {reason}", shard.0);
                self.fail(BootError::Stopped { reason });
            }
            Lifecycle::Ended(shard) => self.shard_has_ended(shard),
            Lifecycle::Signal => match self.course {
                Course::Starting { .. } | Course::Opening { .. } | Course::Open => {
                    tracing::info!("draining");
                    self.drain(DRAIN);
                }
                Course::Draining { .. } | Course::Finishing { .. } => self.hurry(),
            },
        }
    }

    fn shard_is_ready(&mut self, shard: ShardIndex) {
        tracing::debug!(shard = shard.0, "ready");
        let Course::Starting { ready } = &mut self.course else { return };
        *ready += 1;
        if *ready == self.executors.len() {
            self.course = Course::Opening { opened: 0 };
            self.readiness.advance(Phase::Opening);
            self.order(Order::Open);
        }
    }

    /// Whoever was told that the server is ready must find every shard listening.
    fn shard_is_open(&mut self, shard: ShardIndex) {
        tracing::debug!(shard = shard.0, "open");
        let Course::Opening { opened } = &mut self.course else { return };
        *opened += 1;
        if *opened == self.executors.len() {
            self.course = Course::Open;
            self.readiness.advance(Phase::Open);
            tracing::info!("ready");
        }
    }

    fn shard_has_drained(&mut self, shard: ShardIndex) {
        tracing::debug!(shard = shard.0, "drained");
        if let Course::Draining { drained, .. } = &mut self.course {
            *drained += 1;
        }
        self.finish_if_drained();
    }

    /// Once every shard that still runs has drained, they may all end: until then each may have
    /// something to do for another.
    fn finish_if_drained(&mut self) {
        if let Course::Draining { drained, .. } = self.course
            && drained >= self.running()
        {
            self.course = Course::Finishing { deadline: Instant::now() + HURRIED };
            self.order(Order::Finish);
        }
    }

    fn shard_has_ended(&mut self, shard: ShardIndex) {
        let Some(executor) = self.executors.get_mut(shard.index()).and_then(Option::take) else {
            return;
        };
        match executor.join() {
            Err(error) => self.fail(explain(shard, error)),
            Ok(()) => {
                let is_told = matches!(self.course, Course::Finishing { .. });
                if !is_told && self.failure.is_none() {
                    let reason = format!("shard {} ended by itself", shard.0);
                    self.fail(BootError::Stopped { reason });
                }
            }
        }
        self.finish_if_drained();
    }

    /// Remembers the first failure, and drains what is left in a hurry.
    fn fail(&mut self, failure: BootError) {
        tracing::error!(%failure, "stopping");
        self.failure.get_or_insert(failure);
        if !matches!(self.course, Course::Draining { .. } | Course::Finishing { .. }) {
            self.drain(HURRIED);
        }
        self.hurry();
    }

    fn drain(&mut self, time: Duration) {
        self.readiness.advance(Phase::Draining);
        let deadline = Instant::now() + time;
        self.course = Course::Draining { drained: 0, deadline, is_hurried: false };
        self.order(Order::Drain);
    }

    fn hurry(&mut self) {
        if let Course::Draining { is_hurried, deadline, .. } = &mut self.course
            && !*is_hurried
        {
            *is_hurried = true;
            *deadline = Instant::now() + HURRIED;
            self.order(Order::Hurry);
        }
    }

    /// Whether a deadline that has passed was the last.
    fn is_given_up(&self) -> bool {
        match self.course {
            Course::Draining { is_hurried, .. } => is_hurried,
            // Nothing else is left to hear from: every sender is gone.
            Course::Starting { .. }
            | Course::Opening { .. }
            | Course::Open
            | Course::Finishing { .. } => true,
        }
    }

    fn running(&self) -> usize {
        self.executors.iter().flatten().count()
    }

    fn order(&self, order: Order) {
        for inbox in &self.inboxes {
            // A shard that has ended needs no order; one that does not turn is given up on later.
            let _ = inbox.send_timeout(ToShard::Order(order), ORDER_WAIT);
        }
    }
}

/// An executor's error in the operator's words.
pub(super) fn explain(shard: ShardIndex, error: ExecutorError) -> BootError {
    match error {
        ExecutorError::Forbidden(source) => BootError::IoUringForbidden { source },
        ExecutorError::LockedMemory => BootError::LockedMemory {
            got: resources::locked_memory_max().unwrap_or(0),
            needed: LOCKED_BYTES,
        },
        ExecutorError::Panicked => {
            BootError::Stopped { reason: format!("shard {} panicked", shard.0) }
        }
        ExecutorError::Other(reason) => BootError::Shard { shard: shard.index(), reason },
    }
}
