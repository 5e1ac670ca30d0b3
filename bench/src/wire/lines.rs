//! The floors' lines: a group's number, then one message a line.

use super::{Outgoing, Piece, Said, SeenPost, WireFault, excerpt};
use crate::limits::SERVER_FRAME_BYTES_MAX;

pub(crate) fn join(group: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(group.to_string().as_bytes());
    out.push(b'\n');
}

/// A message's text has no line end: it is a stamp and letters.
pub(crate) fn write(outgoing: Outgoing<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(outgoing.text.as_bytes());
    out.push(b'\n');
}

pub(crate) fn cut(bytes: &[u8]) -> Result<Option<(Piece<'_>, usize)>, WireFault> {
    match memchr::memchr(b'\n', bytes) {
        Some(end) => Ok(bytes.get(..end).map(|line| (Piece::Frame(line), end + 1))),
        None if bytes.len() > SERVER_FRAME_BYTES_MAX => {
            let (got, max) = (bytes.len() as u64, SERVER_FRAME_BYTES_MAX);
            Err(WireFault::FrameTooLong { got, max })
        }
        None => Ok(None),
    }
}

/// An empty line answers a join.
pub(crate) fn read(line: &[u8]) -> Result<Said, WireFault> {
    if line.is_empty() {
        return Ok(Said::SignedIn);
    }
    let text = std::str::from_utf8(line).map_err(|error| WireFault::Undecodable {
        expected: "a line of text",
        detail: error.to_string(),
        seen: excerpt(line),
    })?;
    Ok(Said::Posts(vec![SeenPost { sender: None, group: None, id: None, text: text.to_owned() }]))
}
