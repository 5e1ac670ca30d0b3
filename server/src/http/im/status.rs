//! How the server is, for `/im.status/ping`.
//!
//! Anybody may ask, so nothing is told but figures of this process and the address that the client
//! reached it by.

use std::fs;
use std::net::IpAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use hyper::Uri;
use hyper::header::{HOST, HeaderMap};
use parlance_codecs::im::Pingresp;

use crate::http::fields;

const KIB: u64 = 1024;

pub(super) fn pong(client_timestamp: i64, uri: &Uri, headers: &HeaderMap) -> Pingresp {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let status = procfs("/proc/self/status");
    let host = reached_host(uri, headers);
    Pingresp {
        client_timestamp,
        server_timestamp: i64::try_from(since_epoch.as_nanos()).unwrap_or(i64::MAX),
        total_mem: kib(&procfs("/proc/meminfo"), "MemTotal:"),
        cur_mem_usage: kib(&status, "VmRSS:"),
        max_mem_usage: kib(&status, "VmHWM:"),
        #[expect(clippy::cast_precision_loss, reason = "a number of processors is small")]
        cpu_num: std::thread::available_parallelism().map_or(0.0, |count| count.get() as f64),
        ip: host.parse::<IpAddr>().map(|ip| ip.to_string()).unwrap_or_default(),
        host,
        // No sampling goes on for the sake of a ping: not known.
        cur_cpu_usage: 0.0,
        avg_cpu_usage: 0.0,
        max_cpu_usage: 0.0,
    }
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
