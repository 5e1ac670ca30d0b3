//! How often a user may do something: a bucket of tokens for each user and thing, on the user's home.
//!
//! Decides whether there is a token left. Which rates there are, the shell's settings say. Nothing is
//! written: after a restart every bucket is full. Invariant: within any time that fills an empty
//! bucket, a user takes at most twice what it holds.

use std::collections::BTreeMap;

use parlance_codecs::{ConversationId, UserId};

use crate::limits::PACES_MAX;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Paced {
    SignIn,
    /// Sending and recalling.
    Send,
    Pull,
    PullOf(ConversationId),
}

/// What a bucket holds, and how long an empty one takes to be full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rate {
    pub tokens: u32,
    pub per_ms: u64,
}

/// Full buckets are forgotten when this many came since the last time.
const FORGET_EVERY: usize = 1_024;

#[derive(Debug, Default)]
pub(crate) struct Paces {
    /// When each will be full; monotonic milliseconds.
    full_at_ms: BTreeMap<(UserId, Paced), u64>,
    forget_at: usize,
}

impl Paces {
    /// Whether there was a token, which is taken.
    pub(crate) fn take(&mut self, user: UserId, paced: Paced, rate: Rate, now_ms: u64) -> bool {
        let key = (user, paced);
        if !self.full_at_ms.contains_key(&key) && !self.has_room(now_ms) {
            return false;
        }
        let refill_ms = rate.per_ms / u64::from(rate.tokens.max(1));
        let full_at_ms = self.full_at_ms.get(&key).copied().unwrap_or(now_ms).max(now_ms);
        let after_ms = full_at_ms.saturating_add(refill_ms);
        if after_ms.saturating_sub(now_ms) > rate.per_ms {
            return false;
        }
        self.full_at_ms.insert(key, after_ms);
        true
    }

    fn has_room(&mut self, now_ms: u64) -> bool {
        if self.full_at_ms.len() >= self.forget_at.min(PACES_MAX) {
            self.full_at_ms.retain(|_, full_at_ms| *full_at_ms > now_ms);
            self.forget_at = self.full_at_ms.len().saturating_add(FORGET_EVERY);
        }
        self.full_at_ms.len() < PACES_MAX
    }
}

#[cfg(test)]
mod tests;
