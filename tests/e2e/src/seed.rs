//! Randomness that can be had again: a seed, printed where a test fails.

use std::env;
use std::process;
use std::time::{SystemTime, UNIX_EPOCH};

/// A small generator (splitmix64): statistical quality is no matter here, repeating is.
#[derive(Debug)]
pub struct Random {
    seed: u64,
    state: u64,
}

impl Random {
    /// From `PARLANCE_SEED`, or a seed that no earlier run had. Prints it: the test runner shows
    /// what a test printed where it fails.
    pub fn announced() -> Self {
        let seed = env::var("PARLANCE_SEED").ok().and_then(|text| text.parse().ok());
        let seed = seed.unwrap_or_else(fresh);
        println!("seed: PARLANCE_SEED={seed}");
        Self { seed, state: seed }
    }

    pub fn seed(&self) -> u64 {
        self.seed
    }

    pub fn draw(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From `low` up to and without `high`.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.draw() % (high - low)
    }
}

fn fresh() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::from(now.subsec_nanos()) ^ (now.as_secs() << 20) ^ u64::from(process::id())
}
