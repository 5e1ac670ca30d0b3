//! How other threads wake a shard.
//!
//! A shard that waits does so in the kernel, where the inbox's channel cannot reach it; so whoever
//! gives it something from another thread rings. Decides when that costs a system call: only
//! where the shard is asleep. Invariant: what was given before a ring is seen by the shard, because
//! the shard says that it falls asleep before it looks a last time, and the ringer gives before
//! it looks whether the shard sleeps; in the one order of all threads, one of them sees the other.

use std::cell::OnceCell;
use std::fs::File;
use std::future::{Future, poll_fn};
use std::io::{self, Write as _};
use std::os::fd::{AsFd, BorrowedFd, FromRawFd, OwnedFd};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering, fence};
use std::task::{Context, Wake, Waker};

/// A shard's doorbell, which any thread may ring.
pub(crate) struct Doorbell {
    /// An eventfd. Nobody reads it: each ring is one event for whoever polls it.
    bell: File,
    sleeps: AtomicBool,
    /// A task's waker was called, which only the runtime's reactor hears.
    woke_task: AtomicBool,
}

thread_local! {
    /// The doorbell of the shard that runs on this thread.
    static HERE: OnceCell<Arc<Doorbell>> = const { OnceCell::new() };
}

impl Doorbell {
    pub(crate) fn new() -> io::Result<Arc<Self>> {
        let bell = File::from(eventfd()?);
        Ok(Arc::new(Self {
            bell,
            sleeps: AtomicBool::new(false),
            woke_task: AtomicBool::new(false),
        }))
    }

    /// Makes this the doorbell of the shard on this thread, for [`from_afar`].
    pub(crate) fn hang(self: &Arc<Self>) {
        HERE.with(|here| {
            let _ = here.set(Arc::clone(self));
        });
    }

    /// Has the shard look around, where it sleeps. What it is to find was given before.
    pub(crate) fn ring(&self) {
        fence(Ordering::SeqCst);
        if self.sleeps.swap(false, Ordering::SeqCst) {
            // A counter that nobody reads does not fill up in a server's life.
            let _ = (&self.bell).write(&1_u64.to_ne_bytes());
        }
    }

    fn ring_for_task(&self) {
        self.woke_task.store(true, Ordering::SeqCst);
        self.ring();
    }

    /// The shard is about to wait; it looks a last time after this.
    pub(crate) fn fall_asleep(&self) {
        self.sleeps.store(true, Ordering::SeqCst);
        fence(Ordering::SeqCst);
    }

    pub(crate) fn wake_up(&self) {
        self.sleeps.store(false, Ordering::Relaxed);
    }

    pub(crate) fn has_woken_task(&self) -> bool {
        self.woke_task.load(Ordering::SeqCst)
    }

    /// Whether a task was woken since the last time.
    pub(crate) fn take_woken_task(&self) -> bool {
        self.has_woken_task() && self.woke_task.swap(false, Ordering::SeqCst)
    }
}

impl AsFd for Doorbell {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.bell.as_fd()
    }
}

/// An eventfd whose reads wait.
pub(super) fn eventfd() -> io::Result<OwnedFd> {
    // SAFETY: the call takes no pointers.
    let descriptor = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC) };
    if descriptor < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call returned a descriptor that nothing else owns.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor) })
}

/// A waker that another thread may call: it wakes the task, and the shard for it.
struct Audible {
    task: Waker,
    doorbell: Arc<Doorbell>,
}

impl Wake for Audible {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.task.wake_by_ref();
        self.doorbell.ring_for_task();
    }
}

/// Polls what another thread may complete, so that the shard hears of it at once.
pub(crate) fn poll_from_afar<T>(
    cx: &mut Context<'_>,
    poll: impl FnOnce(&mut Context<'_>) -> T,
) -> T {
    match HERE.with(|here| here.get().cloned()) {
        Some(doorbell) => {
            let waker = Waker::from(Arc::new(Audible { task: cx.waker().clone(), doorbell }));
            poll(&mut Context::from_waker(&waker))
        }
        // Not on a shard, where any waker is heard.
        None => poll(cx),
    }
}

/// Waits for what another thread completes.
pub(crate) async fn from_afar<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    poll_fn(|cx| poll_from_afar(cx, |cx| future.as_mut().poll(cx))).await
}

#[cfg(test)]
mod tests;
