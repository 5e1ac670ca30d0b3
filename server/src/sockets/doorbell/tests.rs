//! Rings are heard, and cost nothing while the shard is awake.

use std::future::ready;
use std::io::Read as _;
use std::task::Poll;

use super::*;

/// How often the doorbell was rung in the kernel.
fn rings(doorbell: &Doorbell) -> u64 {
    // One more, so that the read does not wait.
    (&doorbell.bell).write_all(&1_u64.to_ne_bytes()).unwrap();
    let mut counter = [0; 8];
    (&doorbell.bell).read_exact(&mut counter).unwrap();
    u64::from_ne_bytes(counter) - 1
}

#[test]
fn only_a_sleeper_is_rung_for_and_only_once() {
    let doorbell = Doorbell::new().unwrap();
    doorbell.ring();
    assert_eq!(rings(&doorbell), 0, "it is awake");
    doorbell.fall_asleep();
    doorbell.ring();
    doorbell.ring();
    assert_eq!(rings(&doorbell), 1);
    doorbell.fall_asleep();
    doorbell.wake_up();
    doorbell.ring();
    assert_eq!(rings(&doorbell), 0);
}

#[test]
fn a_waker_that_another_thread_calls_rings() {
    let doorbell = Doorbell::new().unwrap();
    doorbell.hang();
    doorbell.fall_asleep();
    let mut cx = Context::from_waker(Waker::noop());
    let waker = poll_from_afar(&mut cx, |cx| cx.waker().clone());
    assert!(!doorbell.take_woken_task());
    std::thread::spawn(move || waker.wake()).join().unwrap();
    assert!(doorbell.take_woken_task());
    assert!(!doorbell.take_woken_task(), "once");
    assert_eq!(rings(&doorbell), 1);
}

#[test]
fn what_is_ready_needs_no_ring() {
    let mut cx = Context::from_waker(Waker::noop());
    assert_eq!(pin!(from_afar(ready(7))).poll(&mut cx), Poll::Ready(7));
}
