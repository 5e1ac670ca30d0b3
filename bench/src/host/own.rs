//! This process: its descriptors, its cores, and how busy its one thread is.

use std::num::NonZeroU64;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity, set_current_timer_slack};

use super::read;
use crate::error::BenchError;
use crate::limits::DESCRIPTORS_RESERVE;

/// Raises the soft limit of file descriptors to the hard one, which a server that is started
/// later inherits, and checks that `connections` fit.
pub(crate) fn reserve_descriptors(connections: usize) -> Result<(), BenchError> {
    let limit = getrlimit(Resource::Nofile);
    let needed = (connections as u64).saturating_add(DESCRIPTORS_RESERVE);
    let hard = limit.maximum.unwrap_or(u64::MAX);
    if needed > hard {
        return Err(BenchError::Descriptors { needed, hard });
    }
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    setrlimit(Resource::Nofile, raised)
        .map_err(|errno| BenchError::io("raising the limit of file descriptors", errno.into()))
}

/// Asks the kernel to end timed waits on time: by default it may be 50 µs late, which is more
/// than the server's own share of a delivery.
pub(crate) fn wake_on_time() -> Result<(), BenchError> {
    set_current_timer_slack(NonZeroU64::new(1))
        .map_err(|errno| BenchError::io("setting the timer slack", errno.into()))
}

/// A set of cores, as `--pin-server 0-3,5` names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cores(pub(crate) Vec<usize>);

impl std::str::FromStr for Cores {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |text: &str| match text.trim().parse::<usize>() {
            Ok(core) if core < CpuSet::MAX_CPU => Ok(core),
            _ => Err(format!("{text:?} is no core from 0 to {}", CpuSet::MAX_CPU - 1)),
        };
        let mut cores = Vec::new();
        for part in text.split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            cores.extend(number(first)?..=number(last)?);
        }
        if cores.is_empty() { Err(format!("{text:?} names no core")) } else { Ok(Self(cores)) }
    }
}

impl<'de> serde::Deserialize<'de> for Cores {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Where this thread may run now; what it starts afterwards inherits it.
pub(crate) fn affinity() -> Result<CpuSet, BenchError> {
    sched_getaffinity(None).map_err(|errno| BenchError::io("reading the affinity", errno.into()))
}

pub(crate) fn set_affinity(set: &CpuSet) -> Result<(), BenchError> {
    sched_setaffinity(None, set)
        .map_err(|errno| BenchError::io("setting the affinity", errno.into()))
}

/// Confines this thread to `cores`.
pub(crate) fn pin(cores: &Cores) -> Result<(), BenchError> {
    let mut set = CpuSet::new();
    for core in &cores.0 {
        set.set(*core);
    }
    set_affinity(&set)
}

/// How long this thread ran, and how long it was ready to run and had no core.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ThreadTime {
    pub(crate) running_ns: u64,
    pub(crate) waiting_ns: u64,
}

impl ThreadTime {
    pub(crate) fn now() -> Result<Self, BenchError> {
        let path = "/proc/thread-self/schedstat";
        let text = read(path)?;
        parse_schedstat(&text).ok_or(BenchError::Proc { path: path.to_owned(), seen: text })
    }

    pub(crate) fn since(self, earlier: Self) -> Self {
        Self {
            running_ns: self.running_ns.saturating_sub(earlier.running_ns),
            waiting_ns: self.waiting_ns.saturating_sub(earlier.waiting_ns),
        }
    }
}

pub(super) fn parse_schedstat(text: &str) -> Option<ThreadTime> {
    let mut numbers = text.split_whitespace().map_while(|number| number.parse().ok());
    Some(ThreadTime { running_ns: numbers.next()?, waiting_ns: numbers.next()? })
}
