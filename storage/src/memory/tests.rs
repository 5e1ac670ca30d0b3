//! What a crash keeps and what a fault does.

use parlance_codecs::UserId;
use parlance_conversation::store::UserRecord;

use super::*;

fn put_user(raw: u64) -> Vec<Change> {
    let user = UserId::new(raw).expect("a user id");
    vec![Change::PutUser { user, record: UserRecord::default() }]
}

fn users(store: &MemoryStore) -> Vec<u64> {
    let users = store.users(None, usize::MAX).expect("the store works");
    users.into_iter().map(|(user, _)| user.raw()).collect()
}

#[test]
fn a_crash_loses_only_a_tail_of_what_was_not_synced() {
    let commits =
        [(1, Durability::Os), (2, Durability::Sync), (3, Durability::Os), (4, Durability::Os)];
    for kept in 0..=2 {
        let store = MemoryStore::new();
        for (user, durability) in commits {
            store.commit(&put_user(user), durability).expect("it works");
        }
        assert_eq!(store.unsynced_commits(), 2);
        store.crash(|unsynced| {
            assert_eq!(unsynced, 2);
            kept
        });
        assert_eq!(users(&store), [1, 2, 3, 4][..2 + kept]);
        assert_eq!(store.unsynced_commits(), 0);
    }
}

#[test]
fn a_full_disk_refuses_one_commit_and_takes_the_next() {
    let store = MemoryStore::new();
    store.fail_next_commit(Fault::Full);
    let refused = store.commit(&put_user(1), Durability::Sync);
    assert!(matches!(refused, Err(StoreError::Full(_))), "{refused:?}");
    store.commit(&put_user(2), Durability::Sync).expect("there is room again");
    assert_eq!(users(&store), [2]);
}

#[test]
fn a_failed_sync_is_final_until_the_restart_and_leaves_its_commit_open() {
    for kept in 0..=1 {
        let store = MemoryStore::new();
        store.commit(&put_user(1), Durability::Sync).expect("it works");
        store.fail_next_commit(Fault::Sync);
        let failed = store.commit(&put_user(2), Durability::Sync);
        assert!(matches!(failed, Err(StoreError::Failed(_))), "{failed:?}");
        let after = store.commit(&put_user(3), Durability::Sync);
        assert!(matches!(after, Err(StoreError::Failed(_))), "{after:?}");
        assert!(store.users(None, 1).is_err(), "a failed store answers nothing");
        store.crash(|_| kept);
        assert_eq!(users(&store), [1, 2][..=kept]);
    }
}

#[test]
fn what_is_only_in_memory_is_never_stored() {
    let store = MemoryStore::new();
    store.commit(&put_user(1), Durability::Memory).expect("it works");
    assert_eq!(users(&store), [0; 0]);
}

#[test]
fn resharding_moves_everything_and_loses_nothing() {
    let store = MemoryStore::new();
    for user in 1..=100 {
        store.commit(&put_user(user), Durability::Os).expect("it works");
    }
    let placement = Placement::new(3);
    let spread = MemoryStore::reshard(&[store], placement);
    assert_eq!(spread.len(), 3);
    let mut all = Vec::new();
    for (index, store) in spread.iter().enumerate() {
        for user in users(store) {
            let id = UserId::new(user).expect("a user id");
            assert_eq!(placement.home_of_user(id).index(), index);
            all.push(user);
        }
    }
    all.sort_unstable();
    assert_eq!(all, (1..=100).collect::<Vec<_>>());
}
