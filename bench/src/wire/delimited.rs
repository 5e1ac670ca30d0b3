//! Frames behind a varint length, as protobuf's `writeDelimitedTo` writes them.

use super::{Piece, WireFault};
use crate::limits::SERVER_FRAME_BYTES_MAX;

/// A varint of 64 bits.
const LENGTH_BYTES_MAX: usize = 10;

pub(crate) fn write(payload: &[u8], out: &mut Vec<u8>) {
    prost::encoding::encode_varint(payload.len() as u64, out);
    out.extend_from_slice(payload);
}

pub(crate) fn cut(bytes: &[u8]) -> Result<Option<(Piece<'_>, usize)>, WireFault> {
    let digits = bytes.iter().take(LENGTH_BYTES_MAX);
    let Some(last) = digits.clone().position(|byte| byte & 0x80 == 0) else {
        return match digits.len() {
            LENGTH_BYTES_MAX => Err(WireFault::EndlessLength),
            _ => Ok(None),
        };
    };
    let header = last + 1;
    let mut length_bytes = bytes.get(..header).unwrap_or_default();
    let got =
        prost::encoding::decode_varint(&mut length_bytes).map_err(|_| WireFault::EndlessLength)?;
    let length = usize::try_from(got).ok().filter(|n| *n <= SERVER_FRAME_BYTES_MAX);
    let end =
        header + length.ok_or(WireFault::FrameTooLong { got, max: SERVER_FRAME_BYTES_MAX })?;
    Ok(bytes.get(header..end).map(|payload| (Piece::Frame(payload), end)))
}
