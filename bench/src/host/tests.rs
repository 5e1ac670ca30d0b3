//! What is read of the kernel's accounting files, from samples of them.

use super::own::{Cores, ThreadTime, parse_schedstat};
use super::process::{CpuTime, Memory, parse_sockstat, parse_stat};

#[test]
fn cpu_time_is_found_behind_any_command_name() {
    let text = "812 (a) b (c) S 1 812 812 0 -1 4194560 9 0 0 0 123 45 7 8 20 0 4 0 99 1 2 3";
    let expected = CpuTime { user_ns: 1_230_000_000, system_ns: 450_000_000 };
    assert_eq!(parse_stat(text, 10_000_000), Some(expected));
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
fn core_lists() {
    assert_eq!("0-2,5".parse(), Ok(Cores(vec![0, 1, 2, 5])));
    assert_eq!("1".parse(), Ok(Cores(vec![1])));
    for bad in ["", "a", "1-", "2-1", "99999", "0,,1"] {
        assert!(bad.parse::<Cores>().is_err(), "{bad:?}");
    }
}
