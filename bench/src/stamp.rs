//! What each message's text says: which run, group and number it is, and when it was due.
//!
//! The stamp is plain ASCII of a fixed length that no encoding escapes, so a receipt finds it in
//! the raw frame of any dialect without decoding it. The rest of the text is filler that depends
//! on its place only, so that the whole text can be told from the stamp.

/// What opens a stamp. `~` is rare in frames: it is in no JSON syntax, header or decimal.
const MARK: &[u8; 2] = b"~P";
const RUN_BYTES: usize = 16;
/// Group and index in 8 hexadecimal digits each, the intended time in 16.
const FIELDS_BYTES: usize = 8 + 8 + 16;

/// The shortest text a message can have.
pub(crate) const STAMP_BYTES: usize = MARK.len() + RUN_BYTES + FIELDS_BYTES;

const HEX: &[u8; 16] = b"0123456789abcdef";
const FILLER: &[u8; 26] = b"abcdefghijklmnopqrstuvwxyz";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) group: u32,
    pub(crate) index: u32,
    pub(crate) intended_ns: u64,
}

/// What [`Stamper::find`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// A message of this run.
    Ours(Stamp),
    /// A stamp of another run, or one whose digits are spoiled.
    Foreign,
}

/// Writes and reads the stamps of one run.
#[derive(Clone, Debug)]
pub(crate) struct Stamper {
    run: [u8; RUN_BYTES],
    text_bytes: usize,
}

impl Stamper {
    /// `text_bytes` below [`STAMP_BYTES`] are raised to it.
    pub(crate) fn new(run: u64, text_bytes: usize) -> Self {
        let mut digits = [0; RUN_BYTES];
        write_hex(run, &mut digits);
        Self { run: digits, text_bytes: text_bytes.max(STAMP_BYTES) }
    }

    /// The whole text of a message.
    pub(crate) fn text(&self, stamp: Stamp) -> String {
        let mut text = Vec::with_capacity(self.text_bytes);
        text.extend_from_slice(MARK);
        text.extend_from_slice(&self.run);
        push_hex::<8>(u64::from(stamp.group), &mut text);
        push_hex::<8>(u64::from(stamp.index), &mut text);
        push_hex::<16>(stamp.intended_ns, &mut text);
        let filler = self.text_bytes.saturating_sub(text.len());
        text.extend(FILLER.iter().cycle().take(filler));
        // Every byte above is ASCII.
        String::from_utf8(text).expect("a stamp and its filler are ASCII")
    }

    /// How many stamps there are in `bytes`, of whatever run.
    pub(crate) fn count(&self, bytes: &[u8]) -> u64 {
        let mut rest = bytes;
        let mut count = 0;
        while let Some((_, after)) = self.find(rest) {
            rest = after;
            count += 1;
        }
        count
    }

    /// The first stamp in `bytes`, with what follows its text.
    pub(crate) fn find<'a>(&self, mut bytes: &'a [u8]) -> Option<(Found, &'a [u8])> {
        loop {
            let at = position_of_mark(bytes)?;
            let rest = bytes.get(at..)?;
            let Some(after_mark) = rest.strip_prefix(MARK) else {
                bytes = rest.get(1..)?;
                continue;
            };
            // A stamp cut short is no stamp.
            let (run, fields) = after_mark.split_first_chunk::<RUN_BYTES>()?;
            let (fields, _) = fields.split_first_chunk::<FIELDS_BYTES>()?;
            let ours = if *run == self.run { read_fields(fields) } else { None };
            let text_bytes = if ours.is_some() { self.text_bytes } else { STAMP_BYTES };
            let found = ours.map_or(Found::Foreign, Found::Ours);
            return Some((found, rest.get(text_bytes..).unwrap_or_default()));
        }
    }
}

/// Where the mark's first byte is. Most of a frame is skipped in blocks, which the compiler
/// compares in one instruction each; a search that may stop at any byte it would not.
fn position_of_mark(bytes: &[u8]) -> Option<usize> {
    const BLOCK_BYTES: usize = 32;
    let holds_mark =
        |block: &[u8]| block.iter().fold(false, |holds, byte| holds | (*byte == MARK[0]));
    let blocks = bytes.chunks_exact(BLOCK_BYTES);
    let skipped = blocks.take_while(|block| !holds_mark(block)).count() * BLOCK_BYTES;
    let rest = bytes.get(skipped..)?;
    rest.iter().position(|byte| *byte == MARK[0]).map(|at| skipped + at)
}

fn read_fields(fields: &[u8; FIELDS_BYTES]) -> Option<Stamp> {
    let (group, rest) = fields.split_first_chunk::<8>()?;
    let (index, intended) = rest.split_first_chunk::<8>()?;
    Some(Stamp {
        group: u32::try_from(read_hex(group)?).ok()?,
        index: u32::try_from(read_hex(index)?).ok()?,
        intended_ns: read_hex(intended)?,
    })
}

fn push_hex<const DIGITS: usize>(value: u64, out: &mut Vec<u8>) {
    let mut digits = [0; DIGITS];
    write_hex(value, &mut digits);
    out.extend_from_slice(&digits);
}

/// The last digits of `value`, as many as there is room for.
fn write_hex(value: u64, digits: &mut [u8]) {
    let mut rest = value;
    for digit in digits.iter_mut().rev() {
        let nibble = usize::try_from(rest & 0xf).unwrap_or(0);
        *digit = HEX[nibble];
        rest >>= 4;
    }
}

/// At most 16 digits.
fn read_hex(digits: &[u8]) -> Option<u64> {
    let mut value = 0;
    for digit in digits {
        let nibble = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        value = value << 4 | u64::from(nibble);
    }
    Some(value)
}

#[cfg(test)]
mod tests;
