//! `soak`: does the server stay as it is under a steady load?

use serde::Serialize;

use super::flow::Crowd;
use super::outcome::{self, Judgement};
use super::tally::Faults;
use super::watch::ServerCpu;
use super::{Setting, seconds};
use crate::error::BenchError;
use crate::histogram::Latencies;
use crate::host::process;
use crate::record::{Measurement, Unit};
use crate::workload::Soak;

/// What one stage showed, and the server at its end.
#[derive(Debug, Serialize)]
struct StageEnd {
    /// Since the run began.
    at_s: f64,
    deliveries: u64,
    p50_us: f64,
    p99_us: f64,
    max_us: f64,
    server_cpu: Option<ServerCpu>,
    rss_bytes: Option<u64>,
    descriptors: Option<u64>,
}

#[derive(Debug, Serialize)]
struct SoakResult {
    faults: Faults,
    stages: Vec<StageEnd>,
}

pub(crate) fn measure(workload: &Soak, setting: &Setting<'_>) -> Result<Measurement, BenchError> {
    let layout = workload.layout();
    let mut crowd = Crowd::gather(&layout, setting)?;
    let mut delivery = Latencies::new();
    let mut judgement = Judgement::default();
    let mut result = SoakResult { faults: Faults::default(), stages: Vec::new() };
    for _ in 0..workload.stages {
        let stage = crowd.stage(&layout)?;
        let latencies = stage.delivery.total();
        let quantiles = latencies.quantiles();
        delivery.add(&latencies);
        result.faults.add(&stage.faults);
        result.stages.push(StageEnd {
            at_s: seconds(crowd.clock.now_ns()),
            deliveries: stage.deliveries,
            p50_us: quantiles.p50_us,
            p99_us: quantiles.p99_us,
            max_us: quantiles.max_us,
            server_cpu: stage.stretch.server_cpu(stage.deliveries),
            rss_bytes: setting.memory()?.map(|memory| memory.rss_bytes),
            descriptors: setting.target.pid.map(process::descriptors).transpose()?,
        });
        judgement.faults.extend(stage.examples);
        judgement.limited = judgement.limited.or(stage.generator.limited);
        judgement.interrupted = !stage.finished;
        if judgement.interrupted || result.faults.disconnected > 0 {
            break;
        }
    }
    judgement.faulty = result.faults.any();
    let mut measurement = judgement.measurement(workload, &result);
    figures(&mut measurement, &result);
    measurement.histogram("delivery", delivery);
    Ok(measurement)
}

#[expect(clippy::cast_precision_loss, reason = "sizes and counts are far below 2^53")]
fn figures(measurement: &mut Measurement, result: &SoakResult) {
    // The first stage warms up what grows once: caches, pools, the allocator's own.
    let settled = || result.stages.iter().skip(1);
    let rss = settled().filter_map(|stage| Some((stage.at_s, stage.rss_bytes? as f64)));
    if let Some(slope) = slope(rss) {
        measurement.lower("rss_growth_bytes_per_second", slope, Unit::Bytes);
    }
    let descriptors = settled().filter_map(|stage| Some((stage.at_s, stage.descriptors? as f64)));
    if let Some(slope) = slope(descriptors) {
        measurement.lower("descriptors_growth_per_second", slope, Unit::PerSecond);
    }
    let last = result.stages.last();
    outcome::server_cpu(measurement, "delivery", last.and_then(|stage| stage.server_cpu.as_ref()));
}

/// Of the straight line that lies closest to the points (least squares); `None` below two.
pub(super) fn slope(points: impl Iterator<Item = (f64, f64)>) -> Option<f64> {
    let points: Vec<(f64, f64)> = points.collect();
    #[expect(clippy::cast_precision_loss, reason = "there are at most SOAK_STAGES_MAX points")]
    let count = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (mean_x, mean_y) = (mean(|(x, _)| *x), mean(|(_, y)| *y));
    let spread: f64 = points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    let common: f64 = points.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    (spread > 0.0).then(|| common / spread)
}
