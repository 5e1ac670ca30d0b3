//! What the server counts, one slot per shard, and how it is shown.
//!
//! Shards write their own slot with relaxed atomics and read nothing; a scrape adds nothing to
//! their work. Labels are the shard and the dialect, never a user or a conversation: what is
//! counted has a fixed size.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parlance_codecs::dialect::DialectName;
use parlance_conversation::placement::ShardIndex;

mod exposition;

pub(crate) use exposition::CONTENT_TYPE;

/// A number that only rises.
#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    pub(crate) fn add(&self, n: u64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    pub(crate) fn total(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A number that rises and falls. Several threads may each add and subtract their own part.
#[derive(Debug, Default)]
pub(crate) struct Level(AtomicU64);

impl Level {
    pub(crate) fn rise(&self, n: u64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    /// Never below zero: a part may be subtracted in another order than it was added.
    pub(crate) fn fall(&self, n: u64) {
        let lower = |now: u64| Some(now.saturating_sub(n));
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, lower);
    }

    pub(crate) fn now(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// How long something took: a count per bucket, and the sum.
#[derive(Debug, Default)]
pub(crate) struct Latencies {
    /// One more than there are bounds: the last holds what is above all of them.
    buckets: [Count; LATENCY_BOUNDS_US.len() + 1],
    sum_us: Count,
}

/// Upper bounds of the buckets. A synced commit takes tens of microseconds on a good disk and
/// hundreds of milliseconds on a bad day.
const LATENCY_BOUNDS_US: [u64; 12] =
    [50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 100_000, 500_000, 2_500_000];

impl Latencies {
    pub(crate) fn record(&self, took: Duration) {
        let us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let place = LATENCY_BOUNDS_US.partition_point(|bound| *bound < us);
        if let Some(bucket) = self.buckets.get(place) {
            bucket.add(1);
        }
        self.sum_us.add(us);
    }
}

/// One shard's numbers. Aligned so that two shards never write the same pair of cache lines.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct ShardMetrics {
    /// Accepted sockets, of every listener.
    pub(crate) connections_accepted: Count,
    /// Closed at once because the process holds as many as it may.
    pub(crate) connections_refused: Count,
    pub(crate) connections: Level,
    /// Signed-in sessions by [`DialectName`]; use [`ShardMetrics::sessions`].
    sessions: [Level; DialectName::COUNT],
    pub(crate) sign_ins_refused: Count,
    requests: [Count; DialectName::COUNT],
    /// Messages put into outboxes.
    pub(crate) deliveries: Count,
    /// Slow consumers that were closed.
    pub(crate) evictions: Count,
    /// Unsent bytes in all outboxes.
    pub(crate) outbox_bytes: Level,
    /// A shard's inbox was full and the message waited for the next turn.
    pub(crate) mesh_full: Count,
    /// Batches that the commit lane wrote, and the writes in them.
    pub(crate) commit_batches: Count,
    pub(crate) commit_entries: Count,
    pub(crate) commit_latency: Latencies,
    /// Turns that took so long that the heartbeat came late.
    pub(crate) loop_stalls: Count,
    http_answers: [Count; HTTP_CLASSES],
}

/// 1xx to 5xx.
const HTTP_CLASSES: usize = 5;

impl ShardMetrics {
    pub(crate) fn sessions(&self, dialect: DialectName) -> &Level {
        // The array has a place for every dialect, by its type.
        &self.sessions[dialect as usize]
    }

    pub(crate) fn requests(&self, dialect: DialectName) -> &Count {
        &self.requests[dialect as usize]
    }

    pub(crate) fn http_answered(&self, status: hyper::StatusCode) {
        let class = usize::from(status.as_u16() / 100).saturating_sub(1);
        if let Some(count) = self.http_answers.get(class) {
            count.add(1);
        }
    }
}

/// Every shard's numbers; shared by all of them.
#[derive(Debug)]
pub(crate) struct Metrics {
    shards: Arc<[ShardMetrics]>,
}

impl Metrics {
    pub(crate) fn new(shards: usize) -> Self {
        Self { shards: (0..shards).map(|_| ShardMetrics::default()).collect() }
    }

    /// # Panics
    /// Where there is no such shard; indices come from the topology only.
    pub(crate) fn shard(&self, shard: ShardIndex) -> &ShardMetrics {
        &self.shards[shard.index()]
    }

    /// All of it as OpenMetrics text.
    pub(crate) fn render(&self) -> String {
        exposition::render(&self.shards)
    }
}

#[cfg(test)]
mod tests;
