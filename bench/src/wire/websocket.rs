//! WebSocket (RFC 6455) from the client's side: the upgrade, masked frames out, server frames in.
//!
//! A Parlance server writes every message in one unmasked frame; anything else is a fault here.

use super::{Piece, WireFault, excerpt};
use crate::limits::{HTTP_HEAD_BYTES_MAX, SERVER_FRAME_BYTES_MAX};

/// The pair of RFC 6455, section 1.3: a server that computes the answer right for one key does
/// so for every key, and a known pair spares the client the hash.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

const TEXT: u8 = 0x1;
const BINARY: u8 = 0x2;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xa;
const FIN: u8 = 0x80;
const MASKED: u8 = 0x80;

pub(crate) fn write_upgrade(target: &str, host: &str, out: &mut Vec<u8>) {
    let head = format!(
        "GET {target} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n\r\n"
    );
    out.extend_from_slice(head.as_bytes());
}

pub(crate) fn cut_upgrade(bytes: &[u8]) -> Result<Option<(Piece<'_>, usize)>, WireFault> {
    const END: &[u8] = b"\r\n\r\n";
    let Some(end) = bytes.windows(END.len()).position(|window| window == END) else {
        if bytes.len() > HTTP_HEAD_BYTES_MAX {
            return Err(WireFault::NotUpgraded { seen: excerpt(bytes) });
        }
        return Ok(None);
    };
    let head = String::from_utf8_lossy(bytes.get(..end).unwrap_or_default());
    let mut lines = head.split("\r\n");
    let switched = lines.next().is_some_and(|status| status.starts_with("HTTP/1.1 101"));
    let accepted = lines.filter_map(|line| line.split_once(':')).any(|(name, value)| {
        name.eq_ignore_ascii_case("sec-websocket-accept") && value.trim() == ACCEPT
    });
    if !switched || !accepted {
        return Err(WireFault::NotUpgraded { seen: excerpt(bytes) });
    }
    Ok(Some((Piece::Upgraded, end + END.len())))
}

pub(crate) fn write_text(payload: &[u8], mask: u32, out: &mut Vec<u8>) {
    write(TEXT, payload, mask, out);
}

pub(crate) fn write_binary(payload: &[u8], mask: u32, out: &mut Vec<u8>) {
    write(BINARY, payload, mask, out);
}

pub(crate) fn write_pong(payload: &[u8], mask: u32, out: &mut Vec<u8>) {
    write(PONG, payload, mask, out);
}

fn write(opcode: u8, payload: &[u8], mask: u32, out: &mut Vec<u8>) {
    out.push(FIN | opcode);
    let length = payload.len();
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short), _) if short < 126 => out.push(MASKED | short),
        (_, Ok(medium)) => {
            out.push(MASKED | 126);
            out.extend_from_slice(&medium.to_be_bytes());
        }
        (_, Err(_)) => {
            out.push(MASKED | 127);
            out.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    let mask = mask.to_be_bytes();
    out.extend_from_slice(&mask);
    out.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
}

/// Cuts one frame as a server writes it: unmasked, whole, no extension.
pub(crate) fn cut(bytes: &[u8]) -> Result<Option<(Piece<'_>, usize)>, WireFault> {
    let [first, second, rest @ ..] = bytes else { return Ok(None) };
    let fault = |rule| WireFault::WebSocketHeader { first: *first, second: *second, rule };
    if first & FIN == 0 {
        return Err(fault("a message in fragments"));
    }
    if first & 0x70 != 0 {
        return Err(fault("a reserved bit without an extension"));
    }
    if second & MASKED != 0 {
        return Err(fault("a masked frame from a server"));
    }
    let (length, header) = match second & 0x7f {
        126 => match rest.first_chunk::<2>() {
            Some(length) => (u64::from(u16::from_be_bytes(*length)), 4),
            None => return Ok(None),
        },
        127 => match rest.first_chunk::<8>() {
            Some(length) => (u64::from_be_bytes(*length), 10),
            None => return Ok(None),
        },
        short => (u64::from(short), 2),
    };
    let too_long = WireFault::FrameTooLong { got: length, max: SERVER_FRAME_BYTES_MAX };
    let length = usize::try_from(length).ok().filter(|n| *n <= SERVER_FRAME_BYTES_MAX);
    let end = header + length.ok_or(too_long)?;
    let Some(payload) = bytes.get(header..end) else { return Ok(None) };
    let piece = match first & 0x0f {
        TEXT | BINARY => Piece::Frame(payload),
        PING => Piece::Ping(payload),
        PONG => Piece::Pong,
        CLOSE => Piece::Close(payload.first_chunk::<2>().map(|code| u16::from_be_bytes(*code))),
        _ => return Err(fault("an unknown opcode")),
    };
    Ok(Some((piece, end)))
}
