//! How long a peer may take: one deadline for the connection, moved by what happens on it.
//!
//! A head must be whole [`HEAD_MS`] after its first byte (the first one, after the connection
//! was handed here), however the bytes drip in; a request must be answered within [`REQUEST_MS`],
//! its body included; and between two requests, which includes that the peer takes the answer, a
//! connection may rest for [`IDLE_MS`].

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use super::guard::Guard;
use crate::runtime::{Sleep, sleep};
use crate::shard_handle::ShardHandle;

const HEAD_MS: u64 = 10_000;
/// A body, a sign-in and calls into the core, each of which has ten seconds at most.
const REQUEST_MS: u64 = 40_000;
const IDLE_MS: u64 = 60_000;

/// What the socket's side and the service's side of one connection share.
pub(super) struct Exchange {
    shard: ShardHandle,
    guard: RefCell<Guard>,
    deadline_ms: Cell<u64>,
    requests_running: Cell<usize>,
}

impl Exchange {
    pub(super) fn new(shard: ShardHandle, guard: Guard) -> Self {
        let deadline_ms = Cell::new(shard.now().monotonic_ms.saturating_add(HEAD_MS));
        let guard = RefCell::new(guard);
        Self { shard, guard, deadline_ms, requests_running: Cell::new(0) }
    }

    /// The borrow ends within the statement that asks for it; none is held over an `.await`.
    pub(super) fn guard(&self) -> std::cell::RefMut<'_, Guard> {
        self.guard.borrow_mut()
    }

    /// Bytes came from the peer.
    pub(super) fn received(&self, bytes: &[u8]) {
        let mut guard = self.guard.borrow_mut();
        let begins = guard.is_between_requests() && self.requests_running.get() == 0;
        guard.put(bytes);
        if begins {
            // An earlier deadline stays: the first head has its time from the connection's start.
            let now_ms = self.shard.now().monotonic_ms;
            let head_ms = now_ms.saturating_add(HEAD_MS);
            self.deadline_ms.set(self.deadline_ms.get().min(head_ms));
        }
    }

    pub(super) fn request_begins(&self) {
        self.requests_running.set(self.requests_running.get().saturating_add(1));
        self.allow(REQUEST_MS);
    }

    pub(super) fn request_ends(&self) {
        self.requests_running.set(self.requests_running.get().saturating_sub(1));
        self.allow(IDLE_MS);
    }

    fn allow(&self, ms: u64) {
        self.deadline_ms.set(self.shard.now().monotonic_ms.saturating_add(ms));
    }

    fn left(&self) -> Duration {
        let now_ms = self.shard.now().monotonic_ms;
        Duration::from_millis(self.deadline_ms.get().saturating_sub(now_ms))
    }
}

/// Polled beside a connection; ready once the deadline has passed.
pub(super) struct Watch {
    /// The timer, and the deadline that it was set for.
    armed: Option<(u64, Sleep)>,
}

impl Watch {
    pub(super) fn new() -> Self {
        Self { armed: None }
    }

    /// Sets the timer only where the deadline has come nearer: one that fires too early is set
    /// again, which costs less than setting one for each request.
    pub(super) fn poll_expired(&mut self, exchange: &Exchange, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let deadline_ms = exchange.deadline_ms.get();
            let left = exchange.left();
            if left.is_zero() {
                return Poll::Ready(());
            }
            let timer = match &mut self.armed {
                Some((armed_ms, timer)) if *armed_ms <= deadline_ms => timer,
                armed => &mut armed.insert((deadline_ms, sleep(left))).1,
            };
            match Pin::new(timer).poll(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(()) => self.armed = None,
            }
        }
    }
}
