//! Everything random in a run comes from one seed, which the report prints.

use std::time::{SystemTime, UNIX_EPOCH};

/// SplitMix64: for run ids and masking keys, where nothing depends on being unpredictable.
#[derive(Clone, Debug)]
pub(crate) struct Draws {
    state: u64,
}

impl Draws {
    pub(crate) fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

/// A seed for a run that was given none: the time in nanoseconds, stirred with the process id so
/// that two runs started at once differ.
pub(crate) fn fresh() -> u64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Draws::new(u64::from(elapsed.subsec_nanos()) ^ (elapsed.as_secs() << 30))
        .next()
        .wrapping_add(u64::from(std::process::id()))
}
