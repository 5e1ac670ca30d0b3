//! Where sessions are, and how many may have begun here.

use super::*;

fn sid(n: u64) -> Sid {
    format!("{n:020}").parse().unwrap()
}

#[test]
fn a_session_is_found_where_it_went() {
    let mut places = Places::default();
    let session = SessionId { slot: 3, generation: 1 };
    assert_eq!(places.find(sid(1)), None);
    places.put(sid(1), Place::Here(session));
    assert_eq!(places.find(sid(1)), Some(Place::Here(session)));
    places.put(sid(1), Place::On(ShardIndex(2)));
    assert_eq!(places.find(sid(1)), Some(Place::On(ShardIndex(2))));
    places.remove(sid(1));
    assert_eq!(places.find(sid(1)), None);
}

#[test]
fn no_more_begin_than_may() {
    let mut places = Places::default();
    for n in 0..SIDS_MAX as u64 {
        assert!(places.has_room());
        places.put(sid(n), Place::On(ShardIndex(1)));
    }
    assert!(!places.has_room());
    places.remove(sid(7));
    assert!(places.has_room());
}
