//! Logs read back by HdrHistogram's own reader.

use std::io::Cursor;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::Deserializer;
use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};

use super::*;
use crate::record::tests::sample;

#[test]
fn the_known_reader_finds_every_second_of_every_figure() {
    let mut record = sample("nats (core), 2", 1, 100);
    let mut other = Timeline::new(0, 0);
    other.record(1_500_000_000, 7_000_000);
    record.timelines.insert("last_recipient".to_owned(), other);
    let directory = tempfile::tempdir().expect("a directory");
    let path = write(&record, directory.path()).expect("written");
    let name = path.file_name().and_then(|name| name.to_str()).expect("a name");
    assert!(name.starts_with("fanout-1x1000_nats--core---2_round1_"), "{name}");

    let bytes = std::fs::read(&path).expect("read");
    assert!(bytes.starts_with(b"#[Histogram log format version 1.3]\n"));
    let mut times = Vec::new();
    let mut intervals = Vec::new();
    for entry in IntervalLogIterator::new(&bytes) {
        match entry.expect("a line of a log") {
            LogEntry::StartTime(time) | LogEntry::BaseTime(time) => times.push(time),
            LogEntry::Interval(interval) => intervals.push(interval),
        }
    }
    assert!(matches!(times.as_slice(), [start, base] if start == base), "{times:?}");
    let found: Vec<(&str, u64, u64)> = intervals
        .iter()
        .map(|interval| {
            let bytes = STANDARD.decode(interval.encoded_histogram()).expect("base64");
            let histogram: Histogram<u64> =
                Deserializer::new().deserialize(&mut Cursor::new(bytes)).expect("a histogram");
            assert_eq!(interval.duration(), Duration::from_secs(1));
            let tag = interval.tag().map_or("", |tag| tag.as_str());
            (tag, interval.start_timestamp().as_secs(), histogram.len())
        })
        .collect();
    let expected = [
        ("delivery", 0, 10),
        ("last_recipient", 0, 0),
        ("delivery", 1, 10),
        ("last_recipient", 1, 1),
        ("delivery", 2, 10),
    ];
    assert_eq!(found, expected);
    let slow = intervals.get(3).expect("four intervals");
    assert!((slow.max() - 7.0).abs() < 0.01, "milliseconds: {}", slow.max());
}
