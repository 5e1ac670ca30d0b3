//! A record of what a fan-out or idle run came to.

use serde_json::Value;

use super::{Measurement, Unit, Verdict};
use crate::report::Outcome;
use crate::scenario::MemoryStages;
use crate::scenario::fanout::FanoutResult;
use crate::scenario::idle::IdleResult;

impl Outcome {
    pub(crate) fn into_measurement(self) -> Measurement {
        let verdict = self.verdict();
        match self {
            Self::Fanout { workload, result } => {
                let json = (to_value(&workload), to_value(&result));
                let mut measurement = Measurement::new(verdict, json.0, json.1);
                fanout(&mut measurement, *result);
                measurement
            }
            Self::Measured(measurement) => *measurement,
            Self::Idle { workload, result } => {
                let json = (to_value(&workload), to_value(&result));
                let mut measurement = Measurement::new(verdict, json.0, json.1);
                idle(&mut measurement, &result);
                measurement
            }
        }
    }

    pub(crate) fn verdict(&self) -> Verdict {
        let (interrupted, faulty, limited) = match self {
            Self::Fanout { result, .. } => {
                (result.interrupted, result.faults.any(), result.generator.limited.is_some())
            }
            Self::Idle { result, .. } => (result.interrupted, result.disconnected > 0, false),
            Self::Measured(measurement) => return measurement.verdict,
        };
        if interrupted {
            Verdict::Interrupted
        } else if faulty {
            Verdict::Faulty
        } else if limited {
            Verdict::GeneratorLimited
        } else {
            Verdict::Clean
        }
    }
}

fn fanout(measurement: &mut Measurement, result: FanoutResult) {
    measurement.reasons.extend(result.fault_examples);
    measurement.reasons.extend(result.generator.limited);
    measurement.higher("deliveries_per_second", result.deliveries_per_second, Unit::PerSecond);
    if let Some(cpu) = result.server_cpu {
        let per_delivery = cpu.us_per_delivery;
        measurement.lower("server_cpu_us_per_delivery", per_delivery, Unit::Microseconds);
    }
    memory(measurement, result.memory.as_ref());
    for (name, timeline) in [
        ("delivery", result.timelines.delivery),
        ("last_recipient", result.timelines.last_recipient),
        ("acknowledgement", result.timelines.acknowledgement),
    ] {
        if let Some(timeline) = timeline {
            measurement.timeline(name, timeline);
        }
    }
}

fn idle(measurement: &mut Measurement, result: &IdleResult) {
    measurement.reasons.extend(result.first_end.clone());
    measurement.higher("sign_ins_per_second", result.sessions_per_second, Unit::PerSecond);
    if let Some(cores) = result.idle_cores_used {
        measurement.lower("idle_server_cores", cores, Unit::Cores);
    }
    memory(measurement, result.memory.as_ref());
}

fn memory(measurement: &mut Measurement, stages: Option<&MemoryStages>) {
    let Some(stages) = stages else { return };
    let MemoryStages { rss_per_session_bytes, slab_per_session_bytes, .. } = *stages;
    measurement.lower("rss_per_connection_bytes", rss_per_session_bytes, Unit::Bytes);
    measurement.lower("slab_per_connection_bytes", slab_per_session_bytes, Unit::Bytes);
    if let Some(pss) = stages.pss_per_session_bytes {
        measurement.lower("pss_per_connection_bytes", pss, Unit::Bytes);
    }
}

/// What the types here say of themselves; none of them has a key that JSON refuses.
fn to_value(of: &impl serde::Serialize) -> Value {
    serde_json::to_value(of).expect("a plain structure with text keys")
}
