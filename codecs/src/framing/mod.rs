//! Where one frame ends and the next begins, for every [`Framing`]; and how a payload is wrapped
//! on its way out.
//!
//! Sans-IO: the caller owns the bytes that it has read. [`Splitter::next`] looks at them and says
//! how many to discard; where a frame is not whole yet it changes none of them, so that a read
//! may be dropped and retried anywhere. What a payload means is the dialect's matter.
//! Invariant: a length is judged before anything is allocated for it.

use crate::dialect::{EndReason, Frame, Framing, PayloadKind};
use crate::limits::{FRAME_BYTES_MAX, WEBSOCKET_FRAGMENTS_MAX};

mod bare;
mod delimited;
pub mod engineio;
pub mod grpc;
mod onechat;
mod websocket;

#[cfg(test)]
mod tests;

use engineio::{EngineIo, Protocol};
pub use websocket::{accept_key, append_ping};

/// What the operator allows; the defaults are [`crate::limits`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameLimits {
    /// One frame's payload (of WebSocket: one message's).
    pub frame_bytes: usize,
    /// Fragments of one WebSocket message.
    pub websocket_fragments: usize,
}

impl Default for FrameLimits {
    fn default() -> Self {
        Self { frame_bytes: FRAME_BYTES_MAX, websocket_fragments: WEBSOCKET_FRAGMENTS_MAX }
    }
}

/// What the unread bytes begin with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// Nothing whole yet: read more, and call again with what was there and what came.
    Incomplete,
    /// A frame. Once it is handled, discard `consumed` bytes.
    Frame { frame: Frame<'a>, consumed: usize },
    /// No frame for the dialect (a ping, a fragment, part of a frame that is too long, malformed
    /// input): discard `consumed` bytes, and write `reply` unless it is empty.
    Consumed { consumed: usize, reply: Vec<u8> },
    /// The peer closes: write `reply` and end the connection ([`EndReason::Left`]).
    Closed { reply: Vec<u8> },
    /// The peer broke the framing: [`append_close`] with this reason, and end the connection.
    End(EndReason),
}

/// A connection's state between two looks at its bytes. Small: it holds no bytes but those of
/// a WebSocket message that comes in fragments.
#[derive(Debug)]
pub enum Splitter {
    WebSocket(websocket::WebSocket),
    Delimited,
    EngineIo(Box<EngineIo>),
    Grpc,
    Onechat(onechat::Onechat),
    Bare(bare::Bare),
}

impl Splitter {
    pub fn new(framing: Framing) -> Self {
        match framing {
            Framing::WebSocket => Self::WebSocket(websocket::WebSocket::default()),
            Framing::Pieces => Self::WebSocket(websocket::WebSocket::lenient()),
            Framing::Delimited => Self::Delimited,
            Framing::EngineIo3 => Self::EngineIo(Box::new(EngineIo::over_websocket(Protocol::V3))),
            Framing::EngineIo4 => Self::EngineIo(Box::new(EngineIo::over_websocket(Protocol::V4))),
            Framing::Grpc => Self::Grpc,
            Framing::Onechat => Self::Onechat(onechat::Onechat::default()),
            Framing::Bare => Self::Bare(bare::Bare::default()),
        }
    }

    /// For an Engine.IO session without a socket: its bytes are what
    /// [`engineio::read_payload`] makes of the bodies that it posts.
    pub fn polling(protocol: Protocol) -> Self {
        Self::EngineIo(Box::new(EngineIo::polling(protocol)))
    }

    /// Looks at everything that is unread. WebSocket payloads are unmasked in place, once their
    /// frame is whole. Call until [`Step::Incomplete`], an end, or no bytes are left.
    pub fn next<'a>(&'a mut self, unread: &'a mut [u8], limits: &FrameLimits) -> Step<'a> {
        match self {
            Self::WebSocket(state) => state.next(unread, limits),
            Self::Delimited => delimited::next(unread, limits.frame_bytes),
            Self::EngineIo(state) => state.next(unread, limits),
            Self::Grpc => grpc::next(unread, limits.frame_bytes),
            Self::Onechat(state) => state.next(unread, limits.frame_bytes),
            Self::Bare(state) => state.next(unread, limits.frame_bytes),
        }
    }

    /// What the last pong that came held, once: eight bytes, most significant first. Other pongs
    /// echo no ping of [`Framing::Pieces`], and only there they are looked at.
    pub fn take_echo(&mut self) -> Option<u64> {
        match self {
            Self::WebSocket(state) => state.take_echo(),
            Self::Delimited | Self::Grpc | Self::Onechat(_) | Self::Bare(_) | Self::EngineIo(_) => {
                None
            }
        }
    }

    /// Whether the peer owes the rest of something although no byte of it is unread: fragments
    /// of a message, a frame that is being skipped. The deadline of a frame covers these too.
    pub fn is_mid_frame(&self) -> bool {
        match self {
            Self::WebSocket(state) => state.is_mid_message(),
            Self::EngineIo(state) => state.is_mid_message(),
            Self::Delimited | Self::Grpc => false,
            Self::Onechat(state) => state.is_skipping(),
            Self::Bare(state) => state.is_skipping(),
        }
    }
}

/// Appends one whole frame around `payload`.
pub fn append_frame(framing: Framing, kind: PayloadKind, payload: &[u8], out: &mut Vec<u8>) {
    match framing {
        Framing::WebSocket => websocket::append_message(kind, payload, out),
        Framing::Pieces => websocket::append_pieces(kind, payload, out),
        Framing::Delimited => delimited::append(payload, out),
        Framing::EngineIo3 | Framing::EngineIo4 => engineio::append_message(payload, out),
        Framing::Grpc => grpc::append_message(payload, out),
        Framing::Onechat => onechat::append(payload, out),
        Framing::Bare => out.extend_from_slice(payload),
    }
}

/// How many of these bytes are to reach the peer by a write of their own. They are frames that
/// [`append_frame`] made: clients of the two plain framings take what one receive gives them as
/// one frame. Elsewhere, and where they begin inside of a frame, it is all of them.
pub fn write_bytes(framing: Framing, frames: &[u8]) -> usize {
    let first = match framing {
        Framing::Onechat => onechat::first_bytes(frames),
        Framing::Bare => bare::first_bytes(frames),
        Framing::WebSocket
        | Framing::Pieces
        | Framing::Delimited
        | Framing::Grpc
        | Framing::EngineIo3
        | Framing::EngineIo4 => None,
    };
    first.unwrap_or(frames.len())
}

/// How many bytes of payload the frames of one message hold, as [`append_frame`] made them: all
/// but the frames' heads in pieces, and elsewhere, where nobody asks, all there are.
pub fn payload_bytes(framing: Framing, frames: &[u8]) -> usize {
    match framing {
        Framing::Pieces => websocket::payload_bytes(frames),
        Framing::WebSocket
        | Framing::Delimited
        | Framing::Grpc
        | Framing::Onechat
        | Framing::Bare
        | Framing::EngineIo3
        | Framing::EngineIo4 => frames.len(),
    }
}

/// Appends what the framing itself says before the connection is closed: a close frame where it
/// has one, nothing elsewhere.
pub fn append_close(framing: Framing, reason: EndReason, out: &mut Vec<u8>) {
    match framing {
        // Polling has no use for it: its last packet is [`engineio::CLOSE`].
        Framing::WebSocket | Framing::Pieces | Framing::EngineIo3 | Framing::EngineIo4 => {
            websocket::append_close(reason.close_code(), reason.as_str().as_bytes(), out);
        }
        // A call's status is the dialect's, which has said it.
        Framing::Grpc | Framing::Delimited | Framing::Onechat | Framing::Bare => {}
    }
}
