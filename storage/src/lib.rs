//! Keeps what the core decides: one store per shard, behind one narrow blocking trait.
//!
//! Everything here blocks and runs on lanes, never on an executor. The core's plain values
//! ([`parlance_conversation::store`]) go in and out; keys and stored records are this crate's own.

use parlance_codecs::ask::Direction;
use parlance_codecs::{ConversationId, Seq, UserId};
use parlance_conversation::store::{
    Change, Durability, LoadKey, Loaded, LogPage, LogQuery, Recovered, UserRecord,
};

pub mod error;
mod history;
pub mod memory;
mod page;
mod retention;

#[cfg(feature = "rocks")]
mod batch;
#[cfg(feature = "rocks")]
mod check;
#[cfg(feature = "rocks")]
mod directory;
#[cfg(feature = "rocks")]
mod families;
#[cfg(feature = "rocks")]
mod keys;
#[cfg(feature = "rocks")]
mod records;
#[cfg(feature = "rocks")]
mod rocks;
#[cfg(feature = "rocks")]
mod scan;

#[cfg(test)]
mod conformance;

pub use error::{DirectoryError, StoreError};
pub use history::{HistoryPage, HistoryQuery, RECALLS_MAX};
pub use memory::MemoryStore;

#[cfg(feature = "rocks")]
pub use check::{Finding, Report, check};
#[cfg(feature = "rocks")]
pub use directory::{Directory, Progress, open_directory, open_directory_with, restore};

/// One shard's store. The commit lane calls [`Store::commit`], the read lane everything else, at
/// the same time from two threads.
pub trait Store: Send + Sync {
    /// Applies all changes or none; durable as asked when it returns. A failure other than
    /// [`StoreError::Full`] is final: every later call fails too.
    fn commit(&self, changes: &[Change], durability: Durability) -> Result<(), StoreError>;

    /// Sees every commit that returned before.
    fn load(&self, key: &LoadKey, now_ms: u64) -> Result<Loaded, StoreError>;

    fn read_log(&self, query: &LogQuery) -> Result<LogPage, StoreError>;

    /// Messages of one conversation by their seq.
    fn read_history(&self, query: &HistoryQuery) -> Result<HistoryPage, StoreError>;

    /// The first seq up to `last` whose message was created at `at_ms` or later, and the one after
    /// `last` where there is none. It is found by halving: where the wall clock was set back, what
    /// was said meanwhile may be found on either side.
    fn seq_at(
        &self,
        conversation: ConversationId,
        last: Seq,
        at_ms: u64,
    ) -> Result<Seq, StoreError>;

    /// Recalls of a conversation by their index, from `start`, which is included, on in a
    /// direction, with the seq of what was recalled; at most `limit`, and at most [`RECALLS_MAX`].
    fn recalls(
        &self,
        conversation: ConversationId,
        start: u32,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<(u32, Seq)>, StoreError>;

    fn recover(&self) -> Result<Recovered, StoreError>;

    /// Users with ids above `after`, rising; at most `limit`, and at most [`USERS_MAX`].
    fn users(
        &self,
        after: Option<UserId>,
        limit: usize,
    ) -> Result<Vec<(UserId, UserRecord)>, StoreError>;
}

/// Users that one [`Store::users`] returns at most, so that a listing never holds up the read
/// lane for longer than a page of a log does.
pub const USERS_MAX: usize = 1_000;
