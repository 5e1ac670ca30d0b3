//! Socket.IO packets in and out; the one door to `socketioxide-parser-common`.
//!
//! Decides what a packet is; what an event is called and says, [`super::decode`] and
//! [`super::encode`] decide. Binary events are passed over, and so are acknowledgements, because
//! the server asks for none.

use serde::Serialize;
use socketioxide_core::packet::PacketData;
use socketioxide_core::parser::{Parse as _, ParseConfig, ParseError, ParserState};
use socketioxide_core::{Str, Value};
use socketioxide_parser_common::CommonParser;

use crate::framing::engineio::Protocol;

/// The one namespace that there is.
pub(super) const ROOT: &str = "/";
/// A namespace that a client asks for is repeated in the answer, up to this long.
const NAMESPACE_BYTES_MAX: usize = 256;

/// What a client sent.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Packet {
    /// `payload` is JSON, if it is anything.
    Connect {
        namespace: Str,
        payload: Option<Str>,
    },
    Disconnect {
        namespace: Str,
    },
    /// `payload` is a JSON array, if the client keeps to the protocol.
    Event {
        namespace: Str,
        payload: Str,
        ack: Option<u64>,
    },
    /// Nothing that the server has a use for.
    PassedOver,
}

/// Bytes that are no packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed;

pub(super) fn parse(message: &[u8]) -> Result<Packet, Malformed> {
    let text = std::str::from_utf8(message).map_err(|_| Malformed)?;
    // Nothing is kept for attachments: their event is passed over at once.
    let (config, state) = (ParseConfig::default(), ParserState::default());
    let packet = match CommonParser.decode_str(&config, &state, Str::from(text.to_owned())) {
        Ok(packet) => packet,
        Err(ParseError::NeedsMoreBinaryData) => return Ok(Packet::PassedOver),
        Err(_) => return Err(Malformed),
    };
    let namespace = without_query(packet.ns);
    if namespace.len() > NAMESPACE_BYTES_MAX {
        return Err(Malformed);
    }
    let text = |value: Value| match value {
        Value::Str(text, _) => Ok(text),
        Value::Bytes(_) => Err(Malformed),
    };
    Ok(match packet.inner {
        PacketData::Connect(payload) => {
            Packet::Connect { namespace, payload: payload.map(text).transpose()? }
        }
        PacketData::Disconnect => Packet::Disconnect { namespace },
        PacketData::Event(payload, ack) => {
            let ack = ack.and_then(|ack| u64::try_from(ack).ok());
            Packet::Event { namespace, payload: text(payload)?, ack }
        }
        PacketData::EventAck(..)
        | PacketData::BinaryEvent(..)
        | PacketData::BinaryAck(..)
        | PacketData::ConnectError(_) => Packet::PassedOver,
    })
}

/// Clients of protocol 3 may put parameters behind a namespace.
fn without_query(namespace: Str) -> Str {
    match namespace.find('?') {
        Some(at) => namespace.slice(..at),
        None => namespace,
    }
}

/// The answer to a connection to the one namespace.
pub(super) fn connected(protocol: Protocol, sid: &str) -> Vec<u8> {
    #[derive(Serialize)]
    struct Connected<'a> {
        sid: &'a str,
    }
    match protocol {
        Protocol::V3 => b"0".to_vec(),
        Protocol::V4 => with_json(b"0", &Connected { sid }),
    }
}

/// The refusal of a connection to a namespace.
pub(super) fn refused(protocol: Protocol, namespace: &str, message: &str) -> Vec<u8> {
    #[derive(Serialize)]
    struct Refused<'a> {
        message: &'a str,
    }
    let mut packet = b"4".to_vec();
    if namespace != ROOT {
        packet.extend_from_slice(namespace.as_bytes());
        packet.push(b',');
    }
    match protocol {
        Protocol::V3 => with_json(&packet, &message),
        Protocol::V4 => with_json(&packet, &Refused { message }),
    }
}

/// The server leaves the namespace; a client does not come back by itself then.
pub(super) const DISCONNECT: &[u8] = b"1";

/// An event. `body` is JSON.
pub(super) fn event(name: &str, body: &[u8]) -> Vec<u8> {
    let mut packet = with_json(b"2[", &name);
    packet.push(b',');
    packet.extend_from_slice(body);
    packet.push(b']');
    packet
}

/// What calls the client's callback with one argument. `body` is JSON.
pub(super) fn ack(number: u64, body: &[u8]) -> Vec<u8> {
    let mut packet = format!("3{number}[").into_bytes();
    packet.extend_from_slice(body);
    packet.push(b']');
    packet
}

fn with_json(begin: &[u8], value: &impl Serialize) -> Vec<u8> {
    let mut packet = begin.to_vec();
    serde_json::to_writer(&mut packet, value).expect("a Vec takes every write");
    packet
}
