//! Latencies: recorded in nanoseconds, told in microseconds.

use hdrhistogram::Histogram;
use serde::Serialize;

use crate::limits::LATENCY_NS_MAX;

/// Below this nothing is told apart: a clock reading costs about as much.
const RESOLUTION_NS: u64 = 100;
/// Three significant digits keep a quantile within 0.1 %.
const DIGITS: u8 = 3;

#[derive(Clone, Debug)]
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
        let at = |quantile| micros(self.histogram.value_at_quantile(quantile));
        Quantiles {
            count: self.histogram.len(),
            p50_us: at(0.50),
            p90_us: at(0.90),
            p99_us: at(0.99),
            p999_us: at(0.999),
            max_us: micros(self.histogram.max()),
            mean_us: self.histogram.mean() / 1_000.0,
        }
    }

    pub(crate) fn at_quantile_ns(&self, quantile: f64) -> u64 {
        self.histogram.value_at_quantile(quantile)
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

#[expect(clippy::cast_precision_loss, reason = "at most LATENCY_NS_MAX, far below 2^53")]
fn micros(ns: u64) -> f64 {
    ns as f64 / 1_000.0
}

#[cfg(test)]
mod tests;
