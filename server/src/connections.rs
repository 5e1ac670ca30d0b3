//! A shard's framed connections: who is there, what they are sent, when they are looked at.
//!
//! The turn finds sessions here by their ids, puts chunks into their outboxes and flushes every
//! outbox that got some once, at its end. It decides when a peer is too slow, and evicts it.
//! Invariant: an id is given out again only with another generation, so an effect for a session
//! that has ended finds nobody.

mod flush;
mod places;
mod seats;
mod table;
mod visitors;

use std::cell::{Cell, RefCell, RefMut};
use std::rc::Rc;
use std::task::Waker;
use std::time::Duration;

use bytes::Bytes;
use parlance_codecs::Request;
use parlance_codecs::dialect::{EndReason, Form, Framing, Probing};
use parlance_codecs::framing::engineio::{Protocol, append_heartbeat};
use parlance_codecs::framing::{FrameLimits, append_ping, write_bytes};
use parlance_conversation::Input;
use parlance_conversation::input::{Now, SessionId};
use parlance_conversation::placement::ShardIndex;

use crate::auth::SignedUser;
use crate::connection::{Connection, Deadlines, Engine, Heartbeats, Verdict};
use crate::inbox::ToShard;
use crate::metrics::ShardMetrics;
use crate::outbox::Weight;
use crate::shard_handle::ShardHandle;
use crate::sockets::{Sockets, Stream};
use crate::stops::Stops;
use crate::wheel::Wheel;

pub(crate) use places::Place;
use places::Places;
pub(crate) use seats::{Seat, Seats};
use table::Table;

/// The one buffer that every connection of the shard reads into. A frame of the largest size
/// mostly comes in one read.
const READ_BUFFER_BYTES: usize = 64 * 1024;

pub(crate) struct Connections {
    handle: ShardHandle,
    frame_limits: FrameLimits,
    outbox_bytes_max: usize,
    frame_gap: Duration,
    table: RefCell<Table>,
    wheel: RefCell<Wheel<SessionId>>,
    /// Whoever got chunks since the last flush.
    dirty: RefCell<Vec<Rc<Connection>>>,
    /// Whoever's next frame waits for its gap to be over.
    paced: RefCell<Vec<Rc<Connection>>>,
    /// For other shards, in order; the turn sends them.
    leaving: RefCell<Vec<(ShardIndex, ToShard)>>,
    /// The polling sessions that are here or began here.
    places: RefCell<Places>,
    read_buffer: RefCell<Box<[u8]>>,
    sockets: Rc<Sockets>,
    stops: Stops,
    seats: Seats,
    /// Bytes in all outboxes: now, and as last reported.
    unsent: Cell<usize>,
    unsent_reported: Cell<usize>,
}

impl Connections {
    pub(crate) fn new(handle: ShardHandle, seats: Seats, sockets: Rc<Sockets>) -> Self {
        let limits = &handle.settings().limits;
        let frame_limits =
            FrameLimits { frame_bytes: limits.frame_bytes, ..FrameLimits::default() };
        let outbox_bytes_max = limits.outbox_bytes;
        let frame_gap = limits.frame_gap;
        let wheel = RefCell::new(Wheel::new(handle.now().monotonic_ms));
        Self {
            handle,
            frame_limits,
            outbox_bytes_max,
            frame_gap,
            table: RefCell::default(),
            wheel,
            dirty: RefCell::default(),
            paced: RefCell::default(),
            leaving: RefCell::default(),
            places: RefCell::default(),
            read_buffer: RefCell::new(vec![0; READ_BUFFER_BYTES].into_boxed_slice()),
            sockets,
            stops: Stops::default(),
            seats,
            unsent: Cell::new(0),
            unsent_reported: Cell::new(0),
        }
    }

    pub(crate) fn handle(&self) -> &ShardHandle {
        &self.handle
    }

    pub(crate) fn stops(&self) -> &Stops {
        &self.stops
    }

    pub(crate) fn sockets(&self) -> &Rc<Sockets> {
        &self.sockets
    }

    /// For those that begin here and not at a listener.
    pub(crate) fn seats(&self) -> &Seats {
        &self.seats
    }

    pub(crate) fn now(&self) -> Now {
        self.handle.now()
    }

    pub(crate) fn metrics(&self) -> &ShardMetrics {
        self.handle.metrics().shard(self.handle.me())
    }

    pub(crate) fn frame_limits(&self) -> FrameLimits {
        self.frame_limits
    }

    pub(crate) fn outbox_bytes_max(&self) -> usize {
        self.outbox_bytes_max
    }

    pub(crate) fn frame_gap(&self) -> Duration {
        self.frame_gap
    }

    /// The shared buffer. Whoever borrows it is done with it before it waits for anything.
    pub(crate) fn read_buffer(&self) -> RefMut<'_, Box<[u8]>> {
        self.read_buffer.borrow_mut()
    }

    /// `engine` where the framing is Engine.IO's, whose sessions need no stream at first.
    pub(crate) fn insert(
        &self,
        stream: Option<Stream>,
        form: Form,
        seat: Seat,
        engine: Option<Engine>,
    ) -> Rc<Connection> {
        let events = &self.handle.settings().events;
        let protocol = engine.as_ref().map_or(Protocol::V4, |engine| engine.protocol);
        let heartbeats = Heartbeats {
            interval_ms: events.ping_interval_ms,
            timeout_ms: events.ping_timeout_ms_of(protocol),
        };
        let deadlines = Deadlines::new(self.now().monotonic_ms, heartbeats);
        self.metrics().connections.rise(1);
        let mut table = self.table.borrow_mut();
        table.insert(|id| Connection::new(id, stream, form, seat, engine, deadlines))
    }

    pub(crate) fn remove(&self, connection: &Connection) {
        connection.drop_unsent();
        self.recount(connection);
        self.metrics().connections.fall(1);
        self.table.borrow_mut().remove(connection.id);
    }

    pub(crate) fn get(&self, id: SessionId) -> Option<Rc<Connection>> {
        self.table.borrow().get(id)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.table.borrow().is_empty()
    }

    /// Ends every connection, each in its own words.
    pub(crate) fn end_all(&self, reason: EndReason) {
        for connection in self.table.borrow().iter() {
            self.end(connection, reason);
        }
    }

    /// Decides that a connection ends. One without a socket has no task that would hear of it, so
    /// the turn's flush sees to it.
    pub(crate) fn end(&self, connection: &Connection, reason: EndReason) {
        connection.end(reason);
        if connection.is_polling() {
            self.mark_dirty(connection);
        }
    }

    pub(crate) fn begin_session(&self, connection: &Connection, user: SignedUser, input: Input) {
        connection.go_live(user);
        if connection.form().dialect.dialect().probing() == Probing::ByEcho {
            let every_s = u64::from(self.handle.settings().im.heart_probe_s);
            let now = self.now();
            connection.deadlines.watch_echoes(every_s.saturating_mul(1_000), now.monotonic_ms);
            self.probe(connection, now);
        }
        self.metrics().sessions(connection.form().dialect).rise(1);
        self.handle.door().inputs.push(input);
        self.arm(connection);
    }

    /// Tells the core that the session is over, if there is one.
    pub(crate) fn end_session(&self, connection: &Connection) {
        if connection.take_session() {
            self.metrics().sessions(connection.form().dialect).fall(1);
            self.handle.door().inputs.push(Input::Closed { session: connection.id });
        }
    }

    pub(crate) fn request(&self, connection: &Connection, request: Request) {
        self.metrics().requests(connection.form().dialect).add(1);
        self.handle.door().inputs.push(Input::Request { session: connection.id, request });
    }

    pub(crate) fn has_room(&self) -> bool {
        self.handle.door().inputs.has_room()
    }

    pub(crate) fn wake_when_room(&self, waker: &Waker, asked: &Cell<Option<u64>>) {
        self.handle.door().inputs.wake_when_room(waker, asked);
    }

    /// Has the turn send something to a shard, this one included; in order for each.
    pub(crate) fn send_to(&self, shard: ShardIndex, message: ToShard) {
        self.leaving.borrow_mut().push((shard, message));
        self.handle.door().inputs.bell().ring();
    }

    pub(crate) fn take_leaving(&self) -> Vec<(ShardIndex, ToShard)> {
        self.leaving.take()
    }

    /// Copies whole frames into the connection's outbox.
    pub(crate) fn send(&self, connection: &Connection, bytes: &[u8], weight: Weight) {
        self.send_frames(connection, Bytes::copy_from_slice(bytes), weight);
    }

    /// Puts whole frames into the connection's outbox, in as many chunks as they are to be
    /// written in.
    pub(crate) fn send_frames(&self, connection: &Connection, mut frames: Bytes, weight: Weight) {
        let framing = connection.form().framing;
        while !frames.is_empty() {
            let first = frames.split_to(write_bytes(framing, &frames));
            self.send_chunk(connection, first, weight);
        }
    }

    /// Puts a chunk that others may share into the connection's outbox. A peer that is too slow
    /// for it is evicted.
    pub(crate) fn send_chunk(&self, connection: &Connection, chunk: Bytes, weight: Weight) {
        match connection.push(chunk, weight, self.outbox_bytes_max) {
            Ok(()) => {
                self.recount(connection);
                self.mark_dirty(connection);
            }
            Err(_) => {
                if connection.is_live() {
                    self.metrics().evictions.add(1);
                }
                self.end(connection, EndReason::SlowConsumer);
            }
        }
    }

    pub(crate) fn mark_dirty(&self, connection: &Connection) {
        if connection.mark_dirty()
            && let Some(connection) = self.get(connection.id)
        {
            self.dirty.borrow_mut().push(connection);
            self.handle.door().inputs.bell().ring();
        }
    }

    /// A socket that was full takes more: the rest is for the next flush.
    pub(crate) fn sent(&self, connection: &Connection) {
        self.recount(connection);
        self.notice_drain(connection);
        self.mark_dirty(connection);
    }

    /// Has the core told once the connection's outbox is nearly empty.
    pub(crate) fn await_drain(&self, connection: &Connection) {
        connection.await_drain();
        self.mark_dirty(connection);
    }

    fn notice_drain(&self, connection: &Connection) {
        connection.resume_reading(self.outbox_bytes_max);
        if connection.take_drained(self.outbox_bytes_max) {
            self.handle.door().inputs.push(Input::Drained { session: connection.id });
        }
    }

    /// Has the shard's total count what the connection's outbox holds now.
    pub(crate) fn recount(&self, connection: &Connection) {
        let (before, now) = connection.recount();
        self.unsent.set((self.unsent.get() + now).saturating_sub(before));
    }

    /// Has the wheel look at the connection when its next deadline is due.
    pub(crate) fn arm(&self, connection: &Connection) {
        let framing = connection.form().framing;
        let next_ms = connection.deadlines.next_ms(connection.stage(), framing, self.now());
        if next_ms < connection.deadlines.armed_ms() {
            let fires_ms = self.wheel.borrow_mut().arm(connection.id, next_ms);
            connection.deadlines.arm(fires_ms);
        }
    }

    /// Turns the wheel and does what is due.
    pub(crate) fn judge_deadlines(&self) {
        let now = self.now();
        let mut due = Vec::new();
        self.wheel.borrow_mut().turn(now.monotonic_ms, &mut due);
        for connection in due.into_iter().filter_map(|id| self.get(id)) {
            // One that was armed anew in the meantime fires later.
            if connection.deadlines.armed_ms() <= now.monotonic_ms {
                connection.deadlines.arm(u64::MAX);
                self.judge(&connection, now);
            }
        }
    }

    fn judge(&self, connection: &Connection, now: Now) {
        let framing = connection.form().framing;
        match connection.deadlines.judge(connection.stage(), framing, now) {
            Verdict::Fine => {}
            Verdict::Ping => {
                let mut ping = Vec::new();
                if framing == Framing::WebSocket {
                    append_ping(&[], &mut ping);
                } else {
                    debug_assert_eq!(framing, Framing::EngineIo4, "no other framing has pings");
                    append_heartbeat(&mut ping);
                }
                self.send(connection, &ping, Weight::Live);
            }
            Verdict::Probe => self.probe(connection, now),
            Verdict::End(reason) => self.end(connection, reason),
        }
        self.arm(connection);
    }

    /// Has the peer echo the time.
    fn probe(&self, connection: &Connection, now: Now) {
        let mut ping = Vec::new();
        append_ping(&connection.deadlines.probed(now), &mut ping);
        self.send(connection, &ping, Weight::Live);
    }
}
