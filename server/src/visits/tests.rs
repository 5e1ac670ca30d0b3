//! Visits under way: answered once, forgotten with their requests.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll};

use futures_lite::future::block_on;
use parlance_codecs::UserId;

use super::*;

const ME: ShardIndex = ShardIndex(0);
const THERE: ShardIndex = ShardIndex(1);

fn sid() -> Sid {
    Sid::new(1, [7; Sid::RANDOM_BYTES]).unwrap()
}

#[test]
fn a_visit_comes_back_with_its_outcome() {
    let (visits, inputs) = (Visits::default(), LocalInputs::default());
    let mut visit = pin!(visits.make(ME, THERE, sid(), Errand::Poll, &inputs));
    let mut cx = Context::from_waker(Waker::noop());
    assert_eq!(visit.as_mut().poll(&mut cx), Poll::Pending);
    let leaving = visits.take_leaving();
    let [(to, sent)] = leaving.as_slice() else { panic!("one visit leaves") };
    assert_eq!(*to, THERE);
    let ticket = sent.ticket.unwrap();
    assert_eq!(ticket.shard, ME);
    visits.complete(ticket.number, Outcome::Packets(b"2".to_vec()));
    assert_eq!(block_on(visit), Outcome::Packets(b"2".to_vec()));
    assert!(visits.take_leaving().is_empty(), "an answered poll leaves nothing");
    assert!(visits.waiting.borrow().is_empty());
    // A second outcome finds nobody.
    visits.complete(ticket.number, Outcome::Done);
}

#[test]
fn a_poll_that_ends_first_says_so() {
    let (visits, inputs) = (Visits::default(), LocalInputs::default());
    {
        let mut visit = pin!(visits.make(ME, THERE, sid(), Errand::Poll, &inputs));
        let mut cx = Context::from_waker(Waker::noop());
        assert_eq!(visit.as_mut().poll(&mut cx), Poll::Pending);
        visits.take_leaving();
    }
    let leaving = visits.take_leaving();
    assert!(
        matches!(leaving.as_slice(), [(THERE, visit)] if matches!(visit.errand, Errand::Leave))
    );
    assert!(visits.waiting.borrow().is_empty());
}

#[test]
fn what_waits_is_bounded() {
    let (visits, inputs) = (Visits::default(), LocalInputs::default());
    let mut cx = Context::from_waker(Waker::noop());
    let mut waiting = Vec::new();
    for _ in 0..WAITING_MAX {
        let mut visit = Box::pin(visits.make(ME, THERE, sid(), Errand::MayUpgrade, &inputs));
        assert_eq!(visit.as_mut().poll(&mut cx), Poll::Pending);
        waiting.push(visit);
    }
    assert_eq!(block_on(visits.make(ME, THERE, sid(), Errand::Poll, &inputs)), Outcome::Full);
}

#[test]
fn a_visit_is_not_passed_on_for_ever() {
    let mut visit = Visit { sid: sid(), errand: Errand::Poll, ticket: None, hops: 0 };
    for _ in 0..HOPS_MAX {
        assert!(visit.hop());
    }
    assert!(!visit.hop());
}

#[test]
fn only_this_servers_shards_began_sessions() {
    let placement = Placement::new(2);
    assert_eq!(began_on(placement, sid()), Some(THERE));
    assert_eq!(began_on(placement, Sid::new(2, [0; Sid::RANDOM_BYTES]).unwrap()), None);
    let user = UserId::new(7).unwrap();
    assert!(placement.home_of_user(user).index() < placement.shards());
}
