//! Waiting for a condition, never for a time.

use std::thread;
use std::time::{Duration, Instant};

/// How long anything may take that must happen. Generous, because test machines are shared and
/// their disks stall; whoever hits it has found a fault.
pub const WAIT: Duration = Duration::from_secs(60);

/// How soon a condition that nobody announces is looked at again.
pub const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// Looks until there is an answer, and panics with `what` once [`WAIT`] has passed.
pub fn until<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    within(WAIT, look).unwrap_or_else(|| panic!("after {WAIT:?} still not: {what}"))
}

/// Looks until there is an answer or the time is over.
pub fn within<T>(limit: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(found) = look() {
            return Some(found);
        }
        if Instant::now() >= deadline {
            return None;
        }
        thread::park_timeout(LOOK_AGAIN);
    }
}

#[cfg(test)]
mod tests;
