//! MQTT 3.1.1, from the OASIS standard of 29 October 2014
//! (<https://docs.oasis-open.org/mqtt/mqtt/v3.1.1/>): sections 2.2 (packets), 3.1 CONNECT, 3.3
//! PUBLISH, 3.4 PUBACK and 3.8 SUBSCRIBE.

use super::{Outgoing, Piece, Said, Seat, WireFault, post, undecodable};

const CONNECT: u8 = 0x10;
const CONNACK: u8 = 0x20;
const PUBLISH: u8 = 0x30;
const PUBACK: u8 = 0x40;
/// With its reserved flags.
const SUBSCRIBE: u8 = 0x82;
const SUBACK: u8 = 0x90;
/// Of quality of service 1, among PUBLISH's flags.
const QOS1: u8 = 0x02;
const QOS_BITS: u8 = 0x06;
/// Packet identifiers are 16 bits and not 0, so a publisher's messages share so many.
const IDENTIFIERS: u32 = 65_535;

/// CONNECT and SUBSCRIBE at once, as section 3.1.4 allows: SUBACK answers both.
pub(super) fn open(seat: Seat, quality: u8, out: &mut Vec<u8>) {
    const CLEAN_SESSION: u8 = 0x02;
    const NEVER_ASLEEP: [u8; 2] = [0, 0];
    let mut connect = b"\x00\x04MQTT\x04".to_vec();
    connect.push(CLEAN_SESSION);
    connect.extend_from_slice(&NEVER_ASLEEP);
    push_text(&format!("bench{}", seat.user), &mut connect);
    write(CONNECT, &connect, out);
    let mut subscribe = vec![0, 1];
    push_text(&topic(seat.group), &mut subscribe);
    subscribe.push(quality);
    write(SUBSCRIBE, &subscribe, out);
}

pub(super) fn publish(outgoing: Outgoing<'_>, quality: u8, out: &mut Vec<u8>) {
    let mut packet = Vec::with_capacity(outgoing.text.len() + 32);
    push_text(&topic(outgoing.group), &mut packet);
    if quality == 1 {
        packet.extend_from_slice(&identifier(outgoing.index).to_be_bytes());
    }
    packet.extend_from_slice(outgoing.text.as_bytes());
    write(PUBLISH | quality << 1, &packet, out);
}

/// PUBACK for a PUBLISH of quality of service 1; nothing for anything else.
pub(super) fn acknowledge(frame: &[u8], out: &mut Vec<u8>) {
    if let Some((Some(identifier), _)) = published(frame) {
        write(PUBACK, &identifier, out);
    }
}

/// A packet with its header.
pub(super) fn cut(bytes: &[u8]) -> Result<Option<(Piece<'_>, usize)>, WireFault> {
    Ok(body(bytes)?.and_then(|(from, length)| {
        let end = from + length;
        bytes.get(..end).map(|packet| (Piece::Frame(packet), end))
    }))
}

pub(super) fn read(frame: &[u8]) -> Result<Said, WireFault> {
    let fault = || undecodable("an MQTT packet", "too short", frame);
    let first = frame.first().copied().ok_or_else(fault)?;
    let (from, _) = body(frame)?.ok_or_else(fault)?;
    match (first & 0xf0, frame.get(from..).unwrap_or_default()) {
        (CONNACK, [_, 0]) => Ok(Said::Other),
        (CONNACK, [_, code]) => {
            Ok(Said::Refused { code: i64::from(*code), message: "CONNACK".to_owned() })
        }
        (SUBACK, [_, _, 0..=2]) => Ok(Said::SignedIn),
        (SUBACK, _) => Ok(Said::Refused { code: 0x80, message: "SUBACK".to_owned() }),
        (PUBACK, [high, low]) => {
            let identifier = u32::from(u16::from_be_bytes([*high, *low]));
            let index = identifier.checked_sub(1).ok_or_else(fault)?;
            Ok(Said::Acknowledged { index })
        }
        (PUBLISH, _) => post(published(frame).ok_or_else(fault)?.1),
        _ => Ok(Said::Other),
    }
}

/// A PUBLISH's identifier, where it has one, and its payload.
fn published(frame: &[u8]) -> Option<(Option<[u8; 2]>, &[u8])> {
    let first = *frame.first()?;
    if first & 0xf0 != PUBLISH {
        return None;
    }
    let (from, _) = body(frame).ok()??;
    let (topic_bytes, rest) = frame.get(from..)?.split_first_chunk::<2>()?;
    let rest = rest.get(usize::from(u16::from_be_bytes(*topic_bytes))..)?;
    if first & QOS_BITS != QOS1 {
        return Some((None, rest));
    }
    let (identifier, payload) = rest.split_first_chunk::<2>()?;
    Some((Some(*identifier), payload))
}

/// Where a packet's body begins and how long it is, once its header is whole.
fn body(bytes: &[u8]) -> Result<Option<(usize, usize)>, WireFault> {
    let mut length = 0;
    for (at, byte) in bytes.iter().enumerate().skip(1).take(4) {
        length |= usize::from(byte & 0x7f) << (7 * (at - 1));
        if byte & 0x80 == 0 {
            return Ok(Some((at + 1, length)));
        }
    }
    if bytes.len() > 4 {
        return Err(undecodable("an MQTT packet", "a length of more than 4 bytes", bytes));
    }
    Ok(None)
}

fn write(first: u8, packet: &[u8], out: &mut Vec<u8>) {
    out.push(first);
    let mut rest = packet.len();
    loop {
        let digit = u8::try_from(rest & 0x7f).unwrap_or_default();
        rest >>= 7;
        out.push(if rest == 0 { digit } else { digit | 0x80 });
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(packet);
}

fn push_text(text: &str, out: &mut Vec<u8>) {
    // Topics and client names here are some tens of bytes.
    out.extend_from_slice(&u16::try_from(text.len()).unwrap_or_default().to_be_bytes());
    out.extend_from_slice(text.as_bytes());
}

fn topic(group: u64) -> String {
    format!("group/{group}")
}

/// A publisher with more messages than identifiers begins anew; what answers those is then told
/// as an acknowledgement that is not due.
fn identifier(index: u32) -> u16 {
    u16::try_from(index % IDENTIFIERS + 1).unwrap_or(u16::MAX)
}
