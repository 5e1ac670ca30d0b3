//! The column families, one per access path, and how RocksDB is set up.
//!
//! Every setting stands here with its reason. What is bounded, is bounded for the whole process:
//! the shards' stores share one block cache and one budget for write buffers.

use rocksdb::{
    BlockBasedOptions, Cache, ColumnFamilyDescriptor, DBCompressionType, DBRecoveryMode,
    DBWithThreadMode, DEFAULT_COLUMN_FAMILY_NAME, LogLevel, Options, SingleThreaded,
    SliceTransform, WriteBufferManager,
};

use crate::keys;
use crate::rocks::retention_filters::{DedupeRetention, MessageRetention, WallClock};

/// An open store. Its families are opened with it and never change, so their handles need no
/// lock; everything else is safe from several threads all the same.
pub(crate) type Database = DBWithThreadMode<SingleThreaded>;

/// What a family's keys are; the key layouts are in [`crate::keys`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Family {
    /// User to record.
    Users,
    /// User, conversation to cursors: what a user's session loads.
    Memberships,
    /// User, friend.
    Friends,
    /// User, direct or group to what the user is asked.
    Requests,
    /// User, message id to what the user is told.
    Notices,
    /// User, partition to the last notice that came from there.
    NoticeMarks,
    /// Direct to what its two users are to each other.
    Pairs,
    /// Login name or external id to user.
    Names,
    /// Conversation to record.
    Conversations,
    /// Conversation, user.
    Members,
    /// Conversation, user who is invited or wants to come in.
    GroupRequests,
    /// Conversation, seq, mark, id to message: the logs.
    Messages,
    /// Conversation, recall index to the seq of what was recalled.
    Recalls,
    /// Conversation, sender, falling id to what the send gave.
    Dedupe,
    /// Partition, number to what must still happen elsewhere.
    Intents,
    /// The numbers to hand out next.
    Allocators,
    /// What belongs to the shard itself: its clock.
    Shard,
}

impl Family {
    pub(crate) const ALL: [Family; 17] = [
        Family::Users,
        Family::Memberships,
        Family::Friends,
        Family::Requests,
        Family::Notices,
        Family::NoticeMarks,
        Family::Pairs,
        Family::Names,
        Family::Conversations,
        Family::Members,
        Family::GroupRequests,
        Family::Messages,
        Family::Recalls,
        Family::Dedupe,
        Family::Intents,
        Family::Allocators,
        Family::Shard,
    ];

    /// The name on disk: part of the format.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Family::Users => "users",
            Family::Memberships => "memberships",
            Family::Friends => "friends",
            Family::Requests => "requests",
            Family::Notices => "notices",
            Family::NoticeMarks => "notice_marks",
            Family::Pairs => "pairs",
            Family::Names => "names",
            Family::Conversations => "conversations",
            Family::Members => "members",
            Family::GroupRequests => "group_requests",
            Family::Messages => "messages",
            Family::Recalls => "recalls",
            Family::Dedupe => "dedupe",
            Family::Intents => "intents",
            Family::Allocators => "allocators",
            Family::Shard => "shard",
        }
    }

    /// Where most look-ups are for keys that are not there (a new name, an unknown user or
    /// conversation, a sender's first message), a filter spares the reads of every level.
    fn is_looked_up_in_vain(self) -> bool {
        match self {
            Family::Users
            | Family::Pairs
            | Family::Names
            | Family::Conversations
            | Family::Dedupe => true,
            Family::Memberships
            | Family::Friends
            | Family::Requests
            | Family::Notices
            | Family::NoticeMarks
            | Family::Members
            | Family::GroupRequests
            | Family::Messages
            | Family::Recalls
            | Family::Intents
            | Family::Allocators
            | Family::Shard => false,
        }
    }

    /// Every send writes to the logs and the dedupe records; the rest changes rarely.
    fn write_buffer_bytes(self) -> usize {
        match self {
            Family::Messages => 32 << 20,
            Family::Dedupe => 16 << 20,
            Family::Users
            | Family::Memberships
            | Family::Friends
            | Family::Requests
            | Family::Notices
            | Family::NoticeMarks
            | Family::Pairs
            | Family::Names
            | Family::Conversations
            | Family::Members
            | Family::GroupRequests
            | Family::Recalls
            | Family::Intents
            | Family::Allocators
            | Family::Shard => 4 << 20,
        }
    }
}

/// Blocks in memory, of all stores together. Logs are read near their ends, which the operating
/// system's page cache holds as well, so a larger one buys little.
const BLOCK_CACHE_BYTES: usize = 128 << 20;
/// Write buffers of all stores together; reaching it flushes the fullest.
const WRITE_BUFFERS_BYTES: usize = 256 << 20;
/// The smallest that RocksDB takes, for its `default` family.
const UNUSED_WRITE_BUFFER_BYTES: usize = 64 << 10;
/// The WAL that a start may have to replay, per store: well under a second.
const WAL_BYTES_MAX: u64 = 64 << 20;
/// Open files per store: with 64 shards about a third of a file limit of 20,000 remains for
/// connections, with a few shards nearly all.
const OPEN_FILES_MAX: i32 = 192;
/// Flushes and compactions at once, for the process: RocksDB's stores share their threads.
const BACKGROUND_JOBS_MAX: i32 = 2;
/// RocksDB's own log: warnings only, two files of a mebibyte.
const INFO_LOG_BYTES: usize = 1 << 20;
const INFO_LOG_FILES: usize = 2;
/// Written data is handed to the disk in steps of this size, so that a flush does not end in one
/// long sync beside which a commit's own sync waits.
const BYTES_PER_SYNC: u64 = 1 << 20;
/// About one look-up in a hundred of absent keys reads a block all the same.
const BLOOM_BITS_PER_KEY: f64 = 10.0;
/// A log read takes some dozens of messages in a row; larger blocks compress better.
const LOG_BLOCK_BYTES: usize = 16 << 10;
const BLOCK_BYTES: usize = 4 << 10;
/// Files that were not compacted for a day are, so that what expired leaves the disk even where
/// nothing more is written.
const PERIODIC_COMPACTION_S: u64 = 24 * 60 * 60;

/// What the stores of one process share.
pub(crate) struct Shared {
    cache: Cache,
    write_buffers: WriteBufferManager,
    wall_clock: WallClock,
}

impl Shared {
    pub(crate) fn new(wall_clock: WallClock) -> Self {
        Self {
            cache: Cache::new_lru_cache(BLOCK_CACHE_BYTES),
            // Without stalls: a commit that waits for a flush would hold up a whole shard, and
            // the budget is kept by flushing early.
            write_buffers: WriteBufferManager::new_write_buffer_manager(WRITE_BUFFERS_BYTES, false),
            wall_clock,
        }
    }
}

/// Whether opening a store makes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Creation {
    /// It must not be there yet.
    New,
    /// It must be there: an empty store in the place of a lost one would be silent loss.
    Existing,
}

pub(crate) fn database_options(shared: &Shared, creation: Creation) -> Options {
    let mut options = Options::default();
    options.create_if_missing(creation == Creation::New);
    options.create_missing_column_families(creation == Creation::New);
    options.set_error_if_exists(creation == Creation::New);
    // Any sign of damage stops writes instead of being written over.
    options.set_paranoid_checks(true);
    // A recycled file holds old records behind the new ones, which recovery must tell apart.
    options.set_recycle_log_file_num(0);
    // The only mode that opens after every honest power cut: a torn tail was never acknowledged.
    // It also drops, without a word, everything behind a flipped bit. The store cannot tell the
    // two apart by itself: that takes a record of what was acknowledged, kept beside the WAL and
    // compared with where recovery ended before the store is used.
    options.set_wal_recovery_mode(DBRecoveryMode::PointInTime);
    // A commit spans families: flushed together, they are on disk together.
    options.set_atomic_flush(true);
    options.set_max_total_wal_size(WAL_BYTES_MAX);
    options.set_write_buffer_manager(&shared.write_buffers);
    options.set_max_open_files(OPEN_FILES_MAX);
    options.set_max_background_jobs(BACKGROUND_JOBS_MAX);
    options.set_bytes_per_sync(BYTES_PER_SYNC);
    options.set_log_level(LogLevel::Warn);
    options.set_max_log_file_size(INFO_LOG_BYTES);
    options.set_keep_log_file_num(INFO_LOG_FILES);
    // No periodic statistics in RocksDB's own log.
    options.set_stats_dump_period_sec(0);
    options.set_stats_persist_period_sec(0);
    options
}

/// Every family, and RocksDB's own `default`, which stays empty.
pub(crate) fn descriptors(shared: &Shared) -> Vec<ColumnFamilyDescriptor> {
    // After a full disk, RocksDB goes on when as much is free as the largest write buffer of any
    // family takes; an unused one must not raise that.
    let mut unused = Options::default();
    unused.set_write_buffer_size(UNUSED_WRITE_BUFFER_BYTES);
    let unused = ColumnFamilyDescriptor::new(DEFAULT_COLUMN_FAMILY_NAME, unused);
    let family =
        |family: Family| ColumnFamilyDescriptor::new(family.name(), family_options(family, shared));
    Family::ALL.into_iter().map(family).chain([unused]).collect()
}

fn family_options(family: Family, shared: &Shared) -> Options {
    let mut options = Options::default();
    options.set_write_buffer_size(family.write_buffer_bytes());
    // Little CPU per byte, and chat text halves.
    options.set_compression_type(DBCompressionType::Lz4);
    options.set_block_based_table_factory(&table_options(family, shared));
    match family {
        Family::Messages => {
            options.set_compaction_filter_factory(MessageRetention::new(shared.wall_clock));
            options.set_periodic_compaction_seconds(PERIODIC_COMPACTION_S);
        }
        Family::Dedupe => {
            options.set_compaction_filter_factory(DedupeRetention::new(shared.wall_clock));
            options.set_periodic_compaction_seconds(PERIODIC_COMPACTION_S);
            // A sender's keys are looked up together, so the filter is asked for what they share.
            options.set_prefix_extractor(SliceTransform::create(
                "parlance.dedupe.sender",
                keys::dedupe_prefix_of,
                None,
            ));
        }
        Family::Users
        | Family::Memberships
        | Family::Friends
        | Family::Requests
        | Family::Notices
        | Family::NoticeMarks
        | Family::Pairs
        | Family::Names
        | Family::Conversations
        | Family::Members
        | Family::GroupRequests
        | Family::Recalls
        | Family::Intents
        | Family::Allocators
        | Family::Shard => {}
    }
    options
}

fn table_options(family: Family, shared: &Shared) -> BlockBasedOptions {
    let mut options = BlockBasedOptions::default();
    options.set_block_cache(&shared.cache);
    // Indexes and filters count against the cache: nothing of a store's memory is unbounded.
    options.set_cache_index_and_filter_blocks(true);
    options.set_pin_l0_filter_and_index_blocks_in_cache(true);
    options.set_block_size(if family == Family::Messages { LOG_BLOCK_BYTES } else { BLOCK_BYTES });
    if family.is_looked_up_in_vain() {
        options.set_bloom_filter(BLOOM_BITS_PER_KEY, false);
    }
    options
}

/// How commits are written, by how safe they must be.
pub(crate) fn write_options(synced: bool) -> rocksdb::WriteOptions {
    let mut options = rocksdb::WriteOptions::default();
    options.set_sync(synced);
    options
}
