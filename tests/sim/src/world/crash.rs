//! The end of a process, and the beginning of the next.
//!
//! A crash takes all shards, everything between them and every connection. What was on its way
//! to the disk is there or not, in order. A power cut may also take what was never synced.

use parlance_conversation::placement::Placement;
use parlance_conversation::store::Recovered;
use parlance_conversation::{Options, Shard};
use parlance_storage::{MemoryStore, Store};

use crate::client::Presence;
use crate::situations::Situation;
use crate::violation::{Checked, Promise, broken};
use crate::world::process::{Process, Purpose};
use crate::world::{Happening, Phase, World, shard_index};

impl World {
    /// A crash that the plan drew, and the next one.
    pub(crate) fn crash_happens(&mut self) -> Checked {
        if self.phase == Phase::Quiet {
            return Ok(());
        }
        let next = self.dice.between(1, self.plan.crash_us * 2);
        self.agenda.after(next, Happening::Crash);
        if self.process.is_none() {
            return Ok(());
        }
        self.crash()?;
        let down = self.dice.between(1_000, 300_000);
        self.agenda.after(down, Happening::Restart);
        Ok(())
    }

    fn crash(&mut self) -> Checked {
        let Some(process) = self.process.take() else { return Ok(()) };
        let power_cut = self.dice.chance(self.plan.power_cut_per_mille);
        self.note(format_args!("crash, power cut {power_cut}"));
        self.note_crash(&process, power_cut);
        for (shard, lane) in process.lanes.into_iter().enumerate() {
            // Of the batch on its way, the disk has some from the oldest on, or none.
            let kept = self.dice.below(lane.in_flight.len() + 1);
            for waiting in lane.in_flight.into_iter().take(kept) {
                self.commit(shard, waiting)?;
            }
        }
        let mut lost = Vec::new();
        for store in &self.stores {
            let unsynced = store.unsynced_commits();
            let kept = if power_cut { self.dice.below(unsynced + 1) } else { unsynced };
            store.crash(|_| kept);
            lost.push(unsynced - kept);
        }
        if lost.iter().any(|lost| *lost > 0) {
            self.auditor.reach(Situation::UnsyncedWriteLost);
        }
        self.life += 1;
        self.auditor.crashed(&lost)?;
        self.part_all();
        Ok(())
    }

    fn note_crash(&mut self, process: &Process, power_cut: bool) {
        self.auditor.reach(if power_cut { Situation::PowerCut } else { Situation::Crash });
        if process.lanes.iter().any(|lane| !lane.in_flight.is_empty()) {
            self.auditor.reach(Situation::CrashWithWritesInFlight);
        }
        for purpose in process.calls.values() {
            if let Purpose::Operator { request, .. } = purpose {
                self.auditor.abandon_names(request);
            }
        }
        let stored_unanswered = self
            .clients
            .iter()
            .flat_map(|client| &client.open_drafts)
            .any(|token| self.auditor.ledger.drafts.contains_key(token));
        if stored_unanswered {
            self.auditor.reach(Situation::CrashBetweenCommitAndAnswer);
        }
    }

    /// Every connection ends; what was still on its way to the clients is lost.
    fn part_all(&mut self) {
        for connection in &mut self.connections {
            connection.client_gone = true;
            connection.server_gone = true;
            connection.to_server.clear();
            connection.to_client.clear();
        }
        for client in &mut self.clients {
            if client.presence != Presence::Away {
                client.left();
            }
        }
    }

    pub(crate) fn restart(&mut self) -> Checked {
        if self.life > 0 && self.dice.chance(self.plan.reshard_per_mille) {
            let shards = 1 + self.dice.below(4);
            self.reshard(shards);
        }
        if self.life > 0 && self.plan.wall_jump_ms > 0 {
            self.wall_jump(self.plan.wall_jump_ms);
        }
        self.compare_stores()?;
        self.auditor.restarted(self.placement);
        let mut recovered = Vec::new();
        for store in &self.stores {
            match store.recover() {
                Ok(found) => recovered.push(found),
                Err(error) => return broken(Promise::Durable, format!("recovery: {error}")),
            }
        }
        if recovered.iter().any(|found| !found.intents.is_empty()) {
            self.auditor.reach(Situation::IntentRedriven);
        }
        self.start_process(recovered)
    }

    fn start_process(&mut self, recovered: Vec<Recovered>) -> Checked {
        let highest = recovered.iter().map(|found| found.clock_ceiling).max().unwrap_or_default();
        let now = self.agenda.now();
        let options = Options {
            durability: self.plan.durability,
            page_messages: self.plan.page_messages_max,
            sync_live_max: self.plan.sync_live_max,
            idle_entities_max: self.plan.idle_entities_max,
            ..Options::default()
        };
        let placement = self.placement;
        let shards = recovered
            .into_iter()
            .enumerate()
            .map(|(shard, found)| {
                let found = Recovered { clock_ceiling: highest, ..found };
                Shard::new(shard_index(shard), placement, options, found, now)
            })
            .collect();
        self.process = Some(Process::new(shards));
        let life = self.life;
        for shard in 0..placement.shards() {
            let first = self.dice.between(1, self.plan.tick_us);
            self.agenda.after(first, Happening::Tick { life, shard });
            self.perform_effects(shard)?;
        }
        Ok(())
    }

    fn reshard(&mut self, shards: usize) {
        self.placement = Placement::new(shards);
        self.note(format_args!("restarts with {shards} shards"));
        if shards != self.stores.len() {
            self.auditor.reach(Situation::Resharded);
        }
        self.stores = MemoryStore::reshard(&self.stores, self.placement);
    }

    /// Reads back everything and compares it with what was committed.
    pub(crate) fn compare_stores(&mut self) -> Checked {
        let stores: Vec<&dyn Store> = self.stores.iter().map(|store| store as &dyn Store).collect();
        self.auditor.place(self.placement);
        self.auditor.compare(&stores)
    }
}
