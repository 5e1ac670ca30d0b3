//! A post from a client, checked, to a [`Draft`].
//!
//! Decides which posts make sense: required fields, the envelope that its type asks for, texts,
//! degrees and lifetimes within bounds, which conversation is meant. Leaves to the core whether
//! that conversation is there and whether the user may post in it. The sender is the session's
//! user: what the postmark says about it is required by the schema and then ignored, as are the
//! server's own fields.

use prost_types::Duration;

use crate::limits::{LIFETIME_MS_MAX, URL_BYTES_MAX};
use crate::model::{Category, Content, ConversationId, Media, MediaKind, MessageId, UserId};
use crate::request::{Draft, DraftBody};
use crate::text::{TextError, check_text, check_url};

use super::status::{Code, Fault};
use super::wire;
use super::wire::post::Envelope;

const NANOS_PER_MS: u64 = 1_000_000;
const MS_PER_SECOND: u64 = 1000;

pub(super) fn draft(
    user: UserId,
    post: wire::Post,
    key: Option<Box<[u8]>>,
) -> Result<Draft, Fault> {
    let postmark = post.postmark.ok_or_else(|| Fault::missing("postmark"))?;
    let category = category(postmark.category)?;
    postmark.sender.ok_or_else(|| Fault::missing("postmark.sender"))?;
    let receiver = postmark.receiver.ok_or_else(|| Fault::missing("postmark.receiver"))?;
    let number = post.r#type.ok_or_else(|| Fault::missing("type"))?;
    let kind = wire::Type::try_from(number).map_err(|_| Fault::unknown("type"))?;
    Ok(Draft {
        conversation: conversation(user, category, receiver)?,
        category: Some(category),
        body: body(kind, postmark.unique_id, post.envelope)?,
        expires_in_ms: postmark.expire.map(lifetime_ms).transpose()?,
        key,
    })
}

/// A category that a client named. Unspecified is none.
pub(super) fn category(number: Option<i32>) -> Result<Category, Fault> {
    let number = number.ok_or_else(|| Fault::missing("category"))?;
    match wire::Category::try_from(number) {
        Ok(wire::Category::Private) => Ok(Category::Direct),
        Ok(wire::Category::Group) => Ok(Category::Group),
        Ok(wire::Category::Channel) => Ok(Category::Channel),
        Ok(wire::Category::Room) => Ok(Category::Room),
        Ok(wire::Category::Unspecified) => Err(Fault::invalid("category is unspecified")),
        Err(_) => Err(Fault::unknown("category")),
    }
}

/// Numbers that no user and no conversation can have are answered as unknown ones are.
fn conversation(user: UserId, category: Category, receiver: u64) -> Result<ConversationId, Fault> {
    match category {
        Category::Direct => {
            let peer = UserId::new(receiver).ok_or(crate::Refusal::UnknownUser)?;
            ConversationId::direct(user, peer)
                .ok_or_else(|| Fault::invalid("the receiver is the sender"))
        }
        Category::Group | Category::Channel | Category::Room => {
            ConversationId::number(receiver).ok_or(crate::Refusal::UnknownConversation.into())
        }
    }
}

fn body(
    kind: wire::Type,
    unique_id: Option<u64>,
    envelope: Option<Envelope>,
) -> Result<DraftBody, Fault> {
    let content = match kind {
        wire::Type::Unspecified => return Err(Fault::invalid("type is unspecified")),
        wire::Type::Recall => {
            return Ok(DraftBody::Recall { target: target(unique_id, envelope)? });
        }
        wire::Type::Read => return Ok(DraftBody::Read { target: target(unique_id, envelope)? }),
        wire::Type::Text => match envelope {
            Some(Envelope::Text(text)) => Content::text(checked_text(text)?),
            _ => return Err(mismatch("text", "text")),
        },
        wire::Type::Audio => media(MediaKind::Audio, envelope)?,
        wire::Type::Sticker => media(MediaKind::Sticker, envelope)?,
        wire::Type::Photo => media(MediaKind::Photo, envelope)?,
        wire::Type::Video => media(MediaKind::Video, envelope)?,
        wire::Type::Gif => media(MediaKind::Gif, envelope)?,
        wire::Type::File => media(MediaKind::File, envelope)?,
        wire::Type::Location => match envelope {
            Some(Envelope::Coordinate(place)) => location(&place)?,
            _ => return Err(mismatch("location", "coordinate")),
        },
        wire::Type::Contact => match envelope {
            Some(Envelope::Text(text)) => Content::ContactText { text: checked_text(text)? },
            Some(Envelope::Resource(media)) => Content::ContactMedia { media: pointer(media)? },
            _ => return Err(mismatch("contact", "text or resource")),
        },
    };
    Ok(DraftBody::Content(content))
}

fn mismatch(kind: &str, envelope: &str) -> Fault {
    Fault::invalid(format!("a post of type {kind} has its {envelope} and nothing else"))
}

/// The message that a recall or a read mark is about: `postmark.unique_id`, or the decimal in
/// `text.content`. Where both are there, they agree.
fn target(unique_id: Option<u64>, envelope: Option<Envelope>) -> Result<MessageId, Fault> {
    let in_text = match envelope {
        None => None,
        Some(Envelope::Text(text)) => {
            let content = text.content.ok_or_else(|| Fault::missing("text.content"))?;
            let digits = !content.is_empty() && content.bytes().all(|byte| byte.is_ascii_digit());
            let id: Option<u64> = if digits { content.parse().ok() } else { None };
            Some(id.ok_or_else(|| Fault::invalid("text.content must be a message's unique_id"))?)
        }
        Some(Envelope::Resource(_) | Envelope::Coordinate(_)) => {
            return Err(mismatch("recall or read", "text.content or postmark.unique_id"));
        }
    };
    // A schema-driven client may send every field: zero is no message and means absent.
    let in_mark = unique_id.filter(|id| *id != 0);
    match (in_mark, in_text) {
        (Some(a), Some(b)) if a != b => {
            Err(Fault::invalid("postmark.unique_id and text.content name two messages"))
        }
        (Some(id), _) | (None, Some(id)) => Ok(MessageId::from_raw(id)),
        (None, None) => Err(Fault::missing("postmark.unique_id")),
    }
}

fn checked_text(text: wire::Text) -> Result<String, Fault> {
    let content = text.content.ok_or_else(|| Fault::missing("text.content"))?;
    check_text(&content).map_err(|error| refused("text.content", error))?;
    Ok(content)
}

fn media(kind: MediaKind, envelope: Option<Envelope>) -> Result<Content, Fault> {
    match envelope {
        Some(Envelope::Resource(media)) => Ok(Content::Media { kind, media: pointer(media)? }),
        _ => Err(mismatch("audio, sticker, photo, video, gif or file", "resource")),
    }
}

fn pointer(media: wire::Media) -> Result<Media, Fault> {
    let url = media.url.ok_or_else(|| Fault::missing("resource.url"))?;
    check_url(&url).map_err(|error| refused("resource.url", error))?;
    // An empty thumbnail is none.
    let thumbnail = media.thumbnail.filter(|url| !url.is_empty());
    if let Some(url) = &thumbnail {
        check_url(url).map_err(|error| refused("resource.thumbnail", error))?;
    }
    Ok(Media { url, thumbnail })
}

fn refused(field: &str, error: TextError) -> Fault {
    Fault::invalid(format!("{field} {error}"))
}

fn location(place: &wire::Location) -> Result<Content, Fault> {
    let latitude = place.latitude.ok_or_else(|| Fault::missing("coordinate.latitude"))?;
    let longitude = place.longitude.ok_or_else(|| Fault::missing("coordinate.longitude"))?;
    // NaN is in no range.
    if !(-90.0..=90.0).contains(&latitude) || !(-180.0..=180.0).contains(&longitude) {
        return Err(Fault::invalid(format!(
            "coordinate {latitude}, {longitude} is not within 90 and 180 degrees"
        )));
    }
    Ok(Content::Location { latitude, longitude })
}

/// Rounded up to a millisecond, so that no positive lifetime becomes zero.
fn lifetime_ms(expire: Duration) -> Result<u64, Fault> {
    let seconds = u64::try_from(expire.seconds).ok();
    let nanos = u64::try_from(expire.nanos).ok().filter(|nanos| *nanos < 1_000_000_000);
    let ms = match (seconds, nanos) {
        (Some(seconds), Some(nanos)) => seconds
            .checked_mul(MS_PER_SECOND)
            .and_then(|ms| ms.checked_add(nanos.div_ceil(NANOS_PER_MS))),
        _ => None,
    };
    match ms {
        Some(ms @ 1..=LIFETIME_MS_MAX) => Ok(ms),
        _ => Err(Fault::new(
            Code::InvalidArgument,
            format!("expire must be above 0s and at most {}s", LIFETIME_MS_MAX / MS_PER_SECOND),
        )),
    }
}

const _: () = assert!(
    2 * URL_BYTES_MAX < crate::limits::FRAME_BYTES_MAX,
    "a URL and its thumbnail must fit a frame"
);
