//! What only the store on disk has: reopening, damage, retention by compaction, final failure.

use std::fs;
use std::path::PathBuf;

use parlance_conversation::store::LogRange;
use rocksdb::{BottommostLevelCompaction, CompactOptions};
use tempfile::TempDir;

use super::*;
use crate::conformance::values::*;
use crate::keys::{self, Place};
use crate::retention::GRACE_MS;
use parlance_codecs::{MessageId, Seq};

/// A store in a directory of its own, which it can be reopened in.
struct Rig {
    directory: TempDir,
    wall_clock: fn() -> u64,
}

impl Rig {
    fn new(wall_clock: fn() -> u64) -> (Self, RocksStore<()>) {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let rig = Self { directory, wall_clock };
        let store = rig.open(Creation::New).expect("a new store opens");
        (rig, store)
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("store")
    }

    fn open(&self, creation: Creation) -> Result<RocksStore<()>, StoreError> {
        RocksStore::open(&self.path(), &Shared::new(self.wall_clock), creation, ())
    }

    fn files(&self, extension: &str) -> Vec<PathBuf> {
        let mut paths: Vec<_> = fs::read_dir(self.path())
            .expect("the store's directory")
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| path.extension().is_some_and(|found| found == extension))
            .collect();
        paths.sort();
        paths
    }
}

fn query(of: parlance_codecs::ConversationId) -> LogQuery {
    let (after_id, up_to) = (MessageId::ZERO, MessageId::MAX);
    LogQuery {
        ranges: vec![LogRange { conversation: of, after_id, after_seq: Seq(0), up_to }],
        messages_max: LogQuery::MESSAGES_MAX,
        bytes_max: usize::MAX,
        now_ms: NOW_MS,
        with_recalled: true,
    }
}

fn compact<H>(store: &RocksStore<H>, family: Family) {
    store.flush().expect("it flushes");
    let mut options = CompactOptions::default();
    options.set_bottommost_level_compaction(BottommostLevelCompaction::Force);
    let handle = handle(&store.database, family);
    store.database.compact_range_cf_opt(handle, None::<&[u8]>, None::<&[u8]>, &options);
}

#[test]
fn reopening_keeps_everything() {
    let (rig, store) = Rig::new(|| 0);
    let model = crate::MemoryStore::new();
    let mut store = Some(store);
    with_seeds(6, |rng| {
        let open = store.take().expect("it is open");
        for _ in 0..40 {
            let changes: Vec<_> = (0..10).map(|_| any_change(rng)).collect();
            put(&open, &changes);
            put(&model, &changes);
        }
        drop(open);
        let reopened = rig.open(Creation::Existing).expect("it opens again");
        assert_eq!(reopened.recover(), model.recover());
        assert_eq!(reopened.users(None, 1_000), model.users(None, 1_000));
        for _ in 0..100 {
            for key in [LoadKey::User(any_user(rng)), LoadKey::Conversation(any_conversation(rng))]
            {
                assert_eq!(load(&reopened, key.clone()), load(&model, key));
            }
        }
        store = Some(reopened);
    });
}

#[test]
fn a_store_is_neither_made_twice_nor_made_anew_where_it_is_missing() {
    let (rig, store) = Rig::new(|| 0);
    drop(store);
    assert!(rig.open(Creation::New).is_err());
    drop(rig.open(Creation::Existing).expect("it is there"));
    fs::remove_dir_all(rig.path()).expect("it is removed");
    assert!(rig.open(Creation::Existing).is_err());
}

#[test]
fn a_damaged_record_is_an_error_that_names_its_key() {
    let (_rig, store) = Rig::new(|| 0);
    let of = number(3);
    let record = any_record(1, any_conversation_record);
    put(&store, &[Change::PutConversation { conversation: of, record }]);
    put(&store, &[put_message(message(of, 1, 0, 5)), put_message(message(of, 2, 0, 6))]);
    let place = Place { seq: Seq(1), mark: 0, id: id(5) };
    let key = keys::message(of, place);
    let messages = handle(&store.database, Family::Messages);
    store.database.put_cf(messages, &key, b"no record").expect("it is written");

    let error = store.read_log(&query(of)).expect_err("the record is damaged");
    let StoreError::Damaged { what, place } = &error else { panic!("{error:?}") };
    let hexadecimal: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(*place, format!("messages/{hexadecimal}"));
    assert_eq!(what, "record version 110, known is 1");
    let by_id = LoadKey::Message { conversation: of, id: id(5) };
    assert_eq!(store.load(&by_id, NOW_MS), Err(error));
    // The store itself goes on, and so does everything that is not damaged.
    let other = LoadKey::Message { conversation: of, id: id(6) };
    assert!(matches!(store.load(&other, NOW_MS), Ok(Loaded::Message(Some(_)))));
    store.commit(&[], Durability::Sync).expect("damage is no failure of the store");

    let mut odd_key = keys::conversation(of);
    odd_key.extend_from_slice(b"odd");
    store.database.put_cf(messages, &odd_key, b"").expect("it is written");
    let last = store.load(&LoadKey::Conversation(of), NOW_MS);
    assert!(matches!(last, Err(StoreError::Damaged { .. })), "{last:?}");
}

/// One value from a seed of its own.
fn any_record<T>(seed: u64, make: impl FnOnce(&mut rand_chacha::ChaCha8Rng) -> T) -> T {
    use rand::SeedableRng;
    make(&mut rand_chacha::ChaCha8Rng::seed_from_u64(seed))
}

/// A block that changed on disk must be an error everywhere it is read, never a shorter log.
#[test]
fn a_flipped_bit_in_a_table_is_never_a_shorter_log() {
    for offset_in_64ths in [1, 8, 16, 24, 32, 40, 48] {
        let (rig, store) = Rig::new(|| 0);
        let of = number(3);
        let changes: Vec<_> =
            (1..=5_000).map(|seq| put_message(message(of, seq, 0, u64::from(seq)))).collect();
        put(&store, &changes);
        compact(&store, Family::Messages);
        drop(store);
        let tables = rig.files("sst");
        let largest = tables
            .iter()
            .max_by_key(|path| fs::metadata(path).map_or(0, |metadata| metadata.len()))
            .expect("there is a table");
        let mut bytes = fs::read(largest).expect("it reads");
        let at = bytes.len() * offset_in_64ths / 64;
        bytes[at] ^= 0x10;
        fs::write(largest, &bytes).expect("it is written");

        let Ok(store) = rig.open(Creation::Existing) else { continue };
        let mut query = query(of);
        let mut read = 0;
        let damaged = loop {
            match store.read_log(&query) {
                Ok(page) => {
                    read += page.messages.len();
                    query.ranges[0].after_id = page.complete_up_to;
                    if page.complete_up_to == MessageId::MAX {
                        break false;
                    }
                }
                Err(StoreError::Damaged { .. }) => break true,
                Err(other) => panic!("{other:?}"),
            }
        };
        assert!(damaged || read == 5_000, "{read} of 5000 messages and no error, byte {at}");
    }
}

#[test]
fn compaction_empties_what_expired_and_keeps_its_place() {
    const EXPIRED_MS: u64 = NOW_MS;
    let (_rig, store) = Rig::new(|| EXPIRED_MS + GRACE_MS);
    let of = number(3);
    let record = any_record(2, any_conversation_record);
    put(&store, &[Change::PutConversation { conversation: of, record }]);
    for seq in 1..=3 {
        let mut message = message(of, seq, 0, u64::from(seq) * 10);
        message.expires_at_ms = Some(EXPIRED_MS + u64::from(seq == 2));
        put(&store, &[put_message(message)]);
    }
    compact(&store, Family::Messages);
    let mut query = query(of);
    query.now_ms = 0;
    let page = store.read_log(&query).expect("it reads");
    assert_eq!(page.messages.iter().map(|found| found.seq.0).collect::<Vec<_>>(), [2]);
    let loaded = load(&store, LoadKey::Conversation(of));
    let Loaded::Conversation(Some(state)) = loaded else { panic!("the conversation is gone") };
    assert_eq!((state.last_seq, state.last_id), (Seq(3), id(30)), "no seq is given out twice");
    let gone = LoadKey::Message { conversation: of, id: id(30) };
    assert_eq!(load(&store, gone), Loaded::Message(None));
}

#[test]
fn compaction_takes_dedupe_records_past_their_window() {
    const DAY_MS: u64 = 24 * 60 * 60 * 1000;
    let (_rig, store) = Rig::new(|| NOW_MS + GRACE_MS);
    let (conversation, sender) = (number(3), user(1));
    let template = any_record(3, any_dedupe);
    for ago_ms in [0, DAY_MS - 1, DAY_MS, 9 * DAY_MS] {
        let record =
            parlance_conversation::store::DedupeRecord { id: id_at(NOW_MS - ago_ms), ..template };
        put(&store, &[Change::PutDedupe { conversation, sender, record }]);
    }
    compact(&store, Family::Dedupe);
    // Asked at a time at which all four were remembered.
    let key = LoadKey::Dedupe { conversation, sender };
    let found = store.load(&key, NOW_MS - 9 * DAY_MS).expect("it loads");
    let Loaded::Dedupe(found) = found else { panic!("no dedupe records") };
    let found: Vec<_> = found.iter().map(|record| record.id).collect();
    assert_eq!(found, [id_at(NOW_MS), id_at(NOW_MS - (DAY_MS - 1))]);
}

#[test]
fn a_failure_is_final() {
    let (_rig, store) = Rig::new(|| 0);
    store.fail("the disk went away");
    store.fail("a consequence");
    let failed = StoreError::Failed("the disk went away".to_owned());
    assert_eq!(store.commit(&[], Durability::Sync), Err(failed.clone()));
    assert_eq!(store.commit(&[], Durability::Memory), Err(failed.clone()));
    assert_eq!(store.recover(), Err(failed.clone()));
    assert_eq!(store.users(None, 1), Err(failed.clone()));
    assert_eq!(store.load(&LoadKey::Allocator, NOW_MS), Err(failed.clone()));
    assert_eq!(store.read_log(&query(number(1))), Err(failed));
}

#[test]
fn only_an_append_without_room_may_be_tried_again() {
    let no_room = |step: &str| {
        let text = format!("IO error: No space left on device: {step}: /data/000007.log: no room");
        meaning(ErrorKind::IOError, text)
    };
    assert!(matches!(no_room("While appending to file"), StoreError::Full(_)));
    for step in ["While fdatasync", "While fsync", "While sync_file_range returned -1"] {
        assert!(matches!(no_room(step), StoreError::Failed(_)), "{step}");
    }
    let broken = "IO error: While fdatasync: /data/000007.log: Input/output error".to_owned();
    assert!(matches!(meaning(ErrorKind::IOError, broken), StoreError::Failed(_)));
    let corrupt = "Corruption: block checksum mismatch".to_owned();
    assert!(matches!(meaning(ErrorKind::Corruption, corrupt), StoreError::Damaged { .. }));
    assert!(matches!(meaning(ErrorKind::Busy, String::new()), StoreError::Failed(_)));
}
