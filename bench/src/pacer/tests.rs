//! Due times hold whatever happens between them.

use super::*;

fn drain(pacer: &mut Pacer, now_ns: u64) -> Vec<Arrival> {
    std::iter::from_fn(|| pacer.take(now_ns)).collect()
}

#[test]
fn groups_take_turns_evenly_within_one_interval() {
    let mut pacer = Pacer::new(Schedule::new(1_000, 4, 10.0), 8);
    let arrivals = drain(&mut pacer, u64::MAX);
    let seen: Vec<_> = arrivals.iter().map(|a| (a.group, a.index, a.intended_ns)).collect();
    let step = 25_000_000; // 40 messages a second.
    let expected: Vec<_> = (0..8u32).map(|n| (n % 4, n / 4, 1_000 + u64::from(n) * step)).collect();
    assert_eq!(seen, expected);
    assert_eq!(pacer.next_due_ns(), None);
}

#[test]
fn nothing_is_due_early_and_everything_missed_keeps_its_time() {
    let mut pacer = Pacer::new(Schedule::new(0, 1, 1_000.0), 100);
    assert_eq!(drain(&mut pacer, 0).len(), 1, "the first is due at the start");
    assert_eq!(pacer.take(999_999), None);
    // The generator, or the server, slept for 50 ms: all 50 are due, each at its own time.
    let late = drain(&mut pacer, 50_000_000);
    assert_eq!(late.len(), 50);
    assert!(late.iter().zip(1u64..).all(|(a, n)| a.intended_ns == n * 1_000_000));
}

#[test]
fn fractional_rates_do_not_drift() {
    let mut pacer = Pacer::new(Schedule::new(0, 3, 0.7), 2_100);
    let last = drain(&mut pacer, u64::MAX).pop().expect("arrivals");
    // 2,100 arrivals at 2.1 a second: the last is due 1/2.1 s before 1,000 s.
    let expected = 1e9 * (1_000.0 - 1.0 / 2.1);
    assert!((last.intended_ns as f64 - expected).abs() < 1_000.0, "{last:?}");
}

#[test]
fn a_message_is_due_when_its_arrival_says() {
    let schedule = Schedule::new(5_000, 7, 13.0);
    let mut pacer = Pacer::new(schedule, 1_000);
    for arrival in drain(&mut pacer, u64::MAX) {
        assert_eq!(schedule.due_ns(arrival.group, arrival.index), arrival.intended_ns);
    }
    // No index that a server makes up is a fault.
    assert!(schedule.due_ns(u32::MAX, u32::MAX) > 5_000);
}
