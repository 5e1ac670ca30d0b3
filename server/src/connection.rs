//! One framed connection: its socket, its outbox, and how far it has come.
//!
//! A connection belongs to one task ([`serve`]), which reads and at the end closes it; the turn
//! puts chunks into its outbox and flushes them; the wheel looks at its deadlines. All of them
//! are on one shard, and none holds a borrow while it waits. What frames mean is decided by the
//! dialect and the core, not here. Invariant: the core hears of a session once when it begins
//! and once when it ends.

mod close;
mod deadlines;
mod engine;
mod held;
mod identify;
mod intake;
mod pace;
mod polling;
mod sending;
mod serve;
mod sign_in;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::{Context, Waker};

use bytes::Bytes;
use parlance_codecs::dialect::{EndReason, Form, Framing};
use parlance_codecs::framing::payload_bytes;
use parlance_codecs::{ConversationId, Request, UserId};
use parlance_conversation::input::SessionId;
use parlance_conversation::limits::POSTS_IN_FLIGHT_MAX;

use crate::auth::SignedUser;
use crate::connections::Seat;
use crate::outbox::{Outbox, TooSlow, Weight};
use crate::sockets::Stream;
use held::Held;
use pace::Pace;

pub(crate) use deadlines::{Deadlines, Heartbeats, LINGER, SIGN_IN_DEADLINE, Verdict};
pub(crate) use engine::{Engine, Polling};
pub(crate) use intake::Intake;
pub(crate) use pace::see_to_gaps;
pub(crate) use sending::{Begun, Sent};
pub(crate) use serve::{Opening, serve};
pub(crate) use sign_in::{Arriving, SignedIn};

/// How far a connection has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Nobody has signed in yet.
    Greeting,
    /// Let in on an open server, and has not said which user it is.
    Nameless,
    Live(SignedUser),
    /// Someone decided that it ends; its task closes it.
    Ending(EndReason),
    /// The socket failed: there is nobody to say anything to.
    Gone,
}

pub(crate) struct Connection {
    pub(crate) id: SessionId,
    /// `None` once it has moved to another shard, and while an Engine.IO session polls.
    stream: RefCell<Option<Stream>>,
    /// Only of the framings that Engine.IO has.
    engine: Option<Box<Engine>>,
    outbox: RefCell<Outbox>,
    /// Of the outbox's bytes, how many the shard's total counts.
    counted_bytes: Cell<usize>,
    form: Cell<Form>,
    stage: Cell<Stage>,
    /// The core knows it as a session.
    is_session: Cell<bool>,
    /// Given on where it moves to another shard.
    seat: Cell<Option<Seat>>,
    waker: RefCell<Option<Waker>>,
    /// On the list of connections to flush at the end of the turn.
    is_dirty: Cell<bool>,
    /// The socket takes nothing more; the task waits for room.
    is_blocked: Cell<bool>,
    awaits_drain: Cell<bool>,
    /// It is not read from until the peer has taken what was sent.
    awaits_reading: Cell<bool>,
    asked_for_room: Cell<Option<u64>>,
    posts_in_flight: Cell<usize>,
    syncs_in_flight: Cell<usize>,
    /// The room that it named when it signed in, until the core has let it in.
    joining: Cell<Option<ConversationId>>,
    /// The peer sends nothing more and waits for what it is owed.
    has_hung_up: Cell<bool>,
    /// Its task waits until every post is answered.
    awaits_answers: Cell<bool>,
    /// No longer payload is sent to it.
    receive_bytes_max: Cell<Option<u32>>,
    pub(crate) deadlines: Deadlines,
    pub(crate) pace: Pace,
    pub(crate) held: Held,
}

impl Connection {
    pub(crate) fn new(
        id: SessionId,
        stream: Option<Stream>,
        form: Form,
        seat: Seat,
        engine: Option<Engine>,
        deadlines: Deadlines,
    ) -> Rc<Self> {
        Rc::new(Self {
            id,
            stream: RefCell::new(stream),
            engine: engine.map(Box::new),
            outbox: RefCell::default(),
            counted_bytes: Cell::new(0),
            form: Cell::new(form),
            stage: Cell::new(Stage::Greeting),
            is_session: Cell::new(false),
            seat: Cell::new(Some(seat)),
            waker: RefCell::default(),
            is_dirty: Cell::new(false),
            is_blocked: Cell::new(false),
            awaits_drain: Cell::new(false),
            awaits_reading: Cell::new(false),
            asked_for_room: Cell::new(None),
            posts_in_flight: Cell::new(0),
            syncs_in_flight: Cell::new(0),
            joining: Cell::new(None),
            has_hung_up: Cell::new(false),
            awaits_answers: Cell::new(false),
            receive_bytes_max: Cell::new(None),
            deadlines,
            pace: Pace::default(),
            held: Held::default(),
        })
    }

    /// Whether the peer can take a message that these frames hold.
    pub(crate) fn can_receive(&self, frames: &[u8]) -> bool {
        self.receive_bytes_max.get().is_none_or(|max| {
            let bytes = payload_bytes(self.form.get().framing, frames);
            usize::try_from(max).is_ok_and(|max| bytes <= max)
        })
    }

    pub(crate) fn form(&self) -> Form {
        self.form.get()
    }

    pub(crate) fn stage(&self) -> Stage {
        self.stage.get()
    }

    pub(crate) fn user(&self) -> Option<UserId> {
        match self.stage.get() {
            Stage::Live(signed) => Some(signed.user),
            Stage::Greeting | Stage::Nameless | Stage::Ending(_) | Stage::Gone => None,
        }
    }

    /// Whether events still reach it.
    pub(crate) fn is_live(&self) -> bool {
        matches!(self.stage.get(), Stage::Live(_))
    }

    pub(crate) fn go_live(&self, signed: SignedUser) {
        self.stage.set(Stage::Live(signed));
        self.is_session.set(true);
    }

    pub(super) fn go_nameless(&self) {
        if self.stage.get() == Stage::Greeting {
            self.stage.set(Stage::Nameless);
        }
    }

    /// A socket takes the place of what carried it before.
    fn carry(&self, stream: Stream) {
        *self.stream.borrow_mut() = Some(stream);
    }

    /// Whether its peer has signed in, and the core knows of it.
    fn is_session(&self) -> bool {
        self.is_session.get()
    }

    /// Whether the core must be told that the session is over; true once.
    pub(crate) fn take_session(&self) -> bool {
        self.is_session.replace(false)
    }

    /// Decides that the connection ends; the first reason stands.
    pub(crate) fn end(&self, reason: EndReason) {
        if matches!(self.stage.get(), Stage::Greeting | Stage::Nameless | Stage::Live(_)) {
            self.stage.set(Stage::Ending(reason));
            self.wake();
        }
    }

    /// The socket failed.
    pub(crate) fn lose(&self) {
        self.stage.set(Stage::Gone);
        self.wake();
    }

    /// Has the task look at the connection again.
    pub(crate) fn wake(&self) {
        if let Some(waker) = self.waker.borrow().as_ref() {
            waker.wake_by_ref();
        }
    }

    fn remember_waker(&self, cx: &Context<'_>) {
        let mut waker = self.waker.borrow_mut();
        if !waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            *waker = Some(cx.waker().clone());
        }
    }

    /// Puts a chunk into the outbox, unless the peer is too slow for it.
    pub(crate) fn push(
        &self,
        chunk: Bytes,
        weight: Weight,
        bytes_max: usize,
    ) -> Result<(), TooSlow> {
        self.outbox.borrow_mut().push(chunk, weight, bytes_max)
    }

    pub(crate) fn drop_unsent(&self) {
        drop(self.outbox.take());
    }

    /// The outbox's bytes as they were counted last, and as they are now.
    pub(crate) fn recount(&self) -> (usize, usize) {
        let now = self.outbox.borrow().bytes();
        (self.counted_bytes.replace(now), now)
    }

    /// What is unsent, for the shard that it moves to.
    pub(crate) fn take_unsent(&self) -> Vec<u8> {
        self.outbox.take().into_unsent()
    }

    pub(crate) fn await_drain(&self) {
        self.awaits_drain.set(true);
    }

    /// Whether the core waits to hear that the outbox is nearly empty, and it is; true once.
    pub(crate) fn take_drained(&self, bytes_max: usize) -> bool {
        self.awaits_drain.get()
            && self.outbox.borrow().is_nearly_empty(bytes_max)
            && self.awaits_drain.replace(false)
    }

    /// Whether the peer may ask for more: it has not too many posts unanswered, and it reads the
    /// answers. One that asks and does not read is not evicted for that but not read from.
    fn may_ask(&self, bytes_max: usize) -> bool {
        let reads = !self.outbox.borrow().is_over_mark(bytes_max);
        self.awaits_reading.set(!reads);
        reads && self.may_post()
    }

    /// Has the task go on reading where the peer has taken what it had to.
    pub(crate) fn resume_reading(&self, bytes_max: usize) {
        if self.awaits_reading.get() && !self.outbox.borrow().is_over_mark(bytes_max) {
            self.awaits_reading.set(false);
            self.wake();
        }
    }

    fn may_post(&self) -> bool {
        self.posts_in_flight.get() < POSTS_IN_FLIGHT_MAX
    }

    /// Notes a request that the core will answer.
    fn asked(&self, request: &Request) {
        let count = match request {
            Request::Post { .. } => &self.posts_in_flight,
            Request::Sync { .. } => &self.syncs_in_flight,
            // What answers a join is the Sync behind it, and the rest is not waited for.
            Request::Join { .. }
            | Request::ReceiptUpTo { .. }
            | Request::Receipts { .. }
            | Request::Ask { .. }
            | Request::NoticesSeen { .. } => return,
        };
        count.set(count.get().saturating_add(1));
    }

    /// The core answered a post; one that was over the mark is read from again.
    pub(crate) fn answered(&self) {
        let could_not = !self.may_post();
        self.posts_in_flight.set(self.posts_in_flight.get().saturating_sub(1));
        let is_waited_for = self.has_hung_up.get() || self.awaits_answers.get();
        if (could_not && self.may_post()) || is_waited_for {
            self.wake();
        }
    }

    /// The core answered a Sync, or refused the join before it.
    pub(crate) fn synced(&self) {
        self.syncs_in_flight.set(self.syncs_in_flight.get().saturating_sub(1));
        if self.has_hung_up.get() {
            self.wake();
        }
    }

    /// The session begins by joining a room, which may not be there.
    pub(crate) fn joins(&self, room: Option<ConversationId>) {
        self.joining.set(room);
    }

    /// The core let it into a room.
    pub(crate) fn joined(&self, room: ConversationId) {
        if self.joining.get() == Some(room) {
            self.joining.set(None);
            if self.has_hung_up.get() {
                self.wake();
            }
        }
    }

    fn is_owed_answers(&self) -> bool {
        let has_asked = self.posts_in_flight.get() > 0 || self.syncs_in_flight.get() > 0;
        has_asked || self.joining.get().is_some()
    }

    /// Whether the end of the peer's bytes is not the end of the connection. Where it is a
    /// socket's, nobody can tell whether the peer still reads.
    fn may_hang_up(&self) -> bool {
        self.form.get().framing == Framing::Grpc && self.is_live()
    }
}
