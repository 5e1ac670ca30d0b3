//! Work waits for loads in order; only what is idle is dropped.

use super::*;

/// A cache whose values say themselves whether they are idle.
fn filled(count: u64, idle: impl Fn(u64) -> bool) -> Cache<u64, bool, ()> {
    let mut cache = Cache::new();
    for key in 0..count {
        assert!(matches!(cache.get(&key, ()), Found::Absent), "{key} is new");
        cache.loading(Ticket(key), key);
    }
    for key in 0..count {
        assert_eq!(cache.loaded_key(Ticket(key)), Some(key));
        assert_eq!(cache.install(&key, idle(key)).len(), 1, "one piece of work waited");
    }
    cache
}

fn live(cache: &Cache<u64, bool, ()>, count: u64) -> u64 {
    (0..count).map(|key| u64::from(cache.live(&key).is_some())).sum()
}

#[test]
fn what_came_since_the_last_sweep_goes_with_the_next() {
    let mut cache = filled(10_000, |_| true);
    cache.sweep(0, 1, |idle| *idle);
    assert_eq!(live(&cache, 10_000), 0);
}

#[test]
fn sweeps_go_round_and_leave_what_is_in_use() {
    let mut cache = filled(100, |key| key % 10 != 0);
    for _ in 0..40 {
        cache.sweep(20, 7, |idle| *idle);
    }
    assert_eq!(live(&cache, 100), 20, "as many as may stay");
    for _ in 0..40 {
        cache.sweep(0, 7, |idle| *idle);
    }
    assert_eq!(live(&cache, 100), 10, "those in use");
}

#[test]
fn what_is_being_loaded_stays() {
    let mut cache: Cache<u64, bool, u8> = Cache::new();
    assert!(matches!(cache.get(&1, 1), Found::Absent));
    cache.sweep(0, 10, |_| true);
    assert!(matches!(cache.get(&1, 2), Found::Waits));
    cache.loading(Ticket(1), 1);
    assert_eq!(cache.loaded_key(Ticket(1)), Some(1));
    assert_eq!(cache.install(&1, true), [1, 2], "in order");
}
