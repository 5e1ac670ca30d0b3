//! `connect`: how fast sessions come, and what each sign-in costs the server.

use serde::Serialize;

use super::outcome::{self, Judgement};
use super::watch::{Generator, Reading, ServerCpu, Stretch};
use super::{MemoryStages, Setting, settle};
use crate::client::fleet::{Fleet, Opening};
use crate::clock::Clock;
use crate::error::BenchError;
use crate::histogram::{Latencies, Quantiles};
use crate::record::{Measurement, Unit};
use crate::seed::Draws;
use crate::workload::{self, Connect};

#[derive(Debug, Serialize)]
struct ConnectResult {
    /// From the first connect to the last session's readiness.
    seconds: f64,
    sign_ins_per_second: f64,
    /// From each connect to the session's readiness.
    sign_in: Quantiles,
    server_cpu: Option<ServerCpu>,
    memory: Option<MemoryStages>,
    generator: Generator,
}

pub(crate) fn measure(
    workload: &Connect,
    setting: &Setting<'_>,
) -> Result<Measurement, BenchError> {
    let clock = Clock::start();
    let seats = workload.seats(workload::first_user(setting.seed));
    // Before the clock starts to count: signing is the issuer's work, not the server's.
    let tokens = setting.tokens(&seats)?;
    let mut fleet = Fleet::new(setting.target.addresses, clock, Draws::new(setting.seed))?;
    let before = setting.memory()?;
    let from = Reading::take(clock, setting)?;
    setting.progress.phase(&format!("signing in {} sessions", seats.len()));
    let opening = Opening { tokens, at_once: workload.at_once };
    fleet.open_as(&seats, &opening, setting.interrupt)?;
    let to = Reading::take(clock, setting)?;
    settle(&mut fleet, clock, setting.settle_ns)?;
    let idle = setting.memory()?;
    let memory =
        before.zip(idle).map(|(before, idle)| MemoryStages::new(before, idle, idle, seats.len()));
    let sign_ins = fleet.sign_ins().clone();
    Ok(result(workload, Stretch::between(from, to), sign_ins, memory))
}

fn result(
    workload: &Connect,
    stretch: Stretch,
    sign_ins: Latencies,
    memory: Option<MemoryStages>,
) -> Measurement {
    let count = workload.connections as u64;
    let result = ConnectResult {
        seconds: stretch.seconds,
        sign_ins_per_second: stretch.per_second(count),
        sign_in: sign_ins.quantiles(),
        server_cpu: stretch.server_cpu(count),
        memory,
        generator: stretch.generator(&Latencies::new()),
    };
    let judgement = Judgement { limited: result.generator.limited.clone(), ..Judgement::default() };
    let mut measurement = judgement.measurement(workload, &result);
    measurement.lower("sign_in_seconds", result.seconds, Unit::Seconds);
    measurement.higher("sign_ins_per_second", result.sign_ins_per_second, Unit::PerSecond);
    measurement.histogram("sign_in", sign_ins);
    outcome::server_cpu(&mut measurement, "sign_in", result.server_cpu.as_ref());
    outcome::generator(&mut measurement, &result.generator);
    outcome::memory(&mut measurement, result.memory.as_ref());
    measurement
}
