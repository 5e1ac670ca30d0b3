//! One life of the server process: its shards, what is between them, and its sessions.
//!
//! All of this is gone with a crash. The order promised between two shards, and between a shard
//! and its commit lane, is kept by never scheduling an arrival before the one ahead of it.

use std::collections::{BTreeMap, VecDeque};

use parlance_conversation::Shard;
use parlance_conversation::input::{CallId, CommitSeq, SessionId};
use parlance_conversation::mesh::{CallRequest, MeshMessage};
use parlance_conversation::store::{Change, Durability};

use crate::auditor::asks::Asked;

/// Messages on their way from one shard to another.
#[derive(Default)]
pub(crate) struct Pipe {
    pub(crate) messages: VecDeque<MeshMessage>,
    pub(crate) last_arrival_us: u64,
}

/// A write on its way to the disk.
pub(crate) struct Waiting {
    pub(crate) at: CommitSeq,
    pub(crate) changes: Vec<Change>,
    pub(crate) durability: Durability,
}

/// A shard's commit lane: one batch on its way, the next one gathers.
#[derive(Default)]
pub(crate) struct Lane {
    pub(crate) gathering: VecDeque<Waiting>,
    pub(crate) in_flight: Vec<Waiting>,
    pub(crate) asked: u64,
    pub(crate) last_told_us: u64,
}

/// Why a call was made.
#[derive(Clone, Debug)]
pub(crate) enum Purpose {
    /// A client signs in.
    Enter { client: usize },
    /// A client by one id asks for what it missed, on this connection.
    Retrieve { client: usize, connection: usize, request: CallRequest, asked: Asked },
    /// A user asks for something, by whatever way.
    Ask { request: CallRequest, asked: Asked },
    /// The operator asks; `token` is a Post's draft.
    Operator { request: CallRequest, token: Option<u64> },
}

/// The slots of one shard's sessions.
#[derive(Default)]
struct Slots {
    generations: Vec<u32>,
    free: Vec<u32>,
}

pub(crate) struct Process {
    pub(crate) shards: Vec<Shard>,
    pub(crate) ready: Vec<bool>,
    pub(crate) pipes: BTreeMap<(usize, usize), Pipe>,
    pub(crate) lanes: Vec<Lane>,
    /// The connection of each session, by shard.
    pub(crate) sessions: BTreeMap<(usize, SessionId), usize>,
    slots: Vec<Slots>,
    pub(crate) calls: BTreeMap<CallId, Purpose>,
    next_call: u64,
}

impl Process {
    pub(crate) fn new(shards: Vec<Shard>) -> Self {
        let count = shards.len();
        Self {
            shards,
            ready: vec![false; count],
            pipes: BTreeMap::new(),
            lanes: std::iter::repeat_with(Lane::default).take(count).collect(),
            sessions: BTreeMap::new(),
            slots: std::iter::repeat_with(Slots::default).take(count).collect(),
            calls: BTreeMap::new(),
            next_call: 0,
        }
    }

    /// It takes clients.
    pub(crate) fn is_ready(&self) -> bool {
        self.ready.iter().all(|ready| *ready)
    }

    pub(crate) fn open_session(&mut self, shard: usize, connection: usize) -> Option<SessionId> {
        let slots = self.slots.get_mut(shard)?;
        let session = match slots.free.pop() {
            Some(slot) => {
                let generation = slots.generations.get_mut(slot as usize)?;
                *generation += 1;
                SessionId { slot, generation: *generation }
            }
            None => {
                let slot = u32::try_from(slots.generations.len()).ok()?;
                slots.generations.push(0);
                SessionId { slot, generation: 0 }
            }
        };
        self.sessions.insert((shard, session), connection);
        Some(session)
    }

    pub(crate) fn end_session(&mut self, shard: usize, session: SessionId) {
        if self.sessions.remove(&(shard, session)).is_some()
            && let Some(slots) = self.slots.get_mut(shard)
        {
            slots.free.push(session.slot);
        }
    }

    pub(crate) fn new_call(&mut self, purpose: Purpose) -> CallId {
        self.next_call += 1;
        let call = CallId(self.next_call);
        self.calls.insert(call, purpose);
        call
    }
}
