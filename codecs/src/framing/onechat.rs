//! `ONECHAT/1.0\r\nPAYLOAD_LEN: n\r\n\r\n` before each payload.
//!
//! Decides where a frame ends. A frame over the limit does not end the connection: it is
//! answered at its header and skipped as its bytes arrive.

use super::Step;
use crate::dialect::{EndReason, Frame, Framing, PayloadKind};
use crate::onechat::too_long_reply;

const PREFIX: &[u8] = b"ONECHAT/1.0\r\nPAYLOAD_LEN: ";
const HEADER_END: &[u8] = b"\r\n\r\n";
/// Digits of a length: ten name more than any limit, and never overflow.
const LENGTH_DIGITS_MAX: usize = 10;

#[derive(Debug, Default)]
pub struct Onechat {
    /// Bytes of a frame over the limit that are still to come.
    skip: u64,
}

impl Onechat {
    pub(super) fn next<'a>(&mut self, unread: &'a [u8], frame_bytes_max: usize) -> Step<'a> {
        if self.skip > 0 {
            return self.skip_some(unread);
        }
        let (length, header_bytes) = match read_header(unread) {
            Ok(Some(found)) => found,
            Ok(None) => return Step::Incomplete,
            Err(reason) => return Step::End(reason),
        };
        let fitting = usize::try_from(length).ok().filter(|length| *length <= frame_bytes_max);
        let Some(consumed) = fitting.and_then(|length| length.checked_add(header_bytes)) else {
            self.skip = length;
            let reply = too_long_reply(Framing::Onechat, frame_bytes_max);
            return Step::Consumed { consumed: header_bytes, reply };
        };
        match unread.get(header_bytes..consumed) {
            Some(payload) => {
                Step::Frame { frame: Frame { kind: PayloadKind::Text, payload }, consumed }
            }
            None => Step::Incomplete,
        }
    }

    pub(super) fn is_skipping(&self) -> bool {
        self.skip > 0
    }

    fn skip_some<'a>(&mut self, unread: &[u8]) -> Step<'a> {
        if unread.is_empty() {
            return Step::Incomplete;
        }
        let here = self.skip.min(unread.len() as u64);
        self.skip -= here;
        let consumed = usize::try_from(here).unwrap_or(unread.len());
        Step::Consumed { consumed, reply: Vec::new() }
    }
}

/// The payload's length and the header's, `None` while the header is not whole.
fn read_header(unread: &[u8]) -> Result<Option<(u64, usize)>, EndReason> {
    let Some(rest) = unread.strip_prefix(PREFIX) else {
        return if PREFIX.starts_with(unread) { Ok(None) } else { Err(EndReason::Protocol) };
    };
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (number, end) = rest.split_at(digits);
    if digits > LENGTH_DIGITS_MAX || (digits == 0 && !end.is_empty()) {
        return Err(EndReason::Protocol);
    }
    if !end.starts_with(HEADER_END) {
        return if HEADER_END.starts_with(end) { Ok(None) } else { Err(EndReason::Protocol) };
    }
    let length = number.iter().fold(0, |length: u64, digit| {
        length.saturating_mul(10).saturating_add(u64::from(digit - b'0'))
    });
    Ok(Some((length, PREFIX.len() + digits + HEADER_END.len())))
}

/// How long the first of these frames is; `None` where they do not begin with a whole one.
pub(super) fn first_bytes(frames: &[u8]) -> Option<usize> {
    let (length, header_bytes) = read_header(frames).ok().flatten()?;
    let end = usize::try_from(length).ok()?.checked_add(header_bytes)?;
    (end <= frames.len()).then_some(end)
}

pub(super) fn append(payload: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(PREFIX);
    out.extend_from_slice(payload.len().to_string().as_bytes());
    out.extend_from_slice(HEADER_END);
    out.extend_from_slice(payload);
}
