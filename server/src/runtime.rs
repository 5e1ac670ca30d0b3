//! The one door to glommio: executors, tasks and time.
//!
//! Nothing else in this project names glommio, so that its peculiarities are met here and only
//! here:
//! * An executor may park although a task can run, when a completion that wakes nobody arrives
//!   at the wrong moment. The default preemption timer makes that rare, and every shard runs a
//!   heartbeat ([`crate::heartbeat`]) that bounds how long it lasts.
//! * Dropping the handle of a pending task leaks the task, so every task is detached and ends by
//!   itself.
//! * A panic in a task ends its executor, so [`spawn`] catches it: the task ends, the shard goes
//!   on.
//! * Yielding by a ready task keeps sockets and other threads unheard until the preemption timer
//!   fires. [`yield_to_reactor`] waits for a timer that is as good as due instead.
//!
//! Sockets are [`crate::sockets`]'s. What a task does, and when it ends, is the caller's matter.

mod cores;
mod probe;
mod signals;
mod thread_bound;

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use futures_lite::future::{FutureExt as _, poll_fn, yield_now};
use glommio::timer::Timer;
use glommio::{
    BuilderErrorKind, ExecutorJoinHandle, GlommioError, LocalExecutorBuilder, Placement,
};

pub(crate) use cores::allowed_cores;
pub(crate) use probe::probe;
pub(crate) use signals::Signals;
use thread_bound::ThreadBound;

/// Submission entries of an executor's rings. Echo throughput was the same from 128 to 4,096;
/// 1,024 costs 0.4 MB and fits two shards into 8 MiB of locked memory.
const RING_ENTRIES: usize = 1_024;
/// Long enough to be in the future when it is first polled, short enough to be past when the
/// reactor looks at it.
const YIELD: Duration = Duration::from_micros(1);
/// How often tasks that wake one another run before whoever lets them has its turn.
const ROUNDS_MAX: usize = 32;

/// Locked memory that the rings of one executor take, about: a system that refuses them for
/// want of it is told this much.
pub(crate) const LOCKED_BYTES: u64 = 4 << 20;

/// An executor's thread, to be joined.
pub(crate) struct Executor(ExecutorJoinHandle<()>);

/// Why an executor could not be made, or how it ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExecutorError {
    #[error("io_uring is not allowed: {0}")]
    Forbidden(io::Error),
    #[error("too little memory may be locked for its rings")]
    LockedMemory,
    #[error("it panicked")]
    Panicked,
    #[error("{0}")]
    Other(String),
}

impl Executor {
    /// Starts an executor pinned to `core` and runs the future that `main` makes on it. When
    /// that future ends, so does the executor, with whatever tasks there are.
    pub(crate) fn start<F>(
        name: &str,
        core: usize,
        main: impl FnOnce() -> F + Send + 'static,
    ) -> Result<Self, ExecutorError>
    where
        F: Future<Output = ()> + 'static,
    {
        LocalExecutorBuilder::new(Placement::Fixed(core))
            .name(name)
            // No DMA files are read here, and this much would be registered thrice per shard.
            .io_memory(0)
            .ring_depth(RING_ENTRIES)
            .spawn(main)
            .map(Self)
            .map_err(explain)
    }

    /// Waits for the thread; an error where its rings could not be made or it panicked.
    pub(crate) fn join(self) -> Result<(), ExecutorError> {
        self.0.join().map_err(explain)
    }
}

fn explain(error: GlommioError<()>) -> ExecutorError {
    match error {
        GlommioError::BuilderError(BuilderErrorKind::ThreadPanic(_)) => ExecutorError::Panicked,
        error => explain_os(io::Error::from(error)),
    }
}

fn explain_os(error: io::Error) -> ExecutorError {
    match error.raw_os_error() {
        Some(libc::EPERM | libc::ENOSYS | libc::EACCES) => ExecutorError::Forbidden(error),
        Some(libc::ENOMEM) => ExecutorError::LockedMemory,
        Some(_) | None => ExecutorError::Other(error.to_string()),
    }
}

/// Runs a task to its end on this executor, beside the caller. A panic ends that task alone.
pub(crate) fn spawn(what: &'static str, task: impl Future<Output = ()> + 'static) {
    glommio::spawn_local(Guarded { what, task }).detach();
}

pin_project_lite::pin_project! {
    /// A task that counts when it runs, and whose panic ends it alone. No async block, which would
    /// hold the task twice.
    struct Guarded<F> {
        what: &'static str,
        #[pin]
        task: F,
    }
}

impl<F: Future<Output = ()>> Future for Guarded<F> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let guarded = self.project();
        POLLS.set(POLLS.get().wrapping_add(1));
        // A task that panicked is not polled again.
        let polled = catch_unwind(AssertUnwindSafe(|| guarded.task.poll(cx)));
        polled.unwrap_or_else(|_| {
            tracing::error!(task = *guarded.what, "a task panicked and was ended");
            Poll::Ready(())
        })
    }
}

thread_local! {
    /// How often a task of this executor was run.
    static POLLS: Cell<u64> = const { Cell::new(0) };
}

/// Lets every other task run that can, and whoever they wake, up to [`ROUNDS_MAX`]. Tasks run in
/// the order in which they were woken, so where none ran between the caller's two turns, none
/// could. The reactor does not look around meanwhile.
pub(crate) async fn run_others() {
    for _ in 0..ROUNDS_MAX {
        let before = POLLS.get();
        yield_now().await;
        if POLLS.get() == before {
            return;
        }
    }
}

/// Ends after a while.
pub(crate) struct Sleep(Timer);

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.0).poll(cx).map(|_| ())
    }
}

pub(crate) fn sleep(duration: Duration) -> Sleep {
    Sleep(Timer::new(duration))
}

/// This runtime's time, as hyper asks for it.
#[derive(Clone, Copy)]
pub(crate) struct HyperTimer;

/// A sleep of hyper's, which polls it on the shard that it was made on.
struct HyperSleep(ThreadBound<Sleep>);

impl Future for HyperSleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(self.0.on_its_thread()).poll(cx)
    }
}

impl hyper::rt::Sleep for HyperSleep {}

impl hyper::rt::Timer for HyperTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn hyper::rt::Sleep>> {
        Box::pin(HyperSleep(ThreadBound::new(sleep(duration))))
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn hyper::rt::Sleep>> {
        self.sleep(deadline.saturating_duration_since(Instant::now()))
    }
}

/// `None` where `duration` passed first; the future is dropped then.
pub(crate) async fn timeout<T>(duration: Duration, future: impl Future<Output = T>) -> Option<T> {
    let expired = async {
        sleep(duration).await;
        None
    };
    async { Some(future.await) }.or(expired).await
}

/// Lets the reactor look at sockets, timers and other threads, then goes on.
pub(crate) async fn yield_to_reactor() {
    let mut pending: Option<Sleep> = None;
    poll_fn(|cx| match pending.as_mut() {
        Some(sleep) => Pin::new(sleep).poll(cx),
        None => {
            // A timer that was due already when it was polled would not have yielded at all.
            let mut sleep = self::sleep(YIELD);
            while Pin::new(&mut sleep).poll(cx).is_ready() {
                sleep = self::sleep(YIELD);
            }
            pending = Some(sleep);
            Poll::Pending
        }
    })
    .await;
}

/// A bell between tasks of one shard: rings are remembered until it is hushed, and wake one
/// listener.
#[derive(Default)]
pub(crate) struct Bell {
    rung: Cell<bool>,
    listener: RefCell<Option<Waker>>,
}

impl Bell {
    pub(crate) fn ring(&self) {
        if !self.rung.replace(true)
            && let Some(listener) = self.listener.borrow_mut().take()
        {
            listener.wake();
        }
    }

    /// Whether it was rung since it was hushed.
    pub(crate) fn is_rung(&self) -> bool {
        self.rung.get()
    }

    /// What it was rung for is seen to.
    pub(crate) fn hush(&self) {
        self.rung.set(false);
    }

    /// Ready where it is rung, or once it is.
    pub(crate) fn poll_rung(&self, cx: &mut Context<'_>) -> Poll<()> {
        if self.rung.get() {
            return Poll::Ready(());
        }
        *self.listener.borrow_mut() = Some(cx.waker().clone());
        Poll::Pending
    }
}
