//! What is read of the kernel's accounting files, from samples of them.

use std::process::Command;

use super::disk;
use super::own::{Cores, ThreadTime, parse_schedstat};
use super::process::{CpuTime, Memory, descriptors, parse_sockstat, parse_stat, tree};
use crate::histogram::Latencies;

#[test]
fn cpu_time_is_found_behind_any_command_name() {
    let text = "812 (a) b (c) S 1 812 812 0 -1 4194560 9 0 0 0 123 45 7 8 20 0 4 0 99 1 2 3";
    let expected = CpuTime { user_ns: 1_300_000_000, system_ns: 530_000_000 };
    assert_eq!(parse_stat(text, 10_000_000), Some(expected));
    // Its own time, and that of the children that it has waited for.
    assert_eq!(parse_stat("812 (a", 1), None);
    assert_eq!(parse_stat("812 (a) S 1 2", 1), None);
}

#[test]
fn sockets_and_their_pages() {
    let text = "sockets: used 90\nTCP: inuse 5 orphan 0 tw 3 alloc 7 mem 11\nUDP: inuse 1 mem 2\n";
    assert_eq!(parse_sockstat(text), Some((5, 11)));
    assert_eq!(parse_sockstat("UDP: inuse 1 mem 2"), None);
}

#[test]
fn thread_times() {
    let expected = ThreadTime { running_ns: 12, waiting_ns: 34 };
    assert_eq!(parse_schedstat("12 34 5\n"), Some(expected));
    assert_eq!(parse_schedstat("12\n"), None);
    // The kernel counts a thread's time when it switches, so a young one may still show none.
    ThreadTime::now().expect("this thread");
}

#[test]
fn this_process_can_be_measured() {
    let pid = std::process::id();
    assert!(Memory::of(pid).expect("this process").rss_bytes > 0);
    CpuTime::of(pid).expect("this process");
}

#[test]
fn a_child_counts_with_its_parent() {
    let pid = std::process::id();
    let mut child = Command::new("/bin/sleep").arg("1000").spawn().expect("started");
    let members = tree(pid);
    assert!(members.first() == Some(&pid) && members.contains(&child.id()), "{members:?}");
    // Its standard streams at least.
    let both = descriptors(pid).expect("this process");
    let alone = descriptors(child.id()).expect("the child");
    assert!(alone >= 3 && both > alone, "{both} {alone}");
    child.kill().and_then(|()| child.wait()).expect("ended");
}

#[test]
fn a_synced_write_is_measured() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut latencies = Latencies::new();
    disk::record_syncs(directory.path(), 100, 3, &mut latencies).expect("a disk");
    assert_eq!(latencies.quantiles().count, 3);
}

#[test]
fn core_lists() {
    assert_eq!("0-2,5".parse(), Ok(Cores(vec![0, 1, 2, 5])));
    assert_eq!("1".parse(), Ok(Cores(vec![1])));
    for bad in ["", "a", "1-", "2-1", "99999", "0,,1"] {
        assert!(bad.parse::<Cores>().is_err(), "{bad:?}");
    }
}
