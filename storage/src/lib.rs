//! Keeps what the core decides: one store per shard, behind one narrow blocking trait.
//!
//! Everything here blocks and runs on lanes, never on an executor. The core's plain values
//! ([`parlance_conversation::store`]) go in and out; keys and stored records are this crate's own.

use parlance_codecs::UserId;
use parlance_conversation::store::{
    Change, Durability, LoadKey, Loaded, LogPage, LogQuery, Recovered, UserRecord,
};

pub mod error;

pub use error::StoreError;

/// One shard's store. The commit lane calls [`Store::commit`], the read lane everything else, at
/// the same time from two threads.
pub trait Store: Send + Sync {
    /// Applies all changes or none; durable as asked when it returns. A failure other than
    /// [`StoreError::Full`] is final: every later call fails too.
    fn commit(&self, changes: &[Change], durability: Durability) -> Result<(), StoreError>;

    /// Sees every commit that returned before.
    fn load(&self, key: &LoadKey, now_ms: u64) -> Result<Loaded, StoreError>;

    fn read_log(&self, query: &LogQuery) -> Result<LogPage, StoreError>;

    fn recover(&self) -> Result<Recovered, StoreError>;

    /// Users with ids above `after`, rising.
    fn users(
        &self,
        after: Option<UserId>,
        limit: usize,
    ) -> Result<Vec<(UserId, UserRecord)>, StoreError>;
}
