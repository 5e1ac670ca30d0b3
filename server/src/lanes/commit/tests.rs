//! Writes that wait are joined, in order and within bounds.

use parlance_codecs::MessageId;

use super::*;

fn write(durability: Durability) -> Write {
    Write { changes: vec![Change::PutClock { ceiling: MessageId::ZERO }], durability }
}

#[test]
fn a_batch_takes_everything_that_waits_within_its_bounds() {
    let mut waiting: VecDeque<Write> =
        (0..BATCH_WRITES_MAX + 1).map(|_| write(Durability::Os)).collect();
    assert_eq!(take_batch(&mut waiting).writes, BATCH_WRITES_MAX as u64);
    assert_eq!(take_batch(&mut waiting).writes, 1);
    assert!(waiting.is_empty());
}

#[test]
fn a_batch_is_as_durable_as_its_most_demanding_write() {
    let mut waiting =
        VecDeque::from([write(Durability::Os), write(Durability::Sync), write(Durability::Os)]);
    assert_eq!(take_batch(&mut waiting).durability, Durability::Sync);
}

#[test]
fn a_batch_ends_with_the_write_that_passes_its_bytes() {
    let large = || Write {
        changes: (0..BATCH_BYTES_MAX / CHANGE_BYTES)
            .map(|_| Change::PutClock { ceiling: MessageId::ZERO })
            .collect(),
        durability: Durability::Os,
    };
    let mut waiting = VecDeque::from([large(), write(Durability::Os)]);
    assert_eq!(take_batch(&mut waiting).writes, 1);
    assert_eq!(take_batch(&mut waiting).writes, 1);
}
