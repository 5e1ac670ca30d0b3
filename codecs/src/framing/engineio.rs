//! Engine.IO 3 and 4 from the server's side: packets over a WebSocket, and in polling's payloads.
//!
//! Decides what a packet means for the connection: heartbeats are answered, a close ends it,
//! binary is passed over, and messages are frames for the dialect. What goes out is always a
//! WebSocket text frame, whatever the transport, so that a live message has the same bytes for
//! every session and stays right when its session changes from polling to a WebSocket:
//! [`first_packet`] takes packets out of their frames again for a polling answer. A body that came
//! by polling is checked as a whole ([`read_payload`]) and then read like any other bytes.
//!
//! Packets are parsed by `engineioxide-core`, payloads are not: its decoder for protocol 3 copies
//! the rest of a body for every packet in it, which a peer could make cost a minute.
//! Invariant: whatever is appended to an outbox here is one whole packet in one whole frame.

use std::io::Cursor;

use engineioxide_core::{Packet, ProtocolVersion, Str};
use serde::Serialize;
use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::{Data, OpCode};

use super::websocket::{self, WebSocket};
use super::{FrameLimits, Step, delimited};
use crate::dialect::{EndReason, Frame, Framing, PayloadKind};

mod payload;
mod sid;

#[cfg(test)]
mod tests;

pub use payload::{
    JSONP_DIGITS_MAX, PACKETS_IN_MAX, PayloadError, append_to_payload, jsonp_answer, jsonp_body,
    read_payload,
};
pub use sid::Sid;

/// One packet, and one polling body, in bytes: what the handshake of protocol 4 announces.
pub const PAYLOAD_BYTES_MAX: usize = 1_000_000;
/// Packets of one polling answer: more are refused by clients in Python.
pub const PACKETS_OUT_MAX: usize = 16;

/// The packet that begins a message; what follows is the dialect's.
const MESSAGE: u8 = b'4';
/// Answers a heartbeat of the client's.
const PONG: &[u8] = b"3";
/// Asks the client whether it is there.
const PING: &[u8] = b"2";
/// Ends a poll that would have waited, and means nothing.
pub const NOOP: &[u8] = b"6";
/// The connection is over.
pub const CLOSE: &[u8] = b"1";
/// The first packet on a WebSocket that is to take polling's place, and its answer.
pub const PROBE: &[u8] = b"2probe";
pub const PROBED: &[u8] = b"3probe";
/// From here on the WebSocket is the connection's transport.
pub const UPGRADE: &[u8] = b"5";

/// Which revision a client speaks: Socket.IO 2 clients the third, later ones the fourth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// The client asks for heartbeats; lengths stand before a payload's packets.
    V3,
    /// The server asks for heartbeats; a separator stands between a payload's packets.
    V4,
}

impl Protocol {
    pub fn framing(self) -> Framing {
        match self {
            Self::V3 => Framing::EngineIo3,
            Self::V4 => Framing::EngineIo4,
        }
    }

    /// `None` where the framing is not Engine.IO's.
    pub fn of(framing: Framing) -> Option<Self> {
        match framing {
            Framing::EngineIo3 => Some(Self::V3),
            Framing::EngineIo4 => Some(Self::V4),
            Framing::WebSocket
            | Framing::Pieces
            | Framing::Delimited
            | Framing::Grpc
            | Framing::Onechat
            | Framing::Bare => None,
        }
    }

    fn version(self) -> ProtocolVersion {
        match self {
            Self::V3 => ProtocolVersion::V3,
            Self::V4 => ProtocolVersion::V4,
        }
    }
}

/// Where a connection stands between two looks at its bytes.
#[derive(Debug)]
pub struct EngineIo {
    protocol: Protocol,
    carrier: Carrier,
    /// The message that was handed out as a frame.
    message: Str,
}

#[derive(Debug)]
enum Carrier {
    WebSocket(WebSocket),
    /// Bytes that [`read_payload`] made of a polling body.
    Polling,
}

impl EngineIo {
    pub(super) fn over_websocket(protocol: Protocol) -> Self {
        let carrier = Carrier::WebSocket(WebSocket::default());
        Self { protocol, carrier, message: Str::default() }
    }

    pub(super) fn polling(protocol: Protocol) -> Self {
        Self { protocol, carrier: Carrier::Polling, message: Str::default() }
    }

    pub(super) fn is_mid_message(&self) -> bool {
        match &self.carrier {
            Carrier::WebSocket(websocket) => websocket.is_mid_message(),
            Carrier::Polling => false,
        }
    }

    pub(super) fn next<'a>(&'a mut self, unread: &'a mut [u8], limits: &FrameLimits) -> Step<'a> {
        let limits = FrameLimits { frame_bytes: PAYLOAD_BYTES_MAX, ..*limits };
        // A packet by polling is text, whatever delimits it.
        let (step, packets_are) = match &mut self.carrier {
            Carrier::WebSocket(websocket) => (websocket.next(unread, &limits), PayloadKind::Text),
            Carrier::Polling => (delimited::next(unread, limits.frame_bytes), PayloadKind::Binary),
        };
        let (packet, consumed) = match step {
            Step::Frame { frame, consumed } if frame.kind == packets_are => {
                (parse(self.protocol, frame.payload), consumed)
            }
            // Attachments: the dialect has none, and the event that announced them is passed over
            // too.
            Step::Frame { frame: _, consumed } => {
                return Step::Consumed { consumed, reply: Vec::new() };
            }
            Step::Incomplete => return Step::Incomplete,
            Step::Consumed { consumed, reply } => return Step::Consumed { consumed, reply },
            Step::Closed { reply } => return Step::Closed { reply },
            Step::End(reason) => return Step::End(reason),
        };
        self.mean(packet, consumed)
    }

    /// What a packet means for the connection.
    fn mean<'a>(&'a mut self, packet: Option<Packet>, consumed: usize) -> Step<'a> {
        let mut reply = Vec::new();
        match packet {
            Some(Packet::Message(message)) => {
                self.message = message;
                let payload = self.message.as_bytes();
                let frame = Frame { kind: PayloadKind::Text, payload };
                return Step::Frame { frame, consumed };
            }
            Some(Packet::Close) => {
                match &self.carrier {
                    Carrier::WebSocket(_) => {
                        let reason = EndReason::Left;
                        websocket::append_close(reason.close_code(), &[], &mut reply);
                    }
                    // Ends the poll that waits.
                    Carrier::Polling => append_packet(NOOP, &mut reply),
                }
                return Step::Closed { reply };
            }
            Some(Packet::Ping | Packet::PingUpgrade) => append_packet(PONG, &mut reply),
            Some(
                Packet::Pong
                | Packet::PongUpgrade
                | Packet::Noop
                | Packet::Upgrade
                | Packet::Binary(_)
                | Packet::BinaryV3(_),
            ) => {}
            // Only a server opens.
            Some(Packet::Open(_)) | None => return Step::End(EndReason::Malformed),
        }
        Step::Consumed { consumed, reply }
    }
}

/// `None` where the bytes are no packet.
fn parse(protocol: Protocol, packet: &[u8]) -> Option<Packet> {
    let text = std::str::from_utf8(packet).ok()?;
    Packet::parse(protocol.version(), text.to_owned()).ok()
}

/// Appends one packet in a frame.
pub fn append_packet(packet: &[u8], out: &mut Vec<u8>) {
    websocket::append_message(PayloadKind::Text, packet, out);
}

/// Appends the server's heartbeat of protocol 4.
pub fn append_heartbeat(out: &mut Vec<u8>) {
    append_packet(PING, out);
}

/// Appends a message of the dialect's in its packet and frame.
pub(super) fn append_message(payload: &[u8], out: &mut Vec<u8>) {
    let mut packet = Vec::with_capacity(payload.len().saturating_add(1));
    packet.push(MESSAGE);
    packet.extend_from_slice(payload);
    append_packet(&packet, out);
}

/// What an outbox's bytes begin with: how long the frame is, and the packet in it (`None`: a
/// frame of WebSocket's own, which polling has no use for). `None` where there is no whole frame.
pub fn first_packet(unsent: &[u8]) -> Option<(usize, Option<&[u8]>)> {
    let mut cursor = Cursor::new(unsent);
    let (header, length) = FrameHeader::parse(&mut cursor).ok()??;
    let begin = usize::try_from(cursor.position()).ok()?;
    let end = usize::try_from(length).ok()?.checked_add(begin)?;
    let payload = unsent.get(begin..end)?;
    let is_packet = header.opcode == OpCode::Data(Data::Text);
    Some((end, is_packet.then_some(payload)))
}

/// What the first packet of a connection says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Open {
    pub protocol: Protocol,
    pub sid: Sid,
    /// By polling, so that it may be upgraded.
    pub by_polling: bool,
    pub ping_interval_ms: u64,
    pub ping_timeout_ms: u64,
}

impl Open {
    /// The packet.
    pub fn packet(&self) -> Vec<u8> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Said<'a> {
            sid: &'a str,
            upgrades: &'a [&'static str],
            ping_interval: u64,
            ping_timeout: u64,
            #[serde(skip_serializing_if = "Option::is_none")]
            max_payload: Option<usize>,
        }
        let said = Said {
            sid: self.sid.as_str(),
            upgrades: if self.by_polling { &["websocket"] } else { &[] },
            ping_interval: self.ping_interval_ms,
            ping_timeout: self.ping_timeout_ms,
            max_payload: (self.protocol == Protocol::V4).then_some(PAYLOAD_BYTES_MAX),
        };
        let mut packet = b"0".to_vec();
        serde_json::to_writer(&mut packet, &said).expect("a Vec takes every write");
        packet
    }
}

/// What is wrong with a request, in the numbers and words of Engine.IO.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RequestError {
    TransportUnknown,
    /// Also where the session is another's, is over, or has become a WebSocket.
    SessionUnknown,
    BadMethod,
    BadRequest,
    Forbidden,
    UnsupportedProtocol,
}

impl RequestError {
    pub const ALL: [RequestError; 6] = [
        RequestError::TransportUnknown,
        RequestError::SessionUnknown,
        RequestError::BadMethod,
        RequestError::BadRequest,
        RequestError::Forbidden,
        RequestError::UnsupportedProtocol,
    ];

    pub fn code(self) -> u8 {
        match self {
            Self::TransportUnknown => 0,
            Self::SessionUnknown => 1,
            Self::BadMethod => 2,
            Self::BadRequest => 3,
            Self::Forbidden => 4,
            Self::UnsupportedProtocol => 5,
        }
    }

    pub fn http_status(self) -> u16 {
        match self {
            Self::Forbidden => 403,
            Self::TransportUnknown
            | Self::SessionUnknown
            | Self::BadMethod
            | Self::BadRequest
            | Self::UnsupportedProtocol => 400,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::TransportUnknown => "Transport unknown",
            Self::SessionUnknown => "Session ID unknown",
            Self::BadMethod => "Bad handshake method",
            Self::BadRequest => "Bad request",
            Self::Forbidden => "Forbidden",
            Self::UnsupportedProtocol => "Unsupported protocol version",
        }
    }

    /// The body: JSON.
    pub fn body(self) -> String {
        format!("{{\"code\":{},\"message\":\"{}\"}}", self.code(), self.words())
    }
}
