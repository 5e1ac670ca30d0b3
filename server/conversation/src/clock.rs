//! The shard's message ids: a hybrid logical clock that never goes back.
//!
//! Time comes from the monotonic clock on top of the wall clock at start, so a jump of the wall
//! clock changes nothing. Where ids are handed out faster than 64 a millisecond, or another
//! shard is ahead, the clock runs ahead of time and waits for it to catch up.
//!
//! Invariant: no id is given out above the ceiling that a write has been told to keep, so that a
//! restart, which begins above every kept ceiling, never gives an id twice.

use parlance_codecs::MessageId;

use crate::input::Now;
use crate::placement::ShardIndex;

/// How far ahead of the ids a ceiling is set: one more write per so many milliseconds of ids.
const CEILING_AHEAD_MS: u64 = 10_000;
/// The next ceiling is asked for when this little is left.
const CEILING_LEFT_MS: u64 = 5_000;

#[derive(Debug)]
pub(crate) struct Clock {
    shard: ShardIndex,
    /// Unix milliseconds at monotonic zero.
    wall_offset_ms: u64,
    last: MessageId,
    ceiling: MessageId,
}

impl Clock {
    /// Every id will be above `floor`, the largest ceiling that any shard's store holds.
    pub(crate) fn new(shard: ShardIndex, floor: MessageId, now: Now) -> Self {
        let wall_offset_ms = now.wall_ms.saturating_sub(now.monotonic_ms);
        Self { shard, wall_offset_ms, last: floor, ceiling: floor }
    }

    /// No id handed out from now on is at or below this.
    pub(crate) fn last(&self) -> MessageId {
        self.last
    }

    /// Every later id will be above `seen`.
    pub(crate) fn observe(&mut self, seen: MessageId) {
        self.last = self.last.max(seen);
    }

    /// Brings the clock up to the time, so that what it promises ([`Clock::last`]) is recent.
    pub(crate) fn advance(&mut self, now: Now) {
        let ms = self.physical_ms(now);
        // One millisecond back: ids of this very millisecond may still be handed out.
        self.observe(MessageId::from_parts(ms.saturating_sub(1), u8::MAX >> 2, u8::MAX >> 2));
    }

    pub(crate) fn next_id(&mut self, now: Now) -> MessageId {
        let ms = self.physical_ms(now).max(self.last.ms_since_epoch());
        let mut id = MessageId::from_parts(ms, self.shard.0, 0);
        if id <= self.last {
            // Adding one stays in this shard's own ids unless the counter is used up or the last
            // id seen was another shard's; then the next millisecond is begun.
            let next = MessageId::from_raw(self.last.raw().saturating_add(1));
            let in_step = next.raw() & !COUNTER_MASK == id.raw() & !COUNTER_MASK;
            id = if in_step {
                next
            } else {
                MessageId::from_parts(self.last.ms_since_epoch() + 1, self.shard.0, 0)
            };
        }
        assert!(id > self.last, "the clock of shard {} ran out of ids", self.shard.0);
        self.last = id;
        id
    }

    /// The ceiling to write with the id that was just given out, when one is due.
    pub(crate) fn ceiling_due(&mut self) -> Option<MessageId> {
        let left = self.ceiling.ms_since_epoch().saturating_sub(self.last.ms_since_epoch());
        if left > CEILING_LEFT_MS {
            return None;
        }
        let ms = self.last.ms_since_epoch() + CEILING_AHEAD_MS;
        self.ceiling = MessageId::from_parts(ms, 0, 0);
        Some(self.ceiling)
    }

    /// Milliseconds since the epoch of ids, which no jump of the wall clock moves.
    pub(crate) fn physical_ms(&self, now: Now) -> u64 {
        (self.wall_offset_ms + now.monotonic_ms).saturating_sub(MessageId::EPOCH_MS)
    }
}

const COUNTER_MASK: u64 = (1 << MessageId::COUNTER_BITS) - 1;

#[cfg(test)]
mod tests;
