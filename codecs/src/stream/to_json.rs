//! The protobuf types to compact JSON, as protobuf's JSON mapping has it.
//!
//! Decides the spelling: documented names in documented order, enums as numbers, 64-bit integers
//! as strings, unset fields left out, set ones kept even where they are zero.

use std::fmt;
use std::time::{Duration, UNIX_EPOCH};

use prost_types::Timestamp;
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::wire::{
    ClientId, ClientIds, Location, Media, Post, Postbox, Postmark, Receipts, Status, Stream, Text,
    post, stream,
};

/// A wire value that serialises as this dialect's JSON.
pub(super) struct Out<'a, T>(pub(super) &'a T);

/// Appends `value` as JSON.
pub(super) fn append<'a, T>(value: &'a T, out: &mut Vec<u8>)
where
    Out<'a, T>: Serialize,
{
    serde_json::to_writer(out, &Out(value))
        .expect("a Vec takes every write, every key is a string");
}

impl Serialize for Out<'_, Stream> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        set(&mut map, "sn", self.0.sn.as_ref())?;
        set(&mut map, "target", self.0.target.map(Decimal))?;
        set(&mut map, "type", self.0.r#type)?;
        match &self.0.payload {
            Some(stream::Payload::Local(local)) => map.serialize_entry("local", &Out(local))?,
            Some(stream::Payload::Postbox(postbox)) => {
                map.serialize_entry("postbox", &Out(postbox))?;
            }
            Some(stream::Payload::Receipts(receipts)) => {
                map.serialize_entry("receipts", &Out(receipts))?;
            }
            None => {}
        }
        set(&mut map, "error", self.0.error.as_ref().map(Out))?;
        map.end()
    }
}

impl Serialize for Out<'_, Post> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        set(&mut map, "postmark", self.0.postmark.as_ref().map(Out))?;
        set(&mut map, "type", self.0.r#type)?;
        match &self.0.envelope {
            Some(post::Envelope::Text(text)) => map.serialize_entry("text", &Out(text))?,
            Some(post::Envelope::Resource(media)) => {
                map.serialize_entry("resource", &Out(media))?
            }
            Some(post::Envelope::Coordinate(place)) => {
                map.serialize_entry("coordinate", &Out(place))?;
            }
            None => {}
        }
        map.end()
    }
}

impl Serialize for Out<'_, Postmark> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        set(&mut map, "category", self.0.category)?;
        set(&mut map, "sender", self.0.sender.map(Decimal))?;
        set(&mut map, "receiver", self.0.receiver.map(Decimal))?;
        set(&mut map, "unique_id", self.0.unique_id.map(Decimal))?;
        set(&mut map, "expire", self.0.expire.as_ref().map(ToString::to_string))?;
        set(&mut map, "timestamp", self.0.timestamp.as_ref().map(Time))?;
        map.end()
    }
}

impl Serialize for Out<'_, Text> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        set(&mut map, "content", self.0.content.as_ref())?;
        map.end()
    }
}

impl Serialize for Out<'_, Media> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        set(&mut map, "url", self.0.url.as_ref())?;
        set(&mut map, "thumbnail", self.0.thumbnail.as_ref())?;
        map.end()
    }
}

impl Serialize for Out<'_, Location> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        set(&mut map, "latitude", self.0.latitude)?;
        set(&mut map, "longitude", self.0.longitude)?;
        map.end()
    }
}

impl Serialize for Out<'_, Postbox> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("posts", &List(&self.0.posts))?;
        map.end()
    }
}

impl Serialize for Out<'_, ClientId> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        set(&mut map, "category", self.0.category)?;
        set(&mut map, "last_id", self.0.last_id.map(Decimal))?;
        map.end()
    }
}

impl Serialize for Out<'_, ClientIds> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("ids", &List(&self.0.ids))?;
        map.end()
    }
}

impl Serialize for Out<'_, Receipts> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if !self.0.local_ids.is_empty() {
            map.serialize_entry("local_ids", &List(&self.0.local_ids))?;
        }
        map.serialize_entry("postmarks", &List(&self.0.postmarks))?;
        map.end()
    }
}

impl Serialize for Out<'_, Status> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("code", &self.0.code)?;
        map.serialize_entry("message", &self.0.message)?;
        map.end()
    }
}

/// A 64-bit integer, written as a string.
struct Decimal(u64);

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// A time of RFC 3339, with as many digits of a second as it needs.
pub(super) struct Time<'a>(pub(super) &'a Timestamp);

impl Serialize for Time<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for Time<'_> {
    /// Every live message has one, of whole milliseconds between 1970 and 9999: those are written
    /// by what does nothing but that, at a fraction of what the general way costs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Timestamp { seconds, nanos } = *self.0;
        let (ms, below) = (nanos / NANOS_PER_MS, nanos % NANOS_PER_MS);
        match (u64::try_from(seconds), u64::try_from(ms)) {
            (Ok(seconds @ ..=LAST_SECOND), Ok(ms @ ..1_000)) if below == 0 => {
                let time = UNIX_EPOCH + Duration::from_secs(seconds) + Duration::from_millis(ms);
                if ms == 0 {
                    humantime::format_rfc3339_seconds(time).fmt(f)
                } else {
                    humantime::format_rfc3339_millis(time).fmt(f)
                }
            }
            _ => self.0.fmt(f),
        }
    }
}

const NANOS_PER_MS: i32 = 1_000_000;
/// Of the year 9999: texts have four digits for a year.
const LAST_SECOND: u64 = 253_402_300_799;

/// A repeated field.
struct List<'a, T>(&'a [T]);

impl<'a, T> Serialize for List<'a, T>
where
    Out<'a, T>: Serialize,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(Out))
    }
}

fn set<M: SerializeMap, T: Serialize>(
    map: &mut M,
    key: &'static str,
    value: Option<T>,
) -> Result<(), M::Error> {
    match value {
        Some(value) => map.serialize_entry(key, &value),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
