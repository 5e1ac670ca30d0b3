//! What a shard keeps in memory of its store: loaded on first use, dropped when idle.
//!
//! Work for something that is still being loaded waits in order behind it. Whoever uses the
//! cache says what may be dropped; nothing is dropped while a write of it is on its way, or a
//! later load could miss that write.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, VecDeque};

use crate::input::Ticket;

#[derive(Debug)]
enum Slot<V, W> {
    Loading {
        waiting: VecDeque<W>,
    },
    /// Boxed, because the nodes of a tree are half empty.
    Live(Box<V>),
}

/// Values `V` by key, with work `W` that waits for loads.
#[derive(Debug)]
pub(crate) struct Cache<K, V, W> {
    slots: BTreeMap<K, Slot<V, W>>,
    loads: BTreeMap<Ticket, K>,
    /// Where the last search for idle values ended.
    swept_up_to: Option<K>,
    /// How many came since then.
    new_since: usize,
}

/// What [`Cache::get`] found.
pub(crate) enum Found<'a, V, W> {
    Live(&'a mut V, W),
    /// The work waits; a load is on its way.
    Waits,
    /// The work waits; load it, and tell [`Cache::loading`] the ticket.
    Absent,
}

impl<K: Ord + Clone, V, W> Cache<K, V, W> {
    pub(crate) fn new() -> Self {
        Self { slots: BTreeMap::new(), loads: BTreeMap::new(), swept_up_to: None, new_since: 0 }
    }

    /// The live value and the work back, or the work queued until the value is loaded.
    pub(crate) fn get(&mut self, key: &K, work: W) -> Found<'_, V, W> {
        match self.slots.entry(key.clone()) {
            Entry::Vacant(slot) => {
                slot.insert(Slot::Loading { waiting: VecDeque::from([work]) });
                self.new_since += 1;
                Found::Absent
            }
            Entry::Occupied(slot) => match slot.into_mut() {
                Slot::Live(value) => Found::Live(value, work),
                Slot::Loading { waiting } => {
                    waiting.push_back(work);
                    Found::Waits
                }
            },
        }
    }

    pub(crate) fn live(&self, key: &K) -> Option<&V> {
        match self.slots.get(key) {
            Some(Slot::Live(value)) => Some(value),
            Some(Slot::Loading { .. }) | None => None,
        }
    }

    pub(crate) fn live_mut(&mut self, key: &K) -> Option<&mut V> {
        match self.slots.get_mut(key) {
            Some(Slot::Live(value)) => Some(value),
            Some(Slot::Loading { .. }) | None => None,
        }
    }

    pub(crate) fn loading(&mut self, ticket: Ticket, key: K) {
        self.loads.insert(ticket, key);
    }

    /// The key that a load was for, if this cache asked for it.
    pub(crate) fn loaded_key(&mut self, ticket: Ticket) -> Option<K> {
        self.loads.remove(&ticket)
    }

    /// Makes the value live and returns what waited for it, in order.
    pub(crate) fn install(&mut self, key: &K, value: V) -> VecDeque<W> {
        match self.slots.insert(key.clone(), Slot::Live(Box::new(value))) {
            Some(Slot::Loading { waiting }) => waiting,
            Some(Slot::Live(_)) | None => unreachable!("installed without a load"),
        }
    }

    /// Drops values for which `idle` holds, while more than `keep` are there. Examines
    /// `examined_max`, and two for each that came since the last time: so what a peer makes the
    /// shard load (users and conversations that do not exist, too) goes as fast as it comes.
    pub(crate) fn sweep(
        &mut self,
        keep: usize,
        examined_max: usize,
        mut idle: impl FnMut(&V) -> bool,
    ) {
        let examined_max = examined_max + 2 * std::mem::take(&mut self.new_since);
        if self.slots.len() <= keep {
            return;
        }
        let surplus = self.slots.len() - keep;
        let from = match self.swept_up_to.take() {
            Some(key) => std::ops::Bound::Excluded(key),
            None => std::ops::Bound::Unbounded,
        };
        let range = (from, std::ops::Bound::Unbounded);
        let mut dropped = Vec::new();
        for (key, slot) in self.slots.range(range).take(examined_max) {
            self.swept_up_to = Some(key.clone());
            if dropped.len() == surplus {
                break;
            }
            if let Slot::Live(value) = slot
                && idle(value)
            {
                dropped.push(key.clone());
            }
        }
        // At the end of the keys the next sweep begins anew.
        if self.slots.last_key_value().map(|(key, _)| key) == self.swept_up_to.as_ref() {
            self.swept_up_to = None;
        }
        for key in dropped {
            self.slots.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests;
