//! An eventfd that the reactor listens to: how what glommio does not know wakes an executor.

use std::os::fd::{FromRawFd as _, IntoRawFd as _, OwnedFd};

use glommio::io::BufferedFile;

/// An eventfd's counter.
const COUNTER_BYTES: usize = size_of::<u64>();

/// The signals of one eventfd.
pub(crate) struct Signals(BufferedFile);

impl Signals {
    /// Takes an eventfd whose reads wait.
    pub(crate) fn new(eventfd: OwnedFd) -> Self {
        // SAFETY: the descriptor is open and nothing else owns it; ownership passes to the file,
        // which only reads from it.
        Self(unsafe { BufferedFile::from_raw_fd(eventfd.into_raw_fd()) })
    }

    /// Ready once for any number of signals since the last time.
    pub(crate) async fn next(&self) {
        // A read that fails is no signal, and would fail again; but nothing makes one fail, and
        // whoever listens looks again at every heartbeat.
        let _ = self.0.read_at(0, COUNTER_BYTES).await;
    }
}
