//! Latencies second by second, each in the second of its receipt.
//!
//! The run's histogram is the sum of its seconds, so that a receipt is recorded once.

use std::time::SystemTime;

use hdrhistogram::Histogram;

use super::{DIGITS, Latencies, Quantiles, RESOLUTION_NS};
use crate::limits::{LATENCY_NS_MAX, TIMELINE_SECONDS_MAX};

const SECOND_NS: u64 = 1_000_000_000;

#[derive(Clone, Debug)]
pub(crate) struct Timeline {
    /// By the run's clock.
    from_ns: u64,
    started: SystemTime,
    seconds: Vec<Histogram<u32>>,
}

/// One second of a [`Timeline`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct TimelineSecond<'a> {
    /// Seconds from the timeline's beginning to this one's end.
    pub(crate) end: u32,
    pub(crate) histogram: &'a Histogram<u32>,
}

impl TimelineSecond<'_> {
    pub(crate) fn quantiles(&self) -> Quantiles {
        Quantiles::of(self.histogram)
    }

    pub(crate) fn add_to(&self, sum: &mut Latencies) {
        sum.add_histogram(self.histogram);
    }
}

impl Timeline {
    /// Seconds are counted from `from_ns` of the run's clock, which reads `now_ns` now.
    pub(crate) fn new(from_ns: u64, now_ns: u64) -> Self {
        let ahead = std::time::Duration::from_nanos(from_ns.saturating_sub(now_ns));
        Self { from_ns, started: SystemTime::now() + ahead, seconds: Vec::new() }
    }

    /// Earlier than the beginning counts as the first second, later than
    /// [`TIMELINE_SECONDS_MAX`] as the last.
    pub(crate) fn record(&mut self, at_ns: u64, latency_ns: u64) {
        let second = usize::try_from(at_ns.saturating_sub(self.from_ns) / SECOND_NS);
        let second = second.unwrap_or(usize::MAX).min(TIMELINE_SECONDS_MAX - 1);
        while self.seconds.len() <= second {
            self.seconds.push(empty_second());
        }
        if let Some(histogram) = self.seconds.get_mut(second) {
            histogram
                .record(latency_ns.min(LATENCY_NS_MAX))
                .expect("it grows to any value up to the maximum");
        }
    }

    /// The wall clock's time of the beginning.
    pub(crate) fn started(&self) -> SystemTime {
        self.started
    }

    /// Seconds that are over when the run's clock reads `now_ns`.
    pub(crate) fn seconds_over(&self, now_ns: u64) -> u64 {
        now_ns.saturating_sub(self.from_ns) / SECOND_NS
    }

    pub(crate) fn seconds(&self) -> impl Iterator<Item = TimelineSecond<'_>> {
        (1..).zip(&self.seconds).map(|(end, histogram)| TimelineSecond { end, histogram })
    }

    /// All seconds together.
    pub(crate) fn total(&self) -> Latencies {
        let mut total = Latencies::new();
        self.seconds().for_each(|second| second.add_to(&mut total));
        total
    }
}

/// As small as it can be: most seconds hold no long latency, and there may be hundreds.
fn empty_second() -> Histogram<u32> {
    let mut histogram = Histogram::new_with_bounds(RESOLUTION_NS, 2 * RESOLUTION_NS, DIGITS)
        .expect("the bounds are constants, the upper one twice the lower");
    histogram.auto(true);
    histogram
}
