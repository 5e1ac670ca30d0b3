//! Who waits for whom: nobody alone, a few for one another, a crowd for nobody.

use super::*;

/// Batches as `(writes, came_beside)`, and how many are wanted after each.
#[track_caller]
fn check(batches: &[(usize, bool)], expected: &[usize]) {
    let mut gather = Gather::default();
    assert_eq!(gather.wanted(), 1, "nobody waits before anything is known");
    let after = |(writes, came_beside): &(usize, bool)| {
        gather.learn(*writes, *came_beside);
        gather.wanted()
    };
    assert_eq!(batches.iter().map(after).collect::<Vec<_>>(), expected);
}

#[test]
fn one_who_writes_after_each_answer_never_waits() {
    check(&[(1, false), (1, false), (1, false)], &[1, 1, 1]);
}

#[test]
fn those_who_come_beside_a_sync_are_waited_for() {
    check(&[(1, true), (2, true), (3, false), (3, false)], &[2, 3, 3, 3]);
}

#[test]
fn a_wait_in_vain_is_not_repeated() {
    check(&[(1, true), (2, true), (1, false), (1, false)], &[2, 3, 1, 1]);
}

#[test]
fn a_crowd_is_not_waited_for_beyond_the_bound() {
    let crowd = [(64, true); 10];
    check(&crowd, &[2, 3, 4, 5, 6, 7, 8, 8, 8, 8]);
}

#[test]
fn the_shard_wakes_the_lane_at_the_write_that_it_waits_for() {
    let awaited = Awaited::default();
    let (sent, taken) = flume::bounded(2);
    let lane = {
        let awaited = awaited.clone();
        thread::spawn(move || {
            let mut came = 0;
            awaited.wait(2, || {
                came += taken.try_iter().count();
                came >= 2
            });
            came
        })
    };
    for write in 1..=2 {
        sent.send(write).expect("the lane waits");
        awaited.given(write, lane.thread());
    }
    let came = lane.join().expect("the lane ends");
    assert!((0..=2).contains(&came), "it ends with both, or with the time");
}
