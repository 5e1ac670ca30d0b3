//! The seeded simulation of the core: a world with faults, a workload, and an auditor.
//!
//! Everything in a run comes from one seed: how many shards, users and clients there are, what
//! they do, when the process crashes, how late every disk and wire is. The core under test is
//! the real one, and the stores are the model stores. The auditor holds every effect against the
//! design's promises the moment it comes, and everything together at the end.

mod agenda;
mod asker;
mod auditor;
mod client;
mod dice;
mod drafts;
mod operator;
mod plan;
mod run;
mod situations;
mod trace;
mod violation;
mod workload;
mod world;

pub use plan::Planted;
pub use run::{Outcome, run, run_twice};
pub use situations::Situations;
pub use trace::Recording;
pub use violation::{Promise, Violation};

#[cfg(test)]
mod tests;
