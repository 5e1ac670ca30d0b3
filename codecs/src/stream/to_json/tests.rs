//! Times are written as protobuf's own JSON mapping writes them, by either way.

use prost_types::Timestamp;

use super::Time;

#[track_caller]
fn check(seconds: i64, nanos: i32) {
    let time = Timestamp { seconds, nanos };
    assert_eq!(Time(&time).to_string(), time.to_string(), "{seconds} s, {nanos} ns");
}

#[test]
fn a_time_is_written_as_the_general_way_has_it() {
    for seconds in [0, 1, 951_782_399, 951_782_400, 1_714_979_289, 253_402_300_799] {
        for nanos in [0, 1_000_000, 10_000_000, 999_000_000, 1_000, 1, 999_999_999] {
            check(seconds, nanos);
        }
    }
    check(-1, 0);
    check(253_402_300_800, 0);
}
