//! Ports on the loopback that nobody holds.
//!
//! They lie below the kernel's ephemeral range, so that no outgoing connection takes one between
//! a server's death and its restart, and each is given out once per test process.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process;
use std::sync::atomic::{AtomicU16, Ordering};

/// Linux gives outgoing connections ports from 32768 on.
const FIRST: u16 = 15_000;
const COUNT: u16 = 17_000;

/// How far this process has come; the start depends on its id, so that two of them at once
/// rarely try the same.
static TRIED: AtomicU16 = AtomicU16::new(0);

/// An address that could be bound just now.
pub fn free() -> SocketAddr {
    for _ in 0..COUNT {
        let turn = u32::from(TRIED.fetch_add(1, Ordering::Relaxed));
        let offset = process::id().wrapping_mul(97).wrapping_add(turn) % u32::from(COUNT);
        let port = FIRST + u16::try_from(offset).expect("an offset is below COUNT");
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        if TcpListener::bind(address).is_ok() {
            return address;
        }
    }
    panic!("no port of {COUNT} from {FIRST} on is free");
}
