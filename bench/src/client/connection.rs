//! One client's connection: from the connect to the last frame.
//!
//! It decides what to write and when a session is ready; the frames of a ready session go to the
//! [`Sink`] unread. It never blocks: what the socket does not take waits in `unsent`.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;

use super::{End, Seat, Sink};
use crate::clock::Clock;
use crate::limits::{READS_PER_TURN_MAX, UNSENT_BYTES_MAX};
use crate::seed::Draws;
use crate::wire::{Outgoing, Piece, Said, Step};

pub(crate) struct Connection {
    stream: TcpStream,
    seat: Seat,
    step: Step,
    /// The beginning of a frame whose end has not arrived. Empty, and without memory, for most.
    unread: Vec<u8>,
    unsent: Vec<u8>,
    /// When the connect began, by the run's clock.
    begun_ns: u64,
    /// Proves who it is, where that is not said before the handshake.
    token: Option<Box<str>>,
    /// The last message that was seen before, for a session that resumes.
    after: Option<u64>,
    /// Not read as what comes is announced, but when it is told to.
    pub(super) slow: bool,
}

/// How a session begins.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Beginning<'a> {
    /// The run's clock.
    pub(crate) begun_ns: u64,
    /// `None` on a server that takes a user's id for its word.
    pub(crate) token: Option<&'a str>,
    /// The last message seen before; nothing, for a session that does not resume.
    pub(crate) after: Option<u64>,
}

/// What all connections share while they receive.
pub(crate) struct Receiving<'a, S> {
    pub(crate) buffer: &'a mut [u8],
    pub(crate) clock: Clock,
    pub(crate) draws: &'a mut Draws,
    pub(crate) sink: &'a mut S,
}

/// What one read took.
enum Received {
    Nothing,
    /// Less than the buffer holds, so all there was; what comes later is announced anew.
    All,
    /// As much as the buffer holds.
    More,
}

impl Connection {
    /// Over a socket that is connected or connecting; the first bytes wait to be flushed.
    pub(crate) fn new(stream: TcpStream, seat: Seat, host: &str, beginning: Beginning<'_>) -> Self {
        let Beginning { begun_ns, token, after } = beginning;
        let mut unsent = Vec::new();
        let step = seat.wire.open(seat, token, host, &mut unsent);
        let token = token.filter(|_| step == Step::Upgrading).map(Box::from);
        let unread = Vec::new();
        Self { stream, seat, step, unread, unsent, begun_ns, token, after, slow: false }
    }

    pub(crate) fn begun_ns(&self) -> u64 {
        self.begun_ns
    }

    pub(crate) fn stream(&self) -> &TcpStream {
        &self.stream
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.step == Step::Ready
    }

    pub(crate) fn has_unsent(&self) -> bool {
        !self.unsent.is_empty()
    }

    /// Sends a message as soon as the socket takes it.
    pub(crate) fn publish(&mut self, outgoing: Outgoing<'_>, draws: &mut Draws) -> Result<(), End> {
        self.seat.wire.publish(outgoing, mask(draws), &mut self.unsent);
        self.flush()
    }

    /// Sends bytes that the wire has no word for, as soon as the socket takes them.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), End> {
        self.unsent.extend_from_slice(bytes);
        self.flush()
    }

    /// Writes what the socket takes.
    pub(crate) fn flush(&mut self) -> Result<(), End> {
        let mut sent = 0;
        while let Some(rest) = self.unsent.get(sent..).filter(|rest| !rest.is_empty()) {
            match self.stream.write(rest) {
                Ok(0) => return Err(End::Silent),
                Ok(bytes) => sent += bytes,
                Err(error) if is_pause(&error) => break,
                Err(error) => return Err(End::Socket(error.kind())),
            }
        }
        self.unsent.drain(..sent);
        if self.unsent.len() > UNSENT_BYTES_MAX {
            return Err(End::Unread { bytes: self.unsent.len() });
        }
        Ok(())
    }

    /// Reads until the socket is empty, as edge-triggered readiness asks for, but no more than
    /// [`READS_PER_TURN_MAX`] times: `false` says that there may be more. A `closing` peer's
    /// socket is read to its end, for the end is announced only once.
    pub(crate) fn receive_all<S: Sink>(
        &mut self,
        index: usize,
        closing: bool,
        shared: &mut Receiving<'_, S>,
    ) -> Result<bool, End> {
        for _ in 0..READS_PER_TURN_MAX {
            match self.receive(index, shared)? {
                Received::Nothing => return Ok(true),
                Received::All if !closing => return Ok(true),
                Received::All | Received::More => {}
            }
        }
        Ok(false)
    }

    /// Reads at most as much as the shared buffer holds, once.
    pub(crate) fn receive_some<S: Sink>(
        &mut self,
        index: usize,
        shared: &mut Receiving<'_, S>,
    ) -> Result<(), End> {
        self.receive(index, shared).map(|_| ())
    }

    /// Reads once and handles every whole frame.
    fn receive<S: Sink>(
        &mut self,
        index: usize,
        shared: &mut Receiving<'_, S>,
    ) -> Result<Received, End> {
        let read = match self.stream.read(shared.buffer) {
            Ok(0) => return Err(End::Silent),
            Ok(read) => read,
            Err(error) if is_pause(&error) => return Ok(Received::Nothing),
            Err(error) => return Err(End::Socket(error.kind())),
        };
        let at_ns = shared.clock.now_ns();
        let arrived = shared.buffer.get(..read).unwrap_or_default();
        let mut handling = Handling {
            index,
            seat: self.seat,
            token: self.token.as_deref(),
            after: self.after,
            at_ns,
            draws: shared.draws,
            sink: shared.sink,
        };
        if self.unread.is_empty() {
            let used = handling.all(&mut self.step, &mut self.unsent, arrived)?;
            self.unread.extend_from_slice(arrived.get(used..).unwrap_or_default());
        } else {
            let mut joined = std::mem::take(&mut self.unread);
            joined.extend_from_slice(arrived);
            let used = handling.all(&mut self.step, &mut self.unsent, &joined)?;
            if used < joined.len() {
                joined.drain(..used);
                self.unread = joined;
            }
        }
        if !self.unsent.is_empty() {
            self.flush()?;
        }
        Ok(if read == shared.buffer.len() { Received::More } else { Received::All })
    }
}

/// One read's bytes on their way to a sink.
struct Handling<'a, S> {
    index: usize,
    seat: Seat,
    token: Option<&'a str>,
    after: Option<u64>,
    at_ns: u64,
    draws: &'a mut Draws,
    sink: &'a mut S,
}

impl<S: Sink> Handling<'_, S> {
    /// Handles the whole frames at the front of `bytes`; returns how many bytes those were.
    fn all(&mut self, step: &mut Step, unsent: &mut Vec<u8>, bytes: &[u8]) -> Result<usize, End> {
        let wire = self.seat.wire;
        let mut used = 0;
        while let Some(rest) = bytes.get(used..).filter(|rest| !rest.is_empty()) {
            let Some((piece, length)) = wire.cut(*step, rest)? else { break };
            used += length;
            match piece {
                Piece::Frame(frame) if *step == Step::Ready => {
                    self.sink.frame(self.index, wire, frame, self.at_ns);
                    wire.answer(frame, unsent);
                }
                Piece::Frame(frame) => self.sign_in(step, unsent, frame)?,
                Piece::Upgraded => {
                    let mask = mask(self.draws);
                    *step = wire.upgraded(self.seat, self.token, self.after, mask, unsent);
                }
                Piece::Ping(payload) => wire.pong(payload, mask(self.draws), unsent),
                Piece::Pong => {}
                Piece::Close(code) => return Err(code.map_or(End::Silent, End::Code)),
            }
        }
        Ok(used)
    }

    /// A frame before the session is ready.
    fn sign_in(&mut self, step: &mut Step, unsent: &mut Vec<u8>, frame: &[u8]) -> Result<(), End> {
        match self.seat.wire.read(*step, frame)? {
            Said::SignedIn => {
                let mask = mask(self.draws);
                *step = self.seat.wire.signed_in(*step, self.seat, self.after, mask, unsent);
            }
            Said::Synced => *step = Step::Ready,
            Said::Refused { code, message } => return Err(End::Refused { code, message }),
            // What was missed, or messages of earlier runs that this user has never receipted.
            Said::Posts(_) => self.sink.caught_up(self.index, self.seat.wire, frame, self.at_ns),
            Said::Acknowledged { .. } | Said::Other => {}
        }
        Ok(())
    }
}

/// The high half: SplitMix64's better one.
fn mask(draws: &mut Draws) -> u32 {
    u32::try_from(draws.next() >> 32).unwrap_or_default()
}

fn is_pause(error: &io::Error) -> bool {
    // NotConnected: the connect is still on its way.
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted | ErrorKind::NotConnected)
}
