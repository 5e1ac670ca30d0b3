//! Cursors rise over what has no gap, and stay bounded.

use super::*;

fn membership() -> MembershipRecord {
    MembershipRecord {
        category: Category::Group,
        delivered: Seq(0),
        delivered_above: Vec::new(),
        read: Seq(0),
        hidden_up_to: Seq(0),
        alias: String::new(),
    }
}

fn check(acknowledged: &[u32], delivered: u32, above: &[u32]) {
    let mut membership = membership();
    for seq in acknowledged {
        membership.deliver_one(Seq(*seq));
    }
    assert_eq!(membership.delivered, Seq(delivered), "after {acknowledged:?}");
    let above: Vec<Seq> = above.iter().copied().map(Seq).collect();
    assert_eq!(membership.delivered_above, above, "after {acknowledged:?}");
}

#[test]
fn the_cursor_rises_over_what_has_no_gap() {
    check(&[1, 2, 3], 3, &[]);
    check(&[3, 2], 0, &[2, 3]);
    check(&[3, 2, 1], 3, &[]);
    check(&[1, 1, 5, 5, 3], 1, &[3, 5]);
}

#[test]
fn past_the_bound_only_the_next_one_is_recorded() {
    let mut membership = membership();
    let last = u32::try_from(DELIVERED_ABOVE_MAX).expect("a small bound") + 2;
    for seq in 2..last {
        assert!(membership.deliver_one(Seq(seq)));
    }
    assert!(!membership.deliver_one(Seq(last + 1)), "full");
    assert!(membership.deliver_one(Seq(1)), "the gap closes");
    assert_eq!(membership.delivered, Seq(last - 1));
}
