//! `run fanout`: sign in, make the groups, publish on schedule, wait for the rest, judge.

use serde::Serialize;

use super::flow::{Crowd, Stage};
use super::tally::Faults;
pub(crate) use super::watch::{Generator, ServerCpu};
use super::{MemoryStages, Setting, outcome};
use crate::error::BenchError;
use crate::histogram::{Quantiles, Timeline};
use crate::record::{Measurement, Unit};
use crate::report::Outcome;
use crate::workload::Fanout;

#[derive(Clone, Debug, Serialize)]
pub(crate) struct FanoutResult {
    pub(crate) interrupted: bool,
    pub(crate) faults: Faults,
    pub(crate) fault_examples: Vec<String>,
    /// Messages sent, warm-up included.
    pub(crate) published: u64,
    /// Receipts, warm-up and drain included.
    pub(crate) receipts: u64,
    /// Between the window's two readings; receipts of what was published before may be among
    /// them, and those of what was published at its end may not.
    pub(crate) window_seconds: f64,
    pub(crate) window_deliveries: u64,
    pub(crate) deliveries_per_second: f64,
    /// What the schedule asked for.
    pub(crate) offered_deliveries_per_second: f64,
    /// From the intended time to each receipt.
    pub(crate) delivery: Quantiles,
    /// From the intended time to each message's last receipt.
    pub(crate) last_recipient: Quantiles,
    /// From the intended time to the publisher's acknowledgement.
    pub(crate) acknowledgement: Quantiles,
    pub(crate) server_cpu: Option<ServerCpu>,
    pub(crate) memory: Option<MemoryStages>,
    pub(crate) generator: Generator,
    /// Receipts of those that are slow on purpose, and how many of them the server closed.
    pub(crate) slow_receipts: u64,
    pub(crate) slow_closed: u64,
    #[serde(skip)]
    pub(crate) timelines: Timelines,
}

/// Latencies second by second, of those that were measured.
#[derive(Clone, Debug, Default)]
pub(crate) struct Timelines {
    pub(crate) delivery: Option<Timeline>,
    pub(crate) last_recipient: Option<Timeline>,
    pub(crate) acknowledgement: Option<Timeline>,
}

pub(crate) fn run(workload: &Fanout, setting: &Setting<'_>) -> Result<FanoutResult, BenchError> {
    let mut crowd = Crowd::gather(workload, setting)?;
    let stage = crowd.stage(workload)?;
    let after = setting.memory()?;
    let memory = crowd.memory.zip(after).map(|((before, idle), after)| {
        MemoryStages::new(before, idle, after, workload.connections())
    });
    Ok(result(workload, stage, memory))
}

/// Of a kind that is a fan-out in a layout of its own.
pub(crate) fn measure(
    workload: &impl Serialize,
    layout: &Fanout,
    setting: &Setting<'_>,
) -> Result<Measurement, BenchError> {
    let result = Box::new(run(layout, setting)?);
    let slow = (layout.slow > 0).then_some((result.slow_receipts, result.slow_closed));
    let outcome = Outcome::Fanout { workload: layout.clone(), result };
    let mut measurement = outcome.into_measurement();
    measurement.workload = outcome::to_value(workload);
    if let Some((receipts, closed)) = slow {
        measurement.higher("slow_receipts", count(receipts), Unit::Count);
        measurement.lower("slow_closed", count(closed), Unit::Count);
    }
    Ok(measurement)
}

#[expect(clippy::cast_precision_loss, reason = "counts of one run are far below 2^53")]
fn count(number: u64) -> f64 {
    number as f64
}

fn result(workload: &Fanout, stage: Stage, memory: Option<MemoryStages>) -> FanoutResult {
    let quantiles = |timeline: &Timeline| timeline.total().quantiles();
    FanoutResult {
        interrupted: !stage.finished,
        faults: stage.faults,
        fault_examples: stage.examples,
        published: stage.published,
        receipts: stage.receipts,
        window_seconds: stage.stretch.seconds,
        window_deliveries: stage.deliveries,
        deliveries_per_second: stage.stretch.per_second(stage.deliveries),
        offered_deliveries_per_second: workload.offered_per_second()
            * f64::from(workload.receipts_per_message()),
        delivery: quantiles(&stage.delivery),
        last_recipient: quantiles(&stage.last_recipient),
        acknowledgement: quantiles(&stage.acknowledgement),
        server_cpu: stage.stretch.server_cpu(stage.deliveries),
        memory,
        generator: stage.generator,
        slow_receipts: stage.slow_receipts,
        slow_closed: stage.slow_ended,
        timelines: Timelines {
            delivery: Some(stage.delivery),
            last_recipient: Some(stage.last_recipient),
            acknowledgement: Some(stage.acknowledgement),
        },
    }
}
