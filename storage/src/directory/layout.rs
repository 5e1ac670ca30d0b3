//! The `LAYOUT` file: which stores of a data directory are the live ones.
//!
//! A few lines of text and their checksum, replaced whole: written beside, synced, renamed. The
//! rename is the one moment at which a directory goes from one layout to the next.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use parlance_conversation::placement::{PARTITIONS, SHARDS_MAX};
use xxhash_rust::xxh3::xxh3_64;

use crate::error::DirectoryError;

/// The newest format that this program reads, and the one it writes.
const FORMAT: u64 = 1;
const TITLE: &str = "parlance data directory";
const FILE: &str = "LAYOUT";
const FILE_UNFINISHED: &str = "LAYOUT.new";
/// Far longer than any layout; a longer file is none.
const FILE_BYTES_MAX: u64 = 4_096;

/// What a data directory holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) shards: usize,
    /// Rises when acknowledged messages may have been lost, so that clients can know. Opening
    /// with another number of shards loses nothing and leaves it as it is.
    pub(crate) epoch: u64,
    /// Which stores are live: 0 for none yet, then one more each time they are built anew.
    pub(crate) generation: u64,
}

impl Layout {
    pub(crate) const FIRST: Layout = Layout { shards: 1, epoch: 1, generation: 0 };

    /// `None` where there is none.
    pub(crate) fn read(directory: &Path) -> Result<Option<Self>, DirectoryError> {
        let path = directory.join(FILE);
        let length = match fs::metadata(&path) {
            Ok(metadata) => metadata.len(),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(DirectoryError::Io { path, source }),
        };
        if length > FILE_BYTES_MAX {
            let what = format!("LAYOUT has {length} bytes, {FILE_BYTES_MAX} at most");
            return Err(DirectoryError::DamagedLayout { path: directory.to_owned(), what });
        }
        let bytes = fs::read(&path).map_err(|source| DirectoryError::Io { path, source })?;
        Self::parse(&String::from_utf8_lossy(&bytes)).map(Some).map_err(|bad| match bad {
            BadLayout::Newer { found } => DirectoryError::NewerFormat { found, known: FORMAT },
            BadLayout::Damaged(what) => {
                DirectoryError::DamagedLayout { path: directory.to_owned(), what }
            }
        })
    }

    /// Durable, and whole or not there at all, when it returns.
    pub(crate) fn write(self, directory: &Path) -> Result<(), DirectoryError> {
        let unfinished = directory.join(FILE_UNFINISHED);
        let at = |path: &Path| {
            let path = path.to_owned();
            move |source| DirectoryError::Io { path, source }
        };
        write_synced(&unfinished, self.to_text().as_bytes()).map_err(at(&unfinished))?;
        let path = directory.join(FILE);
        fs::rename(&unfinished, &path).map_err(at(&path))?;
        sync_directory(directory)
    }

    /// Where a shard's live store is. The first stores stand in the directory itself.
    pub(crate) fn store_path(self, directory: &Path, shard: usize) -> PathBuf {
        let parent = match self.generation {
            0 | 1 => directory.to_owned(),
            generation => directory.join(generation_name(generation)),
        };
        parent.join(store_name(shard))
    }

    fn to_text(self) -> String {
        let Self { shards, epoch, generation } = self;
        let body = format!(
            "{TITLE}\nformat {FORMAT}\npartitions {PARTITIONS}\nshards {shards}\nepoch {epoch}\n\
             generation {generation}\n"
        );
        let checksum = xxh3_64(body.as_bytes());
        format!("{body}checksum {checksum:016x}\n")
    }

    fn parse(text: &str) -> Result<Self, BadLayout> {
        let damaged = |what: &str| BadLayout::Damaged(format!("LAYOUT {what}"));
        let mut lines = text.lines();
        if lines.next() != Some(TITLE) {
            return Err(damaged("begins with another line"));
        }
        // The format comes before the checksum: a newer one may sum differently.
        let format = field(lines.next(), "format")?;
        if format > FORMAT {
            return Err(BadLayout::Newer { found: format });
        }
        let partitions = field(lines.next(), "partitions")?;
        let layout = Self {
            shards: usize::try_from(field(lines.next(), "shards")?).unwrap_or(usize::MAX),
            epoch: field(lines.next(), "epoch")?,
            generation: field(lines.next(), "generation")?,
        };
        if layout.to_text() != text {
            return Err(damaged("does not match its checksum"));
        }
        if format != FORMAT
            || partitions != PARTITIONS as u64
            || !(1..=SHARDS_MAX).contains(&layout.shards)
        {
            return Err(damaged("holds numbers that no server writes"));
        }
        Ok(layout)
    }
}

/// What a `LAYOUT`'s text is, where it is none.
enum BadLayout {
    Newer { found: u64 },
    Damaged(String),
}

fn field(line: Option<&str>, name: &str) -> Result<u64, BadLayout> {
    line.and_then(|line| line.strip_prefix(name))
        .and_then(|rest| rest.strip_prefix(' '))
        .and_then(|number| number.parse().ok())
        .ok_or_else(|| BadLayout::Damaged(format!("LAYOUT has no line \"{name} NUMBER\"")))
}

pub(crate) fn store_name(shard: usize) -> String {
    format!("shard-{shard:02}")
}

pub(crate) fn generation_name(generation: u64) -> String {
    format!("reshard-{generation}")
}

/// Whether a name in a data directory is one that stores are given. Nothing else is ever removed.
pub(crate) fn is_store_name(name: &str) -> bool {
    let number = |prefix| {
        name.strip_prefix(prefix).is_some_and(|rest: &str| {
            !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit())
        })
    };
    number("shard-") || number("reshard-")
}

/// Makes the entries of a directory durable: their names, not their content.
pub(crate) fn sync_directory(directory: &Path) -> Result<(), DirectoryError> {
    File::open(directory)
        .and_then(|opened| opened.sync_all())
        .map_err(|source| DirectoryError::Io { path: directory.to_owned(), source })
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests;
