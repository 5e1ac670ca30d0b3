//! A value that stays on the thread that made it, in a type that may be named where values of any
//! thread may.
//!
//! hyper asks for timers that are `Send` and `Sync` whatever the executor; those of this runtime
//! are neither, and never leave their shard. Invariant: the value is only looked at, and only
//! dropped, on its own thread.

use std::mem::ManuallyDrop;
use std::thread::{self, ThreadId};

pub(super) struct ThreadBound<T> {
    value: ManuallyDrop<T>,
    home: ThreadId,
}

// SAFETY: whoever reaches the value was asserted to be on the thread that made it, and `drop`
// leaves it alone elsewhere; so the value itself is never sent anywhere.
unsafe impl<T> Send for ThreadBound<T> {}
// SAFETY: as above; a shared reference gives nothing at all.
unsafe impl<T> Sync for ThreadBound<T> {}

impl<T> ThreadBound<T> {
    pub(super) fn new(value: T) -> Self {
        Self { value: ManuallyDrop::new(value), home: thread::current().id() }
    }

    pub(super) fn on_its_thread(&mut self) -> &mut T {
        assert_eq!(thread::current().id(), self.home, "what is bound to a thread has left it");
        &mut self.value
    }
}

impl<T> Drop for ThreadBound<T> {
    fn drop(&mut self) {
        // Elsewhere it is leaked, which loses some memory and nothing else.
        if thread::current().id() == self.home {
            // SAFETY: the value is dropped here once and not used after.
            unsafe { ManuallyDrop::drop(&mut self.value) };
        }
    }
}

#[cfg(test)]
mod tests;
