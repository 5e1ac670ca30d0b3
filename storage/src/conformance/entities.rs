//! Users, conversations, names, intents: what is put, loaded, listed and deleted.

use parlance_codecs::{ConversationId, MessageId, Seq, UserId};
use parlance_conversation::placement::Partition;
use parlance_conversation::store::{
    AllocatorState, Change, ConversationState, DEDUPE_RECORDS_MAX, DEDUPE_WINDOW_MS,
    DedupeIdentity, DedupeRecord, Durability, Intent, IntentId, LoadKey, Loaded, NameKey,
    Recovered, UserRecord, UserState,
};
use rand::Rng;

use super::values::{self, *};
use crate::{MemoryStore, Store, USERS_MAX};

pub(super) fn nothing_is_found_in_an_empty_store(store: &dyn Store) {
    assert_eq!(load(store, LoadKey::User(user(1))), Loaded::User(None));
    assert_eq!(load(store, LoadKey::Conversation(number(1))), Loaded::Conversation(None));
    let name = NameKey::Login("ada".to_owned());
    assert_eq!(load(store, LoadKey::Name(name)), Loaded::Name(None));
    assert_eq!(load(store, LoadKey::Allocator), Loaded::Allocator(AllocatorState::default()));
    assert_eq!(load(store, LoadKey::Pair(direct(1, 2))), Loaded::Pair(None));
    let dedupe = LoadKey::Dedupe { conversation: number(1), sender: user(1) };
    assert_eq!(load(store, dedupe), Loaded::Dedupe(Vec::new()));
    for raw in [0, 1, MessageId::MAX.raw()] {
        let message = LoadKey::Message { conversation: number(1), id: id(raw) };
        assert_eq!(load(store, message), Loaded::Message(None));
    }
    assert_eq!(store.recover(), Ok(Recovered::default()));
    assert_eq!(store.users(None, usize::MAX), Ok(Vec::new()));
}

pub(super) fn what_was_put_is_loaded(store: &dyn Store) {
    with_seeds(20, |rng| {
        let (of, conversation) = (any_user(rng), any_conversation(rng));
        let record = any_user_record(rng);
        let membership = any_membership(rng);
        let described = any_conversation_record(rng);
        let (name, leads_to) = (any_name(rng), any_name_record(rng));
        let allocator = AllocatorState { next_user: rng.random(), next_conversation: rng.random() };
        let AllocatorState { next_user, next_conversation } = allocator;
        put(
            store,
            &[
                Change::PutUser { user: of, record: record.clone() },
                Change::PutMembership { user: of, conversation, record: membership.clone() },
                Change::PutConversation { conversation, record: described.clone() },
                Change::PutMember { conversation, user: of, record: any_member(rng) },
                Change::PutName { name: name.clone(), record: leads_to.clone() },
                Change::PutAllocator { next_user, next_conversation },
            ],
        );
        let Loaded::User(Some(state)) = load(store, LoadKey::User(of)) else {
            panic!("the user is gone");
        };
        assert_eq!(state.record, record);
        assert!(state.memberships.contains(&(conversation, membership)));
        let Loaded::Conversation(Some(state)) = load(store, LoadKey::Conversation(conversation))
        else {
            panic!("the conversation is gone");
        };
        assert_eq!(state.record, described);
        assert!(state.members.iter().any(|(user, _)| *user == of));
        assert_eq!((state.last_seq, state.last_mark), (Seq(0), 0));
        assert_eq!(load(store, LoadKey::Name(name)), Loaded::Name(Some(leads_to)));
        assert_eq!(load(store, LoadKey::Allocator), Loaded::Allocator(allocator));
    });
}

pub(super) fn a_second_put_replaces(store: &dyn Store) {
    with_seeds(20, |rng| {
        let name = any_name(rng);
        for _ in 0..2 {
            let (record, leads_to) = (any_user_record(rng), any_name_record(rng));
            put(
                store,
                &[
                    Change::PutUser { user: user(1), record: record.clone() },
                    Change::PutName { name: name.clone(), record: leads_to.clone() },
                ],
            );
            let state = only(record);
            assert_eq!(load(store, LoadKey::User(user(1))), Loaded::User(Some(state)));
            assert_eq!(load(store, LoadKey::Name(name.clone())), Loaded::Name(Some(leads_to)));
        }
    });
}

pub(super) fn what_was_deleted_is_gone(store: &dyn Store) {
    with_seeds(1, |rng| {
        let (of, conversation, name) = (user(5), number(3), any_name(rng));
        let id = any_intent_id(rng);
        put(
            store,
            &[
                Change::PutUser { user: of, record: any_user_record(rng) },
                Change::PutMembership { user: of, conversation, record: any_membership(rng) },
                Change::PutConversation { conversation, record: any_conversation_record(rng) },
                Change::PutMember { conversation, user: of, record: any_member(rng) },
                Change::PutName { name: name.clone(), record: any_name_record(rng) },
                Change::PutIntent { id, intent: any_intent(rng) },
            ],
        );
        // Within one commit the later change wins.
        put(
            store,
            &[
                Change::DeleteMembership { user: of, conversation },
                Change::DeleteMember { conversation, user: of },
                Change::DeleteName { name: name.clone() },
                Change::DeleteIntent { id },
                Change::PutMember { conversation, user: user(6), record: any_member(rng) },
                Change::DeleteMember { conversation, user: user(6) },
            ],
        );
        let Loaded::User(Some(state)) = load(store, LoadKey::User(of)) else {
            panic!("the user is gone");
        };
        assert_eq!(state.memberships, Vec::new());
        let Loaded::Conversation(Some(state)) = load(store, LoadKey::Conversation(conversation))
        else {
            panic!("the conversation is gone");
        };
        assert_eq!(state.members, Vec::new());
        assert_eq!(load(store, LoadKey::Name(name)), Loaded::Name(None));
        assert_eq!(store.recover(), Ok(Recovered::default()));
        put(store, &[Change::DeleteUser { user: of }]);
        assert_eq!(load(store, LoadKey::User(of)), Loaded::User(None));
        assert_eq!(store.users(None, 10), Ok(Vec::new()));
    });
}

/// Neighbours in the order of keys must not be taken for one's own.
pub(super) fn lists_rise_and_hold_only_their_own(store: &dyn Store) {
    let users = [1, 2, 0xff, 0x100, 0x1_0000, UserId::MAX].map(user);
    let mut conversations: Vec<_> = [1, 2, 0xff, 0x100, UserId::MAX].map(number).to_vec();
    conversations.extend([direct(1, 2), direct(1, UserId::MAX), direct(2, 0x100)]);
    conversations.sort();
    with_seeds(1, |rng| {
        let record = any_membership(rng);
        for &of in &users {
            put(store, &[Change::PutUser { user: of, record: UserRecord::default() }]);
            for &conversation in conversations.iter().rev() {
                let described = any_conversation_record(rng);
                put(
                    store,
                    &[
                        Change::PutConversation { conversation, record: described },
                        Change::PutMembership { user: of, conversation, record: record.clone() },
                        Change::PutMember { conversation, user: of, record: any_member(rng) },
                    ],
                );
            }
            for &friend in users.iter().rev() {
                put(store, &[Change::PutFriend { user: of, friend, record: any_friend(rng) }]);
            }
        }
    });
    for &of in &users {
        let Loaded::User(Some(state)) = load(store, LoadKey::User(of)) else {
            panic!("user {of} is gone");
        };
        let of_memberships: Vec<ConversationId> =
            state.memberships.iter().map(|(conversation, _)| *conversation).collect();
        assert_eq!(of_memberships, conversations);
        assert!(state.friends.iter().map(|(friend, _)| friend).eq(&users));
    }
    for &conversation in &conversations {
        let loaded = load(store, LoadKey::Conversation(conversation));
        let Loaded::Conversation(Some(ConversationState { members, .. })) = loaded else {
            panic!("conversation {conversation} is gone");
        };
        assert!(members.iter().map(|(user, _)| user).eq(&users));
    }
}

pub(super) fn users_are_listed_in_order_over_all_partitions(store: &dyn Store) {
    let mut all: Vec<u64> = (1..=2 * USERS_MAX as u64).collect();
    all.extend([1 << 40, UserId::MAX]);
    for chunk in all.chunks(500) {
        let record = UserRecord::default();
        let changes: Vec<_> = chunk
            .iter()
            .map(|&raw| Change::PutUser { user: user(raw), record: record.clone() })
            .collect();
        put(store, &changes);
    }
    let mut listed = Vec::new();
    let mut after = None;
    loop {
        let page = store.users(after, usize::MAX).expect("the store lists");
        assert!(page.len() <= USERS_MAX);
        let Some((last, _)) = page.last() else { break };
        after = Some(*last);
        listed.extend(page.into_iter().map(|(user, _)| user.raw()));
    }
    assert_eq!(listed, all);
    let three = store.users(Some(user(10)), 3).expect("the store lists");
    assert_eq!(three.iter().map(|(user, _)| user.raw()).collect::<Vec<_>>(), [11, 12, 13]);
    assert_eq!(store.users(Some(user(UserId::MAX)), 3), Ok(Vec::new()));
    assert_eq!(store.users(None, 0), Ok(Vec::new()));
}

fn dedupe_at(sent_at_ms: u64) -> DedupeRecord {
    DedupeRecord {
        identity: DedupeIdentity(u128::from(sent_at_ms) << 64),
        id: id_at(sent_at_ms),
        seq: Seq(1),
        created_at_ms: sent_at_ms,
        expires_at_ms: None,
        recall_index: None,
    }
}

pub(super) fn keys_are_remembered_newest_first_within_the_window(store: &dyn Store) {
    let newest_first = [0, 1, 1_000, DEDUPE_WINDOW_MS - 1].map(|ago| dedupe_at(NOW_MS - ago));
    let forgotten = [0, 1].map(|more| dedupe_at(NOW_MS - DEDUPE_WINDOW_MS - more));
    for (conversation, sender) in
        [(number(1), user(1)), (number(1), user(2)), (direct(1, 2), user(1))]
    {
        for &record in newest_first.iter().chain(&forgotten) {
            put(store, &[Change::PutDedupe { conversation, sender, record }]);
        }
    }
    let of = |conversation, sender| load(store, LoadKey::Dedupe { conversation, sender });
    for (conversation, sender) in [(number(1), user(1)), (direct(1, 2), user(1))] {
        assert_eq!(of(conversation, sender), Loaded::Dedupe(newest_first.to_vec()));
    }
    assert_eq!(of(number(1), user(3)), Loaded::Dedupe(Vec::new()));
    assert_eq!(of(direct(1, 2), user(2)), Loaded::Dedupe(Vec::new()));
    let recalled = DedupeRecord { recall_index: Some(3), ..newest_first[0] };
    let change = Change::PutDedupe { conversation: number(1), sender: user(1), record: recalled };
    put(store, &[change]);
    let Loaded::Dedupe(now) = of(number(1), user(1)) else { panic!("no dedupe records") };
    assert_eq!(now[0], recalled);
    assert_eq!(now[1..], newest_first[1..]);
}

pub(super) fn the_newest_keys_are_remembered_up_to_the_limit(store: &dyn Store) {
    let (conversation, sender) = (number(1), user(1));
    let sent = DEDUPE_RECORDS_MAX as u64 + 10;
    let changes: Vec<_> = (0..sent)
        .map(|ago| Change::PutDedupe { conversation, sender, record: dedupe_at(NOW_MS - ago) })
        .collect();
    put(store, &changes);
    let Loaded::Dedupe(found) = load(store, LoadKey::Dedupe { conversation, sender }) else {
        panic!("no dedupe records");
    };
    assert_eq!(found.len(), DEDUPE_RECORDS_MAX);
    assert_eq!(found.first(), Some(&dedupe_at(NOW_MS)));
    assert!(found.windows(2).all(|pair| pair[0].id > pair[1].id));
}

pub(super) fn a_restart_finds_the_clock_and_the_intents(store: &dyn Store) {
    let intent = |raw| Intent::Left { user: user(raw), conversation: number(raw) };
    let ids = [(0, 1), (0, 2), (0, 256), (7, 0), (200, u64::MAX), (255, 1)]
        .map(|(origin, number)| IntentId { origin: Partition(origin), number });
    for (id, raw) in ids.iter().rev().zip(1..) {
        put(store, &[Change::PutIntent { id: *id, intent: intent(raw) }]);
    }
    put(store, &[Change::PutClock { ceiling: id(5) }, Change::PutClock { ceiling: id(9) }]);
    let recovered = store.recover().expect("the store recovers");
    assert_eq!(recovered.clock_ceiling, id(9));
    let found: Vec<_> = recovered.intents.iter().map(|(id, _)| *id).collect();
    assert_eq!(found, ids);
    assert_eq!(recovered.intents[0].1, intent(6));
}

pub(super) fn what_is_only_in_memory_is_not_stored(store: &dyn Store) {
    let change = Change::PutUser { user: user(1), record: UserRecord::default() };
    assert_eq!(store.commit(&[change], Durability::Memory), Ok(()));
    assert_eq!(load(store, LoadKey::User(user(1))), Loaded::User(None));
    assert_eq!(store.commit(&[], Durability::Sync), Ok(()));
}

/// Everything that can be loaded is equal after every commit of a random history.
pub(super) fn random_histories_are_as_in_the_model(store: &dyn Store) {
    let model = MemoryStore::new();
    with_seeds(5, |rng| {
        for _ in 0..60 {
            let changes: Vec<_> =
                (0..rng.random_range(0..20)).map(|_| values::any_change(rng)).collect();
            put(store, &changes);
            put(&model, &changes);
            for _ in 0..20 {
                let (of, conversation) = (any_user(rng), any_conversation(rng));
                let keys = [
                    LoadKey::User(of),
                    LoadKey::Conversation(conversation),
                    LoadKey::Pair(any_pair(rng)),
                    LoadKey::Name(any_name(rng)),
                    LoadKey::Allocator,
                    LoadKey::Dedupe { conversation, sender: of },
                ];
                for key in keys {
                    assert_eq!(load(store, key.clone()), load(&model, key));
                }
            }
            assert_eq!(store.recover(), model.recover());
            let after = rng.random::<bool>().then(|| any_user(rng));
            assert_eq!(store.users(after, 5), model.users(after, 5));
        }
    });
}

fn only(record: UserRecord) -> UserState {
    UserState {
        record,
        memberships: Vec::new(),
        friends: Vec::new(),
        requests: Vec::new(),
        notices: Vec::new(),
        notice_marks: Vec::new(),
    }
}
