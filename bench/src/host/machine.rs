//! The machine, for a report that is read elsewhere: figures of two machines are not comparable.

use serde::{Deserialize, Serialize};

use super::{labelled, read};

#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub(crate) struct Machine {
    pub(crate) cpu: String,
    pub(crate) cores: usize,
    pub(crate) memory_bytes: u64,
    pub(crate) kernel: String,
    /// Runnable tasks over the last minute, before the run: what else the machine was doing.
    pub(crate) load_before: f64,
}

impl Machine {
    /// What cannot be read stays empty: it is for the reader, not for the figures.
    pub(crate) fn here() -> Self {
        let file = |path| read(path).unwrap_or_default();
        let cpu = file("/proc/cpuinfo");
        let cpu = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        let load = file("/proc/loadavg");
        Self {
            cpu: cpu.map_or_else(String::new, |(_, name)| name.to_owned()),
            cores: std::thread::available_parallelism().map_or(0, Into::into),
            memory_bytes: labelled(&file("/proc/meminfo"), "MemTotal:").unwrap_or(0) * 1_024,
            kernel: file("/proc/sys/kernel/osrelease").trim().to_owned(),
            load_before: load
                .split_whitespace()
                .next()
                .and_then(|minute| minute.parse().ok())
                .unwrap_or(0.0),
        }
    }
}
