//! Log entries. Conversation, place and id are in the key.
//!
//! An entry whose content was taken away stays as [`REMOVED`]: places in a log never vanish, so
//! that seqs stay dense and a cursor always means the same.

use parlance_codecs::{Content, ConversationId, Media, MediaKind, Message, Seq};

use super::{BadRecord, bad, category, decode, encode, message_id, stored_category, user_id};
use crate::keys::Place;

#[derive(Clone, PartialEq, prost::Message)]
struct StoredMessage {
    #[prost(bool, tag = "1")]
    removed: bool,
    #[prost(uint64, optional, tag = "2")]
    expires_at_ms: Option<u64>,
    #[prost(uint32, tag = "3")]
    category: u32,
    #[prost(uint64, tag = "4")]
    sender: u64,
    #[prost(uint64, tag = "5")]
    created_at_ms: u64,
    #[prost(uint32, optional, tag = "6")]
    recall_index: Option<u32>,
    #[prost(oneof = "StoredContent", tags = "10, 11, 12, 13, 14, 15, 16")]
    content: Option<StoredContent>,
}

/// The part of a [`StoredMessage`] that compaction looks at; the other fields are skipped.
#[derive(Clone, PartialEq, prost::Message)]
struct StoredExpiry {
    #[prost(uint64, optional, tag = "2")]
    expires_at_ms: Option<u64>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum StoredContent {
    #[prost(message, tag = "10")]
    Text(StoredText),
    #[prost(message, tag = "11")]
    Media(StoredMedia),
    #[prost(message, tag = "12")]
    Location(StoredLocation),
    #[prost(string, tag = "13")]
    ContactText(String),
    #[prost(message, tag = "14")]
    ContactMedia(StoredMedia),
    #[prost(message, tag = "15")]
    Recall(StoredRecall),
    /// The id of the message read last.
    #[prost(uint64, tag = "16")]
    Read(u64),
}

#[derive(Clone, PartialEq, prost::Message)]
struct StoredText {
    #[prost(string, tag = "1")]
    text: String,
    #[prost(string, tag = "2")]
    extra: String,
}

#[derive(Clone, PartialEq, prost::Message)]
struct StoredMedia {
    /// Zero for a contact card, which is of no media kind.
    #[prost(uint32, tag = "1")]
    kind: u32,
    #[prost(string, tag = "2")]
    url: String,
    #[prost(string, optional, tag = "3")]
    thumbnail: Option<String>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct StoredLocation {
    #[prost(float, tag = "1")]
    latitude: f32,
    #[prost(float, tag = "2")]
    longitude: f32,
}

#[derive(Clone, PartialEq, prost::Message)]
struct StoredRecall {
    #[prost(uint64, tag = "1")]
    target: u64,
    #[prost(uint32, tag = "2")]
    target_seq: u32,
    #[prost(uint32, tag = "3")]
    index: u32,
}

/// What stands in the place of an entry whose content is gone: the version, then `removed` set.
pub(crate) const REMOVED: &[u8] = &[super::RECORD_VERSION, 0x08, 0x01];

pub(crate) fn encode_message(message: &Message) -> Vec<u8> {
    encode(&StoredMessage {
        removed: false,
        expires_at_ms: message.expires_at_ms,
        category: stored_category(message.category),
        sender: message.sender.raw(),
        created_at_ms: message.created_at_ms,
        recall_index: message.recall_index,
        content: Some(stored_content(&message.content)),
    })
}

/// `None` where the content is gone.
pub(crate) fn decode_message(
    bytes: &[u8],
    conversation: ConversationId,
    place: Place,
) -> Result<Option<Message>, BadRecord> {
    let stored: StoredMessage = decode(bytes)?;
    if stored.removed {
        return Ok(None);
    }
    let content = content(stored.content.ok_or_else(|| bad("content", "none"))?)?;
    if content.is_mark() != (place.mark > 0) {
        return Err(bad("content for its place", place));
    }
    Ok(Some(Message {
        id: place.id,
        seq: place.seq,
        mark: place.mark,
        conversation,
        category: category(stored.category)?,
        sender: user_id(stored.sender)?,
        content,
        created_at_ms: stored.created_at_ms,
        expires_at_ms: stored.expires_at_ms,
        recall_index: stored.recall_index,
    }))
}

/// When an entry expires; `None` where it does not, or its content is gone.
pub(crate) fn expiry_of(bytes: &[u8]) -> Result<Option<u64>, BadRecord> {
    decode::<StoredExpiry>(bytes).map(|stored| stored.expires_at_ms)
}

fn stored_content(content: &Content) -> StoredContent {
    match content {
        Content::Text { text, extra } => {
            StoredContent::Text(StoredText { text: text.clone(), extra: extra.clone() })
        }
        Content::Media { kind, media } => {
            StoredContent::Media(stored_media(stored_kind(*kind), media))
        }
        Content::Location { latitude, longitude } => {
            StoredContent::Location(StoredLocation { latitude: *latitude, longitude: *longitude })
        }
        Content::ContactText { text } => StoredContent::ContactText(text.clone()),
        Content::ContactMedia { media } => StoredContent::ContactMedia(stored_media(0, media)),
        Content::Recall { target, target_seq, index } => StoredContent::Recall(StoredRecall {
            target: target.raw(),
            target_seq: target_seq.0,
            index: *index,
        }),
        Content::Read { target } => StoredContent::Read(target.raw()),
    }
}

fn content(stored: StoredContent) -> Result<Content, BadRecord> {
    Ok(match stored {
        StoredContent::Text(StoredText { text, extra }) => Content::Text { text, extra },
        StoredContent::Media(StoredMedia { kind, url, thumbnail }) => {
            Content::Media { kind: media_kind(kind)?, media: Media { url, thumbnail } }
        }
        StoredContent::Location(StoredLocation { latitude, longitude }) => {
            Content::Location { latitude, longitude }
        }
        StoredContent::ContactText(text) => Content::ContactText { text },
        StoredContent::ContactMedia(StoredMedia { kind: 0, url, thumbnail }) => {
            Content::ContactMedia { media: Media { url, thumbnail } }
        }
        StoredContent::ContactMedia(other) => return Err(bad("contact card", other.kind)),
        StoredContent::Recall(StoredRecall { target, target_seq, index }) => {
            Content::Recall { target: message_id(target)?, target_seq: Seq(target_seq), index }
        }
        StoredContent::Read(target) => Content::Read { target: message_id(target)? },
    })
}

fn stored_media(kind: u32, media: &Media) -> StoredMedia {
    StoredMedia { kind, url: media.url.clone(), thumbnail: media.thumbnail.clone() }
}

fn stored_kind(kind: MediaKind) -> u32 {
    match kind {
        MediaKind::Audio => 1,
        MediaKind::Sticker => 2,
        MediaKind::Photo => 3,
        MediaKind::Video => 4,
        MediaKind::Gif => 5,
        MediaKind::File => 6,
    }
}

fn media_kind(stored: u32) -> Result<MediaKind, BadRecord> {
    match stored {
        1 => Ok(MediaKind::Audio),
        2 => Ok(MediaKind::Sticker),
        3 => Ok(MediaKind::Photo),
        4 => Ok(MediaKind::Video),
        5 => Ok(MediaKind::Gif),
        6 => Ok(MediaKind::File),
        _ => Err(bad("kind of media", stored)),
    }
}
