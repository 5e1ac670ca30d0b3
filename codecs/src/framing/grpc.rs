//! gRPC's messages: a flag byte and four bytes of length before each payload, and the few header
//! values that a call has of its own.
//!
//! Decides where a message ends and whether it is allowed; stateless as a framing, because the
//! prefix stays unread until its payload is whole. A call's bytes are passed on as they come, so
//! two small machines watch them on their way: [`Inward`] refuses what a client may not send,
//! [`Outward`] finds the status at the end of what a session is sent. That status travels as a
//! last message with the flag [`STATUS_FLAG`], as gRPC-Web's trailers do, and never leaves the
//! process. Invariant: a length is judged before any byte behind it is looked at.

use std::time::Duration;

use super::Step;
use crate::dialect::{EndReason, Frame, PayloadKind};

const PREFIX_BYTES: usize = 5;
/// A message that is not compressed. No compression is offered, so every other is a fault.
const PLAIN_FLAG: u8 = 0;
const COMPRESSED_FLAG: u8 = 1;
/// The last message of a session is its status.
const STATUS_FLAG: u8 = 0x80;
/// A status' code and a sentence.
const STATUS_BYTES_MAX: usize = 1024;
/// Digits of a `grpc-timeout`.
const TIMEOUT_DIGITS_MAX: usize = 8;

/// What is wrong with a call's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GrpcFault {
    #[error("the message is compressed, and grpc-encoding is identity")]
    Compressed,
    #[error("a message begins with the flag {0}")]
    Flag(u8),
    #[error("the message has {got} bytes of at most {max}")]
    TooLong { got: u64, max: usize },
    #[error("the call ends within a message")]
    BrokenOff,
    #[error("a unary call has one message")]
    NotOne,
}

/// The length that a prefix announces.
fn length(prefix: [u8; PREFIX_BYTES], max: usize) -> Result<usize, GrpcFault> {
    let [flag, length @ ..] = prefix;
    match flag {
        PLAIN_FLAG => {}
        COMPRESSED_FLAG => return Err(GrpcFault::Compressed),
        other => return Err(GrpcFault::Flag(other)),
    }
    let got = u32::from_be_bytes(length);
    usize::try_from(got)
        .ok()
        .filter(|length| *length <= max)
        .ok_or(GrpcFault::TooLong { got: got.into(), max })
}

pub(super) fn next(unread: &[u8], frame_bytes_max: usize) -> Step<'_> {
    let Some(prefix) = unread.first_chunk() else { return Step::Incomplete };
    let length = match length(*prefix, frame_bytes_max) {
        Ok(length) => length,
        Err(GrpcFault::TooLong { .. }) => return Step::End(EndReason::TooLong),
        Err(_) => return Step::End(EndReason::Protocol),
    };
    let Some(consumed) = length.checked_add(PREFIX_BYTES) else {
        return Step::End(EndReason::TooLong);
    };
    match unread.get(PREFIX_BYTES..consumed) {
        Some(payload) => {
            Step::Frame { frame: Frame { kind: PayloadKind::Binary, payload }, consumed }
        }
        None => Step::Incomplete,
    }
}

/// Appends one message. Longer than a `u32` tells is longer than any that is made.
pub fn append_message(payload: &[u8], out: &mut Vec<u8>) {
    append(PLAIN_FLAG, payload, out);
}

/// Appends the status that ends a session: what its trailers will say.
pub fn append_status(code: u8, message: &str, out: &mut Vec<u8>) {
    let kept = message.floor_char_boundary(STATUS_BYTES_MAX - 1);
    let mut payload = vec![code];
    payload.extend_from_slice(message.as_bytes().get(..kept).unwrap_or_default());
    append(STATUS_FLAG, &payload, out);
}

fn append(flag: u8, payload: &[u8], out: &mut Vec<u8>) {
    let length = u32::try_from(payload.len()).expect("no message of 4 GiB is made");
    out.push(flag);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(payload);
}

/// The message of a unary call, from the whole body.
pub fn only_message(body: &[u8], max: usize) -> Result<&[u8], GrpcFault> {
    let prefix = match body.first_chunk() {
        Some(prefix) => *prefix,
        None if body.is_empty() => return Err(GrpcFault::NotOne),
        None => return Err(GrpcFault::BrokenOff),
    };
    let length = length(prefix, max)?;
    let rest = body.get(PREFIX_BYTES..).unwrap_or_default();
    match rest.split_at_checked(length) {
        Some((message, [])) => Ok(message),
        Some((_, _)) => Err(GrpcFault::NotOne),
        None => Err(GrpcFault::BrokenOff),
    }
}

/// Where a stream of messages stands between two pieces.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    prefix: [u8; PREFIX_BYTES],
    filled: usize,
    left: usize,
}

impl Place {
    /// Fills the prefix from `bytes` and returns it once it is whole.
    fn fill(&mut self, bytes: &mut &[u8]) -> Option<[u8; PREFIX_BYTES]> {
        while self.filled < PREFIX_BYTES {
            let (first, rest) = bytes.split_first()?;
            *self.prefix.get_mut(self.filled)? = *first;
            self.filled += 1;
            *bytes = rest;
        }
        self.filled = 0;
        Some(self.prefix)
    }

    /// Takes what `bytes` hold of the begun message.
    fn skip<'b>(&mut self, bytes: &mut &'b [u8]) -> &'b [u8] {
        let (message, rest) = bytes.split_at(self.left.min(bytes.len()));
        self.left -= message.len();
        *bytes = rest;
        message
    }
}

/// Watches what a client sends.
#[derive(Clone, Copy, Debug, Default)]
pub struct Inward(Place);

impl Inward {
    /// Looks at the next piece; a fault ends the call.
    pub fn check(&mut self, mut bytes: &[u8], max: usize) -> Result<(), GrpcFault> {
        loop {
            self.0.skip(&mut bytes);
            let Some(prefix) = self.0.fill(&mut bytes) else { return Ok(()) };
            self.0.left = length(prefix, max)?;
        }
    }

    /// Whether the next byte begins a message.
    pub fn is_between_messages(&self) -> bool {
        self.0.filled == 0 && self.0.left == 0
    }
}

/// A session's last word: the code and the sentence of its status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastStatus {
    pub code: u8,
    pub message: String,
}

/// Watches what a session is sent, and takes the status out of it.
#[derive(Clone, Debug, Default)]
pub struct Outward {
    place: Place,
    /// What came of the status, once that has begun.
    status: Option<Vec<u8>>,
}

impl Outward {
    /// Moves the next piece's messages to `out`; the status once it is whole, after which
    /// nothing follows.
    pub fn pass(&mut self, mut bytes: &[u8], out: &mut Vec<u8>) -> Option<LastStatus> {
        while !bytes.is_empty() {
            let piece = self.place.skip(&mut bytes);
            match &mut self.status {
                Some(status) => {
                    status.extend_from_slice(piece);
                    if self.place.left == 0 {
                        return self.status.take().map(|status| last_status(&status));
                    }
                }
                None => out.extend_from_slice(piece),
            }
            let Some(prefix) = self.place.fill(&mut bytes) else { break };
            let [flag, length @ ..] = prefix;
            self.place.left = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
            if flag == STATUS_FLAG {
                self.status = Some(Vec::new());
            } else {
                out.extend_from_slice(&prefix);
            }
        }
        None
    }
}

fn last_status(payload: &[u8]) -> LastStatus {
    let (code, message) = payload.split_first().unwrap_or((&0, &[]));
    LastStatus { code: *code, message: String::from_utf8_lossy(message).into_owned() }
}

/// A `grpc-timeout`: digits and a unit. `None`: it is none.
pub fn timeout(value: &str) -> Option<Duration> {
    let unit = value.chars().last()?;
    let digits = value.strip_suffix(unit)?;
    let is_number = (1..=TIMEOUT_DIGITS_MAX).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number: u64 = if is_number { digits.parse().ok()? } else { return None };
    match unit {
        'H' => Some(Duration::from_secs(number.saturating_mul(3600))),
        'M' => Some(Duration::from_secs(number.saturating_mul(60))),
        'S' => Some(Duration::from_secs(number)),
        'm' => Some(Duration::from_millis(number)),
        'u' => Some(Duration::from_micros(number)),
        'n' => Some(Duration::from_nanos(number)),
        _ => None,
    }
}

/// A sentence as `grpc-message` carries it: printable ASCII but for the percent sign, and the
/// rest by its hexadecimal numbers.
pub fn percent_encoded(message: &str) -> String {
    let mut encoded = String::with_capacity(message.len());
    for byte in message.bytes() {
        match byte {
            b' '..=b'~' if byte != b'%' => encoded.push(char::from(byte)),
            other => {
                encoded.push('%');
                encoded.push_str(&hex::encode_upper([other]));
            }
        }
    }
    encoded
}

/// Whether a content type is one of gRPC with protobuf, the only one that is taken.
pub fn is_taken(content_type: &[u8]) -> bool {
    let essence = content_type.split(|byte| *byte == b';').next().unwrap_or_default();
    let essence = essence.trim_ascii();
    essence.eq_ignore_ascii_case(b"application/grpc")
        || essence.eq_ignore_ascii_case(b"application/grpc+proto")
}

#[cfg(test)]
mod tests;
