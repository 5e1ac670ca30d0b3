//! What a ping is told.

use hyper::Uri;
use hyper::header::{HOST, HeaderMap};
use parlance_codecs::im::Pingresp;

use super::kib;

fn pong(host: &str) -> Pingresp {
    let headers = HeaderMap::from_iter([(HOST, host.parse().unwrap())]);
    super::pong(5, &Uri::from_static("/im.status/ping?timestamp=5"), &headers)
}

#[test]
fn a_ping_is_told_of_this_process_and_how_it_was_reached() {
    let pong_by_address = pong("127.0.0.1:7700");
    assert_eq!(pong_by_address.client_timestamp, 5);
    assert!(pong_by_address.server_timestamp > 1_700_000_000_000_000_000);
    assert!(pong_by_address.total_mem > pong_by_address.cur_mem_usage);
    assert!(pong_by_address.max_mem_usage >= pong_by_address.cur_mem_usage);
    for share in [pong_by_address.cur_cpu_usage, pong_by_address.max_cpu_usage] {
        assert!((0.0..=1.0).contains(&share), "{share}");
    }
    assert!(pong_by_address.cur_mem_usage > 0 && pong_by_address.cpu_num >= 1.0);
    let reached = |host: &str| {
        let pong = pong(host);
        (pong.host, pong.ip)
    };
    assert_eq!(reached("127.0.0.1:7700"), ("127.0.0.1".into(), "127.0.0.1".into()));
    assert_eq!(reached("[::1]:7700"), ("::1".into(), "::1".into()));
    assert_eq!(reached("chat.example:7700"), ("chat.example".into(), String::new()));
}

#[test]
fn figures_are_found_by_their_names() {
    let text = "VmPeak:\t   99 kB\nVmRSS:\t    12 kB\n";
    assert_eq!(kib(text, "VmRSS:"), 12 * 1024);
    assert_eq!(kib(text, "VmHWM:"), 0);
    assert_eq!(kib("VmRSS: much", "VmRSS:"), 0);
}
