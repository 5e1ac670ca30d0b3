//! A sound directory has no findings, and each kind of damage has one.

use std::path::PathBuf;
use std::sync::Arc;

use parlance_codecs::{Category, MessageId, News, Notice, Seq};
use parlance_conversation::placement::{conversation_partition, user_partition};
use parlance_conversation::store::{
    Change, ConversationRecord, FriendRecord, GroupRequestRecord, IntentId, MemberRecord,
    MembershipRecord, NameKey, NameRecord, PairRecord, RequestRecord, UserRecord,
};
use rocksdb::WriteBatch;
use tempfile::TempDir;

use super::*;
use crate::conformance::values::*;
use crate::directory::open_directory;
use crate::families::Creation;
use crate::keys::Place;
use crate::scan::handle;

/// One shard with two users who are friends, in a group and a direct, with some messages.
struct Rig {
    directory: TempDir,
}

impl Rig {
    fn new() -> Self {
        let rig = Self { directory: tempfile::tempdir().expect("a temporary directory") };
        rig.put(&[
            Change::PutUser {
                user: user(1),
                record: UserRecord { name: Some("ada".to_owned()), ..UserRecord::default() },
            },
            Change::PutName {
                name: NameKey::Login("ada".to_owned()),
                record: NameRecord { user: user(1), password_hash: None },
            },
            Change::PutUser { user: user(2), record: UserRecord::default() },
            put_friend(1, 2),
            put_friend(2, 1),
            Change::PutPair { pair: direct(1, 2), record: PairRecord::Friends },
            Change::PutClock { ceiling: id(1_000) },
        ]);
        for (of, category) in [(number(3), Category::Group), (direct(1, 2), Category::Direct)] {
            rig.put(&[Change::PutConversation {
                conversation: of,
                record: conversation(category),
            }]);
            for raw in [1, 2] {
                rig.put(&[put_membership(raw, of, category)]);
                if category == Category::Group {
                    rig.put(&[put_member(of, raw)]);
                }
            }
            rig.put(&[
                put_message(message(of, 0, 1, 10)),
                put_message(message(of, 1, 0, 11)),
                put_message(message(of, 1, 1, 12)),
                put_message(message(of, 2, 0, 13)),
            ]);
        }
        rig
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    fn put(&self, changes: &[Change]) {
        let opened = open_directory(&self.path(), 1).expect("it opens");
        put(&*opened.stores[0], changes);
    }

    /// Writes past the store, as nothing but damage does.
    fn put_raw(&self, family: Family, key: &[u8], value: &[u8]) {
        let path = self.path().join("shard-00");
        let opened = rocks::open(&path, &Shared::new(|| 0), Creation::Existing);
        let database = opened.expect("it opens");
        let mut batch = WriteBatch::default();
        batch.put_cf(handle(&database, family), key, value);
        database.write(batch).expect("it is written");
    }

    fn check(&self) -> Report {
        check(&self.path()).expect("it can be checked")
    }

    /// Checks that there is this finding and no other.
    fn finds(&self, what: &str) {
        let report = self.check();
        let found: Vec<_> = report.findings.iter().map(|finding| &finding.what).collect();
        assert_eq!(found, [what], "{report}");
    }
}

fn conversation(category: Category) -> ConversationRecord {
    ConversationRecord {
        category,
        name: String::new(),
        owner: None,
        posters: Vec::new(),
        created_at_ms: 0,
        recalls: 0,
        history_for_new_members: true,
    }
}

fn put_friend(raw: u64, friend: u64) -> Change {
    let record = FriendRecord::default();
    Change::PutFriend { user: user(raw), friend: user(friend), record }
}

fn put_member(of: ConversationId, raw: u64) -> Change {
    Change::PutMember { conversation: of, user: user(raw), record: MemberRecord::default() }
}

fn put_membership(raw: u64, of: ConversationId, category: Category) -> Change {
    let record = MembershipRecord {
        category,
        delivered: Seq(0),
        delivered_above: Vec::new(),
        read: Seq(0),
        hidden_up_to: Seq(0),
        alias: String::new(),
    };
    Change::PutMembership { user: user(raw), conversation: of, record }
}

#[test]
fn a_sound_directory_has_no_findings() {
    let rig = Rig::new();
    let report = rig.check();
    assert!(report.is_sound(), "{report}");
    assert_eq!((report.shards, report.users, report.conversations), (1, 2, 2));
    assert_eq!((report.messages, report.messages_removed), (8, 0));
    // Checking left nothing behind, and any number of shards is as sound.
    for shards in [1, 4] {
        drop(open_directory(&rig.path(), shards).expect("it opens"));
        let report = rig.check();
        assert!(report.is_sound(), "{report}");
        assert_eq!((report.shards, report.users, report.messages), (shards, 2, 8));
    }
}

#[test]
fn an_entry_whose_content_expired_keeps_the_log_dense() {
    let rig = Rig::new();
    let place = Place { seq: Seq(1), mark: 0, id: id(11) };
    rig.put_raw(Family::Messages, &keys::message(number(3), place), records::REMOVED);
    let report = rig.check();
    assert!(report.is_sound(), "{report}");
    assert_eq!((report.messages, report.messages_removed), (7, 1));
}

#[test]
fn gaps_and_falling_ids_are_found() {
    let rig = Rig::new();
    rig.put(&[put_message(message(number(3), 4, 0, 14))]);
    rig.finds("place 4.0 follows 2.0");
    let rig = Rig::new();
    rig.put(&[put_message(message(number(3), 2, 2, 14))]);
    rig.finds("place 2.2 follows 2.0");
    let rig = Rig::new();
    rig.put(&[put_message(message(number(3), 3, 0, 13))]);
    rig.finds("id 13 follows 13");
    let rig = Rig::new();
    rig.put(&[put_message(message(number(3), 3, 0, 1_001))]);
    rig.finds("id 1001 is above the shard's ceiling 1000");
    let rig = Rig::new();
    rig.put(&[put_message(message(number(9), 1, 0, 20))]);
    rig.finds("a log of 9, which is not there");
}

#[test]
fn records_and_keys_that_do_not_decode_are_found() {
    let rig = Rig::new();
    rig.put_raw(Family::Users, &keys::user(user(5)), b"");
    rig.finds("an empty record");
    let rig = Rig::new();
    rig.put_raw(Family::Names, b"\0x", b"");
    rig.finds("a key that was never written");
    let rig = Rig::new();
    let mut elsewhere = keys::user(user(2));
    elsewhere[0] ^= 1;
    rig.put_raw(Family::Users, &elsewhere, &records::encode_user(&UserRecord::default()));
    let partition = user_partition(user(2)).0;
    rig.finds(&format!("its key should begin with partition {partition}"));
}

#[test]
fn references_that_do_not_agree_are_found() {
    let rig = Rig::new();
    rig.put(&[Change::DeleteMember { conversation: number(3), user: user(1) }]);
    rig.finds("3 does not have 1 as a member");
    let rig = Rig::new();
    rig.put(&[Change::DeleteMembership { user: user(2), conversation: number(3) }]);
    rig.finds("2 does not know of being in 3");
    let rig = Rig::new();
    rig.put(&[Change::DeleteMembership { user: user(2), conversation: direct(1, 2) }]);
    rig.finds("2 does not know of being in 1-2");
    let rig = Rig::new();
    rig.put(&[put_friend(1, 3)]);
    rig.finds("1 has friend 3, and they are not friends");
    let rig = Rig::new();
    rig.put(&[Change::DeleteName { name: NameKey::Login("ada".to_owned()) }]);
    rig.finds("Login(\"ada\") leads nowhere");
    let rig = Rig::new();
    rig.put(&[put_membership(1, number(3), Category::Direct)]);
    rig.finds("Direct is no category of 3");
}

/// What an open intent will still make good is no fault.
#[test]
fn open_intents_excuse_what_they_will_change() {
    let rig = Rig::new();
    let origin = conversation_partition(number(3));
    rig.put(&[
        put_member(number(3), 7),
        Change::PutIntent {
            id: IntentId { origin, number: 1 },
            intent: Intent::Joined {
                user: user(7),
                conversation: number(3),
                category: Category::Group,
                joined_at: Seq(0),
                hidden_up_to: Seq(0),
            },
        },
        Change::DeleteMember { conversation: number(3), user: user(1) },
        Change::PutIntent {
            id: IntentId { origin, number: 2 },
            intent: Intent::Left { user: user(1), conversation: number(3) },
        },
        put_friend(1, 8),
        Change::PutPair { pair: direct(1, 8), record: PairRecord::Friends },
        Change::PutIntent {
            id: IntentId { origin: conversation_partition(direct(1, 8)), number: 1 },
            intent: Intent::Befriended { user: user(8), friend: user(1) },
        },
    ]);
    let report = rig.check();
    assert!(report.is_sound(), "{report}");
    assert_eq!(report.intents_open, 3);
}

#[test]
fn relations_that_do_not_agree_are_found() {
    let rig = Rig::new();
    rig.put(&[Change::DeleteFriend { user: user(1), friend: user(2) }]);
    rig.finds("1 does not know of being friends with 2");
    let asked = PairRecord::Asked { by: user(1) };
    let rig = Rig::new();
    rig.put(&[Change::PutPair { pair: direct(1, 3), record: asked }]);
    rig.finds("3 does not know that 1 asks to be friends");
    let rig = Rig::new();
    rig.put(&[Change::PutPair { pair: direct(3, 4), record: asked }]);
    rig.finds("1 is none of 3-4");
    let request = RequestRecord { from: user(2), text: String::new(), at_us: 1 };
    for about in [direct(1, 2), number(3)] {
        let rig = Rig::new();
        rig.put(&[Change::PutRequest { user: user(1), about, record: request.clone() }]);
        rig.finds(&format!("1 is asked about {about}, and nobody asks"));
    }
    let invited = GroupRequestRecord { invited_by: Some(user(2)), applied_at_us: None };
    let put_invited = |raw| Change::PutGroupRequest {
        conversation: number(raw),
        user: user(7),
        record: invited.clone(),
    };
    let rig = Rig::new();
    rig.put(&[put_invited(3)]);
    rig.finds("7 does not know of the invitation to 3");
    // An intent that is open makes it good.
    let intent = Intent::Invited { user: user(7), group: number(3), from: user(2) };
    let id = IntentId { origin: conversation_partition(number(3)), number: 1 };
    rig.put(&[Change::PutIntent { id, intent }]);
    assert!(rig.check().is_sound());
    let rig = Rig::new();
    rig.put(&[put_invited(9)]);
    rig.finds("a request of 9, which is not there");
    let rig = Rig::new();
    let what = News::FriendRefused { by: user(1) };
    let notice = Notice { id: MessageId::from_raw(5), user: user(9), what, created_at_ms: 0 };
    rig.put(&[Change::PutNotice { notice: Arc::new(notice) }]);
    rig.finds("a notice for 9, who is not there");
}

#[test]
fn many_findings_are_counted_and_the_first_described() {
    let rig = Rig::new();
    let total = FINDINGS_MAX as u64 + 5;
    let changes: Vec<_> = (100..100 + total).map(|raw| put_friend(1, raw)).collect();
    rig.put(&changes);
    let report = rig.check();
    assert_eq!(report.findings_total, total);
    assert_eq!(report.findings.len(), FINDINGS_MAX);
}

#[test]
fn a_store_is_shared_by_nobody_while_it_is_checked() {
    let rig = Rig::new();
    let opened = open_directory(&rig.path(), 1).expect("it opens");
    let store = Arc::clone(&opened.stores[0]);
    drop(opened);
    assert!(matches!(check(&rig.path()), Err(DirectoryError::InUse { .. })));
    drop(store);
    assert!(rig.check().is_sound());
}
