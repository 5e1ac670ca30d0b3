//! From a connection's bytes to the core's inputs.
//!
//! Decides how much of what a peer sent is handled before others have their turn, and when it
//! is not read from at all: while its posts wait for their answers, while it does not read the answers, or while the
//! shard has no room. Nothing is refused for that; the bytes wait, here or in the kernel, in their order.
//! Invariant: between two reads at most one frame's worth and one read's worth of bytes are
//! kept.

use parlance_codecs::ask::Claim;
use parlance_codecs::dialect::{Decoded, EndReason, Frame, SignInFrame};
use parlance_codecs::framing::{FrameLimits, Splitter, Step};
use parlance_codecs::{Ask, Request, Tag};

use super::Connection;
use crate::connections::Connections;
use crate::outbox::Weight;

/// Frames of one connection that are handled in a row.
const FRAMES_IN_A_ROW_MAX: usize = 64;

/// What came and was not handled yet.
pub(crate) struct Intake {
    pub(super) splitter: Splitter,
    pub(super) unread: Vec<u8>,
}

/// How a connection ends, and what is said last.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Parting {
    /// In the dialect's and the framing's words.
    Because(EndReason),
    /// The dialect has said why; only the framing's words are missing.
    After { reply: Vec<u8>, reason: EndReason },
    /// The peer closed; this answers it.
    Answer(Vec<u8>),
    /// There is nobody to say anything to.
    Gone,
}

/// Why handling stopped.
pub(super) enum Pause {
    /// More bytes are needed.
    Incomplete,
    /// The shard has no room, or others should have their turn.
    Room,
    /// The core's answers are waited for, or that the peer reads them.
    Answers,
    /// Nothing more is handled before this sign-in is decided.
    SignIn(SignInFrame),
    /// Nothing more is handled before this is answered.
    Ask(Tag, Box<Ask>),
    /// Nothing more is handled before it is decided who the peer is.
    Identify(Tag, Box<Claim>),
    End(Parting),
}

impl Intake {
    pub(crate) fn new(splitter: Splitter, unread: Vec<u8>) -> Self {
        Self { splitter, unread }
    }

    /// Whether bytes wait that were not looked at since they came.
    pub(super) fn is_empty(&self) -> bool {
        self.unread.is_empty()
    }

    /// Handles what was kept.
    pub(super) fn take_kept(
        &mut self,
        connection: &Connection,
        connections: &Connections,
    ) -> Pause {
        let mut unread = std::mem::take(&mut self.unread);
        let (handled, pause) = self.take(&mut unread, connection, connections);
        unread.drain(..handled);
        if !unread.is_empty() {
            self.unread = unread;
        }
        self.note_progress(handled, &pause, connection, connections);
        pause
    }

    /// Handles what was just read, and keeps what is left of it.
    pub(super) fn take_read(
        &mut self,
        read: &mut [u8],
        connection: &Connection,
        connections: &Connections,
    ) -> Pause {
        if !self.unread.is_empty() {
            self.unread.extend_from_slice(read);
            return self.take_kept(connection, connections);
        }
        let (handled, pause) = self.take(read, connection, connections);
        self.unread = read.get(handled..).unwrap_or_default().to_vec();
        self.note_progress(handled, &pause, connection, connections);
        pause
    }

    fn note_progress(
        &self,
        handled: usize,
        pause: &Pause,
        connection: &Connection,
        connections: &Connections,
    ) {
        let now_ms = connections.now().monotonic_ms;
        match pause {
            Pause::Incomplete => {
                let owes = !self.unread.is_empty() || self.splitter.is_mid_frame();
                let frame_ended = handled > 0 && !self.splitter.is_mid_frame();
                connection.deadlines.mid_frame(owes, frame_ended, now_ms);
            }
            Pause::Room
            | Pause::Answers
            | Pause::SignIn(_)
            | Pause::Ask(..)
            | Pause::Identify(..)
            | Pause::End(_) => {
                connection.deadlines.paused(now_ms);
            }
        }
        connections.arm(connection);
    }

    /// Handles frames until something stops it. Returns how many bytes are done with.
    fn take(
        &mut self,
        bytes: &mut [u8],
        connection: &Connection,
        connections: &Connections,
    ) -> (usize, Pause) {
        let limits = connections.frame_limits();
        let mut at = 0;
        for _ in 0..FRAMES_IN_A_ROW_MAX {
            if !connection.may_ask(connections.outbox_bytes_max()) {
                return (at, Pause::Answers);
            }
            if !connections.has_room() {
                return (at, Pause::Room);
            }
            let Some(unread) = bytes.get_mut(at..).filter(|unread| !unread.is_empty()) else {
                return (at, Pause::Incomplete);
            };
            match step(&mut self.splitter, unread, &limits, connection, connections) {
                Stepped::On { consumed } => at += consumed,
                Stepped::Paused { consumed, pause } => return (at + consumed, pause),
            }
        }
        (at, Pause::Room)
    }
}

enum Stepped {
    On { consumed: usize },
    Paused { consumed: usize, pause: Pause },
}

/// Handles what the unread bytes begin with.
fn step(
    splitter: &mut Splitter,
    unread: &mut [u8],
    limits: &FrameLimits,
    connection: &Connection,
    connections: &Connections,
) -> Stepped {
    let stop = |pause| Stepped::Paused { consumed: 0, pause };
    match splitter.next(unread, limits) {
        Step::Incomplete => stop(Pause::Incomplete),
        Step::Consumed { consumed, reply } => {
            connections.send(connection, &reply, Weight::Live);
            if let Some(echo) = splitter.take_echo() {
                connection.deadlines.echoed(echo, connections.now().monotonic_ms);
            }
            Stepped::On { consumed }
        }
        Step::Closed { reply } => stop(Pause::End(Parting::Answer(reply))),
        Step::End(reason) => stop(Pause::End(Parting::Because(reason))),
        Step::Frame { frame, consumed } => match decode(frame, connection, connections) {
            None => Stepped::On { consumed },
            Some(pause) => Stepped::Paused { consumed, pause },
        },
    }
}

/// What a frame means, done or queued. A pause where the frame asks for one.
fn decode(frame: Frame<'_>, connection: &Connection, connections: &Connections) -> Option<Pause> {
    let mut form = connection.form();
    let mut decoded = Vec::new();
    form.dialect.dialect().decode(&mut form, connection.user(), frame, &mut decoded);
    connection.form.set(form);
    for meaning in decoded {
        match meaning {
            Decoded::Request(Request::Ask { tag, ask }) if connection.is_live() => {
                return Some(Pause::Ask(tag, Box::new(ask)));
            }
            Decoded::Request(request) if connection.is_live() => {
                connection.asked(&request);
                connections.request(connection, request);
            }
            Decoded::Request(_) => {
                return Some(Pause::End(Parting::Because(EndReason::NotSignedIn)));
            }
            Decoded::Reply(reply) => connections.send(connection, &reply, Weight::Live),
            // A frame that signs in or out, or ends it all, means nothing else after that.
            Decoded::SignIn(frame) if !connection.is_live() => return Some(Pause::SignIn(frame)),
            Decoded::SignIn(_) => {
                return Some(Pause::End(Parting::Because(EndReason::Protocol)));
            }
            Decoded::Identify { tag, claim } => {
                return Some(Pause::Identify(tag, Box::new(claim)));
            }
            Decoded::SignOut => return Some(Pause::End(Parting::Because(EndReason::Left))),
            Decoded::End { reply, reason } => {
                return Some(Pause::End(Parting::After { reply, reason }));
            }
        }
    }
    None
}
