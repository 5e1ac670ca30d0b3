//! What the auditor says when a promise was broken.

use std::fmt;

/// Which promise of the design.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promise {
    /// Acknowledged is durable.
    Durable,
    /// One order, seq dense, ids rise.
    Order,
    /// Resume misses nothing and repeats nothing.
    Resume,
    /// A retry stores nothing new and gets the first result.
    Once,
    /// Nobody is in where they don't belong.
    Rights,
    /// Everything asked is answered once faults have stopped.
    Liveness,
    /// The contract between core and shell.
    Contract,
    /// Same seed, same run.
    Determinism,
}

/// A broken promise, in words that name who, what and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    pub promise: Promise,
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.promise, self.what)
    }
}

/// What every step of a run returns.
pub(crate) type Checked = Result<(), Violation>;

/// An error with a promise and words, for the places that check.
pub(crate) fn broken<T>(promise: Promise, what: impl Into<String>) -> Result<T, Violation> {
    Err(Violation { promise, what: what.into() })
}
