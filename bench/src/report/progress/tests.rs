//! What a progress line says at given moments.

use super::*;

#[test]
fn seconds_are_added_once_and_a_silent_one_is_no_rate() {
    let mut timeline = Timeline::new(0, 0);
    let mut measured = Measured::until(10 * SECOND_NS);
    for part in 0..100 {
        timeline.record(part * SECOND_NS / 100, 5_000_000);
    }
    assert_eq!(measured.advance(&timeline, SECOND_NS / 2).0, 0, "the first is not over");
    let (rate, p99_us) = measured.advance(&timeline, SECOND_NS);
    assert_eq!(rate, 100);
    assert!((p99_us - 5_000.0).abs() < 10.0, "{p99_us}");
    assert_eq!(measured.advance(&timeline, 2 * SECOND_NS).0, 0, "the second is silent");
    timeline.record(2 * SECOND_NS + 1, 9_000_000_000);
    assert_eq!(measured.advance(&timeline, 3 * SECOND_NS).0, 1);
    assert_eq!(measured.so_far.quantiles().count, 101);
}

#[test]
fn a_hidden_line_takes_everything() {
    let progress = Progress::silent();
    progress.phase("signing in");
    progress.measuring(&Timeline::new(0, 0), 1, 2);
}
