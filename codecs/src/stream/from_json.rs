//! JSON to the protobuf types, as protobuf's JSON mapping has it.
//!
//! Decides which spellings are taken: snake or camel keys, enums by name or number, 64-bit
//! integers as numbers or strings, unknown fields passed over. Whether a required field is there
//! and what its value means is decided after this, once for JSON and protobuf.

use std::str::FromStr;

use prost_types::{Duration, Timestamp};

use crate::json::{FieldError, Json, Object};
use crate::limits::TIMESTAMP_TEXT_BYTES_MAX;

use super::wire::{
    Category, ClientId, ClientIds, Location, Media, Package, PayloadType, Post, Postbox, Postmark,
    Receipts, Stream, Text, Type, post, stream,
};

/// Stands for an enum's name that this server does not know; no enum has this number.
const UNKNOWN: i32 = -1;

pub(super) fn stream(object: Object<'_, '_>) -> Result<Stream, FieldError> {
    let local = object.object("local")?.map(client_ids).transpose()?;
    let postbox = object.object("postbox")?.map(postbox).transpose()?;
    let receipts = object.object("receipts")?.map(receipts).transpose()?;
    let payload = match (local, postbox, receipts) {
        (None, None, None) => None,
        (Some(local), None, None) => Some(stream::Payload::Local(local)),
        (None, Some(postbox), None) => Some(stream::Payload::Postbox(postbox)),
        (None, None, Some(receipts)) => Some(stream::Payload::Receipts(receipts)),
        _ => {
            let expected = "one of local, postbox and receipts";
            return Err(FieldError::Mistyped { field: "payload", expected });
        }
    };
    Ok(Stream {
        sn: object.text("sn")?.map(str::to_owned),
        target: object.u64("target")?,
        r#type: enumeration(object, "type", |name| {
            PayloadType::from_str_name(name).map(i32::from)
        })?,
        error: None,
        payload,
    })
}

pub(super) fn post(object: Object<'_, '_>) -> Result<Post, FieldError> {
    let text = object.object("text")?;
    let resource = object.object("resource")?;
    let coordinate = object.object("coordinate")?;
    let envelope = match (text, resource, coordinate) {
        (None, None, None) => None,
        (Some(text), None, None) => {
            Some(post::Envelope::Text(Text { content: owned(text, "content")? }))
        }
        (None, Some(media), None) => Some(post::Envelope::Resource(Media {
            url: owned(media, "url")?,
            thumbnail: owned(media, "thumbnail")?,
        })),
        (None, None, Some(place)) => Some(post::Envelope::Coordinate(Location {
            latitude: place.f32("latitude")?,
            longitude: place.f32("longitude")?,
        })),
        _ => {
            let expected = "one of text, resource and coordinate";
            return Err(FieldError::Mistyped { field: "envelope", expected });
        }
    };
    Ok(Post {
        postmark: object.object("postmark")?.map(postmark).transpose()?,
        r#type: enumeration(object, "type", |name| Type::from_str_name(name).map(i32::from))?,
        envelope,
    })
}

/// The target is read for its form only.
pub(super) fn package(object: Object<'_, '_>) -> Result<Package, FieldError> {
    let (tag, conn) = (object.object("tag")?, object.object("conn")?);
    if tag.is_some() && conn.is_some() {
        return Err(FieldError::Mistyped { field: "target", expected: "one of tag and conn" });
    }
    let posts = object.objects("posts")?.into_iter().map(post);
    Ok(Package { target: None, sn: owned(object, "sn")?, posts: posts.collect::<Result<_, _>>()? })
}

fn client_ids(object: Object<'_, '_>) -> Result<ClientIds, FieldError> {
    let ids = object.objects("ids")?.into_iter().map(client_id);
    Ok(ClientIds { ids: ids.collect::<Result<_, _>>()? })
}

fn postbox(object: Object<'_, '_>) -> Result<Postbox, FieldError> {
    let posts = object.objects("posts")?.into_iter().map(post);
    Ok(Postbox { posts: posts.collect::<Result<_, _>>()? })
}

fn receipts(object: Object<'_, '_>) -> Result<Receipts, FieldError> {
    let local_ids = object.objects("local_ids")?.into_iter().map(client_id);
    let postmarks = object.objects("postmarks")?.into_iter().map(postmark);
    Ok(Receipts {
        local_ids: local_ids.collect::<Result<_, _>>()?,
        postmarks: postmarks.collect::<Result<_, _>>()?,
    })
}

fn client_id(object: Object<'_, '_>) -> Result<ClientId, FieldError> {
    Ok(ClientId { category: category(object)?, last_id: object.u64("last_id")? })
}

fn postmark(object: Object<'_, '_>) -> Result<Postmark, FieldError> {
    Ok(Postmark {
        category: category(object)?,
        sender: object.u64("sender")?,
        receiver: object.u64("receiver")?,
        unique_id: object.u64("unique_id")?,
        expire: object.text("expire")?.map(duration).transpose()?,
        timestamp: object.text("timestamp")?.map(timestamp).transpose()?,
    })
}

fn category(object: Object<'_, '_>) -> Result<Option<i32>, FieldError> {
    enumeration(object, "category", |name| Category::from_str_name(name).map(i32::from))
}

fn owned(object: Object<'_, '_>, name: &'static str) -> Result<Option<String>, FieldError> {
    Ok(object.text(name)?.map(str::to_owned))
}

/// An enum's number, or the number of its name.
fn enumeration(
    object: Object<'_, '_>,
    name: &'static str,
    of_name: impl FnOnce(&str) -> Option<i32>,
) -> Result<Option<i32>, FieldError> {
    let number = match object.field(name)? {
        None => return Ok(None),
        Some(Json::String(text)) => Some(of_name(text).unwrap_or(UNKNOWN)),
        Some(Json::Integer(number)) => i32::try_from(*number).ok(),
        Some(Json::Negative(number)) => i32::try_from(*number).ok(),
        Some(_) => None,
    };
    let expected = "the name or the number of an enum's value";
    number.map(Some).ok_or(FieldError::Mistyped { field: name, expected })
}

fn duration(text: &str) -> Result<Duration, FieldError> {
    let expected = "seconds such as \"1.500s\"";
    Duration::from_str(text).map_err(|_| FieldError::Mistyped { field: "expire", expected })
}

/// Years of four digits only, as RFC 3339 has them.
fn timestamp(text: &str) -> Result<Timestamp, FieldError> {
    let year = text.split('-').next().unwrap_or_default();
    let plain = year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit());
    let parsed = if plain && text.len() <= TIMESTAMP_TEXT_BYTES_MAX {
        Timestamp::from_str(text).ok()
    } else {
        None
    };
    let expected = "a time of RFC 3339 such as \"1972-01-01T10:00:20.021Z\"";
    parsed.ok_or(FieldError::Mistyped { field: "timestamp", expected })
}
