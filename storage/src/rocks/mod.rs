//! The RocksDB store of one shard.
//!
//! Commits are one write batch each, synced as asked. The invariant: after a failed commit that
//! is not merely a full disk, this store acknowledges nothing more. What a failed sync left on
//! the disk is unknown, and trying again is known to lose what was acknowledged.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use parlance_codecs::ask::Direction;
use parlance_codecs::{ConversationId, Seq, UserId};
use parlance_conversation::store::{
    Change, Durability, LoadKey, Loaded, LogPage, LogQuery, Recovered, UserRecord,
};
use rocksdb::ErrorKind;

use crate::batch::batch_of;
use crate::error::StoreError;
use crate::families::{self, Creation, Database, Family, Shared};
use crate::scan::{View, handle};
use crate::{HistoryPage, HistoryQuery, RECALLS_MAX, Store, USERS_MAX};

mod history;
mod load;
mod log;
mod restart;
pub(crate) mod retention_filters;

/// One shard's store on disk. `_held` keeps whatever must outlive it (the directory's lock).
pub(crate) struct RocksStore<H> {
    database: Database,
    /// Why the store takes nothing more, once it does not.
    failure: OnceLock<String>,
    /// Held by each commit, and by a backup while it makes one cut through all shards.
    commits: Mutex<()>,
    _held: H,
}

impl<H> RocksStore<H> {
    pub(crate) fn open(
        path: &Path,
        shared: &Shared,
        creation: Creation,
        held: H,
    ) -> Result<Self, StoreError> {
        let database = open(path, shared, creation)?;
        Ok(Self { database, failure: OnceLock::new(), commits: Mutex::new(()), _held: held })
    }

    /// Keeps commits waiting for as long as the guard lives.
    pub(crate) fn hold_commits(&self) -> MutexGuard<'_, ()> {
        // The lock guards no value that a panic could leave half changed.
        self.commits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what is in memory to table files, so that a checkpoint has little left to copy.
    pub(crate) fn flush(&self) -> Result<(), StoreError> {
        flush(&self.database)
    }

    /// A copy of the store as it is now, hard-linked where the file system allows.
    pub(crate) fn checkpoint(&self, to: &Path) -> Result<(), StoreError> {
        rocksdb::checkpoint::Checkpoint::new(&self.database)
            .and_then(|checkpoint| checkpoint.create_checkpoint_with_log_size(to, u64::MAX))
            .map_err(|error| write_error(&error))
    }

    fn refuse_after_failure(&self) -> Result<(), StoreError> {
        match self.failure.get() {
            None => Ok(()),
            Some(why) => Err(StoreError::Failed(why.clone())),
        }
    }

    /// Reads what `read` does at one moment; a failure of the store itself is final.
    fn read<T>(
        &self,
        read: impl FnOnce(&View<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.refuse_after_failure()?;
        let result = read(&View::new(&self.database));
        if let Err(StoreError::Failed(why)) = &result {
            self.fail(why);
        }
        result
    }

    fn fail(&self, why: &str) {
        // The first reason stays: what follows is most likely its consequence.
        let _ = self.failure.set(why.to_owned());
    }
}

impl<H: Send + Sync> Store for RocksStore<H> {
    fn commit(&self, changes: &[Change], durability: Durability) -> Result<(), StoreError> {
        let synced = match durability {
            // What need not survive the process is not stored at all.
            Durability::Memory => return self.refuse_after_failure(),
            Durability::Os => false,
            Durability::Sync => true,
        };
        let batch = batch_of(&self.database, changes);
        let _held = self.hold_commits();
        // Looked at under the lock: no commit may follow the one that failed.
        self.refuse_after_failure()?;
        let written = self.database.write_opt(batch, &families::write_options(synced));
        written.map_err(|error| {
            let error = write_error(&error);
            match &error {
                StoreError::Full(_) => {}
                StoreError::Damaged { .. } | StoreError::Failed(_) => self.fail(&error.to_string()),
            }
            error
        })
    }

    fn load(&self, key: &LoadKey, now_ms: u64) -> Result<Loaded, StoreError> {
        self.read(|view| load::load(view, key, now_ms))
    }

    fn read_log(&self, query: &LogQuery) -> Result<LogPage, StoreError> {
        self.read(|view| log::read(view, query, crate::page::EXAMINED_MAX))
    }

    fn read_history(&self, query: &HistoryQuery) -> Result<HistoryPage, StoreError> {
        self.read(|view| history::read(view, query, crate::page::EXAMINED_MAX))
    }

    fn seq_at(
        &self,
        conversation: ConversationId,
        last: Seq,
        at_ms: u64,
    ) -> Result<Seq, StoreError> {
        self.read(|view| history::seq_at(view, conversation, last, at_ms))
    }

    fn recalls(
        &self,
        conversation: ConversationId,
        start: u32,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<(u32, Seq)>, StoreError> {
        let limit = limit.min(RECALLS_MAX);
        self.read(|view| history::recalls(view, conversation, start, direction, limit))
    }

    fn recover(&self) -> Result<Recovered, StoreError> {
        self.read(restart::recover)
    }

    fn users(
        &self,
        after: Option<UserId>,
        limit: usize,
    ) -> Result<Vec<(UserId, UserRecord)>, StoreError> {
        self.read(|view| load::users(view, after, limit.min(USERS_MAX)))
    }
}

pub(crate) fn open(
    path: &Path,
    shared: &Shared,
    creation: Creation,
) -> Result<Database, StoreError> {
    let options = families::database_options(shared, creation);
    Database::open_cf_descriptors(&options, path, families::descriptors(shared))
        .map_err(|error| write_error(&error))
}

/// Opens a store for reading only: nothing in its directory changes.
pub(crate) fn open_read_only(path: &Path, shared: &Shared) -> Result<Database, StoreError> {
    let options = families::database_options(shared, Creation::Existing);
    Database::open_cf_descriptors_read_only(&options, path, families::descriptors(shared), false)
        .map_err(|error| write_error(&error))
}

pub(crate) fn flush(database: &Database) -> Result<(), StoreError> {
    let handles: Vec<_> = Family::ALL.iter().map(|&family| handle(database, family)).collect();
    let mut options = rocksdb::FlushOptions::default();
    options.set_wait(true);
    database.flush_cfs_opt(&handles, &options).map_err(|error| write_error(&error))
}

/// What a failed open, write or flush means.
pub(crate) fn write_error(error: &rocksdb::Error) -> StoreError {
    meaning(error.kind(), error.to_string())
}

/// RocksDB names the step that failed in its text. No room for an append leaves nothing behind,
/// and RocksDB takes writes again by itself, some seconds after there is room for a flush. No
/// room for a sync leaves unknown what is on the disk, as any other failed sync does.
fn meaning(kind: ErrorKind, text: String) -> StoreError {
    const NO_ROOM: &str = "IO error: No space left on device";
    const SYNC_STEPS: [&str; 3] = ["While fdatasync", "While fsync", "While sync_file_range"];
    match kind {
        ErrorKind::Corruption => StoreError::Damaged { what: text, place: "the store".to_owned() },
        ErrorKind::IOError
            if text.starts_with(NO_ROOM) && !SYNC_STEPS.iter().any(|step| text.contains(step)) =>
        {
            StoreError::Full(text)
        }
        _ => StoreError::Failed(text),
    }
}

#[cfg(test)]
mod tests;
