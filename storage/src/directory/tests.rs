//! Opening, re-sharding, and stopping at every step of it.

use std::collections::BTreeSet;

use parlance_conversation::placement::Placement;
use parlance_conversation::store::{Change, LoadKey, Loaded};
use tempfile::TempDir;

use super::*;
use crate::check::check;
use crate::conformance::values::*;
use crate::memory::MemoryStore;

/// Opens by a clock at which nothing has expired, so that the content stays as it was written.
fn open(path: &Path, shards: usize) -> Result<Directory, DirectoryError> {
    open_by_clock(path, shards, || 0, &mut |_| ControlFlow::Continue(()))
}

/// A data directory with random content, and a model of all of it in one store.
struct Rig {
    directory: TempDir,
    model: MemoryStore,
}

impl Rig {
    fn new(shards: usize) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let rig = Self { directory, model: MemoryStore::new() };
        let opened = open(&rig.path(), shards).expect("it opens");
        with_seeds(1, |rng| {
            for _ in 0..400 {
                rig.put(&opened, any_change(rng));
            }
            for of in 1..20 {
                let mut log = LogWriter::new(number(of));
                for raw in 1..20 {
                    rig.put(&opened, put_message(log.next(rng, id(raw))));
                }
            }
        });
        rig
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// Commits a change at its home, and to the model.
    fn put(&self, opened: &Directory, change: Change) {
        if let Change::PutClock { .. } = change {
            // The clocks of several shards are no one store's.
            return;
        }
        let placement = Placement::new(opened.stores.len());
        let all = MemoryStore::new();
        put(&all, std::slice::from_ref(&change));
        put(&self.model, std::slice::from_ref(&change));
        let home = home_of(&change, placement);
        put(&*opened.stores[home], &[change]);
    }

    fn assert_whole(&self, opened: &Directory) {
        let placement = Placement::new(opened.stores.len());
        let home =
            |shard: parlance_conversation::placement::ShardIndex| &*opened.stores[shard.index()];
        with_seeds(1, |rng| {
            for _ in 0..300 {
                let user = any_user(rng);
                let key = LoadKey::User(user);
                let found = load(home(placement.home_of_user(user)), key.clone());
                assert_eq!(found, load(&self.model, key));
                let name = any_name(rng);
                let key = LoadKey::Name(name.clone());
                let found = load(home(placement.home_of_name(&name)), key.clone());
                assert_eq!(found, load(&self.model, key));
                let conversation = any_conversation(rng);
                let keys = [
                    LoadKey::Conversation(conversation),
                    LoadKey::Dedupe { conversation, sender: user },
                    LoadKey::Message { conversation, id: id(7) },
                ];
                for key in keys {
                    let found =
                        load(home(placement.home_of_conversation(conversation)), key.clone());
                    assert_eq!(found, load(&self.model, key));
                }
            }
        });
        let key = LoadKey::Allocator;
        assert_eq!(load(home(placement.home_of_allocator()), key.clone()), load(&self.model, key));
        let mut intents: Vec<_> = opened
            .stores
            .iter()
            .flat_map(|store| store.recover().expect("it recovers").intents)
            .collect();
        intents.sort_by_key(|(id, _)| *id);
        assert_eq!(intents, self.model.recover().expect("it recovers").intents);
    }
}

fn home_of(change: &Change, placement: Placement) -> usize {
    let shard = match change {
        Change::PutUser { user, .. }
        | Change::DeleteUser { user }
        | Change::PutMembership { user, .. }
        | Change::DeleteMembership { user, .. }
        | Change::PutFriend { user, .. }
        | Change::DeleteFriend { user, .. }
        | Change::PutRequest { user, .. }
        | Change::DeleteRequest { user, .. }
        | Change::DeleteNotice { user, .. }
        | Change::PutNoticeMark { user, .. } => placement.home_of_user(*user),
        Change::PutNotice { notice } => placement.home_of_user(notice.user),
        Change::PutName { name, .. } | Change::DeleteName { name } => placement.home_of_name(name),
        Change::PutAllocator { .. } | Change::PutClock { .. } => placement.home_of_allocator(),
        Change::PutConversation { conversation, .. }
        | Change::PutMember { conversation, .. }
        | Change::DeleteMember { conversation, .. }
        | Change::DeleteConversation { conversation }
        | Change::PutGroupRequest { conversation, .. }
        | Change::DeleteGroupRequest { conversation, .. }
        | Change::PutPair { pair: conversation, .. }
        | Change::DeletePair { pair: conversation }
        | Change::PutDedupe { conversation, .. } => placement.home_of_conversation(*conversation),
        Change::PutMessage { message } => placement.home_of_conversation(message.conversation),
        Change::PutIntent { id, .. } | Change::DeleteIntent { id } => placement.shard_of(id.origin),
    };
    shard.index()
}

fn names_in(path: &Path) -> BTreeSet<String> {
    fs::read_dir(path)
        .expect("the directory")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect()
}

fn copy_all(from: &Path, to: &Path) {
    fs::create_dir(to).expect("it is made");
    for entry in fs::read_dir(from).expect("the directory") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            copy_all(&entry.path(), &target);
        } else {
            // A store that is being built may drop a table of its own meanwhile.
            match fs::copy(entry.path(), target) {
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                copied => assert!(copied.is_ok(), "{copied:?}"),
            }
        }
    }
}

#[test]
fn a_new_directory_has_its_layout_and_a_store_per_shard() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("a/b/data");
    let opened = open(&path, 3).expect("it opens");
    assert_eq!((opened.stores.len(), opened.epoch), (3, 1));
    let expected = ["LAYOUT", "LOCK", "shard-00", "shard-01", "shard-02"];
    assert_eq!(names_in(&path), expected.map(str::to_owned).into());
}

#[test]
fn any_number_of_shards_opens_and_keeps_all() {
    let rig = Rig::new(1);
    for shards in [1, 3, 2, 2, 7, 1] {
        let opened = open(&rig.path(), shards).expect("it opens");
        assert_eq!((opened.stores.len(), opened.epoch), (shards, 1));
        rig.assert_whole(&opened);
    }
    let stores: Vec<_> = names_in(&rig.path()).into_iter().filter(|n| is_store_name(n)).collect();
    assert_eq!(stores, ["reshard-5"], "only the live stores remain");
}

#[test]
fn the_highest_clock_ceiling_holds_for_every_shard() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let opened = open(directory.path(), 3).expect("it opens");
    for (store, raw) in opened.stores.iter().zip([5, 9, 7]) {
        put(&**store, &[Change::PutClock { ceiling: id(raw) }]);
    }
    drop(opened);
    let opened = open(directory.path(), 2).expect("it opens");
    for store in &opened.stores {
        assert_eq!(store.recover().expect("it recovers").clock_ceiling, id(9));
    }
}

/// Re-shards and stops after step `stop`, as a kill would. What is on disk at that moment is also
/// copied away, because closing a store in good order may write what a kill would not.
fn stop_after(path: &Path, shards: usize, stop: usize, copy: &Path) -> Result<(), DirectoryError> {
    let mut steps = 0;
    let opened = open_by_clock(path, shards, || 0, &mut |_| {
        steps += 1;
        if steps <= stop {
            return ControlFlow::Continue(());
        }
        copy_all(path, copy);
        ControlFlow::Break(())
    });
    opened.map(|_| ())
}

#[test]
fn a_stop_at_any_step_of_resharding_loses_nothing() {
    let rig = Rig::new(2);
    for stop in 0.. {
        let copies = tempfile::tempdir().expect("a temporary directory");
        let (stopped, killed) = (copies.path().join("stopped"), copies.path().join("killed"));
        copy_all(&rig.path(), &stopped);
        match stop_after(&stopped, 3, stop, &killed) {
            Ok(()) => {
                assert!(stop > 20, "re-sharding two stores has more steps than {stop}");
                break;
            }
            Err(DirectoryError::Stopped) => {}
            Err(other) => panic!("step {stop}: {other}"),
        }
        // Half of the time the next start wants the old number of shards again.
        let shards = if stop % 2 == 0 { 3 } else { 2 };
        for path in [stopped, killed] {
            let opened = open(&path, shards)
                .unwrap_or_else(|error| panic!("after a stop at step {stop}: {error}"));
            rig.assert_whole(&opened);
        }
    }
}

#[test]
fn a_stop_while_a_directory_is_made_is_made_good() {
    for stop in 0..4 {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let mut steps = 0;
        let stopped = open_directory_with(directory.path(), 2, &mut |_| {
            steps += 1;
            if steps > stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        assert!(matches!(stopped, Err(DirectoryError::Stopped)), "step {stop}");
        let opened = open(directory.path(), 2).expect("it opens");
        assert_eq!(opened.stores.len(), 2);
    }
}

#[test]
fn nothing_but_stores_is_ever_removed() {
    let rig = Rig::new(2);
    let kept = ["secrets", "notes.txt", "shard-00.bak", "shard-old"];
    for name in kept {
        fs::create_dir(rig.path().join(name)).expect("it is made");
    }
    fs::create_dir(rig.path().join("reshard-9")).expect("a leftover");
    drop(open(&rig.path(), 1).expect("it opens"));
    let names = names_in(&rig.path());
    for name in kept {
        assert!(names.contains(name), "{name}");
    }
    assert!(!names.contains("reshard-9"));
}

#[test]
fn a_directory_opens_once_at_a_time() {
    let rig = Rig::new(1);
    let opened = open(&rig.path(), 1).expect("it opens");
    let in_use = |result: Result<(), DirectoryError>| match result {
        Err(DirectoryError::InUse { owner, .. }) => {
            assert_eq!(owner, std::process::id().to_string());
        }
        other => panic!("{other:?}"),
    };
    in_use(open(&rig.path(), 1).map(|_| ()));
    in_use(check(&rig.path()).map(|_| ()));
    in_use(restore(&rig.path(), &rig.directory.path().join("elsewhere")));
    // A store keeps the directory even where the rest of it is gone.
    let store = Arc::clone(&opened.stores[0]);
    drop(opened);
    in_use(open(&rig.path(), 1).map(|_| ()));
    drop(store);
    drop(open(&rig.path(), 1).expect("it is free"));
}

#[test]
fn what_cannot_be_opened_says_why() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path();
    assert!(matches!(open(path, 0), Err(DirectoryError::Shards { asked: 0, max: 64 })));
    assert!(matches!(open(path, 65), Err(DirectoryError::Shards { asked: 65, .. })));
    assert!(matches!(check(path), Err(DirectoryError::NoLayout { .. })));
    let file = path.join("file");
    fs::write(&file, "").expect("it is written");
    assert!(matches!(open(&file, 1), Err(DirectoryError::Io { .. })));
    assert!(matches!(open(&file.join("x"), 1), Err(DirectoryError::Io { .. })));

    let newer = path.join("newer");
    fs::create_dir(&newer).expect("it is made");
    fs::write(newer.join("LAYOUT"), "parlance data directory\nformat 2\n").expect("it is written");
    let refused = open(&newer, 1);
    assert!(matches!(refused, Err(DirectoryError::NewerFormat { found: 2, known: 1 })));
}

#[test]
fn lost_parts_are_never_replaced_by_empty_ones() {
    let rig = Rig::new(2);
    let layout = fs::read(rig.path().join("LAYOUT")).expect("it reads");
    fs::remove_file(rig.path().join("LAYOUT")).expect("it is removed");
    let refused = open(&rig.path(), 2);
    assert!(matches!(refused, Err(DirectoryError::DamagedLayout { .. })));
    fs::write(rig.path().join("LAYOUT"), &layout[..layout.len() / 2]).expect("it is written");
    let refused = open(&rig.path(), 2);
    assert!(matches!(refused, Err(DirectoryError::DamagedLayout { .. })));
    fs::write(rig.path().join("LAYOUT"), layout).expect("it is written");
    drop(open(&rig.path(), 2).expect("it opens"));
    fs::remove_dir_all(rig.path().join("shard-01")).expect("it is removed");
    for shards in [2, 3] {
        let refused = open(&rig.path(), shards);
        assert!(matches!(refused, Err(DirectoryError::Store { .. })), "{shards} shards");
    }
}

#[test]
fn a_backup_holds_everything_and_restores() {
    let rig = Rig::new(3);
    let (to, restored) = (rig.directory.path().join("backup"), rig.directory.path().join("back"));
    let opened = open(&rig.path(), 3).expect("it opens");
    opened.backup(&to).expect("it is copied");
    assert!(matches!(opened.backup(&to), Err(DirectoryError::NotEmpty { .. })));
    // What comes after the backup is not in it.
    let late = Change::PutUser { user: user(1 << 50), record: Default::default() };
    put(&*opened.stores[home_of(&late, Placement::new(3))], &[late]);
    drop(opened);
    restore(&to, &restored).expect("it is restored");
    assert!(matches!(restore(&to, &restored), Err(DirectoryError::NotEmpty { .. })));
    for (path, shards) in [(restored, 3), (to, 2)] {
        let opened = open(&path, shards).expect("it opens");
        rig.assert_whole(&opened);
        let home = Placement::new(shards).home_of_user(user(1 << 50)).index();
        let found = load(&*opened.stores[home], LoadKey::User(user(1 << 50)));
        assert_eq!(found, Loaded::User(None));
    }
}
