//! Friends, pairs, members, requests and notices; groups that are deleted.

use std::sync::Arc;

use parlance_codecs::{Notice, UserId};
use parlance_conversation::placement::Partition;
use parlance_conversation::store::{
    Change, ConversationState, DedupeIdentity, DedupeRecord, LoadKey, Loaded, LogQuery, LogRange,
    NoticeMark, PairRecord, UserRecord, UserState,
};

use super::values::*;
use crate::Store;

fn user_state(store: &dyn Store, of: UserId) -> UserState {
    match load(store, LoadKey::User(of)) {
        Loaded::User(Some(state)) => state,
        other => panic!("user {of} is gone: {other:?}"),
    }
}

fn group_state(store: &dyn Store, raw: u64) -> ConversationState {
    match load(store, LoadKey::Conversation(number(raw))) {
        Loaded::Conversation(Some(state)) => state,
        other => panic!("group {raw} is gone: {other:?}"),
    }
}

/// Each of a user's lists holds the user's own, in order, and what is deleted is gone from it.
pub(super) fn a_users_lists_come_back(store: &dyn Store) {
    with_seeds(1, |rng| {
        let neighbours = [1, 2, 0xff, 0x100, UserId::MAX].map(user);
        let requests = [(direct(1, 2), any_request(rng)), (number(1), any_request(rng))];
        let friends = [(user(3), any_friend(rng)), (user(4), any_friend(rng))];
        let notices = [1, 0x100].map(|raw| Notice { id: id(raw), ..any_notice(rng) });
        let marks = [0, 7, u8::MAX]
            .map(|origin| NoticeMark { origin: Partition(origin), up_to: any_notice(rng).id });
        for of in neighbours {
            put(store, &[Change::PutUser { user: of, record: UserRecord::default() }]);
            for (about, record) in requests.iter().rev().cloned() {
                put(store, &[Change::PutRequest { user: of, about, record }]);
            }
            for (friend, record) in friends.iter().rev().cloned() {
                put(store, &[Change::PutFriend { user: of, friend, record }]);
            }
            for notice in notices.iter().rev().cloned() {
                let notice = Arc::new(Notice { user: of, ..notice });
                put(store, &[Change::PutNotice { notice }]);
            }
            for mark in marks.iter().rev().copied() {
                put(store, &[Change::PutNoticeMark { user: of, mark }]);
            }
        }
        for of in neighbours {
            let state = user_state(store, of);
            assert_eq!(state.requests, requests);
            assert_eq!(state.friends, friends);
            assert_eq!(state.notice_marks, marks);
            let expected = notices.clone().map(|notice| Arc::new(Notice { user: of, ..notice }));
            assert_eq!(state.notices, expected);
            put(
                store,
                &[
                    Change::DeleteRequest { user: of, about: direct(1, 2) },
                    Change::DeleteFriend { user: of, friend: user(3) },
                    Change::DeleteNotice { user: of, id: id(1) },
                ],
            );
            let state = user_state(store, of);
            assert_eq!(state.requests, requests[1..]);
            assert_eq!(state.friends, friends[1..]);
            assert_eq!(state.notices, expected[1..]);
        }
    });
}

pub(super) fn pairs_come_back(store: &dyn Store) {
    let pair = |a, b| load(store, LoadKey::Pair(direct(a, b)));
    let asked = PairRecord::Asked { by: user(2) };
    put(store, &[Change::PutPair { pair: direct(1, 2), record: asked }]);
    put(store, &[Change::PutPair { pair: direct(1, 3), record: PairRecord::Friends }]);
    assert_eq!(pair(1, 2), Loaded::Pair(Some(asked)));
    assert_eq!(pair(1, 3), Loaded::Pair(Some(PairRecord::Friends)));
    assert_eq!(pair(2, 3), Loaded::Pair(None));
    // A pair is not the direct between its users.
    let direct_itself = load(store, LoadKey::Conversation(direct(1, 3)));
    assert_eq!(direct_itself, Loaded::Conversation(None));
    put(store, &[Change::DeletePair { pair: direct(1, 2) }]);
    assert_eq!(pair(1, 2), Loaded::Pair(None));
}

pub(super) fn members_and_requests_of_groups_come_back(store: &dyn Store) {
    with_seeds(1, |rng| {
        let members = [1, 2, 0x100].map(|raw| (user(raw), any_member(rng)));
        let requests = [3, UserId::MAX].map(|raw| (user(raw), any_group_request(rng)));
        for raw in [1, 2, 0x100] {
            let conversation = number(raw);
            let record = any_conversation_record(rng);
            put(store, &[Change::PutConversation { conversation, record }]);
            for (user, record) in members.iter().rev().cloned() {
                put(store, &[Change::PutMember { conversation, user, record }]);
            }
            for (user, record) in requests.iter().rev().cloned() {
                put(store, &[Change::PutGroupRequest { conversation, user, record }]);
            }
        }
        let conversation = number(2);
        put(store, &[Change::DeleteGroupRequest { conversation, user: user(3) }]);
        assert_eq!(group_state(store, 1).members, members);
        assert_eq!(group_state(store, 1).requests, requests);
        assert_eq!(group_state(store, 2).members, members);
        assert_eq!(group_state(store, 2).requests, requests[1..]);
        assert_eq!(group_state(store, 0x100).requests, requests);
    });
}

/// Its neighbours in the order of keys lose nothing, and a number that is taken again starts
/// empty.
pub(super) fn a_deleted_group_takes_its_log_with_it(store: &dyn Store) {
    let sender = user(1);
    with_seeds(1, |rng| {
        for raw in [0xff, 0x100, 0x101] {
            let conversation = number(raw);
            let record = any_conversation_record(rng);
            let key =
                DedupeRecord { identity: DedupeIdentity(1), id: id_at(NOW_MS), ..any_dedupe(rng) };
            put(
                store,
                &[
                    Change::PutConversation { conversation, record },
                    put_message(message(conversation, 1, 0, 10)),
                    put_message(message(conversation, u32::MAX, u32::MAX, 11)),
                    Change::PutDedupe { conversation, sender, record: key },
                ],
            );
        }
    });
    put(store, &[Change::DeleteConversation { conversation: number(0x100) }]);
    let left = |raw| {
        let range = LogRange {
            conversation: number(raw),
            after_id: id(0),
            after_seq: parlance_codecs::Seq(0),
            up_to: id(100),
        };
        let query = LogQuery {
            ranges: vec![range],
            messages_max: 10,
            bytes_max: usize::MAX,
            now_ms: NOW_MS,
            with_recalled: true,
        };
        let log = store.read_log(&query).expect("the log is read").messages.len();
        let Loaded::Dedupe(keys) =
            load(store, LoadKey::Dedupe { conversation: number(raw), sender })
        else {
            panic!("no dedupe records");
        };
        let one = LoadKey::Message { conversation: number(raw), id: id(10) };
        let is_there = load(store, LoadKey::Conversation(number(raw)));
        (
            is_there != Loaded::Conversation(None),
            log,
            keys.len(),
            load(store, one) != Loaded::Message(None),
        )
    };
    assert_eq!(left(0xff), (true, 2, 1, true));
    assert_eq!(left(0x100), (false, 0, 0, false));
    assert_eq!(left(0x101), (true, 2, 1, true));
    with_seeds(1, |rng| {
        let record = any_conversation_record(rng);
        put(store, &[Change::PutConversation { conversation: number(0x100), record }]);
    });
    assert_eq!(group_state(store, 0x100).last_id, id(0));
}
