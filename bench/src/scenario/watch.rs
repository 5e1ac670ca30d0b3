//! What the kernel says of the server and of the generator over a stretch of a run.

use serde::Serialize;

use super::{Setting, seconds};
use crate::clock::Clock;
use crate::error::BenchError;
use crate::histogram::{Latencies, Quantiles};
use crate::host::own::ThreadTime;
use crate::host::process::CpuTime;
use crate::limits::{GENERATOR_BUSY_SHARE_MAX, LAG_P99_NS_MAX};

/// The kernel's counters at one moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    pub(super) at_ns: u64,
    server: Option<CpuTime>,
    own: ThreadTime,
}

impl Reading {
    pub(super) fn take(clock: Clock, setting: &Setting<'_>) -> Result<Self, BenchError> {
        Ok(Self { at_ns: clock.now_ns(), server: setting.cpu()?, own: ThreadTime::now()? })
    }
}

/// What happened between two readings.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Stretch {
    pub(super) seconds: f64,
    server: Option<CpuTime>,
    own: ThreadTime,
}

/// The server's CPU time in a stretch, publishing included.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct ServerCpu {
    pub(crate) time: CpuTime,
    /// 1.0 is one core.
    pub(crate) cores_used: f64,
    /// Or for each of what the scenario counts in their place: acknowledgements, sign-ins, pulls.
    pub(crate) us_per_delivery: f64,
}

/// How well the generator itself did.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Generator {
    /// Of its one thread, in the stretch.
    pub(crate) cpu_share: f64,
    /// Ready to run and without a core.
    pub(crate) waiting_share: f64,
    /// From each message's intended time to its being written; nothing, where the loop is closed.
    pub(crate) lag: Quantiles,
    /// Why its figures say more of the generator than of the server.
    pub(crate) limited: Option<String>,
}

impl Stretch {
    pub(super) fn between(from: Reading, to: Reading) -> Self {
        Self {
            seconds: seconds(to.at_ns.saturating_sub(from.at_ns)),
            server: to.server.zip(from.server).map(|(to, from)| to.since(from)),
            own: to.own.since(from.own),
        }
    }

    /// How many of `count` fell on a second.
    #[expect(clippy::cast_precision_loss, reason = "counts of one run are far below 2^53")]
    pub(super) fn per_second(&self, count: u64) -> f64 {
        if self.seconds > 0.0 { count as f64 / self.seconds } else { 0.0 }
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of one run are far below 2^53")]
    pub(super) fn server_cpu(&self, count: u64) -> Option<ServerCpu> {
        let time = self.server?;
        Some(ServerCpu {
            time,
            cores_used: seconds(time.total_ns()) / self.seconds.max(f64::MIN_POSITIVE),
            us_per_delivery: time.total_ns() as f64 / 1e3 / count.max(1) as f64,
        })
    }

    /// Judges a generator that follows a schedule by its lateness and by its time, one whose loop
    /// is closed (`lag` is empty) by its time alone.
    pub(super) fn generator(&self, lag: &Latencies) -> Generator {
        let whole = self.seconds.max(f64::MIN_POSITIVE);
        let cpu_share = seconds(self.own.running_ns) / whole;
        let waiting_share = seconds(self.own.waiting_ns) / whole;
        let lag_p99_ns = lag.at_quantile_ns(0.99);
        let limited = if lag_p99_ns > LAG_P99_NS_MAX {
            let (lag, max) = (lag_p99_ns / 1_000, LAG_P99_NS_MAX / 1_000);
            Some(format!("it published {lag} µs late at p99, {max} µs allowed"))
        } else if cpu_share + waiting_share > GENERATOR_BUSY_SHARE_MAX {
            let busy = (cpu_share + waiting_share) * 100.0;
            let max = GENERATOR_BUSY_SHARE_MAX * 100.0;
            Some(format!(
                "it was busy, or waiting for a core, {busy:.0} % of the time, {max:.0} allowed"
            ))
        } else {
            None
        };
        Generator { cpu_share, waiting_share, lag: lag.quantiles(), limited }
    }
}
