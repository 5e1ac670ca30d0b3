//! Builds the stores of a layout from those of another, or from nothing.
//!
//! Every key is copied to the shard that owns its partition now. The stores being built are not
//! live: a stop at any point leaves the old ones untouched, and the half-built ones are removed
//! at the next start. When [`build`] returns, all of it is on disk.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use parlance_codecs::MessageId;
use parlance_conversation::placement::Placement;
use rocksdb::{WriteBatch, WriteOptions};

use super::layout::{Layout, sync_directory};
use super::{OnProgress, Progress, at_store, stop_if};
use crate::error::{DirectoryError, StoreError};
use crate::families::{Creation, Database, Family, Shared};
use crate::keys;
use crate::records;
use crate::rocks::{self, write_error};
use crate::scan::{View, damaged_key, handle};

/// One batch of the copy: large enough that batches cost nothing, small beside the write buffers.
const BATCH_BYTES: usize = 1 << 20;

pub(super) fn build(
    directory: &Path,
    old: Layout,
    new: Layout,
    shared: &Shared,
    on_progress: OnProgress<'_>,
) -> Result<(), DirectoryError> {
    let mut targets = Vec::with_capacity(new.shards);
    for shard in 0..new.shards {
        let path = new.store_path(directory, shard);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)
                .map_err(|source| DirectoryError::Io { path: parent.to_owned(), source })?;
        }
        let opened = rocks::open(&path, shared, Creation::New);
        targets.push(opened.map_err(at_store(&path))?);
    }
    let mut ceiling = MessageId::ZERO;
    if old.generation > 0 {
        let placement = Placement::new(new.shards);
        for shard in 0..old.shards {
            let path = old.store_path(directory, shard);
            // Only read: whatever happens, the old store is as it was.
            let source = rocks::open_read_only(&path, shared).map_err(at_store(&path))?;
            let copy = Copy { source: &source, targets: &targets, placement, shard };
            copy.run(on_progress).map_err(|stop| match stop {
                CopyEnd::Stopped => DirectoryError::Stopped,
                CopyEnd::Store(source) => DirectoryError::Store { path: path.clone(), source },
            })?;
            ceiling = ceiling.max(copy.clock().map_err(at_store(&path))?);
        }
    }
    for (shard, target) in targets.iter().enumerate() {
        // Every shard may now have messages of every other, so the highest ceiling holds for all.
        let finished = put_clock(target, ceiling).and_then(|()| rocks::flush(target));
        finished.map_err(at_store(&new.store_path(directory, shard)))?;
    }
    drop(targets);
    if let Some(parent) = new.store_path(directory, 0).parent() {
        sync_directory(parent)?;
    }
    sync_directory(directory)?;
    stop_if(on_progress(&Progress::Built { shards: new.shards }))
}

/// Why a copy ended early.
enum CopyEnd {
    Stopped,
    Store(StoreError),
}

impl From<StoreError> for CopyEnd {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// One old store's way into the new ones.
struct Copy<'d> {
    source: &'d Database,
    targets: &'d [Database],
    placement: Placement,
    shard: usize,
}

impl Copy<'_> {
    fn run(&self, on_progress: OnProgress<'_>) -> Result<(), CopyEnd> {
        for family in Family::ALL {
            // The shard's own things belong to no partition; they are merged, not moved.
            if family != Family::Shard {
                self.run_family(family, on_progress)?;
            }
        }
        Ok(())
    }

    fn run_family(&self, family: Family, on_progress: OnProgress<'_>) -> Result<(), CopyEnd> {
        let view = View::new(self.source);
        let mut scan = view.scan(family);
        let mut batches: Vec<_> = self.targets.iter().map(|_| WriteBatch::default()).collect();
        let mut copied = 0u64;
        let mut entry = scan.seek(&[])?;
        while let Some((key, value)) = entry {
            let partition = keys::partition(key).ok_or_else(|| damaged_key(family, key))?;
            let owner = self.placement.shard_of(partition).index();
            let (target, batch) = self
                .targets
                .get(owner)
                .zip(batches.get_mut(owner))
                .expect("there is a target for every shard of the placement");
            batch.put_cf(handle(target, family), key, value);
            copied = copied.saturating_add(1);
            if batch.size_in_bytes() >= BATCH_BYTES {
                write(target, std::mem::take(batch))?;
                let step = Progress::Copying { shard: self.shard, family: family.name(), copied };
                if on_progress(&step).is_break() {
                    return Err(CopyEnd::Stopped);
                }
            }
            entry = scan.next()?;
        }
        for (target, batch) in self.targets.iter().zip(batches) {
            write(target, batch)?;
        }
        let step = Progress::Copying { shard: self.shard, family: family.name(), copied };
        match on_progress(&step) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(CopyEnd::Stopped),
        }
    }

    fn clock(&self) -> Result<MessageId, StoreError> {
        let view = View::new(self.source);
        let ceiling = view.get_record(Family::Shard, keys::CLOCK, records::decode_clock)?;
        Ok(ceiling.unwrap_or_default())
    }
}

fn put_clock(target: &Database, ceiling: MessageId) -> Result<(), StoreError> {
    let mut batch = WriteBatch::default();
    let value = records::encode_clock(ceiling);
    batch.put_cf(handle(target, Family::Shard), keys::CLOCK, value);
    write(target, batch)
}

/// Without a write-ahead log: the flush at the end of the build makes it durable, and before
/// that nobody counts on it.
fn write(target: &Database, batch: WriteBatch) -> Result<(), StoreError> {
    let mut options = WriteOptions::default();
    options.disable_wal(true);
    target.write_opt(batch, &options).map_err(|error| write_error(&error))
}
