//! Shares of the processors out of the kernel's figures.

use super::{Load, Reading, reading};

fn at(at_s: f64, used_s: f64) -> Reading {
    Reading { at_s, lived_s: at_s, used_s }
}

#[test]
fn figures_are_read_behind_whatever_name_the_process_has() {
    let rest = "S 1 1 1 0 -1 4194560 9 0 0 0 150 50 0 0 20 0 4 0 1000 1 1";
    let stat = format!("7 (a b) c) {rest}");
    let expected = Reading { at_s: 60.5, lived_s: 50.5, used_s: 2.0 };
    assert_eq!(reading(&stat, "60.50 100.00\n"), Some(expected));
    assert_eq!(reading("", "60.50"), None);
    assert_eq!(reading(&stat, ""), None);
    assert_eq!(reading("7 (a) S 1", "60.50"), None);
}

#[test]
fn what_was_used_between_two_pings_is_a_share_of_all_processors() {
    let mut load = Load::NONE;
    load.note(at(100.0, 20.0), 2.0);
    assert_eq!((load.current, load.average, load.most), (0.1, 0.1, 0.1));
    load.note(at(110.0, 30.0), 2.0);
    assert_eq!((load.current, load.most), (0.5, 0.5));
    // Too soon after the last one: what was known stands.
    load.note(at(110.5, 31.0), 2.0);
    assert_eq!(load.current, 0.5);
    load.note(at(120.0, 30.0), 2.0);
    assert_eq!((load.current, load.average, load.most), (0.0, 0.125, 0.5));
}

#[test]
fn nothing_is_more_than_the_whole_or_less_than_nothing() {
    let mut load = Load::NONE;
    load.note(Reading { at_s: 5.0, lived_s: 0.0, used_s: 1.0 }, 1.0);
    assert_eq!((load.current, load.average), (0.0, 0.0));
    load.note(at(6.0, 9.0), 1.0);
    assert_eq!(load.current, 1.0);
}
