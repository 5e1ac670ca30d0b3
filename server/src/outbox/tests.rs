//! Bytes in, bytes out, and the bound between them.

use super::*;

const BYTES_MAX: usize = 100;

fn filled(lengths: &[usize]) -> Outbox {
    let mut outbox = Outbox::default();
    for (number, length) in lengths.iter().enumerate() {
        let fill = u8::try_from(number).unwrap();
        outbox.push(Bytes::from(vec![fill; *length]), Weight::Live, BYTES_MAX).unwrap();
    }
    outbox
}

fn live(outbox: &mut Outbox, length: usize) -> Result<(), TooSlow> {
    outbox.push(Bytes::from(vec![0; length]), Weight::Live, BYTES_MAX)
}

#[test]
fn live_bytes_are_bounded_until_they_are_sent() {
    let mut outbox = filled(&[60, 40]);
    assert_eq!(live(&mut outbox, 1), Err(TooSlow));
    outbox.advance(59);
    assert_eq!(live(&mut outbox, 1), Err(TooSlow), "a chunk counts until all of it is sent");
    outbox.advance(1);
    assert_eq!(live(&mut outbox, 60), Ok(()));
    assert_eq!(outbox.bytes(), 100);
}

#[test]
fn one_chunk_and_every_page_is_taken_whatever_its_size() {
    let mut outbox = Outbox::default();
    assert_eq!(outbox.push(Bytes::from(vec![0; 500]), Weight::Page, BYTES_MAX), Ok(()));
    assert_eq!(live(&mut outbox, 300), Ok(()));
    assert_eq!(live(&mut outbox, 1), Err(TooSlow));
}

#[test]
fn slices_and_advances_agree_at_every_split() {
    let lengths = [3, 1, 7, 2];
    let whole = filled(&lengths).into_unsent();
    for split in 0..=whole.len() {
        let mut outbox = filled(&lengths);
        outbox.advance(split);
        assert_eq!(outbox.bytes(), whole.len() - split);
        let slices = outbox.slices(SLICES_MAX);
        let unsent: Vec<u8> = slices.iter().flat_map(|slice| slice.to_vec()).collect();
        drop(slices);
        assert_eq!(unsent, &whole[split..], "split at {split}");
        assert_eq!(outbox.is_empty(), split == whole.len());
        assert_eq!(outbox.into_unsent(), &whole[split..]);
    }
}

#[test]
fn an_eviction_keeps_only_the_rest_of_what_was_begun() {
    let mut outbox = filled(&[3, 4]);
    outbox.advance(1);
    outbox.drop_unbegun();
    outbox.push_last(Bytes::from_static(b"bye"));
    assert_eq!(outbox.bytes(), 5);
    assert_eq!(outbox.into_unsent(), [0, 0, b'b', b'y', b'e']);

    let mut untouched = filled(&[3, 4]);
    untouched.drop_unbegun();
    assert!(untouched.is_empty());
    assert_eq!(untouched.bytes(), 0);
}

#[test]
fn the_marks_are_half_and_a_quarter() {
    assert!(filled(&[51]).is_over_mark(BYTES_MAX));
    assert!(!filled(&[50]).is_over_mark(BYTES_MAX));
    let mut outbox = filled(&[25]);
    assert!(!outbox.is_nearly_empty(BYTES_MAX));
    outbox.advance(1);
    assert!(outbox.is_nearly_empty(BYTES_MAX));
}
