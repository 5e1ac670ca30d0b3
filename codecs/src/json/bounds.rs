//! How deep a text nests and how many values it holds, from its bytes alone.
//!
//! Decides before anything is parsed, in two looks. The first counts brackets and commas wherever
//! they stand: where these few suffice, so does the text. Only a text that is not clearly small is
//! looked at again, with its strings told from the rest. Invariant: of a text that passes, no parser
//! can build more than the bounds allow, be it well-formed or not: up to its first fault, what is a
//! string and what nests is the same to both.

use super::JsonError;
use crate::limits::{JSON_DEPTH_MAX, JSON_VALUES_MAX};

pub(super) fn check(text: &[u8]) -> Result<(), JsonError> {
    let opened = tally(text, |byte| matches!(byte, b'[' | b'{'));
    let commas = tally(text, |byte| byte == b',');
    // The outermost value, the first of each container, and one after each comma.
    let values = opened.saturating_add(commas).saturating_add(1);
    if opened <= JSON_DEPTH_MAX && values <= JSON_VALUES_MAX { Ok(()) } else { count(text) }
}

/// How many bytes are meant. Counted by byte-sized numbers in pieces that cannot overflow them, so
/// that the compiler makes vector instructions of it.
fn tally(text: &[u8], is_meant: impl Fn(u8) -> bool) -> usize {
    let piece = |bytes: &[u8]| {
        bytes.iter().fold(0_u8, |count, byte| count.wrapping_add(u8::from(is_meant(*byte))))
    };
    text.chunks(usize::from(u8::MAX)).map(|bytes| usize::from(piece(bytes))).sum()
}

fn count(text: &[u8]) -> Result<(), JsonError> {
    let (mut depth, mut values) = (0_usize, 1_usize);
    let mut first = false;
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        if byte.is_ascii_whitespace() {
            continue;
        }
        let closes = matches!(byte, b']' | b'}');
        if *byte == b',' || (first && !closes) {
            values = values.saturating_add(1);
        }
        first = matches!(byte, b'[' | b'{');
        if first {
            depth = depth.saturating_add(1);
        } else if closes {
            depth = depth.saturating_sub(1);
        } else if *byte == b'"' {
            skip_string(&mut bytes);
        }
        if depth > JSON_DEPTH_MAX {
            return Err(JsonError::TooDeep);
        }
        if values > JSON_VALUES_MAX {
            return Err(JsonError::TooMany);
        }
    }
    Ok(())
}

/// Passes over what follows an opening quote, up to the closing one.
fn skip_string(bytes: &mut std::slice::Iter<'_, u8>) {
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => return,
            b'\\' => {
                bytes.next();
            }
            _ => {}
        }
    }
}
