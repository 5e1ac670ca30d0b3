//! One HTTP/2 connection, from its preface to its end.
//!
//! Decides how long it may live: it must shake hands in time, it may rest for a while without
//! requests, its peer must answer pings, and the drain ends it in good order (GOAWAY, then what
//! is still being answered). Each request runs as a task of its own, which ends with it; one whose
//! peer takes nothing of its answer is reset ([`stall`]). Every bound is in [`limits`].
//! Invariant: nothing that a peer does on one request ends another one, but for floods, which
//! end the connection.

mod io;
mod limits;
mod stall;

use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::future::{Future, pending, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_lite::future::or;
use hyper::body::Incoming;
use hyper::rt::Executor;
use hyper::service::service_fn;
use hyper::{Request, Response};
use slab::Slab;

use super::answer::{Answer, AnswerBody};
use crate::connections::Connections;
use crate::runtime::{self, Sleep, sleep};
use crate::shard_handle::ShardHandle;
use crate::sockets::Stream;

use io::Http2Io;
use limits::{GOODBYE_MS, HANDSHAKE_BYTES, HANDSHAKE_MS, IDLE_MS, STALL_CHECK_MS};
use stall::{Stall, Stalls, Watched};

/// Serves a connection whose `prefix` was read already.
pub(super) async fn serve<F, A>(
    stream: Stream,
    prefix: Vec<u8>,
    connections: Rc<Connections>,
    answer: F,
) where
    F: Fn(Request<Incoming>) -> A + Clone + 'static,
    A: Future<Output = Answer> + 'static,
{
    let life = Rc::new(Life::new(connections.handle().clone(), prefix.len()));
    let io = Http2Io::new(stream, prefix, Rc::clone(&life));
    let spawner = Spawner::default();
    let service = {
        let (life, spawner) = (Rc::clone(&life), spawner.clone());
        service_fn(move |request| {
            let running = Running::begin(&life);
            // hyper spawns what this returns before it asks for anything else.
            spawner.next.set(Some(Rc::clone(&running.stall)));
            respond(answer.clone(), request, running)
        })
    };
    let mut connection = pin!(limits::builder(spawner).serve_connection(io, service));
    let mut drain = pin!(connections.stops().until_drain());
    let mut is_draining = false;
    let mut timer = Timer::default();
    poll_fn(|cx| {
        life.stalls.remember_waker(cx);
        if !is_draining && drain.as_mut().poll(cx).is_ready() {
            is_draining = true;
            connection.as_mut().graceful_shutdown();
        }
        if let Poll::Ready(ended) = connection.as_mut().poll(cx) {
            if let Err(error) = ended {
                tracing::debug!(%error, "HTTP/2 ended");
            }
            return Poll::Ready(());
        }
        while timer.poll(life.next_ms(), &life.shard, cx).is_ready() {
            match life.look() {
                Due::Nothing => {}
                Due::Goodbye => {
                    connection.as_mut().graceful_shutdown();
                    // It writes what it has to say, and may end at once.
                    cx.waker().wake_by_ref();
                }
                Due::End => return Poll::Ready(()),
            }
        }
        Poll::Pending
    })
    .await;
}

/// One request and its answer, watched.
async fn respond<A>(
    answer: impl Fn(Request<Incoming>) -> A,
    request: Request<Incoming>,
    running: Running,
) -> Result<Response<Watched<AnswerBody, Running>>, Infallible>
where
    A: Future<Output = Answer>,
{
    let answer = answer(request).await;
    let shard = &running.life.shard;
    shard.metrics().shard(shard.me()).http_answered(answer.status());
    let stall = Rc::clone(&running.stall);
    Ok(answer.map(|body| Watched::new(body, stall, running)))
}

/// What a connection's io, its requests and its deadlines share.
struct Life {
    shard: ShardHandle,
    bytes_received: Cell<usize>,
    /// What watches each request that runs.
    running: RefCell<Slab<Rc<Stall>>>,
    /// When the connection has rested too long; `u64::MAX` while requests run.
    ends_ms: Cell<u64>,
    has_said_goodbye: Cell<bool>,
    stalls: Rc<Stalls>,
    /// When answers that wait are looked at next; `u64::MAX` while none does.
    checks_ms: Cell<u64>,
}

/// What the clock asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Due {
    Nothing,
    /// Tell the peer to go elsewhere.
    Goodbye,
    End,
}

impl Life {
    fn new(shard: ShardHandle, bytes_received: usize) -> Self {
        let now_ms = shard.now().monotonic_ms;
        let life = Self {
            shard,
            bytes_received: Cell::new(0),
            running: RefCell::default(),
            ends_ms: Cell::new(now_ms.saturating_add(HANDSHAKE_MS)),
            has_said_goodbye: Cell::new(false),
            stalls: Rc::default(),
            checks_ms: Cell::new(u64::MAX),
        };
        life.received(bytes_received);
        life
    }

    fn now_ms(&self) -> u64 {
        self.shard.now().monotonic_ms
    }

    /// Bytes came; enough of them are a handshake.
    fn received(&self, count: usize) {
        let before = self.bytes_received.get();
        let now = before.saturating_add(count);
        self.bytes_received.set(now);
        if before < HANDSHAKE_BYTES && now >= HANDSHAKE_BYTES {
            self.ends_ms.set(self.now_ms().saturating_add(IDLE_MS));
        }
    }

    /// The request's place in `running`.
    fn request_begins(&self, stall: Rc<Stall>) -> usize {
        if !self.has_said_goodbye.get() {
            self.ends_ms.set(u64::MAX);
        }
        self.running.borrow_mut().insert(stall)
    }

    fn request_ends(&self, place: usize) {
        let mut running = self.running.borrow_mut();
        running.remove(place);
        if running.is_empty() && !self.has_said_goodbye.get() {
            self.ends_ms.set(self.now_ms().saturating_add(IDLE_MS));
        }
    }

    /// When to look again.
    fn next_ms(&self) -> u64 {
        if self.stalls.any() && self.checks_ms.get() == u64::MAX {
            self.checks_ms.set(self.now_ms().saturating_add(STALL_CHECK_MS));
        }
        self.ends_ms.get().min(self.checks_ms.get())
    }

    /// Resets answers that nobody takes, and says what is due.
    fn look(&self) -> Due {
        let now_ms = self.now_ms();
        if now_ms >= self.checks_ms.get() {
            let running = self.running.borrow();
            running.iter().for_each(|(_, stall)| stall.judge(now_ms));
            self.checks_ms.set(u64::MAX);
        }
        if now_ms < self.ends_ms.get() {
            return Due::Nothing;
        }
        let has_shaken_hands = self.bytes_received.get() >= HANDSHAKE_BYTES;
        if has_shaken_hands && !self.has_said_goodbye.replace(true) {
            self.ends_ms.set(now_ms.saturating_add(GOODBYE_MS));
            return Due::Goodbye;
        }
        Due::End
    }
}

/// A request whose answer is not over yet.
struct Running {
    life: Rc<Life>,
    stall: Rc<Stall>,
    place: usize,
}

impl Running {
    fn begin(life: &Rc<Life>) -> Self {
        let stall = Rc::new(Stall::new(Rc::clone(&life.stalls)));
        let place = life.request_begins(Rc::clone(&stall));
        Self { life: Rc::clone(life), stall, place }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.life.request_ends(self.place);
    }
}

/// The one timer of a connection.
#[derive(Default)]
struct Timer {
    /// With the time that it was set for.
    armed: Option<(u64, Sleep)>,
}

impl Timer {
    /// Ready once `at_ms` is there. Set anew only where that has come nearer: one that fires too
    /// early is set again, which costs less than setting one for each request.
    fn poll(&mut self, at_ms: u64, shard: &ShardHandle, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let left_ms = at_ms.saturating_sub(shard.now().monotonic_ms);
            if left_ms == 0 {
                return Poll::Ready(());
            }
            let timer = match &mut self.armed {
                Some((armed_ms, timer)) if *armed_ms <= at_ms => timer,
                armed if at_ms == u64::MAX => {
                    *armed = None;
                    return Poll::Pending;
                }
                armed => &mut armed.insert((at_ms, sleep(Duration::from_millis(left_ms)))).1,
            };
            match Pin::new(timer).poll(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(()) => self.armed = None,
            }
        }
    }
}

/// Runs hyper's tasks for requests on this shard; each ends with its request, or when its answer
/// has stalled for too long.
#[derive(Clone, Default)]
struct Spawner {
    /// What watches the task that is spawned next.
    next: Rc<Cell<Option<Rc<Stall>>>>,
}

impl<F> Executor<F> for Spawner
where
    F: Future<Output = ()> + 'static,
{
    fn execute(&self, task: F) {
        let stall = self.next.take();
        runtime::spawn("http2 request", async move {
            let stalled = async {
                match stall {
                    Some(stall) => stall.until_over().await,
                    None => pending().await,
                }
            };
            // Dropping hyper's task resets the request's stream.
            or(task, stalled).await;
        });
    }
}
