//! Copies of a data directory: made while it is in use, and put back.
//!
//! A backup is one cut through all shards: no shard commits while the stores are copied, so what
//! one shard has handed to another is in the copy of at least one of them. Its `LAYOUT` is
//! written last: a backup that was stopped has none, and nothing opens it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::layout::{Layout, sync_directory};
use super::{Directory, DirectoryLock, at_store, make_directory, store_names};
use crate::error::DirectoryError;

impl Directory {
    /// Copies every store into a directory that is missing or empty. Commits wait while the
    /// stores are copied, which takes hard links where both are on one file system.
    pub fn backup(&self, to: &Path) -> Result<(), DirectoryError> {
        make_directory(to)?;
        require_empty(to)?;
        let layout = Layout { shards: self.rocks.len(), epoch: self.epoch, generation: 1 };
        // First without holding anything up, so that little is left to copy under the lock.
        for (shard, store) in self.rocks.iter().enumerate() {
            store.flush().map_err(at_store(&layout.store_path(to, shard)))?;
        }
        let held: Vec<_> = self.rocks.iter().map(|store| store.hold_commits()).collect();
        for (shard, store) in self.rocks.iter().enumerate() {
            let path = layout.store_path(to, shard);
            store.checkpoint(&path).map_err(at_store(&path))?;
        }
        drop(held);
        sync_directory(to)?;
        layout.write(to)
    }
}

/// Fills a directory that is missing or empty with what a backup holds.
pub fn restore(from: &Path, to: &Path) -> Result<(), DirectoryError> {
    let layout =
        Layout::read(from)?.ok_or_else(|| DirectoryError::NoLayout { path: from.to_owned() })?;
    let _from_lock = DirectoryLock::take_if_there(from)?;
    make_directory(to)?;
    require_empty(to)?;
    let _to_lock = DirectoryLock::take(to)?;
    for name in store_names(from)? {
        copy_tree(&from.join(&name), &to.join(&name))?;
    }
    sync_directory(to)?;
    layout.write(to)
}

fn require_empty(path: &Path) -> Result<(), DirectoryError> {
    let io = |source| DirectoryError::Io { path: path.to_owned(), source };
    match fs::read_dir(path).map_err(io)?.next() {
        None => Ok(()),
        Some(_) => Err(DirectoryError::NotEmpty { path: path.to_owned() }),
    }
}

/// Copies a store's directory and syncs every file. Stores nest one level (`reshard-G/shard-NN`).
fn copy_tree(from: &Path, to: &Path) -> Result<(), DirectoryError> {
    let io = |path: &Path| {
        let path: PathBuf = path.to_owned();
        move |source| DirectoryError::Io { path, source }
    };
    fs::create_dir(to).map_err(io(to))?;
    for entry in fs::read_dir(from).map_err(io(from))? {
        let entry = entry.map_err(io(from))?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type().map_err(io(&source))?.is_dir() {
            copy_tree(&source, &target)?;
        } else {
            fs::copy(&source, &target).map_err(io(&source))?;
            File::open(&target).and_then(|file| file.sync_all()).map_err(io(&target))?;
        }
    }
    sync_directory(to)
}
