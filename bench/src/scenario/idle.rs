//! `run idle`: what a session costs that does nothing.

use serde::Serialize;

use super::outcome::{self, Judgement};
use super::{MemoryStages, Setting, seconds, settle};
use crate::client::fleet::Fleet;
use crate::client::{End, Sink};
use crate::clock::Clock;
use crate::error::BenchError;
use crate::limits::TURN_WAIT_NS_MAX;
use crate::record::{Measurement, Unit};
use crate::seed::Draws;
use crate::wire::Wire;
use crate::workload::{self, Idle};

#[derive(Clone, Debug, Serialize)]
pub(crate) struct IdleResult {
    pub(crate) interrupted: bool,
    /// From the first connect to the last session's readiness.
    pub(crate) sign_in_seconds: f64,
    pub(crate) sessions_per_second: f64,
    /// Sessions that ended while they were held.
    pub(crate) disconnected: u64,
    pub(crate) first_end: Option<String>,
    /// `after` is at the end of holding them.
    pub(crate) memory: Option<MemoryStages>,
    /// The server's, while nothing happens; 1.0 is one core.
    pub(crate) idle_cores_used: Option<f64>,
}

#[expect(clippy::cast_precision_loss, reason = "counts of one run are far below 2^53")]
pub(crate) fn run(workload: &Idle, setting: &Setting<'_>) -> Result<IdleResult, BenchError> {
    let clock = Clock::start();
    let mut fleet = Fleet::new(setting.target.addresses, clock, Draws::new(setting.seed))?;
    let before = setting.memory()?;
    let start_ns = clock.now_ns();
    let seats = workload.seats(workload::first_user(setting.seed));
    setting.progress.phase(&format!("signing in {} sessions", seats.len()));
    fleet.open(&seats, setting.interrupt)?;
    let sign_in_seconds = seconds(clock.now_ns() - start_ns);
    settle(&mut fleet, clock, setting.settle_ns)?;
    let idle = setting.memory()?;

    let (hold_from_ns, cpu_from) = (clock.now_ns(), setting.cpu()?);
    let hold_to_ns = hold_from_ns + workload.seconds * 1_000_000_000;
    setting.progress.phase(&format!("holding the sessions for {} s", workload.seconds));
    let mut holding = Holding::default();
    while let Some(left_ns) = hold_to_ns.checked_sub(clock.now_ns()).filter(|left| *left > 0) {
        if setting.interrupt.is_raised() {
            break;
        }
        fleet.turn(left_ns.min(TURN_WAIT_NS_MAX), &mut holding)?;
    }
    let held = seconds(clock.now_ns() - hold_from_ns);
    let cpu = setting.cpu()?.zip(cpu_from).map(|(to, from)| to.since(from));
    let after = setting.memory()?;
    let memory = before.zip(idle).zip(after).map(|((before, idle), after)| {
        MemoryStages::new(before, idle, after, workload.connections)
    });
    Ok(IdleResult {
        interrupted: setting.interrupt.is_raised(),
        sign_in_seconds,
        sessions_per_second: seats.len() as f64 / sign_in_seconds.max(f64::MIN_POSITIVE),
        disconnected: holding.ended,
        first_end: holding.first_end.map(|end| end.to_string()),
        memory,
        idle_cores_used: cpu.filter(|_| held > 0.0).map(|cpu| seconds(cpu.total_ns()) / held),
    })
}

pub(crate) fn measure(workload: &Idle, setting: &Setting<'_>) -> Result<Measurement, BenchError> {
    let result = run(workload, setting)?;
    let judgement = Judgement {
        interrupted: result.interrupted,
        faults: result.first_end.iter().cloned().collect(),
        faulty: result.disconnected > 0,
        limited: None,
    };
    let mut measurement = judgement.measurement(workload, &result);
    measurement.higher("sign_ins_per_second", result.sessions_per_second, Unit::PerSecond);
    if let Some(cores) = result.idle_cores_used {
        measurement.lower("idle_server_cores", cores, Unit::Cores);
    }
    outcome::memory(&mut measurement, result.memory.as_ref());
    Ok(measurement)
}

#[derive(Default)]
struct Holding {
    ended: u64,
    first_end: Option<End>,
}

impl Sink for Holding {
    fn frame(&mut self, _: usize, _: Wire, _: &[u8], _: u64) {}

    fn ended(&mut self, _: usize, end: End) {
        self.ended += 1;
        self.first_end.get_or_insert(end);
    }
}
