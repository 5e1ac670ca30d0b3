//! SIGINT and SIGTERM end a run in good order: the server that it started is stopped, its data
//! directory removed, and what was measured so far is reported as interrupted.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};

use crate::error::BenchError;

#[derive(Clone, Debug, Default)]
pub(crate) struct Interrupt {
    seen: Arc<AtomicBool>,
}

impl Interrupt {
    /// The first signal is noted; a second one ends the process at once.
    pub(crate) fn listen() -> Result<Self, BenchError> {
        let interrupt = Self::default();
        for signal in [SIGINT, SIGTERM] {
            let seen = || Arc::clone(&interrupt.seen);
            // In this order: the handlers run as registered, so the first signal finds the flag
            // still down and only raises it.
            signal_hook::flag::register_conditional_shutdown(signal, 130, seen())
                .and_then(|_| signal_hook::flag::register(signal, seen()))
                .map_err(|source| BenchError::io("listening for signals", source))?;
        }
        Ok(interrupt)
    }

    pub(crate) fn is_raised(&self) -> bool {
        self.seen.load(Ordering::Relaxed)
    }
}
