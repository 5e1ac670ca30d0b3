//! The model store: the [`Store`] trait in ordered maps, with the faults of a disk.
//!
//! For simulation: no clock, no threads of its own, no hash order. It keeps what was synced apart
//! from what was only written, in the order of the commits. A crash keeps everything up to the
//! last synced commit and, of the commits after it, as many as it is told, in order: what a
//! write-ahead log leaves behind. It never loses a synced commit.

use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use parlance_codecs::ask::Direction;
use parlance_codecs::{ConversationId, Seq, UserId};
use parlance_conversation::placement::Placement;
use parlance_conversation::store::{
    Change, Durability, LoadKey, Loaded, LogPage, LogQuery, Recovered, UserRecord,
};

use crate::error::StoreError;
use crate::page;
use crate::{HistoryPage, HistoryQuery, RECALLS_MAX, Store, USERS_MAX};

mod history;
mod tables;

use tables::Tables;

/// How the next commit fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The disk is full: nothing of the commit is there, and later ones may succeed.
    Full,
    /// The sync fails: the store takes nothing more, and whether a restart finds the commit is
    /// open, as it is for one that was written and not synced.
    Sync,
}

/// A store in memory that can crash and fail. See the module.
#[derive(Debug)]
pub struct MemoryStore {
    state: Mutex<State>,
    examined_max: usize,
}

#[derive(Debug, Default)]
struct State {
    /// What reads see.
    written: Tables,
    /// What every crash keeps.
    synced: Tables,
    /// Commits that `written` has and `synced` has not, oldest first.
    unsynced: Vec<Vec<Change>>,
    next_fault: Option<Fault>,
    failed: bool,
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryStore {
    pub fn new() -> Self {
        Self::with_examined_max(page::EXAMINED_MAX)
    }

    /// As [`MemoryStore::new`], with short pages: a log read looks at no more entries than this,
    /// so that a small simulation also sees pages that end early.
    pub fn with_examined_max(examined_max: usize) -> Self {
        Self { state: Mutex::default(), examined_max }
    }

    /// The next commit fails like this.
    pub fn fail_next_commit(&self, fault: Fault) {
        self.state().next_fault = Some(fault);
    }

    /// How many commits a crash may lose.
    pub fn unsynced_commits(&self) -> usize {
        self.state().unsynced.len()
    }

    /// Ends the process and starts it again. `keep` gets the number of commits that were not
    /// synced and says how many of them, from the oldest on, are still there.
    pub fn crash(&self, keep: impl FnOnce(usize) -> usize) {
        let mut state = self.state();
        let unsynced = mem::take(&mut state.unsynced);
        let kept = keep(unsynced.len());
        for commit in unsynced.iter().take(kept) {
            state.synced.apply(commit);
        }
        state.written = state.synced.clone();
        state.next_fault = None;
        state.failed = false;
    }

    /// What these stores hold, spread over as many stores as `placement` has shards: how a
    /// start with another number of shards finds its data. Every commit counts as synced after.
    pub fn reshard(stores: &[MemoryStore], placement: Placement) -> Vec<MemoryStore> {
        let mut spread = vec![Tables::default(); placement.shards()];
        for store in stores {
            store.state().written.spread(&mut spread, placement);
        }
        let examined_max = stores.first().map_or(page::EXAMINED_MAX, |first| first.examined_max);
        spread
            .into_iter()
            .map(|tables| Self {
                state: Mutex::new(State {
                    written: tables.clone(),
                    synced: tables,
                    ..State::default()
                }),
                examined_max,
            })
            .collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic while the lock is held fails the test or simulation that owns the store.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn working(&self) -> Result<MutexGuard<'_, State>, StoreError> {
        let state = self.state();
        if state.failed {
            return Err(StoreError::Failed("an earlier sync failed".to_owned()));
        }
        Ok(state)
    }
}

impl Store for MemoryStore {
    fn commit(&self, changes: &[Change], durability: Durability) -> Result<(), StoreError> {
        let mut state = self.working()?;
        if durability == Durability::Memory {
            return Ok(());
        }
        let fault = state.next_fault.take();
        if fault == Some(Fault::Full) {
            return Err(StoreError::Full("as the test asked".to_owned()));
        }
        state.unsynced.push(changes.to_vec());
        if fault == Some(Fault::Sync) {
            state.failed = true;
            return Err(StoreError::Failed("the sync failed, as the test asked".to_owned()));
        }
        state.written.apply(changes);
        if durability == Durability::Sync {
            // A synced commit takes every earlier one to the disk with it.
            for commit in mem::take(&mut state.unsynced) {
                state.synced.apply(&commit);
            }
        }
        Ok(())
    }

    fn load(&self, key: &LoadKey, now_ms: u64) -> Result<Loaded, StoreError> {
        Ok(self.working()?.written.load(key, now_ms))
    }

    fn read_log(&self, query: &LogQuery) -> Result<LogPage, StoreError> {
        Ok(self.working()?.written.read_log(query, self.examined_max))
    }

    fn read_history(&self, query: &HistoryQuery) -> Result<HistoryPage, StoreError> {
        Ok(self.working()?.written.read_history(query, self.examined_max))
    }

    fn seq_at(
        &self,
        conversation: ConversationId,
        last: Seq,
        at_ms: u64,
    ) -> Result<Seq, StoreError> {
        Ok(self.working()?.written.seq_at(conversation, last, at_ms))
    }

    fn recalls(
        &self,
        conversation: ConversationId,
        start: u32,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<(u32, Seq)>, StoreError> {
        let limit = limit.min(RECALLS_MAX);
        Ok(self.working()?.written.recalls(conversation, start, direction, limit))
    }

    fn recover(&self) -> Result<Recovered, StoreError> {
        Ok(self.working()?.written.recover())
    }

    fn users(
        &self,
        after: Option<UserId>,
        limit: usize,
    ) -> Result<Vec<(UserId, UserRecord)>, StoreError> {
        Ok(self.working()?.written.users(after, limit.min(USERS_MAX)))
    }
}

#[cfg(test)]
mod tests;
