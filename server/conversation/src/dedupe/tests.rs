//! How long keys count, and what makes two sends the same.

use parlance_codecs::{MessageId, Seq};

use super::*;

fn record(n: u64) -> DedupeRecord {
    DedupeRecord {
        identity: DedupeIdentity(u128::from(n)),
        id: MessageId::from_parts(n, 0, 0),
        seq: Seq(1),
        created_at_ms: n,
        expires_at_ms: None,
        recall_index: None,
    }
}

#[test]
fn the_last_keys_are_remembered_and_no_more() {
    let mut window = Window::default();
    let total = DEDUPE_RECORDS_MAX as u64 + 5;
    for n in 0..total {
        window.remember(record(n));
    }
    assert!(window.find(DedupeIdentity(4), 10).is_none(), "the oldest are forgotten");
    assert!(window.find(DedupeIdentity(5), 10).is_some(), "the last ones are not");
}

#[test]
fn a_key_ends_with_its_window() {
    let mut window = Window::default();
    window.remember(record(7));
    assert!(window.find(DedupeIdentity(7), 7 + DEDUPE_WINDOW_MS - 1).is_some());
    assert!(window.find(DedupeIdentity(7), 7 + DEDUPE_WINDOW_MS).is_none());
}

#[test]
fn key_and_content_both_count() {
    let draft =
        |key: &[u8], text: &str| identity(key, &DraftBody::Content(Content::text(text)), None);
    assert_eq!(draft(b"k", "hello"), draft(b"k", "hello"));
    assert_ne!(draft(b"k", "hello"), draft(b"k", "hallo"));
    assert_ne!(draft(b"k", "hello"), draft(b"kh", "ello"), "parts are told apart");
}
