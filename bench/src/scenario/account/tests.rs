//! Each receiver's account of loss, doubles and disorder.

use std::collections::BTreeSet;

use super::*;
use crate::seed::{self, Draws};

fn check(indexes: &[u32], published: u32, expected: &[Receipt], missing: u64) {
    let mut account = Account::default();
    let seen: Vec<Receipt> = indexes.iter().map(|index| account.receive(*index)).collect();
    assert_eq!(seen, expected, "{indexes:?}");
    assert_eq!(account.missing(published), missing, "{indexes:?}");
}

#[test]
fn loss_order_and_duplicates() {
    use Receipt::{Duplicate, InOrder, Reordered};
    check(&[0, 1, 2], 3, &[InOrder, InOrder, InOrder], 0);
    check(&[0, 1], 3, &[InOrder, InOrder], 1);
    check(&[0, 2], 3, &[InOrder, InOrder], 1);
    check(&[0, 2, 1], 3, &[InOrder, InOrder, Reordered], 0);
    check(&[0, 0, 1], 2, &[InOrder, Duplicate, InOrder], 0);
    check(&[0, 2, 1, 1], 3, &[InOrder, InOrder, Reordered, Duplicate], 0);
    check(&[9, 4, 0, 8], 10, &[InOrder, Reordered, Reordered, Reordered], 6);
    check(&[], 7, &[], 7);
}

#[test]
fn agrees_with_a_set_on_any_order() {
    let seed = seed::fresh();
    let mut draws = Draws::new(seed);
    for _ in 0..200 {
        let mut account = Account::default();
        let mut model = BTreeSet::new();
        for _ in 0..100 {
            let index = (draws.next() % 64) as u32;
            let highest = model.last().copied();
            let expected = if !model.insert(index) {
                Receipt::Duplicate
            } else if highest.is_some_and(|highest| index < highest) {
                Receipt::Reordered
            } else {
                Receipt::InOrder
            };
            assert_eq!(account.receive(index), expected, "seed {seed}, index {index}");
            assert_eq!(account.missing(64), 64 - model.len() as u64, "seed {seed}");
            let first = (0..64).find(|index| !model.contains(index));
            assert_eq!(account.first_missing(64), first, "seed {seed}");
        }
    }
}
