//! Key bytes and their order.
//!
//! Every key begins with its partition's byte, so that a partition is one contiguous range of
//! every family and can move. After it stand fixed-width big-endian numbers, so that byte order
//! is numeric order (and, for conversations, the order of [`ConversationId`]). The one key of a
//! shard itself, its clock, stands in a family of its own and has no partition.

use parlance_codecs::{ConversationId, MessageId, Seq, UserId};
use parlance_conversation::placement::{
    ALLOCATOR_PARTITION, Partition, conversation_partition, name_partition, user_partition,
};
use parlance_conversation::store::{IntentId, NameKey};

/// The longest key of fixed-width parts: a member of a direct. Names may be longer.
const KEY_BYTES: usize = 40;
const TAG_DIRECT: u8 = 1;
const TAG_NUMBER: u8 = 2;
const TAG_LOGIN: u8 = 1;
const TAG_EXTERNAL: u8 = 2;

/// The clock's key in the shard's own family.
pub(crate) const CLOCK: &[u8] = b"clock";

/// A log entry's place: what its key says about it. Ids rise with `(seq, mark)`, and a place
/// never gets another id, so the key can hold the id and searches by id read no values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) seq: Seq,
    pub(crate) mark: u32,
    pub(crate) id: MessageId,
}

impl Place {
    /// Not below any place of a seq: where a search backwards for its last entry starts.
    pub(crate) fn end_of(seq: Seq) -> Self {
        Self::end_of_mark(seq, u32::MAX)
    }

    /// Not below the place `(seq, mark)`, whatever its id.
    pub(crate) fn end_of_mark(seq: Seq, mark: u32) -> Self {
        Self { seq, mark, id: MessageId::MAX }
    }
}

pub(crate) fn user(user: UserId) -> Vec<u8> {
    user_in(user_partition(user), user)
}

/// Where a search for users from `user` on starts in any partition.
pub(crate) fn user_in(partition: Partition, user: UserId) -> Vec<u8> {
    let mut key = start(partition);
    key.extend_from_slice(&user.raw().to_be_bytes());
    key
}

pub(crate) fn membership(of: UserId, conversation: ConversationId) -> Vec<u8> {
    let mut key = user(of);
    push_conversation(&mut key, conversation);
    key
}

pub(crate) fn friend(of: UserId, friend: UserId) -> Vec<u8> {
    let mut key = user(of);
    key.extend_from_slice(&friend.raw().to_be_bytes());
    key
}

/// `about`: a direct or a group.
pub(crate) fn request(of: UserId, about: ConversationId) -> Vec<u8> {
    membership(of, about)
}

pub(crate) fn notice(of: UserId, id: MessageId) -> Vec<u8> {
    let mut key = user(of);
    key.extend_from_slice(&id.raw().to_be_bytes());
    key
}

pub(crate) fn notice_mark(of: UserId, origin: Partition) -> Vec<u8> {
    let mut key = user(of);
    key.push(origin.0);
    key
}

/// `pair`: a direct.
pub(crate) fn pair(pair: ConversationId) -> Vec<u8> {
    conversation(pair)
}

pub(crate) fn name(name: &NameKey) -> Vec<u8> {
    let mut key = start(name_partition(name));
    let (tag, text) = match name {
        NameKey::Login(text) => (TAG_LOGIN, text),
        NameKey::External(text) => (TAG_EXTERNAL, text),
    };
    key.push(tag);
    key.extend_from_slice(text.as_bytes());
    key
}

pub(crate) fn conversation(conversation: ConversationId) -> Vec<u8> {
    let mut key = start(conversation_partition(conversation));
    push_conversation(&mut key, conversation);
    key
}

pub(crate) fn member(of: ConversationId, user: UserId) -> Vec<u8> {
    let mut key = conversation(of);
    key.extend_from_slice(&user.raw().to_be_bytes());
    key
}

/// What is open between a group and a user.
pub(crate) fn group_request(of: ConversationId, user: UserId) -> Vec<u8> {
    member(of, user)
}

/// Behind every key that begins with the conversation's.
pub(crate) fn end_of_conversation(of: ConversationId) -> Vec<u8> {
    let mut key = conversation(of);
    // Keys under a conversation are longer than its own, and none of their parts is this long.
    key.resize(key.len().saturating_add(KEY_BYTES), u8::MAX);
    key
}

pub(crate) fn message(of: ConversationId, place: Place) -> Vec<u8> {
    message_under(&conversation(of), place)
}

/// As [`message`], where the conversation's own key is at hand.
pub(crate) fn message_under(conversation_key: &[u8], place: Place) -> Vec<u8> {
    let mut key = Vec::with_capacity(KEY_BYTES);
    key.extend_from_slice(conversation_key);
    key.extend_from_slice(&place.seq.0.to_be_bytes());
    key.extend_from_slice(&place.mark.to_be_bytes());
    key.extend_from_slice(&place.id.raw().to_be_bytes());
    key
}

pub(crate) fn recall(of: ConversationId, index: u32) -> Vec<u8> {
    let mut key = conversation(of);
    key.extend_from_slice(&index.to_be_bytes());
    key
}

/// What every dedupe record of a sender in a conversation begins with.
pub(crate) fn dedupe_prefix(of: ConversationId, sender: UserId) -> Vec<u8> {
    member(of, sender)
}

/// The id stands inverted, so that a search forwards finds the newest first.
pub(crate) fn dedupe(of: ConversationId, sender: UserId, id: MessageId) -> Vec<u8> {
    let mut key = dedupe_prefix(of, sender);
    key.extend_from_slice(&(!id.raw()).to_be_bytes());
    key
}

pub(crate) fn intent(id: IntentId) -> Vec<u8> {
    let mut key = start(id.origin);
    key.extend_from_slice(&id.number.to_be_bytes());
    key
}

pub(crate) fn allocator() -> Vec<u8> {
    start(ALLOCATOR_PARTITION)
}

/// The partition that a key belongs to; `None` for an empty key, which no family holds.
pub(crate) fn partition(key: &[u8]) -> Option<Partition> {
    key.first().copied().map(Partition)
}

pub(crate) fn parse_user(key: &[u8]) -> Option<UserId> {
    let mut parts = Parts::of(key)?;
    let user = parts.user()?;
    parts.end_with(user)
}

pub(crate) fn parse_membership(key: &[u8]) -> Option<(UserId, ConversationId)> {
    let mut parts = Parts::of(key)?;
    let pair = (parts.user()?, parts.conversation()?);
    parts.end_with(pair)
}

pub(crate) fn parse_friend(key: &[u8]) -> Option<(UserId, UserId)> {
    let mut parts = Parts::of(key)?;
    let pair = (parts.user()?, parts.user()?);
    parts.end_with(pair)
}

pub(crate) fn parse_request(key: &[u8]) -> Option<(UserId, ConversationId)> {
    parse_membership(key)
}

pub(crate) fn parse_notice(key: &[u8]) -> Option<(UserId, MessageId)> {
    let mut parts = Parts::of(key)?;
    let pair = (parts.user()?, parts.message_id()?);
    parts.end_with(pair)
}

pub(crate) fn parse_notice_mark(key: &[u8]) -> Option<(UserId, Partition)> {
    let mut parts = Parts::of(key)?;
    let user = parts.user()?;
    let [origin] = parts.bytes()?;
    parts.end_with((user, Partition(origin)))
}

/// The two users of a direct, the smaller first.
pub(crate) fn parse_pair(key: &[u8]) -> Option<(ConversationId, UserId, UserId)> {
    match parse_conversation(key)? {
        pair @ ConversationId::Direct(a, b) => Some((pair, a, b)),
        ConversationId::Number(_) => None,
    }
}

pub(crate) fn parse_name(key: &[u8]) -> Option<NameKey> {
    let (_, rest) = key.split_first()?;
    let (tag, text) = rest.split_first()?;
    let text = std::str::from_utf8(text).ok()?.to_owned();
    match *tag {
        TAG_LOGIN => Some(NameKey::Login(text)),
        TAG_EXTERNAL => Some(NameKey::External(text)),
        _ => None,
    }
}

pub(crate) fn parse_conversation(key: &[u8]) -> Option<ConversationId> {
    let mut parts = Parts::of(key)?;
    let conversation = parts.conversation()?;
    parts.end_with(conversation)
}

pub(crate) fn parse_member(key: &[u8]) -> Option<(ConversationId, UserId)> {
    let mut parts = Parts::of(key)?;
    let pair = (parts.conversation()?, parts.user()?);
    parts.end_with(pair)
}

pub(crate) fn parse_group_request(key: &[u8]) -> Option<(ConversationId, UserId)> {
    parse_member(key)
}

pub(crate) fn parse_message(key: &[u8]) -> Option<(ConversationId, Place)> {
    let mut parts = Parts::of(key)?;
    let conversation = parts.conversation()?;
    let place = parts.place()?;
    parts.end_with((conversation, place))
}

/// The place in a message's key that is known to begin with its conversation's key.
pub(crate) fn parse_place(key: &[u8], conversation_key: &[u8]) -> Option<Place> {
    let mut parts = Parts { rest: key.strip_prefix(conversation_key)? };
    let place = parts.place()?;
    parts.end_with(place)
}

pub(crate) fn parse_recall(key: &[u8]) -> Option<(ConversationId, u32)> {
    let mut parts = Parts::of(key)?;
    let pair = (parts.conversation()?, parts.u32()?);
    parts.end_with(pair)
}

pub(crate) fn parse_dedupe(key: &[u8]) -> Option<(ConversationId, UserId, MessageId)> {
    let mut parts = Parts::of(key)?;
    let triple = (parts.conversation()?, parts.user()?, parts.inverted_message_id()?);
    parts.end_with(triple)
}

/// What a dedupe key has in common with the others of its sender and conversation; the whole key
/// where it is none.
pub(crate) fn dedupe_prefix_of(key: &[u8]) -> &[u8] {
    key.len().checked_sub(size_of::<u64>()).and_then(|end| key.get(..end)).unwrap_or(key)
}

pub(crate) fn parse_intent(key: &[u8]) -> Option<IntentId> {
    let origin = partition(key)?;
    let mut parts = Parts::of(key)?;
    let number = parts.u64()?;
    parts.end_with(IntentId { origin, number })
}

fn start(partition: Partition) -> Vec<u8> {
    let mut key = Vec::with_capacity(KEY_BYTES);
    key.push(partition.0);
    key
}

fn push_conversation(key: &mut Vec<u8>, conversation: ConversationId) {
    match conversation {
        ConversationId::Direct(a, b) => {
            key.push(TAG_DIRECT);
            key.extend_from_slice(&a.raw().to_be_bytes());
            key.extend_from_slice(&b.raw().to_be_bytes());
        }
        ConversationId::Number(number) => {
            key.push(TAG_NUMBER);
            key.extend_from_slice(&number.get().to_be_bytes());
        }
    }
}

/// The parts of a key that are still to be read. Keys come from a disk, so every step may fail.
struct Parts<'k> {
    rest: &'k [u8],
}

impl<'k> Parts<'k> {
    /// What follows the partition.
    fn of(key: &'k [u8]) -> Option<Self> {
        key.split_first().map(|(_, rest)| Self { rest })
    }

    fn bytes<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (bytes, rest) = self.rest.split_first_chunk::<N>()?;
        self.rest = rest;
        Some(*bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.bytes().map(u32::from_be_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.bytes().map(u64::from_be_bytes)
    }

    fn user(&mut self) -> Option<UserId> {
        self.u64().and_then(UserId::new)
    }

    fn conversation(&mut self) -> Option<ConversationId> {
        let [tag] = self.bytes()?;
        match tag {
            TAG_DIRECT => {
                let (a, b) = (self.user()?, self.user()?);
                // The smaller id stands first; a pair in the other order was never written.
                if a < b { ConversationId::direct(a, b) } else { None }
            }
            TAG_NUMBER => self.u64().and_then(ConversationId::number),
            _ => None,
        }
    }

    fn message_id(&mut self) -> Option<MessageId> {
        self.u64().and_then(checked_id)
    }

    fn inverted_message_id(&mut self) -> Option<MessageId> {
        self.u64().and_then(|inverted| checked_id(!inverted))
    }

    fn place(&mut self) -> Option<Place> {
        Some(Place { seq: Seq(self.u32()?), mark: self.u32()?, id: self.message_id()? })
    }

    /// The value, if nothing of the key is left.
    fn end_with<T>(self, value: T) -> Option<T> {
        self.rest.is_empty().then_some(value)
    }
}

fn checked_id(raw: u64) -> Option<MessageId> {
    (raw <= MessageId::MAX.raw()).then(|| MessageId::from_raw(raw))
}

#[cfg(test)]
mod tests;
