//! Waiting ends with the condition, or with the deadline.

use std::time::Duration;

use super::{LOOK_AGAIN, within};

#[test]
fn it_looks_until_there_is_an_answer() {
    let mut looks = 0;
    let answer = within(Duration::from_secs(10), || {
        looks += 1;
        (looks == 3).then_some("there")
    });
    assert_eq!(answer, Some("there"));
    assert_eq!(looks, 3);
}

#[test]
fn it_looks_once_at_least_and_gives_up() {
    let mut looks = 0;
    let answer: Option<()> = within(Duration::ZERO, || {
        looks += 1;
        None
    });
    assert_eq!((answer, looks), (None, 1));
    assert!(LOOK_AGAIN < Duration::from_secs(1), "an answer is seen soon after it is there");
}
