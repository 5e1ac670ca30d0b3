//! Latencies: recorded in nanoseconds, told in microseconds, kept as the HdrHistogram encoding
//! that the known tools read.

mod timeline;

use std::io::Cursor;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer, Serializer, V2DeflateSerializer};
use serde::{Deserialize, Serialize};

use crate::limits::LATENCY_NS_MAX;
pub(crate) use timeline::{Timeline, TimelineSecond};

/// Below this nothing is told apart: a clock reading costs about as much.
const RESOLUTION_NS: u64 = 100;
/// Three significant digits keep a quantile within 0.1 %.
const DIGITS: u8 = 3;

/// As JSON: base64 of HdrHistogram's V2 encoding, deflated, in nanoseconds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Latencies {
    histogram: Histogram<u64>,
}

impl Latencies {
    pub(crate) fn new() -> Self {
        let histogram = Histogram::new_with_bounds(RESOLUTION_NS, LATENCY_NS_MAX, DIGITS)
            .expect("the bounds are constants, the upper one more than twice the lower");
        Self { histogram }
    }

    /// Longer than [`LATENCY_NS_MAX`] counts as that.
    pub(crate) fn record(&mut self, latency_ns: u64) {
        self.histogram.saturating_record(latency_ns);
    }

    pub(crate) fn quantiles(&self) -> Quantiles {
        Quantiles::of(&self.histogram)
    }

    pub(crate) fn at_quantile_ns(&self, quantile: f64) -> u64 {
        self.histogram.value_at_quantile(quantile)
    }

    pub(crate) fn at_quantile_us(&self, quantile: f64) -> f64 {
        micros(self.histogram.value_at_quantile(quantile))
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.add_histogram(&other.histogram);
    }

    fn add_histogram<C: hdrhistogram::Counter>(&mut self, other: &Histogram<C>) {
        for bucket in other.iter_recorded() {
            let count = bucket.count_at_value().as_u64();
            self.histogram.saturating_record_n(bucket.value_iterated_to(), count);
        }
    }

    fn encode(&self) -> Result<String, String> {
        let mut bytes = Vec::new();
        V2DeflateSerializer::new()
            .serialize(&self.histogram, &mut bytes)
            .map_err(|error| format!("a histogram that cannot be encoded: {error}"))?;
        Ok(STANDARD.encode(bytes))
    }

    fn decode(text: &str) -> Result<Self, String> {
        let bytes = STANDARD.decode(text).map_err(|error| error.to_string())?;
        let histogram = Deserializer::new()
            .deserialize(&mut Cursor::new(bytes))
            .map_err(|error| error.to_string())?;
        Ok(Self { histogram })
    }
}

impl Serialize for Latencies {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.encode().map_err(serde::ser::Error::custom)?)
    }
}

impl<'de> Deserialize<'de> for Latencies {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::decode(&text).map_err(|error| {
            let seen: String = text.chars().take(24).collect();
            serde::de::Error::custom(format!("{seen:?}… is no encoded HdrHistogram: {error}"))
        })
    }
}

/// What a report shows of [`Latencies`]. All zero where nothing was recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Quantiles {
    pub(crate) count: u64,
    pub(crate) p50_us: f64,
    pub(crate) p90_us: f64,
    pub(crate) p99_us: f64,
    pub(crate) p999_us: f64,
    pub(crate) max_us: f64,
    pub(crate) mean_us: f64,
}

impl Quantiles {
    fn of<C: hdrhistogram::Counter>(histogram: &Histogram<C>) -> Self {
        let at = |quantile| micros(histogram.value_at_quantile(quantile));
        Self {
            count: histogram.len(),
            p50_us: at(0.50),
            p90_us: at(0.90),
            p99_us: at(0.99),
            p999_us: at(0.999),
            max_us: micros(histogram.max()),
            mean_us: histogram.mean() / 1_000.0,
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "at most LATENCY_NS_MAX, far below 2^53")]
fn micros(ns: u64) -> f64 {
    ns as f64 / 1_000.0
}

#[cfg(test)]
mod tests;
