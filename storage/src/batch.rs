//! What one commit holds: each change as writes of keys and records.

use parlance_codecs::{Content, ConversationId};
use parlance_conversation::store::{AllocatorState, Change};
use rocksdb::WriteBatch;

use crate::families::{Database, Family};
use crate::keys::{self, Place};
use crate::records;
use crate::scan::handle;

/// What a change takes in a batch, about: room for all of them at once.
const CHANGE_BYTES: usize = 256;

/// All changes as one batch, which RocksDB applies whole or not at all.
pub(crate) fn batch_of(database: &Database, changes: &[Change]) -> WriteBatch {
    let mut batch = WriteBatch::with_capacity_bytes(changes.len().saturating_mul(CHANGE_BYTES));
    for change in changes {
        if let Change::DeleteConversation { conversation } = change {
            delete_logs(database, *conversation, &mut batch);
        }
        for write in std::iter::once(write_of(change)).chain(recall_of(change)) {
            match write {
                Write::Put(family, key, value) => {
                    batch.put_cf(handle(database, family), key, value);
                }
                Write::Delete(family, key) => batch.delete_cf(handle(database, family), key),
            }
        }
    }
    batch
}

/// A recall stands in the log, where its index says nothing about its place; so it is also kept
/// by its index.
fn recall_of(change: &Change) -> Option<Write> {
    let Change::PutMessage { message } = change else { return None };
    let Content::Recall { target_seq, index, .. } = message.content else { return None };
    let key = keys::recall(message.conversation, index);
    Some(Write::Put(Family::Recalls, key, records::encode_recalled(target_seq)))
}

/// A conversation's log and its keys go as ranges, however long they are.
fn delete_logs(database: &Database, conversation: ConversationId, batch: &mut WriteBatch) {
    let (from, to) = (keys::conversation(conversation), keys::end_of_conversation(conversation));
    for family in [Family::Messages, Family::Recalls, Family::Dedupe] {
        batch.delete_range_cf(handle(database, family), from.as_slice(), to.as_slice());
    }
}

enum Write {
    Put(Family, Vec<u8>, Vec<u8>),
    Delete(Family, Vec<u8>),
}

fn write_of(change: &Change) -> Write {
    match change {
        Change::PutUser { user, record } => {
            Write::Put(Family::Users, keys::user(*user), records::encode_user(record))
        }
        Change::DeleteUser { user } => Write::Delete(Family::Users, keys::user(*user)),
        Change::PutMembership { user, conversation, record } => Write::Put(
            Family::Memberships,
            keys::membership(*user, *conversation),
            records::encode_membership(record),
        ),
        Change::DeleteMembership { user, conversation } => {
            Write::Delete(Family::Memberships, keys::membership(*user, *conversation))
        }
        Change::PutName { name, record } => {
            Write::Put(Family::Names, keys::name(name), records::encode_name(record))
        }
        Change::DeleteName { name } => Write::Delete(Family::Names, keys::name(name)),
        Change::PutAllocator { next_user, next_conversation } => Write::Put(
            Family::Allocators,
            keys::allocator(),
            records::encode_allocator(AllocatorState {
                next_user: *next_user,
                next_conversation: *next_conversation,
            }),
        ),
        Change::PutConversation { conversation, record } => Write::Put(
            Family::Conversations,
            keys::conversation(*conversation),
            records::encode_conversation(record),
        ),
        Change::DeleteConversation { conversation } => {
            Write::Delete(Family::Conversations, keys::conversation(*conversation))
        }
        Change::PutMessage { message } => {
            let place = Place { seq: message.seq, mark: message.mark, id: message.id };
            let key = keys::message(message.conversation, place);
            Write::Put(Family::Messages, key, records::encode_message(message))
        }
        Change::PutDedupe { conversation, sender, record } => Write::Put(
            Family::Dedupe,
            keys::dedupe(*conversation, *sender, record.id),
            records::encode_dedupe(record),
        ),
        Change::PutIntent { id, intent } => {
            Write::Put(Family::Intents, keys::intent(*id), records::encode_intent(intent))
        }
        Change::DeleteIntent { id } => Write::Delete(Family::Intents, keys::intent(*id)),
        relation @ (Change::PutFriend { .. }
        | Change::DeleteFriend { .. }
        | Change::PutRequest { .. }
        | Change::DeleteRequest { .. }
        | Change::PutNotice { .. }
        | Change::DeleteNotice { .. }
        | Change::PutNoticeMark { .. }
        | Change::PutPair { .. }
        | Change::DeletePair { .. }
        | Change::PutMember { .. }
        | Change::PutGroupRequest { .. }
        | Change::DeleteGroupRequest { .. }
        | Change::DeleteMember { .. }) => relation_write_of(relation),
        Change::PutClock { ceiling } => {
            Write::Put(Family::Shard, keys::CLOCK.to_vec(), records::encode_clock(*ceiling))
        }
    }
}

/// Friends, members, requests and notices.
fn relation_write_of(change: &Change) -> Write {
    match change {
        Change::PutFriend { user, friend, record } => Write::Put(
            Family::Friends,
            keys::friend(*user, *friend),
            records::encode_friend(record),
        ),
        Change::DeleteFriend { user, friend } => {
            Write::Delete(Family::Friends, keys::friend(*user, *friend))
        }
        Change::PutRequest { user, about, record } => {
            let key = keys::request(*user, *about);
            Write::Put(Family::Requests, key, records::encode_request(record))
        }
        Change::DeleteRequest { user, about } => {
            Write::Delete(Family::Requests, keys::request(*user, *about))
        }
        Change::PutNotice { notice } => {
            let key = keys::notice(notice.user, notice.id);
            Write::Put(Family::Notices, key, records::encode_notice(notice))
        }
        Change::DeleteNotice { user, id } => {
            Write::Delete(Family::Notices, keys::notice(*user, *id))
        }
        Change::PutNoticeMark { user, mark } => {
            let key = keys::notice_mark(*user, mark.origin);
            Write::Put(Family::NoticeMarks, key, records::encode_notice_mark(mark.up_to))
        }
        Change::PutPair { pair, record } => {
            Write::Put(Family::Pairs, keys::pair(*pair), records::encode_pair(*record))
        }
        Change::DeletePair { pair } => Write::Delete(Family::Pairs, keys::pair(*pair)),
        Change::PutMember { conversation, user, record } => {
            let key = keys::member(*conversation, *user);
            Write::Put(Family::Members, key, records::encode_member(record))
        }
        Change::PutGroupRequest { conversation, user, record } => {
            let key = keys::group_request(*conversation, *user);
            Write::Put(Family::GroupRequests, key, records::encode_group_request(record))
        }
        Change::DeleteGroupRequest { conversation, user } => {
            Write::Delete(Family::GroupRequests, keys::group_request(*conversation, *user))
        }
        Change::DeleteMember { conversation, user } => {
            Write::Delete(Family::Members, keys::member(*conversation, *user))
        }
        other => unreachable!("no relation: {other:?}"),
    }
}
