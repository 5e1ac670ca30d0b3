//! What a run is doing, while it lasts: on a terminal only, and at most once a second, so that
//! the generator has its time for the schedule.

use std::cell::RefCell;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::format;
use crate::error::BenchError;
use crate::histogram::{Latencies, Timeline};
use crate::record::Unit;

const SECOND_NS: u64 = 1_000_000_000;

/// One run's line.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: ProgressBar,
    label: String,
    measured: RefCell<Measured>,
}

/// What was shown of the window that is being measured.
#[derive(Debug)]
struct Measured {
    /// Of the window: another end is another window.
    end_ns: u64,
    /// Nothing is shown before.
    next_ns: u64,
    so_far: Latencies,
    /// Seconds that `so_far` holds.
    seconds: usize,
}

impl Measured {
    fn until(end_ns: u64) -> Self {
        Self { end_ns, next_ns: 0, so_far: Latencies::new(), seconds: 0 }
    }

    /// Adds the seconds that are over; receipts in the last of them, and p99 so far.
    fn advance(&mut self, timeline: &Timeline, now_ns: u64) -> (u64, f64) {
        let over = timeline.seconds_over(now_ns);
        let mut rate = 0;
        for second in timeline.seconds().skip(self.seconds) {
            let end = u64::from(second.end);
            if end > over {
                break;
            }
            // A second without a receipt is not there until a later one has some.
            if end == over {
                rate = second.quantiles().count;
            }
            second.add_to(&mut self.so_far);
            self.seconds += 1;
        }
        (rate, self.so_far.at_quantile_us(0.99))
    }
}

impl Progress {
    /// On standard error, so that what is printed on standard output stays whole; hidden where
    /// that is no terminal.
    pub(crate) fn new(label: String) -> Result<Self, BenchError> {
        let style = ProgressStyle::with_template("{spinner} {msg}")
            .map_err(|error| BenchError::Plot { detail: error.to_string() })?;
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        Ok(Self::with(bar.with_style(style), label))
    }

    /// Nothing is shown.
    #[cfg(test)]
    pub(crate) fn silent() -> Self {
        Self::with(ProgressBar::hidden(), String::new())
    }

    fn with(bar: ProgressBar, label: String) -> Self {
        Self { bar, label, measured: RefCell::new(Measured::until(0)) }
    }

    /// Such as `signing in`.
    pub(crate) fn phase(&self, phase: &str) {
        self.show(phase);
    }

    /// What arrives is measured until `end_ns`; it is `now_ns`.
    pub(crate) fn measuring(&self, timeline: &Timeline, now_ns: u64, end_ns: u64) {
        if self.bar.is_hidden() {
            return;
        }
        let mut measured = self.measured.borrow_mut();
        if measured.end_ns != end_ns {
            *measured = Measured::until(end_ns);
        }
        if now_ns < measured.next_ns {
            return;
        }
        measured.next_ns = now_ns + SECOND_NS;
        let (rate, p99_us) = measured.advance(timeline, now_ns);
        let left = end_ns.saturating_sub(now_ns).div_ceil(SECOND_NS);
        let seen = if measured.so_far.quantiles().count == 0 {
            "nothing yet".to_owned()
        } else {
            let p99 = format::value(p99_us, Unit::Microseconds);
            format!("{rate} deliveries/s, p99 so far {p99}")
        };
        self.show(&format!("measuring, {left} s left, {seen}"));
    }

    fn show(&self, text: &str) {
        self.bar.set_message(format!("{}: {text}", self.label));
        self.bar.tick();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests;
