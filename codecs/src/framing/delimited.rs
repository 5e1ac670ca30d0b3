//! Protobuf's `writeDelimitedTo`: a varint length before each payload.
//!
//! Decides where a frame ends and whether its length is allowed; stateless, because the length
//! stays unread until its payload is whole.

use super::Step;
use crate::dialect::{EndReason, Frame, PayloadKind};

/// A varint of 64 bits has at most ten bytes; nothing longer is a length.
const LENGTH_BYTES_MAX: usize = 10;

pub(super) fn next(unread: &[u8], frame_bytes_max: usize) -> Step<'_> {
    let (length, length_bytes) = match read_length(unread, frame_bytes_max) {
        Ok(Some(found)) => found,
        Ok(None) => return Step::Incomplete,
        Err(reason) => return Step::End(reason),
    };
    let Some(consumed) = length.checked_add(length_bytes) else {
        return Step::End(EndReason::TooLong);
    };
    match unread.get(length_bytes..consumed) {
        Some(payload) => {
            Step::Frame { frame: Frame { kind: PayloadKind::Binary, payload }, consumed }
        }
        None => Step::Incomplete,
    }
}

/// The length and how many bytes it takes. Refused with the first byte that makes it too long,
/// whatever follows.
fn read_length(unread: &[u8], max: usize) -> Result<Option<(usize, usize)>, EndReason> {
    let mut length: u64 = 0;
    for (place, byte) in unread.iter().take(LENGTH_BYTES_MAX).enumerate() {
        let bits = u64::from(byte & 0x7f);
        let shifted = u32::try_from(7 * place).ok().and_then(|shift| bits.checked_shl(shift));
        length |= shifted.unwrap_or(0);
        if usize::try_from(length).map_or(true, |length| length > max) {
            return Err(EndReason::TooLong);
        }
        if byte & 0x80 == 0 {
            // Trailing zero groups would give one length many spellings.
            if *byte == 0 && place > 0 {
                return Err(EndReason::Protocol);
            }
            let length = usize::try_from(length).map_err(|_| EndReason::TooLong)?;
            return Ok(Some((length, place + 1)));
        }
    }
    if unread.len() >= LENGTH_BYTES_MAX { Err(EndReason::Protocol) } else { Ok(None) }
}

pub(super) fn append(payload: &[u8], out: &mut Vec<u8>) {
    prost::encoding::encode_varint(payload.len() as u64, out);
    out.extend_from_slice(payload);
}
