//! Which partition a user, name or conversation belongs to, and which shard owns a partition.
//!
//! A partition is `xxh3_64(key) % 256` and never changes; which shard owns it depends only on
//! the number of shards. Keys of users and conversations are distinct by a leading tag byte.

use parlance_codecs::{ConversationId, UserId};
use xxhash_rust::xxh3::xxh3_64;

use crate::store::NameKey;

/// A fixed hash bucket of users and conversations; the unit that moves between shards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Partition(pub u8);

/// How many partitions there are, in every data directory of format 1.
pub const PARTITIONS: usize = 256;

/// A shard's index, 0 to [`SHARDS_MAX`] - 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShardIndex(pub u8);

impl ShardIndex {
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// A message id has six bits for its shard.
pub const SHARDS_MAX: usize = 64;

/// The partition of the counters that hand out user and conversation numbers.
pub const ALLOCATOR_PARTITION: Partition = Partition(0);

pub fn user_partition(user: UserId) -> Partition {
    hash(b'u', &user.raw().to_be_bytes())
}

pub fn conversation_partition(conversation: ConversationId) -> Partition {
    match conversation {
        ConversationId::Number(n) => hash(b'c', &n.get().to_be_bytes()),
        ConversationId::Direct(a, b) => {
            let mut key = [0; 16];
            key[..8].copy_from_slice(&a.raw().to_be_bytes());
            key[8..].copy_from_slice(&b.raw().to_be_bytes());
            hash(b'd', &key)
        }
    }
}

pub fn name_partition(name: &NameKey) -> Partition {
    match name {
        NameKey::Login(text) => hash(b'n', text.as_bytes()),
        NameKey::External(text) => hash(b'x', text.as_bytes()),
    }
}

fn hash(tag: u8, key: &[u8]) -> Partition {
    let mut bytes = Vec::with_capacity(key.len() + 1);
    bytes.push(tag);
    bytes.extend_from_slice(key);
    #[expect(clippy::cast_possible_truncation, reason = "reduced modulo 256 first")]
    Partition((xxh3_64(&bytes) % PARTITIONS as u64) as u8)
}

/// Contiguous partitions per shard, as even as the count allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placement {
    shards: u8,
}

impl Placement {
    /// # Panics
    /// Where `shards` is not 1 to [`SHARDS_MAX`]; configuration checks it first.
    pub fn new(shards: usize) -> Self {
        assert!((1..=SHARDS_MAX).contains(&shards), "1 to {SHARDS_MAX} shards, not {shards}");
        #[expect(clippy::cast_possible_truncation, reason = "at most SHARDS_MAX, asserted above")]
        Self { shards: shards as u8 }
    }

    pub fn shards(self) -> usize {
        usize::from(self.shards)
    }

    pub fn shard_of(self, partition: Partition) -> ShardIndex {
        #[expect(clippy::cast_possible_truncation, reason = "below `shards`, which is a u8")]
        ShardIndex((usize::from(partition.0) * self.shards() / PARTITIONS) as u8)
    }

    pub fn home_of_user(self, user: UserId) -> ShardIndex {
        self.shard_of(user_partition(user))
    }

    pub fn home_of_conversation(self, conversation: ConversationId) -> ShardIndex {
        self.shard_of(conversation_partition(conversation))
    }

    pub fn home_of_name(self, name: &NameKey) -> ShardIndex {
        self.shard_of(name_partition(name))
    }

    pub fn home_of_allocator(self) -> ShardIndex {
        self.shard_of(ALLOCATOR_PARTITION)
    }
}

#[cfg(test)]
mod tests;
