//! Compaction filters: what leaves the disk when RocksDB rewrites a file anyway.
//!
//! A dedupe record past its window goes. An expired message keeps its place and loses its
//! content: were the place to go, a log's last seq could be given out twice. Bytes that do not
//! decode always stay, so that damage is found and never tidied away.

use std::ffi::CStr;

use rocksdb::CompactionDecision;
use rocksdb::compaction_filter::CompactionFilter;
use rocksdb::compaction_filter_factory::{CompactionFilterContext, CompactionFilterFactory};

use crate::keys;
use crate::records;
use crate::retention::{dedupe_is_well_past, expiry_is_well_past};

/// Gives Unix milliseconds. Read once per compaction.
pub(crate) type WallClock = fn() -> u64;

const MESSAGES_NAME: &CStr = c"parlance.messages";
const DEDUPE_NAME: &CStr = c"parlance.dedupe";

pub(crate) struct MessageRetention {
    wall_clock: WallClock,
}

impl MessageRetention {
    pub(crate) fn new(wall_clock: WallClock) -> Self {
        Self { wall_clock }
    }
}

impl CompactionFilterFactory for MessageRetention {
    type Filter = MessageFilter;

    fn create(&mut self, _context: CompactionFilterContext) -> MessageFilter {
        MessageFilter { wall_ms: (self.wall_clock)() }
    }

    fn name(&self) -> &CStr {
        MESSAGES_NAME
    }
}

pub(crate) struct MessageFilter {
    wall_ms: u64,
}

impl CompactionFilter for MessageFilter {
    fn filter(&mut self, _level: u32, _key: &[u8], value: &[u8]) -> CompactionDecision {
        match records::expiry_of(value) {
            Ok(Some(at)) if expiry_is_well_past(at, self.wall_ms) => {
                CompactionDecision::Change(records::REMOVED)
            }
            Ok(_) | Err(_) => CompactionDecision::Keep,
        }
    }

    fn name(&self) -> &CStr {
        MESSAGES_NAME
    }
}

pub(crate) struct DedupeRetention {
    wall_clock: WallClock,
}

impl DedupeRetention {
    pub(crate) fn new(wall_clock: WallClock) -> Self {
        Self { wall_clock }
    }
}

impl CompactionFilterFactory for DedupeRetention {
    type Filter = DedupeFilter;

    fn create(&mut self, _context: CompactionFilterContext) -> DedupeFilter {
        DedupeFilter { wall_ms: (self.wall_clock)() }
    }

    fn name(&self) -> &CStr {
        DEDUPE_NAME
    }
}

pub(crate) struct DedupeFilter {
    wall_ms: u64,
}

impl CompactionFilter for DedupeFilter {
    fn filter(&mut self, _level: u32, key: &[u8], _value: &[u8]) -> CompactionDecision {
        match keys::parse_dedupe(key) {
            Some((_, _, id)) if dedupe_is_well_past(id, self.wall_ms) => CompactionDecision::Remove,
            Some(_) | None => CompactionDecision::Keep,
        }
    }

    fn name(&self) -> &CStr {
        DEDUPE_NAME
    }
}
