//! How a shard's tasks hear that they should end: the accept loops and HTTP at the drain, whoever
//! still says goodbye when the drain is hurried.
//!
//! No task is cancelled from outside; each waits for this beside its work and ends by itself.
//! Framed connections are told one by one instead ([`crate::connections::Connections`]), because
//! each has its own words to end with. Invariant: a task that waits is woken by every step, and
//! leaves nothing behind when it stops waiting.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::task::{Poll, Waker};

use slab::Slab;

/// How urgently tasks should end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stop {
    #[default]
    NotYet,
    Drain,
    Hurry,
}

#[derive(Default)]
pub(crate) struct Stops {
    reached: Cell<Stop>,
    waiting: RefCell<Slab<Option<Waker>>>,
    guests: Cell<usize>,
}

/// A task that the drain waits for, as long as it holds this.
pub(crate) struct Guest<'a>(&'a Stops);

impl Stops {
    /// Goes on to `stop`, never back.
    pub(crate) fn reach(&self, stop: Stop) {
        self.reached.set(self.reached.get().max(stop));
        for (_, waker) in self.waiting.borrow_mut().iter_mut() {
            if let Some(waker) = waker.take() {
                waker.wake();
            }
        }
    }

    pub(crate) fn reached(&self) -> Stop {
        self.reached.get()
    }

    pub(crate) async fn until_drain(&self) {
        self.until(Stop::Drain).await;
    }

    pub(crate) async fn until_hurry(&self) {
        self.until(Stop::Hurry).await;
    }

    async fn until(&self, stop: Stop) {
        let place = self.waiting.borrow_mut().insert(None);
        let _place = Place { stops: self, place };
        poll_fn(|cx| {
            if self.reached.get() >= stop {
                return Poll::Ready(());
            }
            if let Some(waker) = self.waiting.borrow_mut().get_mut(place) {
                *waker = Some(cx.waker().clone());
            }
            Poll::Pending
        })
        .await;
    }

    /// Counts a task that the drain is to wait for.
    pub(crate) fn guest(&self) -> Guest<'_> {
        self.guests.set(self.guests.get() + 1);
        Guest(self)
    }

    pub(crate) fn has_guests(&self) -> bool {
        self.guests.get() > 0
    }
}

impl Drop for Guest<'_> {
    fn drop(&mut self) {
        self.0.guests.set(self.0.guests.get() - 1);
    }
}

/// A waiting task's place, given back on drop.
struct Place<'a> {
    stops: &'a Stops,
    place: usize,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.stops.waiting.borrow_mut().remove(self.place);
    }
}
