//! The domain's nouns: ids, categories, content, messages.
//!
//! These are domain types. What goes over a wire or into a store is another type, converted by
//! hand where it crosses. Every id is a newtype that can only be built inside its bounds.

use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;

/// A user: 1 to 2^63 - 1, shown as a decimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId(NonZeroU64);

impl UserId {
    /// The largest id, so that clients with signed 64-bit integers hold every one.
    pub const MAX: u64 = i64::MAX as u64;

    /// `None` for zero and for anything above [`UserId::MAX`].
    pub fn new(raw: u64) -> Option<Self> {
        if raw > Self::MAX {
            return None;
        }
        NonZeroU64::new(raw).map(Self)
    }

    pub fn raw(self) -> u64 {
        self.0.get()
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.raw().fmt(f)
    }
}

impl FromStr for UserId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        decimal(text).and_then(Self::new).ok_or(IdError::User)
    }
}

/// A message's place in the whole server: 41 bits of milliseconds since
/// [`MessageId::EPOCH_MS`], 6 bits of shard, 6 bits of counter. Below 2^53, so that clients
/// whose numbers are doubles keep it whole. Zero stands before every message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(u64);

impl MessageId {
    /// 2024-01-01T00:00:00Z in Unix milliseconds.
    pub const EPOCH_MS: u64 = 1_704_067_200_000;
    pub const SHARD_BITS: u32 = 6;
    pub const COUNTER_BITS: u32 = 6;
    pub const MAX: MessageId = MessageId((1 << 53) - 1);
    /// Stands before every message.
    pub const ZERO: MessageId = MessageId(0);

    /// Values above [`MessageId::MAX`] are clamped to it: as a bound they mean the same.
    pub fn from_raw(raw: u64) -> Self {
        MessageId(raw.min(Self::MAX.0))
    }

    /// The first id of a millisecond since the epoch, on a shard.
    pub fn from_parts(ms_since_epoch: u64, shard: u8, counter: u8) -> Self {
        debug_assert!(shard < 1 << Self::SHARD_BITS && counter < 1 << Self::COUNTER_BITS);
        Self::from_raw(
            (ms_since_epoch << (Self::SHARD_BITS + Self::COUNTER_BITS))
                | (u64::from(shard) << Self::COUNTER_BITS)
                | u64::from(counter),
        )
    }

    pub fn raw(self) -> u64 {
        self.0
    }

    /// Milliseconds since [`MessageId::EPOCH_MS`].
    pub fn ms_since_epoch(self) -> u64 {
        self.0 >> (Self::SHARD_BITS + Self::COUNTER_BITS)
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A message's place in its conversation, from 1 without gaps. Zero stands before the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seq(pub u32);

/// What kind of conversation it is. Settings and the `stream` dialect call a direct "private".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    Direct,
    Group,
    Channel,
    Room,
}

impl Category {
    pub const COUNT: usize = 4;
    pub const ALL: [Category; 4] =
        [Category::Direct, Category::Group, Category::Channel, Category::Room];

    pub fn index(self) -> usize {
        self as usize
    }
}

/// Which conversation: a pair of users (smaller first), or a number for every other category.
/// Shown as `"7-9"` and as a decimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConversationId {
    /// Build it with [`ConversationId::direct`], which puts the smaller id first.
    Direct(UserId, UserId),
    /// 1 to 2^63 - 1. Groups, channels and rooms share one sequence of numbers.
    Number(NonZeroU64),
}

impl ConversationId {
    /// `None` where both are the same user: nobody talks to themselves.
    pub fn direct(a: UserId, b: UserId) -> Option<Self> {
        match a.cmp(&b) {
            std::cmp::Ordering::Less => Some(Self::Direct(a, b)),
            std::cmp::Ordering::Greater => Some(Self::Direct(b, a)),
            std::cmp::Ordering::Equal => None,
        }
    }

    pub fn number(raw: u64) -> Option<Self> {
        if raw > UserId::MAX {
            return None;
        }
        NonZeroU64::new(raw).map(Self::Number)
    }

    /// The other user of a direct; `None` where `user` is not in it or it is not a direct.
    pub fn peer_of(self, user: UserId) -> Option<UserId> {
        match self {
            Self::Direct(a, b) if a == user => Some(b),
            Self::Direct(a, b) if b == user => Some(a),
            Self::Direct(..) | Self::Number(_) => None,
        }
    }
}

impl fmt::Display for ConversationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Direct(a, b) => write!(f, "{a}-{b}"),
            Self::Number(n) => n.fmt(f),
        }
    }
}

impl FromStr for ConversationId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let id = match text.split_once('-') {
            Some((a, b)) => Self::direct(a.parse()?, b.parse()?),
            None => decimal(text).and_then(Self::number),
        };
        id.ok_or(IdError::Conversation)
    }
}

/// Text that is no id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    #[error("a user id is a decimal from 1 to 9223372036854775807")]
    User,
    #[error("a conversation id is a decimal, or two user ids such as \"7-9\"")]
    Conversation,
}

/// Digits only: no sign, no space, no leading `+` that `u64::from_str` would take.
fn decimal(text: &str) -> Option<u64> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// Which kind of media a [`Media`] points at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MediaKind {
    Audio,
    Sticker,
    Photo,
    Video,
    Gif,
    File,
}

/// A pointer to media that lives elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Media {
    pub url: String,
    pub thumbnail: Option<String>,
}

/// What a message says.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// `extra` is the `im` dialect's second string; empty elsewhere.
    Text {
        text: String,
        extra: String,
    },
    Media {
        kind: MediaKind,
        media: Media,
    },
    /// 32-bit degrees, as the `stream` documents have them.
    Location {
        latitude: f32,
        longitude: f32,
    },
    /// A contact card as text (a name, a vCard).
    ContactText {
        text: String,
    },
    /// A contact card as a pointer.
    ContactMedia {
        media: Media,
    },
    /// The sender took `target` back. `index` counts the conversation's recalls from 1.
    Recall {
        target: MessageId,
        target_seq: Seq,
        index: u32,
    },
    /// The sender has read everything up to `target`.
    Read {
        target: MessageId,
    },
}

impl Content {
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text { text: text.into(), extra: String::new() }
    }

    /// Recalls and read marks are marks *about* messages: they have an id of their own and a
    /// place in the log, but take no seq.
    pub fn is_mark(&self) -> bool {
        matches!(self, Self::Recall { .. } | Self::Read { .. })
    }
}

/// One entry of a conversation's log.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    pub id: MessageId,
    /// For a mark ([`Content::is_mark`]): the seq of the last message before it.
    pub seq: Seq,
    /// 0 for a message; marks after it count from 1. `(seq, mark)` orders the log, and ids rise
    /// in that order.
    pub mark: u32,
    pub conversation: ConversationId,
    pub category: Category,
    pub sender: UserId,
    pub content: Content,
    /// Unix milliseconds, from the wall clock of the home shard.
    pub created_at_ms: u64,
    /// Unix milliseconds after which nobody is shown it any more.
    pub expires_at_ms: Option<u64>,
    /// Set once the message was recalled: the recall's index, from 1.
    pub recall_index: Option<u32>,
}
