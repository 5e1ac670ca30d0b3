//! What a shard loads into memory: one entity, as it is at one moment.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use parlance_codecs::{ConversationId, Message, MessageId, Seq, UserId};
use parlance_conversation::placement::Partition;
use parlance_conversation::store::{
    ConversationState, DEDUPE_RECORDS_MAX, DedupeRecord, LoadKey, Loaded, NoticeMark, UserRecord,
    UserState,
};

use super::log;
use crate::error::StoreError;
use crate::families::Family;
use crate::keys::{self, Place};
use crate::records;
use crate::retention::dedupe_remembered;
use crate::scan::{Scan, View, damaged, damaged_key};

pub(super) fn load(view: &View<'_>, key: &LoadKey, now_ms: u64) -> Result<Loaded, StoreError> {
    Ok(match key {
        LoadKey::User(id) => Loaded::User(user(view, *id)?),
        LoadKey::Conversation(id) => Loaded::Conversation(conversation(view, *id)?),
        LoadKey::Pair(pair) => {
            let key = keys::pair(*pair);
            Loaded::Pair(view.get_record(Family::Pairs, &key, records::decode_pair)?)
        }
        LoadKey::Name(name) => {
            let key = keys::name(name);
            Loaded::Name(view.get_record(Family::Names, &key, records::decode_name)?)
        }
        LoadKey::Allocator => {
            let key = keys::allocator();
            let state = view.get_record(Family::Allocators, &key, records::decode_allocator)?;
            Loaded::Allocator(state.unwrap_or_default())
        }
        LoadKey::Dedupe { conversation, sender } => {
            Loaded::Dedupe(dedupe(view, *conversation, *sender, now_ms)?)
        }
        LoadKey::Message { conversation, id } => {
            Loaded::Message(message(view, *conversation, *id)?)
        }
    })
}

/// Users above `after` in rising order. Each partition is in order by itself, so this merges
/// them, one user of each partition at a time.
pub(super) fn users(
    view: &View<'_>,
    after: Option<UserId>,
    limit: usize,
) -> Result<Vec<(UserId, UserRecord)>, StoreError> {
    let Some(first) = UserId::new(after.map_or(1, |user| user.raw().saturating_add(1))) else {
        return Ok(Vec::new());
    };
    let mut scan = view.scan(Family::Users);
    let mut heads = BinaryHeap::new();
    for partition in (0..=u8::MAX).map(Partition) {
        heads.extend(user_from(&mut scan, partition, first)?.map(Reverse));
    }
    let mut users = Vec::new();
    while users.len() < limit {
        let Some(Reverse((user, partition))) = heads.pop() else { break };
        let key = keys::user_in(partition, user);
        if let Some(record) = view.get_record(Family::Users, &key, records::decode_user)? {
            users.push((user, record));
        }
        if let Some(next) = UserId::new(user.raw().saturating_add(1)) {
            heads.extend(user_from(&mut scan, partition, next)?.map(Reverse));
        }
    }
    Ok(users)
}

/// The first user of a partition at or above `from`.
fn user_from(
    scan: &mut Scan<'_>,
    partition: Partition,
    from: UserId,
) -> Result<Option<(UserId, Partition)>, StoreError> {
    match scan.seek(&keys::user_in(partition, from))? {
        Some((key, _)) if keys::partition(key) == Some(partition) => keys::parse_user(key)
            .map(|user| Some((user, partition)))
            .ok_or_else(|| damaged_key(Family::Users, key)),
        Some(_) | None => Ok(None),
    }
}

fn user(view: &View<'_>, user: UserId) -> Result<Option<UserState>, StoreError> {
    let key = keys::user(user);
    let Some(record) = view.get_record(Family::Users, &key, records::decode_user)? else {
        return Ok(None);
    };
    let memberships = each_under(view.scan(Family::Memberships), &key, |key, value| {
        let (_, conversation) = keys::parse_membership(key).ok_or("no membership's key")?;
        let record = records::decode_membership(value).map_err(|why| why.to_string())?;
        Ok((conversation, record))
    })?;
    let friends = each_under(view.scan(Family::Friends), &key, |key, value| {
        let (_, friend) = keys::parse_friend(key).ok_or("no friend's key")?;
        let record = records::decode_friend(value).map_err(|why| why.to_string())?;
        Ok((friend, record))
    })?;
    let requests = each_under(view.scan(Family::Requests), &key, |key, value| {
        let (_, about) = keys::parse_request(key).ok_or("no request's key")?;
        let record = records::decode_request(value).map_err(|why| why.to_string())?;
        Ok((about, record))
    })?;
    let notices = each_under(view.scan(Family::Notices), &key, |key, value| {
        let (user, id) = keys::parse_notice(key).ok_or("no notice's key")?;
        let notice = records::decode_notice(value, user, id).map_err(|why| why.to_string())?;
        Ok(Arc::new(notice))
    })?;
    let notice_marks = each_under(view.scan(Family::NoticeMarks), &key, |key, value| {
        let (_, origin) = keys::parse_notice_mark(key).ok_or("no notice mark's key")?;
        let up_to = records::decode_notice_mark(value).map_err(|why| why.to_string())?;
        Ok(NoticeMark { origin, up_to })
    })?;
    Ok(Some(UserState { record, memberships, friends, requests, notices, notice_marks }))
}

fn conversation(
    view: &View<'_>,
    conversation: ConversationId,
) -> Result<Option<ConversationState>, StoreError> {
    let key = keys::conversation(conversation);
    let found = view.get_record(Family::Conversations, &key, records::decode_conversation)?;
    let Some(record) = found else { return Ok(None) };
    let members = each_under(view.scan(Family::Members), &key, |key, value| {
        let (_, user) = keys::parse_member(key).ok_or("no member's key")?;
        let record = records::decode_member(value).map_err(|why| why.to_string())?;
        Ok((user, record))
    })?;
    let requests = each_under(view.scan(Family::GroupRequests), &key, |key, value| {
        let (_, user) = keys::parse_group_request(key).ok_or("no request's key")?;
        let record = records::decode_group_request(value).map_err(|why| why.to_string())?;
        Ok((user, record))
    })?;
    let last = log::last_place(&mut view.scan(Family::Messages), &key)?;
    let Place { seq, mark, id } =
        last.unwrap_or(Place { seq: Seq(0), mark: 0, id: MessageId::ZERO });
    Ok(Some(ConversationState {
        record,
        members,
        requests,
        last_seq: seq,
        last_mark: mark,
        last_id: id,
    }))
}

/// Newest first: the keys hold falling ids.
fn dedupe(
    view: &View<'_>,
    conversation: ConversationId,
    sender: UserId,
    now_ms: u64,
) -> Result<Vec<DedupeRecord>, StoreError> {
    let prefix = keys::dedupe_prefix(conversation, sender);
    let mut scan = view.scan_one_prefix(Family::Dedupe);
    let mut found = Vec::new();
    // The first key of the sender is sought by its full length: a shorter one would have
    // another prefix in the family's eyes.
    let mut entry = scan.seek(&keys::dedupe(conversation, sender, MessageId::MAX))?;
    while let Some((key, value)) = entry {
        if !key.starts_with(&prefix) || found.len() >= DEDUPE_RECORDS_MAX {
            break;
        }
        let (_, _, id) = keys::parse_dedupe(key).ok_or_else(|| damaged_key(Family::Dedupe, key))?;
        if !dedupe_remembered(id, now_ms) {
            break;
        }
        let record =
            records::decode_dedupe(value, id).map_err(|why| damaged(Family::Dedupe, key, why))?;
        found.push(record);
        entry = scan.next()?;
    }
    Ok(found)
}

fn message(
    view: &View<'_>,
    conversation: ConversationId,
    id: MessageId,
) -> Result<Option<Arc<Message>>, StoreError> {
    let Some(before) = id.raw().checked_sub(1) else { return Ok(None) };
    let mut scan = view.scan(Family::Messages);
    let key = keys::conversation(conversation);
    let found = log::first_above(&mut scan, &key, MessageId::from_raw(before), None)?;
    let Some(place) = found.filter(|place| place.id == id) else { return Ok(None) };
    let key = keys::message_under(&key, place);
    let message = view.get_record(Family::Messages, &key, |value| {
        records::decode_message(value, conversation, place)
    })?;
    Ok(message.flatten().map(Arc::new))
}

/// What `parse` makes of every entry whose key begins with `prefix`, in the keys' order.
fn each_under<T>(
    mut scan: Scan<'_>,
    prefix: &[u8],
    mut parse: impl FnMut(&[u8], &[u8]) -> Result<T, String>,
) -> Result<Vec<T>, StoreError> {
    let family = scan.family();
    let mut all = Vec::new();
    let mut entry = scan.seek(prefix)?;
    while let Some((key, value)) = entry {
        if !key.starts_with(prefix) {
            break;
        }
        all.push(parse(key, value).map_err(|why| damaged(family, key, why))?);
        entry = scan.next()?;
    }
    Ok(all)
}
