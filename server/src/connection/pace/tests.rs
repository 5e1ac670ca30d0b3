//! When a chunk waits for its gap, and when it does not.

use std::time::Duration;

use bytes::Bytes;
use parlance_codecs::dialect::Framing;

use super::{PACED_CHUNKS_MAX, Pace};
use crate::outbox::{Outbox, Weight};

const GAP: Duration = Duration::from_millis(2);

fn outbox(chunks: usize) -> Outbox {
    let mut outbox = Outbox::default();
    for _ in 0..chunks {
        outbox.push(Bytes::from_static(b"{}"), Weight::Live, 1 << 10).expect("it has room");
    }
    outbox
}

#[test]
fn the_next_frame_waits_in_the_two_plain_framings_only() {
    for (framing, waits) in [
        (Framing::Bare, true),
        (Framing::Onechat, true),
        (Framing::WebSocket, false),
        (Framing::Delimited, false),
        (Framing::Grpc, false),
    ] {
        let pace = Pace::default();
        assert!(!pace.holds(framing, &outbox(1), 100), "the first frame never waits");
        pace.sent(100, GAP);
        assert_eq!(pace.holds(framing, &outbox(1), 100), waits, "{framing:?}");
        assert_eq!(pace.holds(framing, &outbox(1), 101), waits, "{framing:?}");
        assert!(!pace.holds(framing, &outbox(1), 102), "the gap is over");
    }
}

#[test]
fn many_frames_and_a_begun_one_do_not_wait() {
    let pace = Pace::default();
    pace.sent(100, GAP);
    assert!(pace.holds(Framing::Bare, &outbox(PACED_CHUNKS_MAX), 100));
    assert!(!pace.holds(Framing::Bare, &outbox(PACED_CHUNKS_MAX + 1), 100));
    let mut begun = outbox(1);
    begun.advance(1);
    assert!(!pace.holds(Framing::Bare, &begun, 100));
}

#[test]
fn without_a_gap_nothing_waits() {
    let pace = Pace::default();
    pace.sent(100, Duration::ZERO);
    assert!(!pace.holds(Framing::Onechat, &outbox(2), 100));
}

#[test]
fn a_connection_waits_once() {
    let pace = Pace::default();
    assert!(pace.begin_to_wait());
    assert!(!pace.begin_to_wait());
    pace.waited();
    assert!(pace.begin_to_wait());
}
