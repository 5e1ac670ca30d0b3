//! A body that is asked again, one that is not, and one that has nothing to say.

use futures_lite::future::{block_on, poll_once};
use http_body_util::{BodyExt as _, Full};

use super::*;

fn is_over(stall: &Stall) -> bool {
    block_on(poll_once(stall.until_over())).is_some()
}

#[test]
fn an_answer_that_nobody_takes_is_over_after_a_while() {
    let stall = Rc::new(Stall::default());
    let mut body = Watched::new(Full::new(Bytes::from_static(b"x")), Rc::clone(&stall), ());
    stall.judge(1_000);
    assert!(!is_over(&stall), "nothing was given yet");
    assert!(block_on(body.frame()).is_some());
    stall.judge(2_000);
    stall.judge(2_000 + STALL_MS - 1);
    assert!(!is_over(&stall));
    stall.judge(2_000 + STALL_MS);
    assert!(is_over(&stall));
}

#[test]
fn an_answer_that_is_taken_goes_on() {
    let stall = Rc::new(Stall::default());
    let mut body = Watched::new(Full::new(Bytes::from_static(b"x")), Rc::clone(&stall), ());
    assert!(block_on(body.frame()).is_some());
    stall.judge(1_000);
    assert!(block_on(body.frame()).is_none(), "hyper asks again once the piece was taken");
    for now_ms in [2_000, 2_000 + STALL_MS, 2_000 + 3 * STALL_MS] {
        stall.judge(now_ms);
        assert!(!is_over(&stall));
    }
}

#[test]
fn a_connection_looks_only_while_an_answer_waits() {
    let all = Rc::new(Stalls::default());
    let stall = Rc::new(Stall::new(Rc::clone(&all)));
    let mut body = Watched::new(Full::new(Bytes::from_static(b"x")), Rc::clone(&stall), ());
    assert!(!all.any());
    assert!(block_on(body.frame()).is_some());
    assert!(all.any());
    stall.judge(1_000);
    assert!(all.any());
    assert!(block_on(body.frame()).is_none());
    assert!(!all.any());
    let other = Rc::new(Stall::new(Rc::clone(&all)));
    let mut body = Watched::new(Full::new(Bytes::from_static(b"x")), Rc::clone(&other), ());
    assert!(block_on(body.frame()).is_some());
    drop((body, other));
    assert!(!all.any(), "an answer that is gone waits for nothing");
}

#[test]
fn a_body_keeps_its_running_until_it_is_dropped() {
    let running = Rc::new(());
    let body = Watched::new(Full::new(Bytes::new()), Rc::default(), Rc::clone(&running));
    assert_eq!(Rc::strong_count(&running), 2);
    drop(body);
    assert_eq!(Rc::strong_count(&running), 1);
}
