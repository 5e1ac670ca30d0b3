//! `ramp`: the highest rate that a server keeps.

use serde::Serialize;

use super::Setting;
use super::flow::{Crowd, Stage};
use super::outcome::{self, Judgement};
use super::tally::Faults;
use super::watch::{Generator, ServerCpu};
use crate::error::BenchError;
use crate::record::{Measurement, RampStep, Unit};
use crate::workload::Ramp;

/// One step, in full.
#[derive(Debug, Serialize)]
struct Step {
    /// Messages per second and group.
    message_rate: f64,
    kept: bool,
    p99_us: f64,
    deliveries_per_second: f64,
    faults: Faults,
    server_cpu: Option<ServerCpu>,
    generator: Generator,
}

#[derive(Debug, Serialize)]
struct RampResult {
    /// `false` where every step was kept, so that the limit was not found.
    saturated: bool,
    steps: Vec<Step>,
}

/// The search for the rate.
struct Search<'a> {
    workload: &'a Ramp,
    crowd: Crowd<'a>,
    steps: Vec<Step>,
    interrupted: bool,
    /// Why the steps above it say nothing of the server.
    limited: Option<String>,
}

pub(crate) fn measure(workload: &Ramp, setting: &Setting<'_>) -> Result<Measurement, BenchError> {
    let crowd = Crowd::gather(&workload.layout(workload.rate), setting)?;
    let mut search =
        Search { workload, crowd, steps: Vec::new(), interrupted: false, limited: None };
    search.run()?;
    Ok(search.result())
}

impl Search<'_> {
    fn run(&mut self) -> Result<(), BenchError> {
        let (mut kept, mut rate) = (None, self.workload.rate);
        for _ in 0..self.workload.steps {
            if !self.step(rate)? {
                return kept.map_or(Ok(()), |kept| self.refine(kept, rate));
            }
            kept = Some(rate);
            rate *= self.workload.factor;
        }
        Ok(())
    }

    /// Halves the way between a rate that was kept and one that was not.
    fn refine(&mut self, mut kept: f64, mut lost: f64) -> Result<(), BenchError> {
        for _ in 0..self.workload.refine {
            if !self.can_go_on() {
                break;
            }
            let middle = f64::midpoint(kept, lost);
            if self.step(middle)? {
                kept = middle;
            } else {
                lost = middle;
            }
        }
        Ok(())
    }

    /// After lost sessions another step would measure a smaller crowd.
    fn can_go_on(&self) -> bool {
        let gone = self.steps.iter().any(|step| step.faults.disconnected > 0);
        !gone && !self.interrupted
    }

    /// Whether the rate was kept.
    fn step(&mut self, rate: f64) -> Result<bool, BenchError> {
        let layout = self.workload.layout(rate);
        // A factor may lead past what a run can hold; that is the end of the search.
        if layout.check().is_err() {
            return Ok(false);
        }
        let stage = self.crowd.stage(&layout)?;
        let Stage { finished, faults, generator, delivery, deliveries, stretch, .. } = stage;
        let p99_us = delivery.total().quantiles().p99_us;
        let bound_us = f64::from(self.workload.p99_ms_max) * 1e3;
        let kept = finished && !faults.any() && generator.limited.is_none() && p99_us <= bound_us;
        self.interrupted |= !finished;
        if self.limited.is_none() {
            self.limited.clone_from(&generator.limited);
        }
        self.steps.push(Step {
            message_rate: rate,
            kept,
            p99_us,
            deliveries_per_second: stretch.per_second(deliveries),
            faults,
            server_cpu: stretch.server_cpu(deliveries),
            generator,
        });
        Ok(kept)
    }

    fn result(self) -> Measurement {
        let workload = self.workload;
        let highest = self.steps.iter().filter(|step| step.kept);
        let highest = highest.max_by(|a, b| a.message_rate.total_cmp(&b.message_rate));
        let figures = highest.map(|step| (step.message_rate, step.p99_us, step.server_cpu));
        // Loss is how a ramp ends, so it is no fault of the run; a first step that fails is.
        let faulty = figures.is_none() && self.limited.is_none();
        let judgement = Judgement {
            interrupted: self.interrupted,
            faulty,
            faults: if faulty { vec!["no step was kept".to_owned()] } else { Vec::new() },
            limited: self.limited.clone(),
        };
        let per_message = f64::from(workload.layout(1.0).receipts_per_message());
        let deliveries = |rate: f64| rate * f64::from(workload.groups) * per_message;
        let ramp = self.steps.iter().map(|step| RampStep {
            rate: deliveries(step.message_rate),
            p99_us: step.p99_us,
            lost: step.faults.lost,
            kept: step.kept,
        });
        let ramp = ramp.collect();
        let saturated = self.steps.iter().any(|step| !step.kept);
        let result = RampResult { saturated, steps: self.steps };
        let mut measurement = judgement.measurement(workload, &result);
        measurement.ramp = ramp;
        if let Some((rate, p99_us, cpu)) = figures {
            let kept = deliveries(rate);
            measurement.higher("kept_deliveries_per_second", kept, Unit::PerSecond);
            measurement.lower("kept_p99_us", p99_us, Unit::Microseconds);
            outcome::server_cpu(&mut measurement, "delivery", cpu.as_ref());
        }
        measurement
    }
}
