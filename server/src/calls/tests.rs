//! Every call is answered once, by its answer or by its deadline.

use std::task::Context;

use futures_lite::future::FutureExt as _;
use parlance_conversation::mesh::CallAnswer;

use super::*;

fn at(monotonic_ms: u64) -> Now {
    Now { monotonic_ms, wall_ms: 0 }
}

/// Polls an answer once.
fn poll(waiting: Waiting<'_>) -> Poll<Option<CallAnswer>> {
    let mut answer = Box::pin(waiting.answer());
    answer.poll(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn an_answer_reaches_its_own_caller() {
    let calls = Calls::default();
    let (first, second) = (calls.begin(at(0)).unwrap(), calls.begin(at(0)).unwrap());
    calls.complete(second.id(), CallAnswer::Done);
    assert_eq!(poll(second), Poll::Ready(Some(CallAnswer::Done)));
    assert_eq!(poll(first), Poll::Pending);
}

#[test]
fn calls_expire_at_their_deadline_and_not_before() {
    let calls = Calls::default();
    let (early, late) = (calls.begin(at(0)).unwrap(), calls.begin(at(1)).unwrap());
    calls.expire(at(CALL_DEADLINE_MS));
    assert_eq!(poll(early), Poll::Ready(None));
    assert_eq!(poll(late), Poll::Pending);
}

#[test]
fn a_caller_that_leaves_is_forgotten() {
    let calls = Calls::default();
    let waiting = calls.begin(at(0)).unwrap();
    let id = waiting.id();
    drop(waiting);
    assert!(calls.waiting.borrow().is_empty());
    calls.complete(id, CallAnswer::Done);
}

#[test]
fn no_more_wait_than_the_table_holds() {
    let calls = Calls::default();
    let waiting: Vec<_> = (0..CALLS_MAX).map(|_| calls.begin(at(0)).unwrap()).collect();
    assert!(calls.begin(at(0)).is_none());
    drop(waiting);
    assert!(calls.begin(at(0)).is_some());
}
