//! What can go wrong in a store and in the directory that holds the stores.

use std::io;
use std::path::PathBuf;

/// Why a store could not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// No room on the disk. Nothing of the commit is there; later ones may succeed.
    #[error("the disk is full: {0}")]
    Full(String),
    /// Bytes that this store never wrote, or half of them.
    #[error("damaged: {what} at {place}")]
    Damaged { what: String, place: String },
    /// The store failed and takes nothing more.
    #[error("the store failed: {0}")]
    Failed(String),
}

/// Why a data directory could not be opened, checked or copied.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    #[error("{} is in use by another server (process {owner})", path.display())]
    InUse { path: PathBuf, owner: String },
    #[error("{} is not writable: {source}", path.display())]
    NotWritable { path: PathBuf, source: io::Error },
    #[error("{} is no data directory: it has no LAYOUT", path.display())]
    NoLayout { path: PathBuf },
    #[error("{} is damaged: {what}", path.display())]
    DamagedLayout { path: PathBuf, what: String },
    #[error("the data directory has format {found}, this program knows {known} at most")]
    NewerFormat { found: u64, known: u64 },
    #[error("1 to {max} shards, not {asked}")]
    Shards { asked: usize, max: usize },
    #[error("{} is not empty", path.display())]
    NotEmpty { path: PathBuf },
    /// The progress callback asked to stop. The next start carries on.
    #[error("stopped before the directory was open")]
    Stopped,
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error("{}: {source}", path.display())]
    Store { path: PathBuf, source: StoreError },
}
