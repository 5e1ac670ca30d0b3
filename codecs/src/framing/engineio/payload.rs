//! Several packets in one body, as polling has them, and the wrapping of pages that can load
//! scripts only.
//!
//! Decides where one packet ends in a body: protocol 4 has a separator between packets, protocol
//! 3 a length before each, which counts UTF-16 units in text and bytes in a binary body.

use super::{PAYLOAD_BYTES_MAX, Protocol};
use crate::framing::delimited;

/// Packets of one body that a client posts. Its every packet is handled in its turn; a client
/// that was offline for long posts what it kept in one body.
pub const PACKETS_IN_MAX: usize = 16 * 1024;
/// Digits of a length: those of [`PAYLOAD_BYTES_MAX`].
const LENGTH_DIGITS_MAX: usize = 7;
/// Digits of the number that a page gives its script, `j=0`.
pub const JSONP_DIGITS_MAX: usize = 10;

const SEPARATOR: char = '\u{1e}';
/// A binary body's packets begin with what they are; the length's digits end with this.
const BINARY_TEXT: u8 = 0;
const BINARY_BINARY: u8 = 1;
const BINARY_LENGTH_END: u8 = 0xff;

/// Why a body is refused. The session is over then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    #[error("a payload has at most {PAYLOAD_BYTES_MAX} bytes")]
    TooLong,
    #[error("a payload has at most {PACKETS_IN_MAX} packets")]
    TooMany,
    #[error("the payload is malformed")]
    Malformed,
}

/// Checks a body and appends its packets, for a polling splitter to read.
pub fn read_payload(
    protocol: Protocol,
    is_binary: bool,
    body: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), PayloadError> {
    if body.len() > PAYLOAD_BYTES_MAX {
        return Err(PayloadError::TooLong);
    }
    let mut packets = 0;
    let mut append = |packet: &[u8]| {
        packets += 1;
        if packets > PACKETS_IN_MAX {
            return Err(PayloadError::TooMany);
        }
        // An empty one is no packet, and would not be progress.
        if packet.is_empty() {
            return Err(PayloadError::Malformed);
        }
        delimited::append(packet, out);
        Ok(())
    };
    if is_binary && protocol == Protocol::V3 {
        return binary(body, &mut append);
    }
    let text = std::str::from_utf8(body).map_err(|_| PayloadError::Malformed)?;
    match protocol {
        Protocol::V4 => text.split(SEPARATOR).try_for_each(|packet| append(packet.as_bytes())),
        Protocol::V3 => lengths(text, &mut append),
    }
}

/// `length:packet` after `length:packet`; at least one.
fn lengths(
    mut rest: &str,
    append: &mut dyn FnMut(&[u8]) -> Result<(), PayloadError>,
) -> Result<(), PayloadError> {
    loop {
        let (digits, after) = rest.split_once(':').ok_or(PayloadError::Malformed)?;
        let length = length(digits.as_bytes().iter().map(|byte| byte.wrapping_sub(b'0')))?;
        let end = utf16_end(after, length).ok_or(PayloadError::Malformed)?;
        let (packet, left) = after.split_at(end);
        append(packet.as_bytes())?;
        if left.is_empty() {
            return Ok(());
        }
        rest = left;
    }
}

/// Where `units` UTF-16 units end.
fn utf16_end(text: &str, units: usize) -> Option<usize> {
    let mut counted = 0;
    let mut end = 0;
    for c in text.chars() {
        if counted >= units {
            break;
        }
        counted += c.len_utf16();
        end += c.len_utf8();
    }
    (counted == units).then_some(end)
}

/// A body with attachments: only its text packets are taken.
fn binary(
    mut rest: &[u8],
    append: &mut dyn FnMut(&[u8]) -> Result<(), PayloadError>,
) -> Result<(), PayloadError> {
    let malformed = PayloadError::Malformed;
    loop {
        let (kind, after) = rest.split_first().ok_or(malformed)?;
        let end = after.iter().take(LENGTH_DIGITS_MAX + 1).position(|b| *b == BINARY_LENGTH_END);
        let (digits, after) = after.split_at_checked(end.ok_or(malformed)?).ok_or(malformed)?;
        let length = length(digits.iter().copied())?;
        let after = after.get(1..).ok_or(malformed)?;
        let (packet, left) = after.split_at_checked(length).ok_or(malformed)?;
        match *kind {
            BINARY_TEXT if std::str::from_utf8(packet).is_ok() => append(packet)?,
            BINARY_BINARY => {}
            _ => return Err(malformed),
        }
        if left.is_empty() {
            return Ok(());
        }
        rest = left;
    }
}

/// One to seven digits.
fn length(digits: impl ExactSizeIterator<Item = u8>) -> Result<usize, PayloadError> {
    if !(1..=LENGTH_DIGITS_MAX).contains(&digits.len()) {
        return Err(PayloadError::Malformed);
    }
    let mut length = 0;
    for digit in digits {
        if digit > 9 {
            return Err(PayloadError::Malformed);
        }
        length = length * 10 + usize::from(digit);
    }
    Ok(length)
}

/// Adds a packet to an answer's body.
pub fn append_to_payload(protocol: Protocol, packet: &[u8], payload: &mut Vec<u8>) {
    match protocol {
        Protocol::V4 => {
            if !payload.is_empty() {
                payload.push(SEPARATOR as u8);
            }
        }
        Protocol::V3 => {
            // Everything that is sent was made of text.
            let text = std::str::from_utf8(packet).unwrap_or_default();
            let units = text.encode_utf16().count();
            payload.extend_from_slice(units.to_string().as_bytes());
            payload.push(b':');
        }
    }
    payload.extend_from_slice(packet);
}

/// An answer's body as a script that hands it to the page's function `number`; `None` where that
/// is no number.
pub fn jsonp_answer(number: &str, payload: &[u8]) -> Option<Vec<u8>> {
    let is_number = (1..=JSONP_DIGITS_MAX).contains(&number.len())
        && number.bytes().all(|byte| byte.is_ascii_digit());
    let text = std::str::from_utf8(payload).ok().filter(|_| is_number)?;
    // JSON allows two line ends in a text that scripts did not.
    let text = serde_json::to_string(text).ok()?;
    let text = text.replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029");
    Some(format!("___eio[{number}]({text});").into_bytes())
}

/// The body in a form's field `d`. Forms change line ends, so the client writes `\n` for one and
/// `\\n` for those two characters.
pub fn jsonp_body(field: &str) -> String {
    let mut body = String::with_capacity(field.len());
    let mut rest = field;
    while let Some(at) = rest.find("\\n") {
        let (before, after) = rest.split_at(at);
        match before.strip_suffix('\\') {
            Some(before) => {
                body.push_str(before);
                body.push_str("\\n");
            }
            None => {
                body.push_str(before);
                body.push('\n');
            }
        }
        rest = after.get(2..).unwrap_or_default();
    }
    body.push_str(rest);
    body
}
