//! From a kind's own result to what every record holds.

use serde::Serialize;
use serde_json::Value;

use super::MemoryStages;
use super::tally::Faults;
use super::watch::{Generator, ServerCpu};
use crate::record::{Measurement, Unit, Verdict};

/// What decides a verdict.
#[derive(Clone, Debug, Default)]
pub(super) struct Judgement {
    pub(super) interrupted: bool,
    /// What the server did that it must not do, for people; the first few.
    pub(super) faults: Vec<String>,
    pub(super) faulty: bool,
    /// Why the generator was the bottleneck, where it was.
    pub(super) limited: Option<String>,
}

impl Judgement {
    fn verdict(&self) -> Verdict {
        if self.interrupted {
            Verdict::Interrupted
        } else if self.faulty {
            Verdict::Faulty
        } else if self.limited.is_some() {
            Verdict::GeneratorLimited
        } else {
            Verdict::Clean
        }
    }

    /// A measurement without figures yet.
    pub(super) fn measurement(
        self,
        workload: &impl Serialize,
        result: &impl Serialize,
    ) -> Measurement {
        let mut measurement =
            Measurement::new(self.verdict(), to_value(workload), to_value(result));
        measurement.reasons.extend(self.faults);
        measurement.reasons.extend(self.limited);
        measurement
    }
}

/// `what` is the singular of what the CPU time is spent on, such as `delivery`.
pub(super) fn server_cpu(measurement: &mut Measurement, what: &str, cpu: Option<&ServerCpu>) {
    if let Some(cpu) = cpu {
        let name = format!("server_cpu_us_per_{what}");
        measurement.lower(name, cpu.us_per_delivery, Unit::Microseconds);
        measurement.lower("server_cores", cpu.cores_used, Unit::Cores);
    }
}

/// How many of each, then the first examples; nothing where there are none.
pub(super) fn faults(faults: &Faults, examples: &[String]) -> Vec<String> {
    let counts = [
        ("lost", faults.lost),
        ("duplicated", faults.duplicated),
        ("reordered", faults.reordered),
        ("misdelivered", faults.misdelivered),
        ("malformed", faults.malformed),
        ("refused", faults.refused),
        ("unacknowledged", faults.unacknowledged),
        ("disconnected", faults.disconnected),
        ("unpublished", faults.unpublished),
    ];
    let some = counts.iter().filter(|(_, count)| *count > 0);
    let some: Vec<String> = some.map(|(name, count)| format!("{count} {name}")).collect();
    let counted = (!some.is_empty()).then(|| some.join(", "));
    counted.into_iter().chain(examples.iter().cloned()).collect()
}

pub(super) fn generator(measurement: &mut Measurement, generator: &Generator) {
    let busy = generator.cpu_share + generator.waiting_share;
    measurement.lower("generator_cores", busy, Unit::Cores);
    if generator.lag.count > 0 {
        measurement.lower("generator_lag_p99_us", generator.lag.p99_us, Unit::Microseconds);
    }
}

pub(super) fn memory(measurement: &mut Measurement, stages: Option<&MemoryStages>) {
    let Some(stages) = stages else { return };
    let MemoryStages { rss_per_session_bytes, slab_per_session_bytes, .. } = *stages;
    measurement.lower("rss_per_connection_bytes", rss_per_session_bytes, Unit::Bytes);
    measurement.lower("slab_per_connection_bytes", slab_per_session_bytes, Unit::Bytes);
    if let Some(pss) = stages.pss_per_session_bytes {
        measurement.lower("pss_per_connection_bytes", pss, Unit::Bytes);
    }
}

/// What the types here say of themselves; none of them has a key that JSON refuses.
pub(super) fn to_value(of: &impl Serialize) -> Value {
    serde_json::to_value(of).expect("a plain structure with text keys")
}

#[cfg(test)]
mod tests;
