//! How long things are remembered: what reads leave out, and what compaction may take away.
//!
//! Reads go by the caller's time, exactly. Compaction goes by this host's wall clock, which may
//! jump by a day and back; so it waits for a grace period on top, and nothing that a read could
//! still be asked for is ever taken away.

use parlance_codecs::MessageId;
use parlance_conversation::store::DEDUPE_WINDOW_MS;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// How long past its end something stays on disk: longer than any clock jump that is survived
/// without loss (a day), and short enough that disk use follows expiry.
pub(crate) const GRACE_MS: u64 = 3 * DAY_MS;
const _: () = assert!(GRACE_MS > DAY_MS, "a clock that is a day ahead must not take anything away");

/// Whether nobody is shown a message any more.
pub(crate) fn expired(expires_at_ms: Option<u64>, now_ms: u64) -> bool {
    expires_at_ms.is_some_and(|at| at <= now_ms)
}

/// Whether a client key is still remembered. It goes by the message id's own time, which never
/// goes back within a conversation, so records in falling id order stop being remembered at once.
pub(crate) fn dedupe_remembered(id: MessageId, now_ms: u64) -> bool {
    unix_ms(id).saturating_add(DEDUPE_WINDOW_MS) > now_ms
}

/// Whether compaction may take an expired message's content away.
#[cfg(feature = "rocks")]
pub(crate) fn expiry_is_well_past(expires_at_ms: u64, wall_ms: u64) -> bool {
    expires_at_ms.saturating_add(GRACE_MS) <= wall_ms
}

/// Whether compaction may take a dedupe record away.
#[cfg(feature = "rocks")]
pub(crate) fn dedupe_is_well_past(id: MessageId, wall_ms: u64) -> bool {
    !dedupe_remembered(id, wall_ms.saturating_sub(GRACE_MS))
}

pub(crate) fn unix_ms(id: MessageId) -> u64 {
    MessageId::EPOCH_MS.saturating_add(id.ms_since_epoch())
}

#[cfg(test)]
mod tests;
