//! How the server is, for `/im.status/ping`.
//!
//! Anybody may ask, so nothing is told but figures of this process and the address that the client
//! reached it by.

use std::cell::Cell;
use std::fs;
use std::net::IpAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use hyper::Uri;
use hyper::header::{HOST, HeaderMap};
use parlance_codecs::im::Pingresp;

use super::load::{self, Load};
use crate::http::fields;

const KIB: u64 = 1024;

thread_local! {
    /// As this shard's pings have seen it.
    static LOAD: Cell<Load> = const { Cell::new(Load::NONE) };
}

pub(super) fn pong(client_timestamp: i64, uri: &Uri, headers: &HeaderMap) -> Pingresp {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let status = procfs("/proc/self/status");
    let host = reached_host(uri, headers);
    #[expect(clippy::cast_precision_loss, reason = "a number of processors is small")]
    let processors = std::thread::available_parallelism().map_or(1.0, |count| count.get() as f64);
    let load = load_now(processors);
    Pingresp {
        client_timestamp,
        server_timestamp: i64::try_from(since_epoch.as_nanos()).unwrap_or(i64::MAX),
        total_mem: kib(&procfs("/proc/meminfo"), "MemTotal:"),
        cur_mem_usage: kib(&status, "VmRSS:"),
        max_mem_usage: kib(&status, "VmHWM:"),
        cpu_num: processors,
        ip: host.parse::<IpAddr>().map(|ip| ip.to_string()).unwrap_or_default(),
        host,
        cur_cpu_usage: load.current,
        avg_cpu_usage: load.average,
        max_cpu_usage: load.most,
    }
}

fn load_now(processors: f64) -> Load {
    let mut load = LOAD.get();
    if let Some(now) = load::reading(&procfs("/proc/self/stat"), &procfs("/proc/uptime")) {
        load.note(now, processors);
    }
    LOAD.set(load);
    load
}

/// Without the port.
fn reached_host(uri: &Uri, headers: &HeaderMap) -> String {
    let authority =
        uri.authority().cloned().or_else(|| fields::header(headers, HOST.as_str())?.parse().ok());
    let host = authority.map(|authority| authority.host().to_owned()).unwrap_or_default();
    host.trim_matches(['[', ']']).to_owned()
}

/// Memory of the kernel's, so reading it does not wait. Empty where there is none.
fn procfs(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// A line's number, which is written in KiB, in bytes.
fn kib(text: &str, name: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.trim().split(' ').next()?.parse::<u64>().ok());
    number.unwrap_or_default().saturating_mul(KIB)
}

#[cfg(test)]
mod tests;
