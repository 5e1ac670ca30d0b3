//! Where lines end in the bytes of one connection.
//!
//! What was read is cut in place; only the beginning of a line whose end has not come is copied.

use super::LINE_BYTES_MAX;

/// The beginning of a line that is not whole yet. Without memory for most connections.
#[derive(Debug, Default)]
pub(super) struct Unread {
    bytes: Vec<u8>,
}

/// A line is longer than [`LINE_BYTES_MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooLong;

impl Unread {
    /// Hands every line that `arrived` completes to `each`, its end included.
    pub(super) fn complete(
        &mut self,
        arrived: &[u8],
        mut each: impl FnMut(&[u8]),
    ) -> Result<(), TooLong> {
        let mut rest = arrived;
        while let Some(end) = memchr::memchr(b'\n', rest) {
            let (line, after) = rest.split_at(end + 1);
            rest = after;
            if self.bytes.is_empty() {
                each(line);
            } else {
                self.bytes.extend_from_slice(line);
                each(&std::mem::take(&mut self.bytes));
            }
        }
        if self.bytes.len() + rest.len() > LINE_BYTES_MAX {
            return Err(TooLong);
        }
        self.bytes.extend_from_slice(rest);
        Ok(())
    }
}

/// The group that a first line names.
pub(super) fn group_number(line: &[u8]) -> Option<u64> {
    std::str::from_utf8(line).ok()?.trim_ascii().parse().ok()
}
