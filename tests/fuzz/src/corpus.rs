//! The kept inputs: a file a target, a line an input.
//!
//! Bytes stand as they do in `codecs/vectors`: printable ASCII as it is, the rest escaped. The
//! vectors' own bytes are among them (a test of the codecs sees to that); the others were found by
//! fuzzing. Invariant: lines are sorted and differ, so that a change shows what was added.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The longest input that is kept; a fuzzer finds no more by longer ones.
pub const INPUT_BYTES_MAX: usize = 1024;

pub fn path(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(format!("{target}.txt"))
}

/// A target's inputs; none where it has no file.
pub fn read(target: &str) -> io::Result<BTreeSet<Vec<u8>>> {
    let text = match fs::read_to_string(path(target)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
        read => read?,
    };
    text.lines().map(unescape).collect()
}

/// Writes a target's inputs, each to a file of the folder.
pub fn unpack(target: &str, folder: &Path) -> io::Result<usize> {
    fs::create_dir_all(folder)?;
    let inputs = read(target)?;
    for (number, input) in inputs.iter().enumerate() {
        fs::write(folder.join(format!("kept-{number:04}")), input)?;
    }
    Ok(inputs.len())
}

/// Adds the files of a folder to a target's inputs; says how many were new. Longer ones than
/// [`INPUT_BYTES_MAX`] are left out.
pub fn pack(target: &str, folder: &Path) -> io::Result<usize> {
    let mut inputs = read(target)?;
    let before = inputs.len();
    for entry in fs::read_dir(folder)? {
        let input = fs::read(entry?.path())?;
        if input.len() <= INPUT_BYTES_MAX {
            inputs.insert(input);
        }
    }
    let mut lines: Vec<String> = inputs.iter().map(|input| escape(input)).collect();
    lines.sort_unstable();
    fs::write(path(target), lines.join("\n") + "\n")?;
    Ok(inputs.len() - before)
}

/// As the vectors have it: quotes as they are, and a space at the end escaped.
pub fn escape(bytes: &[u8]) -> String {
    let (bytes, last) = match bytes {
        [rest @ .., b' '] => (rest, "\\x20"),
        _ => (bytes, ""),
    };
    let one = |byte: &u8| match byte {
        b'"' | b'\'' => char::from(*byte).to_string(),
        _ => byte.escape_ascii().to_string(),
    };
    bytes.iter().map(one).collect::<String>() + last
}

/// The inverse of [`escape`].
pub(crate) fn unescape(line: &str) -> io::Result<Vec<u8>> {
    let wrong = || io::Error::new(io::ErrorKind::InvalidData, format!("no input: {line}"));
    let mut bytes = Vec::new();
    let mut rest = line.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        bytes.push(match rest.next().ok_or_else(wrong)? {
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'x' => {
                let digit =
                    |byte: u8| char::from(byte).to_digit(16).and_then(|d| u8::try_from(d).ok());
                let high = rest.next().and_then(digit).ok_or_else(wrong)?;
                let low = rest.next().and_then(digit).ok_or_else(wrong)?;
                high << 4 | low
            }
            other => other,
        });
    }
    Ok(bytes)
}
