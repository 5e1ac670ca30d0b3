//! The one source of chance of a run.
//!
//! Everything random (faults, delays, what clients do) is drawn here, in the order in which the
//! run asks, so a seed alone decides a run. Never drawn from: the core, which has no chance.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A seeded stream of draws.
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// From `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        self.0.random_range(low..=high.max(low))
    }

    /// An index below `count`, which must not be zero.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        self.0.random_range(0..count)
    }

    /// True so many times in a thousand.
    pub(crate) fn chance(&mut self, per_mille: u32) -> bool {
        self.0.random_range(0..1000) < per_mille
    }

    /// `None` where there is nothing to pick.
    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        if from.is_empty() {
            return None;
        }
        from.get(self.below(from.len())).copied()
    }

    pub(crate) fn delay_us(&mut self, delay: Delay) -> u64 {
        if self.chance(delay.slow_per_mille) {
            self.between(delay.usual_us, delay.slow_us)
        } else {
            self.between(1, delay.usual_us)
        }
    }
}

/// How long something takes: short as a rule, long now and then.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Delay {
    pub(crate) usual_us: u64,
    pub(crate) slow_us: u64,
    pub(crate) slow_per_mille: u32,
}
