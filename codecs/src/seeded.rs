//! Runs a property from one seed, which a failure prints and `PARLANCE_TEST_SEED` repeats.

use std::hash::{BuildHasher, RandomState};

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestRunner};

pub(crate) fn check<S: Strategy>(
    cases: u32,
    strategy: &S,
    property: impl Fn(S::Value) -> Result<(), TestCaseError>,
) {
    let seed = match std::env::var("PARLANCE_TEST_SEED") {
        Ok(text) => text.parse().expect("PARLANCE_TEST_SEED is a decimal"),
        Err(_) => RandomState::new().hash_one("seed"),
    };
    let config = Config {
        cases,
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: None,
        ..Config::default()
    };
    if let Err(failure) = TestRunner::new(config).run(strategy, property) {
        panic!("repeat with PARLANCE_TEST_SEED={seed}\n{failure}");
    }
}
