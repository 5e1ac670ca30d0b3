//! The edges of each window.

use super::*;

const NOW_MS: u64 = MessageId::EPOCH_MS + 10 * DAY_MS;

fn id_at(unix_ms: u64) -> MessageId {
    MessageId::from_parts(unix_ms - MessageId::EPOCH_MS, 0, 0)
}

#[test]
fn a_message_is_expired_from_its_very_millisecond() {
    assert!(!expired(None, u64::MAX));
    assert!(!expired(Some(NOW_MS + 1), NOW_MS));
    assert!(expired(Some(NOW_MS), NOW_MS));
}

#[test]
fn a_key_is_remembered_for_the_window() {
    assert!(dedupe_remembered(id_at(NOW_MS - DEDUPE_WINDOW_MS + 1), NOW_MS));
    assert!(!dedupe_remembered(id_at(NOW_MS - DEDUPE_WINDOW_MS), NOW_MS));
    assert!(dedupe_remembered(id_at(NOW_MS + DAY_MS), NOW_MS), "a clock that went back forgets");
}

#[cfg(feature = "rocks")]
#[test]
fn compaction_takes_only_what_no_read_could_show() {
    let wall_a_day_ahead = NOW_MS + DAY_MS;
    assert!(!expiry_is_well_past(NOW_MS, wall_a_day_ahead));
    assert!(expiry_is_well_past(NOW_MS, NOW_MS + GRACE_MS));
    assert!(!expiry_is_well_past(u64::MAX, u64::MAX - 1));
    assert!(!dedupe_is_well_past(id_at(NOW_MS - DEDUPE_WINDOW_MS + 1), wall_a_day_ahead));
    assert!(dedupe_is_well_past(id_at(NOW_MS - DEDUPE_WINDOW_MS), NOW_MS + GRACE_MS));
}
