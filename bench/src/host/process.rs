//! The server's processes: CPU time and memory, and the sockets' share of the kernel.
//!
//! A server may be several processes: what is told of a pid is told of it and of all that descend
//! from it.

use std::fs;

use serde::Serialize;

use super::{labelled, read};
use crate::error::BenchError;

/// CPU time of all threads that the processes have and had, and of their children that ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct CpuTime {
    pub(crate) user_ns: u64,
    pub(crate) system_ns: u64,
}

impl CpuTime {
    /// From `/proc/PID/stat`: in ticks of 10 ms as a rule, but complete (the finer per-thread
    /// figures lose the threads that ended, io_uring's workers among them).
    pub(crate) fn of(pid: u32) -> Result<Self, BenchError> {
        let tick_ns = 1_000_000_000 / rustix::param::clock_ticks_per_second().max(1);
        let mut total = Self::default();
        for member in tree(pid) {
            let path = format!("/proc/{member}/stat");
            let text = match read(&path) {
                Ok(text) => text,
                // A child that has ended since is in its parent's account.
                Err(_) if member != pid => continue,
                Err(error) => return Err(error),
            };
            let time = parse_stat(&text, tick_ns).ok_or(BenchError::Proc { path, seen: text })?;
            total.user_ns += time.user_ns;
            total.system_ns += time.system_ns;
        }
        Ok(total)
    }

    pub(crate) fn total_ns(self) -> u64 {
        self.user_ns + self.system_ns
    }

    pub(crate) fn since(self, earlier: Self) -> Self {
        Self {
            user_ns: self.user_ns.saturating_sub(earlier.user_ns),
            system_ns: self.system_ns.saturating_sub(earlier.system_ns),
        }
    }
}

pub(super) fn parse_stat(text: &str, tick_ns: u64) -> Option<CpuTime> {
    // The second field is the command's name in parentheses and may itself hold anything; of
    // the fields behind it, utime and stime are numbers 12 and 13, and those of the children that
    // were waited for follow them.
    let (_, fields) = text.rsplit_once(')')?;
    let mut times = fields.split_whitespace().skip(11).map_while(|time| time.parse::<u64>().ok());
    let (user, system) = (times.next()?, times.next()?);
    let (children_user, children_system) = (times.next()?, times.next()?);
    let nanoseconds = |ticks: u64, more: u64| ticks.saturating_add(more).saturating_mul(tick_ns);
    Some(CpuTime {
        user_ns: nanoseconds(user, children_user),
        system_ns: nanoseconds(system, children_system),
    })
}

/// A process and all that descend from it, itself first.
pub(super) fn tree(pid: u32) -> Vec<u32> {
    let mut members = vec![pid];
    let mut at = 0;
    while let Some(parent) = members.get(at).copied() {
        at += 1;
        let tasks = fs::read_dir(format!("/proc/{parent}/task")).into_iter().flatten();
        for task in tasks.filter_map(Result::ok) {
            // Absent where the task has ended, and on kernels built without it.
            let children = fs::read_to_string(task.path().join("children")).unwrap_or_default();
            members.extend(children.split_whitespace().filter_map(|pid| pid.parse::<u32>().ok()));
        }
    }
    members
}

/// Open file descriptors of a process and its descendants.
pub(crate) fn descriptors(pid: u32) -> Result<u64, BenchError> {
    let mut count = 0;
    for member in tree(pid) {
        let path = format!("/proc/{member}/fd");
        match fs::read_dir(&path) {
            Ok(entries) => count += entries.count() as u64,
            Err(_) if member != pid => {}
            Err(source) => return Err(BenchError::io(format!("reading {path}"), source)),
        }
    }
    Ok(count)
}

/// What a process has in memory, and what the kernel holds for all TCP sockets of the host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Memory {
    pub(crate) rss_bytes: u64,
    /// Shared pages counted by share; `None` where another user's process hides it.
    pub(crate) pss_bytes: Option<u64>,
    /// TCP sockets in use on the host: both ends, where client and server share it.
    pub(crate) tcp_sockets: u64,
    /// Bytes in TCP's buffers on the host.
    pub(crate) tcp_buffers_bytes: u64,
    /// The kernel's own structures (sockets, files, io_uring requests) on the host.
    pub(crate) slab_bytes: u64,
}

impl Memory {
    pub(crate) fn of(pid: u32) -> Result<Self, BenchError> {
        let sockstat = read("/proc/net/sockstat")?;
        let (tcp_sockets, tcp_pages) = parse_sockstat(&sockstat).unwrap_or_default();
        let slab = labelled(&read("/proc/meminfo")?, "Slab:").unwrap_or_default();
        let mut memory = Self {
            rss_bytes: 0,
            pss_bytes: Some(0),
            tcp_sockets,
            tcp_buffers_bytes: tcp_pages.saturating_mul(rustix::param::page_size() as u64),
            slab_bytes: kibibytes(slab),
        };
        for member in tree(pid) {
            let path = format!("/proc/{member}/status");
            let status = match read(&path) {
                Ok(status) => status,
                Err(_) if member != pid => continue,
                Err(error) => return Err(error),
            };
            match labelled(&status, "VmRSS:") {
                Some(rss) => memory.rss_bytes += kibibytes(rss),
                // One that has ended and was not waited for has none.
                None if member != pid => continue,
                None => return Err(BenchError::Proc { path, seen: status }),
            }
            let rollup = read(format!("/proc/{member}/smaps_rollup")).ok();
            let pss = rollup.and_then(|rollup| labelled(&rollup, "Pss:")).map(kibibytes);
            memory.pss_bytes = memory.pss_bytes.zip(pss).map(|(sum, pss)| sum + pss);
        }
        Ok(memory)
    }
}

/// Sockets in use and pages of buffers, of the line that begins with `TCP:`.
pub(super) fn parse_sockstat(text: &str) -> Option<(u64, u64)> {
    let line = text.lines().find_map(|line| line.strip_prefix("TCP:"))?;
    let words: Vec<&str> = line.split_whitespace().collect();
    let value = |name| {
        let pair = words.chunks_exact(2).find(|pair| pair.first() == Some(&name))?;
        pair.last()?.parse().ok()
    };
    Some((value("inuse")?, value("mem")?))
}

fn kibibytes(count: u64) -> u64 {
    count.saturating_mul(1_024)
}
