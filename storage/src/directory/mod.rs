//! A data directory: the shards' stores, and the `LAYOUT` that says which stores are live.
//!
//! ```text
//! LAYOUT           format, partitions, shards, epoch, generation; replaced atomically
//! LOCK             held by the process that has the directory open
//! shard-NN/        the first generation's stores
//! reshard-G/       a later generation's stores, shard-NN/ each
//! secrets/         not this crate's
//! ```
//!
//! The invariant: at every moment `LAYOUT` names stores that are complete and on disk. A start
//! with another number of shards builds the next generation beside the live one, then replaces
//! `LAYOUT`, then removes the old. Whatever stops it in between, the next start opens the one or
//! the other, and removes what is not live.

use std::fs::{self, DirBuilder};
use std::io::ErrorKind;
use std::ops::ControlFlow;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use parlance_conversation::placement::SHARDS_MAX;

use crate::Store;
use crate::error::{DirectoryError, StoreError};
use crate::families::{Creation, Shared};
use crate::rocks::RocksStore;
use crate::rocks::retention_filters::WallClock;

mod backup;
pub(crate) mod layout;
pub(crate) mod lock;
mod reshard;

pub use backup::restore;

use layout::{Layout, generation_name, is_store_name, store_name, sync_directory};
use lock::{DirectoryLock, not_writable};

/// An open data directory. Every store holds the directory's lock with it, which is given back
/// when this and all of them are gone.
pub struct Directory {
    /// One per shard, in order.
    pub stores: Vec<Arc<dyn Store>>,
    /// Rises when acknowledged messages may have been lost.
    pub epoch: u64,
    rocks: Vec<Arc<LockedStore>>,
}

type LockedStore = RocksStore<Arc<DirectoryLock>>;

/// What opening a directory has just done. Each step is durable when it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// A `LAYOUT` was made: the directory is new.
    Started,
    /// Leftovers of an earlier stop are gone.
    Swept,
    /// So many entries of an old shard's family were copied so far.
    Copying { shard: usize, family: &'static str, copied: u64 },
    /// The new stores are complete, and not live yet.
    Built { shards: usize },
    /// The new stores are the live ones.
    Switched { shards: usize },
    /// The old stores are gone.
    Removed,
}

/// Told each step; `Break` stops there, as a crash would, and the next start carries on.
type OnProgress<'p> = &'p mut dyn FnMut(&Progress) -> ControlFlow<()>;

/// Opens a data directory with so many shards. A directory that is missing is made; one that has
/// another number of shards is re-sharded first.
pub fn open_directory(path: &Path, shards: usize) -> Result<Directory, DirectoryError> {
    open_directory_with(path, shards, &mut |_| ControlFlow::Continue(()))
}

/// As [`open_directory`], telling what takes long and letting the caller stop it.
pub fn open_directory_with(
    path: &Path,
    shards: usize,
    on_progress: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
) -> Result<Directory, DirectoryError> {
    open_by_clock(path, shards, wall_clock, on_progress)
}

/// The clock is the one that retention goes by.
fn open_by_clock(
    path: &Path,
    shards: usize,
    clock: WallClock,
    on_progress: OnProgress<'_>,
) -> Result<Directory, DirectoryError> {
    if !(1..=SHARDS_MAX).contains(&shards) {
        return Err(DirectoryError::Shards { asked: shards, max: SHARDS_MAX });
    }
    make_directory(path)?;
    let lock = Arc::new(DirectoryLock::take(path)?);
    let shared = Shared::new(clock);
    let mut layout = match Layout::read(path)? {
        Some(layout) => layout,
        None => start(path, on_progress)?,
    };
    sweep(path, layout)?;
    stop_if(on_progress(&Progress::Swept))?;
    if layout.generation == 0 || layout.shards != shards {
        let next =
            Layout { shards, epoch: layout.epoch, generation: layout.generation.saturating_add(1) };
        reshard::build(path, layout, next, &shared, on_progress)?;
        next.write(path)?;
        layout = next;
        stop_if(on_progress(&Progress::Switched { shards }))?;
        sweep(path, layout)?;
        stop_if(on_progress(&Progress::Removed))?;
    }
    open_stores(path, layout, &shared, lock)
}

fn open_stores(
    path: &Path,
    layout: Layout,
    shared: &Shared,
    lock: Arc<DirectoryLock>,
) -> Result<Directory, DirectoryError> {
    let mut rocks = Vec::with_capacity(layout.shards);
    for shard in 0..layout.shards {
        let path = layout.store_path(path, shard);
        let opened = RocksStore::open(&path, shared, Creation::Existing, Arc::clone(&lock));
        rocks.push(Arc::new(opened.map_err(at_store(&path))?));
    }
    let stores = rocks.iter().map(|store| Arc::clone(store) as Arc<dyn Store>).collect();
    Ok(Directory { stores, epoch: layout.epoch, rocks })
}

/// The first `LAYOUT` of a directory. It names no stores yet, so that a start that is stopped
/// before they are complete is told from one whose stores were lost.
fn start(path: &Path, on_progress: OnProgress<'_>) -> Result<Layout, DirectoryError> {
    if let Some(name) = store_names(path)?.first() {
        let what = format!("it has {name} but no LAYOUT");
        return Err(DirectoryError::DamagedLayout { path: path.to_owned(), what });
    }
    Layout::FIRST.write(path)?;
    stop_if(on_progress(&Progress::Started))?;
    Ok(Layout::FIRST)
}

/// Removes every store that is not live.
fn sweep(path: &Path, live: Layout) -> Result<(), DirectoryError> {
    let live_names: Vec<String> = match live.generation {
        0 => Vec::new(),
        1 => (0..live.shards).map(store_name).collect(),
        generation => vec![generation_name(generation)],
    };
    let mut removed = false;
    for name in store_names(path)? {
        if !live_names.contains(&name) {
            let path = path.join(name);
            fs::remove_dir_all(&path).map_err(|source| DirectoryError::Io { path, source })?;
            removed = true;
        }
    }
    if removed { sync_directory(path) } else { Ok(()) }
}

/// The names of stores in a directory, live or not, in order.
fn store_names(path: &Path) -> Result<Vec<String>, DirectoryError> {
    let io = |source| DirectoryError::Io { path: path.to_owned(), source };
    let mut names = Vec::new();
    for entry in fs::read_dir(path).map_err(io)? {
        let name = entry.map_err(io)?.file_name();
        names.extend(name.to_str().filter(|name| is_store_name(name)).map(str::to_owned));
    }
    names.sort();
    Ok(names)
}

/// Private to the server's user: it holds every message in clear.
fn make_directory(path: &Path) -> Result<(), DirectoryError> {
    match fs::metadata(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .map_err(|source| not_writable(path, source)),
        Err(source) => Err(DirectoryError::Io { path: path.to_owned(), source }),
    }
}

fn at_store(path: &Path) -> impl FnOnce(StoreError) -> DirectoryError {
    let path: PathBuf = path.to_owned();
    move |source| DirectoryError::Store { path, source }
}

fn stop_if(flow: ControlFlow<()>) -> Result<(), DirectoryError> {
    match flow {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(DirectoryError::Stopped),
    }
}

/// Unix milliseconds; zero for a clock before 1970, by which nothing ever expires.
pub(crate) fn wall_clock() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|since| u64::try_from(since.as_millis()).ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests;
