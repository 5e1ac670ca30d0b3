//! A value is dropped at home, and nowhere else looked at.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use super::*;

#[test]
fn it_is_used_and_dropped_on_its_thread() {
    let counted = Rc::new(());
    let mut bound = ThreadBound::new(Rc::clone(&counted));
    assert_eq!(Rc::strong_count(bound.on_its_thread()), 2);
    drop(bound);
    assert_eq!(Rc::strong_count(&counted), 1);
}

#[test]
fn another_thread_neither_sees_nor_drops_it() {
    let counted = Rc::new(());
    let mut bound = ThreadBound::new(Rc::clone(&counted));
    let was_refused = thread::spawn(move || {
        catch_unwind(AssertUnwindSafe(|| {
            bound.on_its_thread();
        }))
        .is_err()
    });
    assert!(was_refused.join().unwrap());
    assert_eq!(Rc::strong_count(&counted), 2, "leaked, not dropped");
}
