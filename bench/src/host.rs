//! What the kernel says of the machine, of the server's process and of this one.

pub(crate) mod disk;
pub(crate) mod machine;
pub(crate) mod own;
pub(crate) mod process;

use std::fs;
use std::path::Path;

use crate::error::BenchError;

/// A file of `/proc`, whole.
fn read(path: impl AsRef<Path>) -> Result<String, BenchError> {
    let path = path.as_ref();
    fs::read_to_string(path)
        .map_err(|source| BenchError::io(format!("reading {}", path.display()), source))
}

/// The first unsigned number behind a label such as `Rss:`.
fn labelled(text: &str, label: &str) -> Option<u64> {
    text.lines()
        .find_map(|line| line.strip_prefix(label))
        .and_then(|rest| rest.split_whitespace().next())
        .and_then(|number| number.parse().ok())
}

#[cfg(test)]
mod tests;
