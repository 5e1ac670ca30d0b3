//! Plots of latencies: over their quantiles, over time, and over a ramp's rate.

use plotters::prelude::*;

use super::plots::{Axes, HEIGHT, INK, latency_chart, series_colour, svg};
use crate::error::BenchError;
use crate::histogram::Latencies;
use crate::record::{Record, Sample};
use crate::report::format;

/// Steps from one nine to the next.
const STEPS_PER_NINE: u32 = 20;
/// 99.9999 %: beyond it no run has enough receipts.
const NINES_MAX: f64 = 6.0;
const DASH: u32 = 6;

/// One target's share of a plot.
pub(super) struct Curve<'a, T> {
    /// Its place among the targets, which gives its colour.
    pub(super) place: usize,
    /// Not to be trusted: drawn in dashes.
    pub(super) marked: bool,
    pub(super) of: &'a T,
}

/// Latency over the share of receipts that were faster, on an axis that gives each nine the same
/// width.
pub(super) fn percentiles(curves: &[Curve<'_, Latencies>]) -> Result<String, BenchError> {
    let lines: Vec<Vec<(f64, f64)>> = curves.iter().map(|curve| quantile_line(curve.of)).collect();
    let nines = lines.iter().flatten().map(|point| point.0).fold(1.0, f64::max).ceil();
    let axes = Axes {
        x: "share of receipts at most this late",
        y: "latency",
        x_max: nines,
        x_labels: 8,
        x_label: &|nines| share(*nines),
    };
    let latencies: Vec<f64> = lines.iter().flatten().map(|point| point.1).collect();
    svg(HEIGHT, |area| {
        let mut chart = latency_chart(area, &axes, &latencies)?;
        for (curve, line) in curves.iter().zip(lines) {
            let style = series_colour(curve.place).stroke_width(2);
            if curve.marked {
                chart.draw_series(DashedLineSeries::new(line, DASH, DASH, style))?;
            } else {
                chart.draw_series(LineSeries::new(line, style))?;
            }
        }
        Ok(())
    })
}

/// Nines (0 for none, 1 for 90 %, 2 for 99 %) and the latency there, in microseconds.
fn quantile_line(latencies: &Latencies) -> Vec<(f64, f64)> {
    let quantiles = latencies.quantiles();
    #[expect(clippy::cast_precision_loss, reason = "counts of one run are far below 2^53")]
    let nines_max = (quantiles.count.max(1) as f64).log10().min(NINES_MAX);
    let mut line = Vec::new();
    for step in 0.. {
        let nines = f64::from(step) / f64::from(STEPS_PER_NINE);
        if nines > nines_max {
            break;
        }
        line.push((nines, latencies.at_quantile_us(1.0 - 10f64.powf(-nines))));
    }
    line.push((nines_max, quantiles.max_us));
    line
}

/// `0 %`, `90 %`, `99 %`, `99.9 %`; nothing between.
fn share(nines: f64) -> String {
    if (nines - nines.round()).abs() > 1e-6 {
        return String::new();
    }
    let decimals = (nines.round() - 2.0).max(0.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most four")]
    let decimals = decimals as usize;
    format!("{:.decimals$} %", 100.0 * (1.0 - 10f64.powf(-nines)))
}

type Quantile = fn(&Sample) -> f64;

/// The median, the 99th percentile and the maximum of each second of one run.
pub(super) fn over_time(run: &Record, place: usize, marked: bool) -> Result<String, BenchError> {
    let samples = &run.series;
    let seconds = samples.last().map_or(1.0, |last| last.at_s);
    let axes = Axes {
        x: "seconds of the measured window",
        y: "latency",
        x_max: seconds,
        x_labels: 8,
        x_label: &|at| format::number_short(*at),
    };
    let told = samples.iter().flat_map(|sample| [sample.p50_us, sample.p99_us, sample.max_us]);
    let latencies: Vec<f64> = told.collect();
    let colour = series_colour(place);
    svg(HEIGHT, |area| {
        let mut chart = latency_chart(area, &axes, &latencies)?;
        let lines: [(Quantile, ShapeStyle); 3] = [
            (|sample| sample.max_us, colour.mix(0.45).stroke_width(1)),
            (|sample| sample.p99_us, colour.stroke_width(2)),
            (|sample| sample.p50_us, INK.stroke_width(2)),
        ];
        for (value, style) in lines {
            // A second without a receipt parts the line: there is nothing to connect over.
            for part in samples.split(|sample| sample.deliveries == 0) {
                let line = part.iter().map(|sample| (sample.at_s, value(sample)));
                if marked {
                    chart.draw_series(DashedLineSeries::new(line, DASH, DASH, style))?;
                } else {
                    chart.draw_series(LineSeries::new(line, style))?;
                }
                // A part of one second is a point.
                if let [only] = part {
                    let point = (only.at_s, value(only));
                    chart.draw_series([Circle::new(point, 3, colour.filled())])?;
                }
            }
        }
        Ok(())
    })
}

/// The 99th percentile over the rate that was asked for; steps that were not kept are hollow.
pub(super) fn ramp(curves: &[Curve<'_, Record>]) -> Result<String, BenchError> {
    let steps = || curves.iter().flat_map(|curve| &curve.of.ramp);
    let axes = Axes {
        x: "deliveries a second asked for",
        y: "latency, p99",
        x_max: steps().map(|step| step.rate).fold(1.0, f64::max) * 1.05,
        x_labels: 6,
        x_label: &|rate| format::number_short(*rate),
    };
    let latencies: Vec<f64> = steps().map(|step| step.p99_us).collect();
    svg(HEIGHT, |area| {
        let mut chart = latency_chart(area, &axes, &latencies)?;
        for curve in curves {
            let colour = series_colour(curve.place);
            // A step without a receipt has no latency.
            let mut steps: Vec<_> = curve.of.ramp.iter().filter(|step| step.p99_us > 0.0).collect();
            steps.sort_by(|one, next| one.rate.total_cmp(&next.rate));
            let line = steps.iter().map(|step| (step.rate, step.p99_us));
            if curve.marked {
                let style = colour.stroke_width(2);
                chart.draw_series(DashedLineSeries::new(line, DASH, DASH, style))?;
            } else {
                chart.draw_series(LineSeries::new(line, colour.stroke_width(2)))?;
            }
            chart.draw_series(steps.iter().map(|step| {
                let point = (step.rate, step.p99_us);
                if step.kept {
                    Circle::new(point, 4, colour.filled())
                } else {
                    Circle::new(point, 6, colour.stroke_width(2))
                }
            }))?;
        }
        Ok(())
    })
}
