//! The bootstrap: how much a ratio of medians would differ if the rounds were drawn again.
//!
//! The interval is that of the percentiles: simple, and honest about its own weakness, for with
//! few rounds it cannot reach beyond what they showed.

use serde::Serialize;

use crate::record::groups::median_of_sorted;
use crate::seed::Draws;

/// Resamples: the interval's ends then move by less than a tenth of its width between seeds.
const RESAMPLES: usize = 10_000;
/// Of the resamples, half below and half above the interval.
const OUTSIDE: f64 = 0.05;

/// Of 95 % confidence.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Interval {
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Interval {
    /// Of the inverse ratio.
    pub(crate) fn inverse(self) -> Self {
        Self { low: 1.0 / self.high, high: 1.0 / self.low }
    }
}

/// Where both are above zero, or the same.
pub(crate) fn ratio(baseline: f64, candidate: f64) -> Option<f64> {
    #[expect(clippy::float_cmp, reason = "the same figure on both sides is a ratio of exactly 1")]
    if baseline == candidate {
        return Some(1.0);
    }
    (baseline > 0.0 && candidate > 0.0).then(|| candidate / baseline)
}

/// `paired` draws the same rounds of both sides; they are then of one length.
pub(crate) fn interval(
    baseline: &[f64],
    candidate: &[f64],
    paired: bool,
    seed: u64,
) -> Option<Interval> {
    let mut draws = Draws::new(seed);
    let mut ratios = Vec::with_capacity(RESAMPLES);
    let (mut from, mut to) = (Vec::new(), Vec::new());
    for _ in 0..RESAMPLES {
        let places = places(&mut draws, baseline.len());
        draw(baseline, &places, &mut from);
        if paired {
            draw(candidate, &places, &mut to);
        } else {
            let places = self::places(&mut draws, candidate.len());
            draw(candidate, &places, &mut to);
        }
        ratios.push(ratio(median_of_sorted(&from)?, median_of_sorted(&to)?)?);
    }
    ratios.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a share of RESAMPLES"
    )]
    let below = (RESAMPLES as f64 * OUTSIDE / 2.0) as usize;
    let low = *ratios.get(below)?;
    let high = *ratios.get(ratios.len().checked_sub(below + 1)?)?;
    Some(Interval { low, high })
}

/// As many places as there are, each any of them.
fn places(draws: &mut Draws, count: usize) -> Vec<usize> {
    let count = count as u64;
    // The modulus favours the lower places by less than 2^-50.
    (0..count).map(|_| usize::try_from(draws.next() % count).unwrap_or_default()).collect()
}

/// Leaves the drawn values in `sorted`.
fn draw(values: &[f64], places: &[usize], sorted: &mut Vec<f64>) {
    sorted.clear();
    sorted.extend(places.iter().filter_map(|place| values.get(*place)));
    sorted.sort_by(f64::total_cmp);
}
