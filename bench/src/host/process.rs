//! The server's process: CPU time and memory, and the sockets' share of the kernel.

use serde::Serialize;

use super::{labelled, read};
use crate::error::BenchError;

/// CPU time of all threads that a process has and had.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct CpuTime {
    pub(crate) user_ns: u64,
    pub(crate) system_ns: u64,
}

impl CpuTime {
    /// From `/proc/PID/stat`: in ticks of 10 ms as a rule, but complete (the finer per-thread
    /// figures lose the threads that ended, io_uring's workers among them).
    pub(crate) fn of(pid: u32) -> Result<Self, BenchError> {
        let path = format!("/proc/{pid}/stat");
        let text = read(&path)?;
        let tick_ns = 1_000_000_000 / rustix::param::clock_ticks_per_second().max(1);
        parse_stat(&text, tick_ns).ok_or(BenchError::Proc { path, seen: text })
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
    // the fields behind it, utime and stime are numbers 12 and 13.
    let (_, fields) = text.rsplit_once(')')?;
    let mut times = fields.split_whitespace().skip(11);
    let user: u64 = times.next()?.parse().ok()?;
    let system: u64 = times.next()?.parse().ok()?;
    Some(CpuTime {
        user_ns: user.saturating_mul(tick_ns),
        system_ns: system.saturating_mul(tick_ns),
    })
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
        let path = format!("/proc/{pid}/status");
        let status = read(&path)?;
        let rss = labelled(&status, "VmRSS:");
        let sockstat = read("/proc/net/sockstat")?;
        let (tcp_sockets, tcp_pages) = parse_sockstat(&sockstat).unwrap_or_default();
        let slab = labelled(&read("/proc/meminfo")?, "Slab:").unwrap_or_default();
        Ok(Self {
            rss_bytes: kibibytes(rss.ok_or(BenchError::Proc { path, seen: status })?),
            pss_bytes: read(format!("/proc/{pid}/smaps_rollup"))
                .ok()
                .and_then(|rollup| labelled(&rollup, "Pss:"))
                .map(kibibytes),
            tcp_sockets,
            tcp_buffers_bytes: tcp_pages.saturating_mul(rustix::param::page_size() as u64),
            slab_bytes: kibibytes(slab),
        })
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
