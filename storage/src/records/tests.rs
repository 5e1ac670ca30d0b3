//! Records come back as they went in, and bytes that are none are refused without a panic.

use parlance_codecs::{Content, Seq};
use parlance_conversation::store::AllocatorState;
use rand::{Rng, RngCore};

use super::*;
use crate::conformance::values::*;
use crate::keys::Place;

fn place_of(message: &parlance_codecs::Message) -> Place {
    Place { seq: message.seq, mark: message.mark, id: message.id }
}

#[test]
fn every_record_comes_back() {
    with_seeds(200, |rng| {
        let user = any_user_record(rng);
        assert_eq!(decode_user(&encode_user(&user)), Ok(user));
        let membership = any_membership(rng);
        assert_eq!(decode_membership(&encode_membership(&membership)), Ok(membership));
        let friend = any_friend(rng);
        assert_eq!(decode_friend(&encode_friend(&friend)), Ok(friend));
        let pair = any_pair_record(rng);
        assert_eq!(decode_pair(&encode_pair(pair)), Ok(pair));
        let member = any_member(rng);
        assert_eq!(decode_member(&encode_member(&member)), Ok(member));
        let request = any_request(rng);
        assert_eq!(decode_request(&encode_request(&request)), Ok(request));
        let request = any_group_request(rng);
        assert_eq!(decode_group_request(&encode_group_request(&request)), Ok(request));
        let notice = any_notice(rng);
        assert_eq!(decode_notice(&encode_notice(&notice), notice.user, notice.id), Ok(notice));
        let mark = any_notice(rng).id;
        assert_eq!(decode_notice_mark(&encode_notice_mark(mark)), Ok(mark));
        let name = any_name_record(rng);
        assert_eq!(decode_name(&encode_name(&name)), Ok(name));
        let conversation = any_conversation_record(rng);
        assert_eq!(decode_conversation(&encode_conversation(&conversation)), Ok(conversation));
        let dedupe = any_dedupe(rng);
        assert_eq!(decode_dedupe(&encode_dedupe(&dedupe), dedupe.id), Ok(dedupe));
        let intent = any_intent(rng);
        assert_eq!(decode_intent(&encode_intent(&intent)), Ok(intent));
        let clock = MessageId::from_raw(rng.random());
        assert_eq!(decode_clock(&encode_clock(clock)), Ok(clock));
        let allocator = AllocatorState { next_user: rng.random(), next_conversation: rng.random() };
        assert_eq!(decode_allocator(&encode_allocator(allocator)), Ok(allocator));
        let mut log = LogWriter::new(any_conversation(rng));
        for raw in 1..10 {
            let message = log.next(rng, id(raw));
            let bytes = encode_message(&message);
            assert_eq!(expiry_of(&bytes), Ok(message.expires_at_ms));
            let decoded = decode_message(&bytes, message.conversation, place_of(&message));
            assert_eq!(decoded, Ok(Some(message)));
        }
    });
}

#[test]
fn a_removed_entry_decodes_as_one() {
    let place = Place { seq: Seq(1), mark: 0, id: id(1) };
    assert_eq!(decode_message(REMOVED, number(1), place), Ok(None));
    assert_eq!(expiry_of(REMOVED), Ok(None));
}

#[test]
fn other_versions_and_empty_records_are_refused() {
    assert_eq!(decode_member(&[]), Err(BadRecord::Empty));
    for got in [0, RECORD_VERSION + 1, u8::MAX] {
        assert_eq!(decode_member(&[got]), Err(BadRecord::Version { got }));
    }
}

#[test]
fn values_that_were_never_written_are_refused() {
    let with = |record: &StoredConversationId| conversation_id(Some(record.clone()));
    assert_eq!(with(&StoredConversationId { first: 7, second: 9 }), Ok(direct(7, 9)));
    assert_eq!(with(&StoredConversationId { first: 7, second: 0 }), Ok(number(7)));
    for (first, second) in [(0, 0), (9, 7), (7, 7), (0, 7), (u64::MAX, 0), (1, u64::MAX)] {
        assert!(with(&StoredConversationId { first, second }).is_err(), "{first}, {second}");
    }
    assert!(conversation_id(None).is_err());
    assert!(user_id(0).is_err() && user_id(u64::MAX).is_err());
    assert!(message_id(MessageId::MAX.raw() + 1).is_err());
    assert!(category(0).is_err() && category(5).is_err());
    // Every field is missing: no category, no cursors, no content, no act.
    let empty = [RECORD_VERSION];
    assert!(decode_user(&empty).is_err());
    assert!(decode_membership(&empty).is_err());
    assert!(decode_name(&empty).is_err());
    assert!(decode_conversation(&empty).is_err());
    assert!(decode_dedupe(&empty, id(1)).is_err());
    assert!(decode_intent(&empty).is_err());
    assert!(decode_request(&empty).is_err());
    assert!(decode_group_request(&empty).is_err());
    assert!(decode_notice(&empty, user(1), id(1)).is_err());
    // The duty of a member that this program does not know.
    assert!(decode_member(&[RECORD_VERSION, 0x10, 2]).is_err());
}

#[test]
fn a_mark_stands_only_in_a_marks_place() {
    let text = message(number(1), 1, 0, 5);
    let mark = message(number(1), 1, 1, 6);
    assert!(matches!(mark.content, Content::Read { .. }));
    let (text_place, mark_place) = (place_of(&text), place_of(&mark));
    assert!(decode_message(&encode_message(&text), number(1), mark_place).is_err());
    assert!(decode_message(&encode_message(&mark), number(1), text_place).is_err());
}

/// Altered and random bytes: any result, never a panic.
#[test]
fn hostile_bytes_never_panic() {
    with_seeds(300, |rng| {
        let mut log = LogWriter::new(number(1));
        let mut bytes = match rng.random_range(0..7) {
            0 => encode_user(&any_user_record(rng)),
            1 => encode_membership(&any_membership(rng)),
            2 => encode_message(&log.next(rng, id(1))),
            3 => encode_intent(&any_intent(rng)),
            4 => encode_notice(&any_notice(rng)),
            5 => encode_group_request(&any_group_request(rng)),
            _ => {
                let mut random = vec![RECORD_VERSION; rng.random_range(1..64)];
                rng.fill_bytes(&mut random[1..]);
                random
            }
        };
        for _ in 0..40 {
            let at = rng.random_range(0..bytes.len());
            bytes[at] ^= 1 << rng.random_range(0..8);
            let cut = &bytes[..rng.random_range(0..=bytes.len())];
            for bytes in [&bytes, cut] {
                let place = Place { seq: Seq(1), mark: rng.random_range(0..2), id: id(1) };
                let _ = decode_message(bytes, number(1), place);
                let _ = expiry_of(bytes);
                let _ = decode_user(bytes);
                let _ = decode_membership(bytes);
                let _ = decode_name(bytes);
                let _ = decode_conversation(bytes);
                let _ = decode_dedupe(bytes, id(1));
                let _ = decode_intent(bytes);
                let _ = decode_clock(bytes);
                let _ = decode_allocator(bytes);
                let _ = decode_friend(bytes);
                let _ = decode_pair(bytes);
                let _ = decode_member(bytes);
                let _ = decode_request(bytes);
                let _ = decode_group_request(bytes);
                let _ = decode_notice(bytes, user(1), id(1));
                let _ = decode_notice_mark(bytes);
            }
        }
    });
}
