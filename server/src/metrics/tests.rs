//! What is counted is rendered, with the labels that are promised.

use std::time::Duration;

use parlance_codecs::dialect::DialectName;
use parlance_conversation::placement::ShardIndex;

use super::{Level, Metrics};

#[test]
fn every_number_is_shown() {
    let metrics = Metrics::new(2);
    let shard = metrics.shard(ShardIndex(1));
    shard.connections.rise(3);
    shard.connections.fall(1);
    shard.sessions(DialectName::Stream).rise(2);
    shard.requests(DialectName::Onechat).add(7);
    shard.deliveries.add(9);
    shard.http_answered(hyper::StatusCode::NOT_FOUND);
    shard.commit_latency.record(Duration::from_micros(50));
    shard.commit_latency.record(Duration::from_secs(60));
    let text = metrics.render();
    for line in [
        "# TYPE parlance_connections gauge",
        "parlance_connections{shard=\"1\"} 2",
        "parlance_connections{shard=\"0\"} 0",
        "parlance_sessions{shard=\"1\",dialect=\"stream\"} 2",
        "parlance_requests_total{shard=\"1\",dialect=\"onechat\"} 7",
        "parlance_deliveries_total{shard=\"1\"} 9",
        "parlance_http_answers_total{shard=\"1\",status=\"4xx\"} 1",
        "parlance_commit_latency_seconds_count{shard=\"1\"} 2",
        "parlance_commit_latency_seconds_bucket{le=\"0.00005\",shard=\"1\"} 1",
        "parlance_commit_latency_seconds_bucket{le=\"2.5\",shard=\"1\"} 1",
        "parlance_commit_latency_seconds_bucket{le=\"+Inf\",shard=\"1\"} 2",
        "# EOF",
    ] {
        assert!(text.lines().any(|shown| shown == line), "no line {line:?} in:\n{text}");
    }
}

#[test]
fn a_level_never_falls_below_zero() {
    let level = Level::default();
    level.fall(5);
    assert_eq!(level.now(), 0);
}
