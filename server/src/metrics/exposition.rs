//! The numbers as OpenMetrics text.
//!
//! Every metric has the label `shard`; a dialect or a class of HTTP answers is a second one. Names
//! are prefixed `parlance_`, and counters end in `_total`.

use std::fmt;
use std::sync::Arc;

use parlance_codecs::dialect::DialectName;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{
    DescriptorEncoder, EncodeMetric as _, MetricEncoder, NoLabelSet, text,
};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;

use super::{Count, LATENCY_BOUNDS_US, Latencies, Level, ShardMetrics};

/// The content type of what [`render`] makes.
pub(crate) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

pub(super) fn render(shards: &Arc<[ShardMetrics]>) -> String {
    let mut registry = Registry::with_prefix("parlance");
    registry.register_collector(Box::new(Scrape(Arc::clone(shards))));
    let mut out = String::new();
    // Writing to a `String` cannot fail.
    let _ = text::encode(&mut out, &registry);
    out
}

#[derive(Debug)]
struct Scrape(Arc<[ShardMetrics]>);

/// A metric's name, its help, and the number of a shard that it is.
type Row<T> = (&'static str, &'static str, fn(&ShardMetrics) -> &T);

type Labels = Vec<(&'static str, String)>;

impl Collector for Scrape {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        self.encode_counts(&mut encoder)?;
        self.encode_levels(&mut encoder)?;
        self.encode_by_dialect(&mut encoder)?;
        self.encode_http(&mut encoder)?;
        self.encode_latencies(&mut encoder)
    }
}

impl Scrape {
    fn encode_counts(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let counts: [Row<Count>; 9] = [
            ("connections_accepted", "Sockets accepted.", |s| &s.connections_accepted),
            ("connections_refused", "Sockets closed at once for lack of room.", |s| {
                &s.connections_refused
            }),
            ("sign_ins_refused", "Sign-ins with credentials that are not valid.", |s| {
                &s.sign_ins_refused
            }),
            ("deliveries", "Messages put into outboxes.", |s| &s.deliveries),
            ("evictions", "Slow consumers closed.", |s| &s.evictions),
            ("mesh_full", "Messages between shards that had to wait for room.", |s| &s.mesh_full),
            ("commit_batches", "Batches written to stores.", |s| &s.commit_batches),
            ("commit_entries", "Writes in those batches.", |s| &s.commit_entries),
            ("loop_stalls", "Turns so long that the heartbeat came late.", |s| &s.loop_stalls),
        ];
        for (name, help, of) in counts {
            let rows = self.rows().map(|(labels, shard)| (labels, of(shard).total()));
            encode_family(encoder, name, help, MetricType::Counter, rows)?;
        }
        Ok(())
    }

    fn encode_levels(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let levels: [Row<Level>; 2] = [
            ("connections", "Open sockets, and sessions that have none of their own.", |s| {
                &s.connections
            }),
            ("outbox_bytes", "Unsent bytes in all outboxes.", |s| &s.outbox_bytes),
        ];
        for (name, help, of) in levels {
            let rows = self.rows().map(|(labels, shard)| (labels, of(shard).now()));
            encode_family(encoder, name, help, MetricType::Gauge, rows)?;
        }
        Ok(())
    }

    fn encode_by_dialect(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let rows = || {
            self.rows().flat_map(move |(labels, shard)| {
                DialectName::ALL.iter().map(move |dialect| {
                    (with(&labels, "dialect", dialect.as_str()), shard, *dialect)
                })
            })
        };
        let sessions =
            rows().map(|(labels, shard, dialect)| (labels, shard.sessions(dialect).now()));
        encode_family(encoder, "sessions", "Signed-in sessions.", MetricType::Gauge, sessions)?;
        let requests =
            rows().map(|(labels, shard, dialect)| (labels, shard.requests(dialect).total()));
        encode_family(encoder, "requests", "Requests decoded.", MetricType::Counter, requests)
    }

    fn encode_http(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let classes = ["1xx", "2xx", "3xx", "4xx", "5xx"];
        let rows = self.rows().flat_map(|(labels, shard)| {
            let counts = classes.into_iter().zip(&shard.http_answers);
            counts
                .map(|(class, count)| (with(&labels, "status", class), count.total()))
                .collect::<Vec<_>>()
        });
        encode_family(encoder, "http_answers", "HTTP answers.", MetricType::Counter, rows)
    }

    fn encode_latencies(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let mut family = encoder.encode_descriptor(
            "commit_latency_seconds",
            "From handing a batch to the commit lane to its end.",
            None,
            MetricType::Histogram,
        )?;
        for (labels, shard) in self.rows() {
            let mut metric = family.encode_family(&labels)?;
            encode_latencies(&mut metric, &shard.commit_latency)?;
        }
        Ok(())
    }

    /// Each shard with its label.
    fn rows(&self) -> impl Iterator<Item = (Labels, &ShardMetrics)> {
        self.0.iter().enumerate().map(|(i, shard)| (vec![("shard", i.to_string())], shard))
    }
}

fn with(labels: &Labels, name: &'static str, value: &str) -> Labels {
    labels.iter().cloned().chain([(name, value.to_owned())]).collect()
}

fn encode_family(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    metric_type: MetricType,
    rows: impl Iterator<Item = (Labels, u64)>,
) -> Result<(), fmt::Error> {
    let mut family = encoder.encode_descriptor(name, help, None, metric_type)?;
    for (labels, value) in rows {
        let metric = family.encode_family(&labels)?;
        match metric_type {
            MetricType::Counter => ConstCounter::new(value).encode(metric)?,
            _ => ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX)).encode(metric)?,
        }
    }
    Ok(())
}

fn encode_latencies(
    metric: &mut MetricEncoder<'_>,
    latencies: &Latencies,
) -> Result<(), fmt::Error> {
    let counts = latencies.buckets.each_ref().map(Count::total);
    // `f64::MAX` is how the last bucket, which has no bound, is written.
    let bounds = LATENCY_BOUNDS_US.iter().map(|us| seconds(*us)).chain([f64::MAX]);
    let buckets: Vec<(f64, u64)> = bounds.zip(counts).collect();
    let total = counts.iter().sum();
    metric.encode_histogram::<NoLabelSet>(seconds(latencies.sum_us.total()), total, &buckets, None)
}

#[expect(clippy::cast_precision_loss, reason = "a sum of microseconds is shown, not computed with")]
fn seconds(us: u64) -> f64 {
    us as f64 / 1e6
}
