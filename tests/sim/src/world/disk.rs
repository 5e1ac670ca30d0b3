//! Commit lanes and reads: what the stores are asked, and when they answer.
//!
//! A write is on disk at one moment and known to be at a later one, and a read's answer is of
//! some moment between its question and its arrival: both gaps are where the core could go wrong.

use parlance_conversation::effect::Effect;
use parlance_conversation::input::{CommitSeq, Ticket};
use parlance_conversation::store::{Change, Durability, LoadKey, Loaded, LogQuery};
use parlance_storage::Store;

use crate::plan::Planted;
use crate::situations::Situation;
use crate::violation::{Checked, Promise, broken};
use crate::world::process::Waiting;
use crate::world::{Happening, World};

impl World {
    pub(crate) fn write(
        &mut self,
        shard: usize,
        changes: Vec<Change>,
        durability: Durability,
    ) -> Checked {
        self.auditor.written(&changes);
        if durability == Durability::Memory {
            return broken(Promise::Contract, format!("memory was written: {changes:?}"));
        }
        let Some(process) = &mut self.process else { return Ok(()) };
        let Some(lane) = process.lanes.get_mut(shard) else { return Ok(()) };
        lane.asked += 1;
        let at = CommitSeq(lane.asked);
        lane.gathering.push_back(Waiting { at, changes, durability });
        if lane.in_flight.is_empty() {
            self.send_batch(shard);
        }
        Ok(())
    }

    /// Everything that has gathered, up to the plan's bound, goes to the disk as one batch.
    fn send_batch(&mut self, shard: usize) {
        let batch_max = self.plan.batch_max;
        let size = usize::try_from(self.dice.between(1, batch_max)).unwrap_or(1);
        let delay = self.dice.delay_us(self.plan.commit);
        let early = self.is_planted(Planted::EarlyCommit);
        let Some(process) = &mut self.process else { return };
        let Some(lane) = process.lanes.get_mut(shard) else { return };
        let size = size.min(lane.gathering.len());
        lane.in_flight = lane.gathering.drain(..size).collect();
        let Some(last) = lane.in_flight.last() else { return };
        let up_to = last.at;
        let life = self.life;
        if early {
            self.agenda.after(1, Happening::CommitTold { life, shard, up_to });
        }
        self.agenda.after(delay, Happening::BatchDone { life, shard });
    }

    pub(crate) fn batch_done(&mut self, shard: usize) -> Checked {
        let Some(process) = &mut self.process else { return Ok(()) };
        let Some(lane) = process.lanes.get_mut(shard) else { return Ok(()) };
        let batch = std::mem::take(&mut lane.in_flight);
        let last = batch.last().map(|last| last.at);
        for waiting in batch {
            self.commit(shard, waiting)?;
        }
        if let Some(up_to) = last {
            self.tell_committed(shard, up_to);
        }
        self.send_batch(shard);
        Ok(())
    }

    fn tell_committed(&mut self, shard: usize, up_to: CommitSeq) {
        let at = self.agenda.now_us() + self.dice.delay_us(self.plan.mesh);
        let Some(process) = &mut self.process else { return };
        let Some(lane) = process.lanes.get_mut(shard) else { return };
        let at = at.max(lane.last_told_us);
        lane.last_told_us = at;
        self.agenda.at(at, Happening::CommitTold { life: self.life, shard, up_to });
    }

    /// Puts one write on the disk, for the store and for the auditor.
    pub(crate) fn commit(&mut self, shard: usize, waiting: Waiting) -> Checked {
        self.note(format_args!("{shard} commits {:?}", waiting.at));
        let lost = self.is_planted(Planted::LostCommit);
        let Some(store) = self.stores.get(shard) else { return Ok(()) };
        if !lost && let Err(error) = store.commit(&waiting.changes, waiting.durability) {
            return broken(Promise::Durable, format!("a commit failed: {error}"));
        }
        self.auditor.committed(shard, waiting.changes, self.agenda.now_us())
    }

    pub(crate) fn ask_load(&mut self, shard: usize, ticket: Ticket, key: LoadKey) {
        let delay = self.dice.delay_us(self.plan.read);
        let life = self.life;
        self.agenda.after(delay, Happening::LoadRead { life, shard, ticket, key });
    }

    pub(crate) fn load_read(&mut self, shard: usize, ticket: Ticket, key: &LoadKey) -> Checked {
        let now_ms = self.agenda.now().wall_ms;
        let Some(store) = self.stores.get(shard) else { return Ok(()) };
        let mut loaded = match store.load(key, now_ms) {
            Ok(loaded) => loaded,
            Err(error) => return broken(Promise::Contract, format!("{key:?}: {error}")),
        };
        if let Loaded::Dedupe(records) = &mut loaded
            && !records.is_empty()
        {
            self.auditor.reach(Situation::DedupeLoaded);
            if self.plan.planted == Some(Planted::ForgottenKeys) {
                records.clear();
            }
        }
        let delay = self.dice.delay_us(self.plan.mesh);
        let life = self.life;
        self.agenda.after(delay, Happening::LoadTold { life, shard, ticket, loaded });
        Ok(())
    }

    pub(crate) fn ask_log(&mut self, shard: usize, effect: Effect) -> Checked {
        let Effect::ReadLog { ticket, store, query } = effect else { return Ok(()) };
        if query.messages_max == 0 || query.messages_max > LogQuery::MESSAGES_MAX {
            return broken(Promise::Contract, format!("{query:?} asks for too much"));
        }
        let delay = self.dice.delay_us(self.plan.read);
        let (life, store) = (self.life, store.index());
        self.agenda.after(delay, Happening::LogRead { life, shard, ticket, store, query });
        Ok(())
    }

    pub(crate) fn log_read(
        &mut self,
        shard: usize,
        ticket: Ticket,
        store: usize,
        query: &LogQuery,
    ) -> Checked {
        let Some(store) = self.stores.get(store) else {
            return broken(Promise::Contract, format!("{query:?} asks store {store}"));
        };
        let page = match store.read_log(query) {
            Ok(page) => page,
            Err(error) => return broken(Promise::Contract, format!("{query:?}: {error}")),
        };
        let delay = self.dice.delay_us(self.plan.mesh);
        let life = self.life;
        self.agenda.after(delay, Happening::LogTold { life, shard, ticket, page });
        Ok(())
    }
}
