//! A shard's turn: inputs in, effects out, then everything that gathered is sent on at once.
//!
//! One task per shard owns the core and whatever only the turn touches; everyone else passes it
//! messages. A turn takes a bounded number of inputs, never waits, and ends by giving the commit
//! lane, the read lane, the other shards and every dirty outbox what the turn had for them, once
//! each. It also decides when clients are not read from: while the store, the reads or the mesh
//! are over their marks ([`LocalInputs::close_gate`](crate::inbox::LocalInputs::close_gate)).
//! Invariant: no borrow of the shard's state lives across a wait.

mod life;
mod perform;
mod rest;

use std::rc::Rc;

use parlance_conversation::input::Now;
use parlance_conversation::{Input, Shard};

use crate::clock::Clock;
use crate::connections::Connections;
use crate::heartbeat::{self, Pulse};
use crate::inbox::{LocalInputs, ReadDone, TURN_BATCHES_MAX, ToShard};
use crate::lanes::{CommitLane, CoreReads};
use crate::mesh::Mesh;
use crate::runtime;

pub(crate) use life::{Life, Lifecycle};
pub(crate) use rest::Rest;

/// How often the core's own deadlines are looked at. The nearest of them are half a second away.
const TICK_MS: u64 = 4;

/// One shard, as its main task has it.
pub(crate) struct ShardLoop {
    pub(crate) core: Shard,
    pub(crate) connections: Rc<Connections>,
    pub(crate) inbox: flume::Receiver<ToShard>,
    pub(crate) mesh: Mesh,
    pub(crate) commits: CommitLane,
    pub(crate) reads: CoreReads,
    pub(crate) clock: Clock,
    pub(crate) pulse: Rc<Pulse>,
    pub(crate) life: Life,
    pub(crate) rest: Rest,
    pub(crate) ticked_ms: u64,
}

/// What follows a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// There is more to do; only let the reactor look around.
    Again,
    Wait,
    End,
}

impl ShardLoop {
    /// Turns until the shard has drained, or its store failed.
    pub(crate) async fn run(mut self) {
        let beat = heartbeat::beat(Rc::clone(&self.pulse), Rc::clone(&self.connections));
        runtime::spawn("heartbeat", beat);
        loop {
            match self.turn() {
                Next::End => break,
                next => self.rest(next).await,
            }
        }
        self.pulse.end();
        self.reads.end();
    }

    fn turn(&mut self) -> Next {
        // Whatever rings from here on is for the next turn.
        self.inputs().bell().hush();
        let now = self.clock.sample();
        self.connections.handle().door().now.set(now);
        self.take_inputs(now);
        self.connections.judge_deadlines();
        self.connections.handle().door().calls.expire(now);
        if now.monotonic_ms >= self.ticked_ms + TICK_MS {
            self.ticked_ms = now.monotonic_ms;
            self.core.handle(Input::Tick, now);
        }
        self.perform_effects(now);
        self.send_on(now);
        self.see_to_life(now);
        if self.life.is_over() {
            return Next::End;
        }
        let woken = self.inputs().wake_waiting();
        if woken || !self.inputs().is_empty() || !self.inbox.is_empty() {
            Next::Again
        } else {
            Next::Wait
        }
    }

    fn take_inputs(&mut self, now: Now) {
        let inputs = self.inputs().clone();
        let mut worked = false;
        let mut taken = 0;
        while let Some(input) = inputs.next(taken) {
            self.core.handle(input, now);
            taken += 1;
            worked = true;
        }
        for _ in 0..TURN_BATCHES_MAX {
            let Ok(message) = self.inbox.try_recv() else { break };
            self.take(message, now);
            worked = true;
        }
        if worked || !self.mesh.is_empty() {
            self.pulse.worked(now.monotonic_ms);
            self.rest.worked();
        }
    }

    /// Takes what another thread sent.
    fn take(&mut self, message: ToShard, now: Now) {
        match message {
            ToShard::Mesh { from, messages } => {
                for message in messages {
                    self.core.handle(Input::Mesh { from, message }, now);
                }
            }
            ToShard::Arriving(arriving) => self.welcome(*arriving),
            ToShard::Visit(visit) => self.connections.receive(visit),
            ToShard::Outcome { number, outcome } => {
                self.connections.handle().door().visits.complete(number, outcome);
            }
            ToShard::PollingOver { sid } => self.connections.polling_over(sid),
            ToShard::Committed { up_to } => {
                self.commits.committed(up_to);
                self.core.handle(Input::Committed { up_to }, now);
            }
            ToShard::Reads(reads) => {
                self.reads.answered(reads.len());
                for read in reads {
                    let input = match read {
                        ReadDone::Loaded { ticket, loaded } => {
                            Input::Loaded { ticket, loaded: *loaded }
                        }
                        ReadDone::Read { ticket, page } => Input::Read { ticket, page },
                    };
                    self.core.handle(input, now);
                }
            }
            ToShard::StoreFailed { reason } => {
                self.life.fail(format!("its store failed: {reason}"));
            }
            ToShard::Order(order) => self.obey(order, now),
        }
    }

    /// Gives everyone what the turn had for them.
    fn send_on(&mut self, now: Now) {
        let me = self.connections.handle().me();
        for (to, visit) in self.connections.handle().door().visits.take_leaving() {
            if to == me {
                self.connections.receive(visit);
            } else {
                self.mesh.send_single(to, ToShard::Visit(visit));
            }
        }
        for (to, message) in self.connections.take_leaving() {
            if to == me {
                self.take(message, now);
            } else {
                self.mesh.send_single(to, message);
            }
        }
        self.commits.feed();
        self.reads.feed();
        if self.mesh.flush() == crate::mesh::Flushed::SomeWait {
            self.connections.metrics().mesh_full.add(1);
        }
        self.connections.flush_dirty();
        let over = self.commits.is_over_mark() || self.reads.is_over_mark();
        self.inputs().close_gate(over || self.mesh.is_over_mark());
    }

    fn inputs(&self) -> &LocalInputs {
        &self.connections.handle().door().inputs
    }
}
