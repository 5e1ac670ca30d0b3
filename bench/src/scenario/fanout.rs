//! `run fanout`: sign in, make the groups, publish on schedule, wait for the rest, judge.

use serde::Serialize;

use super::flow::{Crowd, Stage};
use super::outcome::{self, Judgement};
use super::tally::Faults;
use super::watch::{Generator, ServerCpu};
use super::{MemoryStages, Setting};
use crate::error::BenchError;
use crate::histogram::{Quantiles, Timeline};
use crate::record::{Measurement, Unit};
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

/// Latencies second by second.
#[derive(Clone, Debug)]
pub(crate) struct Timelines {
    pub(crate) delivery: Timeline,
    pub(crate) last_recipient: Timeline,
    pub(crate) acknowledgement: Timeline,
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

/// Also of a kind that is a fan-out in a layout of its own.
pub(crate) fn measure(
    workload: &impl Serialize,
    layout: &Fanout,
    setting: &Setting<'_>,
) -> Result<Measurement, BenchError> {
    let result = run(layout, setting)?;
    let judgement = Judgement {
        interrupted: result.interrupted,
        faults: outcome::faults(&result.faults, &result.fault_examples),
        faulty: result.faults.any(),
        limited: result.generator.limited.clone(),
    };
    let mut measurement = judgement.measurement(workload, &result);
    measurement.higher("deliveries_per_second", result.deliveries_per_second, Unit::PerSecond);
    outcome::server_cpu(&mut measurement, "delivery", result.server_cpu.as_ref());
    outcome::generator(&mut measurement, &result.generator);
    outcome::memory(&mut measurement, result.memory.as_ref());
    if layout.slow > 0 {
        measurement.higher("slow_receipts", count(result.slow_receipts), Unit::Count);
        measurement.lower("slow_closed", count(result.slow_closed), Unit::Count);
    }
    let Timelines { delivery, last_recipient, acknowledgement } = result.timelines;
    measurement.timeline("delivery", delivery);
    measurement.timeline("last_recipient", last_recipient);
    measurement.timeline("acknowledgement", acknowledgement);
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
            delivery: stage.delivery,
            last_recipient: stage.last_recipient,
            acknowledgement: stage.acknowledgement,
        },
    }
}
