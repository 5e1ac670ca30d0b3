//! A wheel of deadlines: one per shard for all its connections, instead of a timer for each.
//!
//! It remembers who to ask again when, to a quarter of a second; whether a deadline has really
//! passed is the asked one's to say. So nothing is ever taken off the wheel: an entry that has
//! become pointless fires once and is ignored. Invariant: a key fires no earlier than it was
//! armed for, and at most one tick and one turn later (a deadline beyond the horizon fires at
//! the horizon, to be armed again).

/// How exactly deadlines are kept. The shortest are ten seconds.
const TICK_MS: u64 = 250;
/// 128 seconds around: twice the longest deadline, so that entries seldom fire early.
const SLOTS: usize = 512;

pub(crate) struct Wheel<K> {
    slots: Box<[Vec<K>]>,
    /// Every tick before this one has fired.
    next_tick: u64,
}

impl<K> Wheel<K> {
    pub(crate) fn new(now_ms: u64) -> Self {
        Self { slots: (0..SLOTS).map(|_| Vec::new()).collect(), next_tick: now_ms / TICK_MS }
    }

    /// Fires `key` once `deadline_ms` has passed. Returns when that will be.
    pub(crate) fn arm(&mut self, key: K, deadline_ms: u64) -> u64 {
        let horizon = self.next_tick + SLOTS as u64 - 1;
        let tick = deadline_ms.div_ceil(TICK_MS).clamp(self.next_tick, horizon);
        self.slot(tick).push(key);
        tick * TICK_MS
    }

    /// Appends everything that is due to `due`.
    pub(crate) fn turn(&mut self, now_ms: u64, due: &mut Vec<K>) {
        let now_tick = now_ms / TICK_MS;
        // A shard that slept for longer than the wheel is around has every slot due, once.
        let behind = (now_tick + 1).saturating_sub(self.next_tick).min(SLOTS as u64);
        for tick in self.next_tick..self.next_tick + behind {
            due.append(self.slot(tick));
        }
        self.next_tick = self.next_tick.max(now_tick + 1);
    }

    fn slot(&mut self, tick: u64) -> &mut Vec<K> {
        #[expect(clippy::cast_possible_truncation, reason = "reduced modulo SLOTS first")]
        let place = (tick % SLOTS as u64) as usize;
        // `place` is below SLOTS, of which there are as many.
        &mut self.slots[place]
    }
}

#[cfg(test)]
mod tests;
