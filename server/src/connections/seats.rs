//! How many connections the whole process may hold.
//!
//! Every accepted socket takes a seat before anything else is done with it, and keeps it on its
//! way to another shard. Descriptors beyond the seats are left to the stores.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The process's seats, shared by every shard.
#[derive(Clone)]
pub(crate) struct Seats(Arc<Room>);

struct Room {
    taken: AtomicUsize,
    max: usize,
}

/// One connection's place, given back on drop.
pub(crate) struct Seat(Arc<Room>);

impl Seats {
    pub(crate) fn new(max: usize) -> Self {
        Self(Arc::new(Room { taken: AtomicUsize::new(0), max }))
    }

    /// `None` where as many connections as there may be are here.
    pub(crate) fn take(&self) -> Option<Seat> {
        let free = |taken: usize| (taken < self.0.max).then_some(taken + 1);
        self.0.taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, free).ok()?;
        Some(Seat(Arc::clone(&self.0)))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.taken.fetch_sub(1, Ordering::Relaxed);
    }
}
