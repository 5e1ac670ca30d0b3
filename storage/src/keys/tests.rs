//! Keys come back as they went in, and sort as what they stand for.

use parlance_codecs::{ConversationId, MessageId, Seq, UserId};
use parlance_conversation::placement::Partition;
use parlance_conversation::store::{IntentId, NameKey};

use super::*;

/// Values around every byte's edge, where little-endian or signed keys would sort wrongly.
const EDGES: [u64; 12] = [
    1,
    2,
    0x7f,
    0x80,
    0xff,
    0x100,
    0xffff,
    0x1_0000,
    0xffff_ffff,
    0x1_0000_0000,
    (1 << 53) - 1,
    i64::MAX as u64,
];

fn user_ids() -> Vec<UserId> {
    EDGES.iter().filter_map(|&raw| UserId::new(raw)).collect()
}

fn conversations() -> Vec<ConversationId> {
    let users = user_ids();
    let mut all: Vec<_> = users
        .iter()
        .flat_map(|&a| users.iter().filter_map(move |&b| ConversationId::direct(a, b)))
        .chain(EDGES.iter().filter_map(|&raw| ConversationId::number(raw)))
        .collect();
    all.sort();
    all.dedup();
    all
}

/// The part of a key after the partition, which is what sorts within one.
fn tail(key: &[u8]) -> &[u8] {
    &key[1..]
}

#[test]
fn users_sort_as_numbers() {
    let keys: Vec<_> = user_ids().into_iter().map(user).collect();
    assert!(keys.windows(2).all(|pair| tail(&pair[0]) < tail(&pair[1])));
    for id in user_ids() {
        assert_eq!(parse_user(&user(id)), Some(id));
    }
}

#[test]
fn conversations_sort_as_their_ids() {
    let all = conversations();
    let keys: Vec<_> = all.iter().map(|&id| conversation(id)).collect();
    assert!(keys.windows(2).all(|pair| tail(&pair[0]) < tail(&pair[1])));
    for (id, key) in all.iter().zip(&keys) {
        assert_eq!(parse_conversation(key), Some(*id));
        for other in &all {
            let prefixed = conversation(*other).starts_with(key);
            assert_eq!(prefixed, id == other, "{id} must not be a prefix of {other}");
        }
    }
}

#[test]
fn memberships_sort_by_conversation_within_a_user() {
    let of = UserId::new(7).expect("7 is a user id");
    let all = conversations();
    let keys: Vec<_> = all.iter().map(|&id| membership(of, id)).collect();
    assert!(keys.is_sorted());
    for (id, key) in all.iter().zip(&keys) {
        assert_eq!(parse_membership(key), Some((of, *id)));
        assert!(key.starts_with(&user(of)));
    }
}

#[test]
fn messages_sort_by_seq_then_mark() {
    let of = ConversationId::number(12).expect("12 is a number");
    let numbers = [0, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x1_0000, u32::MAX];
    let places: Vec<Place> = numbers
        .iter()
        .flat_map(|&seq| numbers.iter().map(move |&mark| (seq, mark)))
        .zip(1..)
        .map(|((seq, mark), id)| Place { seq: Seq(seq), mark, id: MessageId::from_raw(id) })
        .collect();
    let keys: Vec<_> = places.iter().map(|&place| message(of, place)).collect();
    assert!(keys.is_sorted());
    for (place, key) in places.iter().zip(&keys) {
        assert_eq!(parse_message(key), Some((of, *place)));
        assert_eq!(parse_place(key, &conversation(of)), Some(*place));
        assert!(*key <= message(of, Place::end_of(place.seq)));
        assert!(*key <= message(of, Place::end_of_mark(place.seq, place.mark)));
    }
}

#[test]
fn dedupe_keys_put_the_newest_first() {
    let of = ConversationId::number(12).expect("12 is a number");
    let sender = UserId::new(7).expect("7 is a user id");
    let ids = [0, 1, 0xff, 0x100, 1 << 40, MessageId::MAX.raw()].map(MessageId::from_raw);
    let keys = ids.map(|id| dedupe(of, sender, id));
    assert!(keys.windows(2).all(|pair| pair[0] > pair[1]));
    for (id, key) in ids.into_iter().zip(&keys) {
        assert_eq!(parse_dedupe(key), Some((of, sender, id)));
        assert_eq!(dedupe_prefix_of(key), dedupe_prefix(of, sender));
    }
}

#[test]
fn names_friends_members_and_intents_come_back() {
    for text in ["", "ada", "\u{0}", "Zoë", "a\u{10ffff}"] {
        for key in [NameKey::Login(text.to_owned()), NameKey::External(text.to_owned())] {
            assert_eq!(parse_name(&name(&key)), Some(key));
        }
    }
    let (ada, bob) = (UserId::new(1).expect("an id"), UserId::new(u64::from(u32::MAX)));
    let bob = bob.expect("an id");
    assert_eq!(parse_friend(&friend(ada, bob)), Some((ada, bob)));
    let direct = ConversationId::direct(ada, bob).expect("two users");
    assert_eq!(parse_member(&member(direct, bob)), Some((direct, bob)));
    assert_eq!(parse_request(&request(bob, direct)), Some((bob, direct)));
    assert_eq!(parse_pair(&pair(direct)), Some((direct, ada, bob)));
    let group = ConversationId::number(12).expect("12 is a number");
    assert_eq!(parse_pair(&pair(group)), None);
    assert_eq!(parse_group_request(&group_request(group, bob)), Some((group, bob)));
    let seen = MessageId::from_raw(1 << 52);
    assert_eq!(parse_notice(&notice(ada, seen)), Some((ada, seen)));
    for origin in [0, 200, u8::MAX].map(Partition) {
        assert_eq!(parse_notice_mark(&notice_mark(ada, origin)), Some((ada, origin)));
    }
    let id = IntentId { origin: Partition(200), number: 1 << 40 };
    assert_eq!(parse_intent(&intent(id)), Some(id));
}

#[test]
fn the_end_of_a_conversation_is_behind_all_that_is_its_own() {
    for of in conversations() {
        let last = Place { seq: Seq(u32::MAX), mark: u32::MAX, id: MessageId::MAX };
        let end = end_of_conversation(of);
        assert!(message(of, last) < end);
        let user = UserId::new(UserId::MAX).expect("the largest user id");
        assert!(dedupe(of, user, MessageId::ZERO) < end);
        // A conversation of the same partition that is not this one is before it or behind.
        for other in conversations().into_iter().filter(|other| *other != of) {
            let mut key = conversation(other);
            key[0] = end[0];
            assert!(key < conversation(of) || key > end, "{other} is not in {of}");
        }
    }
}

/// Cut, lengthened and altered keys are refused rather than misread.
#[test]
fn damaged_keys_are_refused() {
    let of = ConversationId::number(12).expect("12 is a number");
    let whole = message(of, Place { seq: Seq(1), mark: 0, id: MessageId::from_raw(9) });
    for end in 0..whole.len() {
        assert_eq!(parse_message(&whole[..end]), None);
    }
    let mut longer = whole.clone();
    longer.push(0);
    assert_eq!(parse_message(&longer), None);
    let mut unknown_tag = whole;
    unknown_tag[1] = 9;
    assert_eq!(parse_message(&unknown_tag), None);

    let (a, b) = (UserId::new(7).expect("an id"), UserId::new(9).expect("an id"));
    let direct = conversation(ConversationId::direct(a, b).expect("two users"));
    let mut swapped = direct[..2].to_vec();
    swapped.extend_from_slice(&direct[10..]);
    swapped.extend_from_slice(&direct[2..10]);
    assert_eq!(parse_conversation(&swapped), None, "the smaller user stands first");
}
