//! A text in JSON, posted or delivered: what nearly every frame of the dialect is, read and written
//! without a tree of it.
//!
//! Decides nothing about the dialect. Reading takes only the plainest spelling of one post and
//! leaves everything else, faults included, to the reader of any frame; writing takes texts without
//! a lifetime. Invariant: where this reads or writes at all, the general way comes to the same.

use std::fmt;
use std::io::Write as _;

use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::model::{Content, Message};

use super::wire::stream::Payload;
use super::wire::{Post, Postbox, Postmark, Stream, Text, Type, post};
use super::{encode, to_json, wire};

/// What an object may have, each key once; one with any other key is left to the general way.
/// Arrays stand for no object here, and null for no value.
macro_rules! object {
    ($name:ident { $($key:literal => $field:ident: $type:ty),+ $(,)? }) => {
        #[derive(Default)]
        struct $name {
            $($field: Option<$type>),+
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(parser: D) -> Result<Self, D::Error> {
                struct Fields;

                impl<'de> Visitor<'de> for Fields {
                    type Value = $name;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("an object")
                    }

                    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<$name, A::Error> {
                        let mut object = $name::default();
                        while let Some(key) = map.next_key::<&str>()? {
                            let twice = match key {
                                $($key => object.$field.replace(map.next_value()?).is_some(),)+
                                _ => return Err(de::Error::custom("another key")),
                            };
                            if twice {
                                return Err(de::Error::custom("a key that stands twice"));
                            }
                        }
                        Ok(object)
                    }
                }

                parser.deserialize_map(Fields)
            }
        }
    };
}

object!(PlainFrame { "sn" => sn: String, "type" => kind: i32, "postbox" => postbox: PlainBox });
object!(PlainBox { "posts" => posts: One });
object!(PlainPost { "postmark" => mark: PlainMark, "type" => kind: i32, "text" => text: PlainText });
object!(PlainMark { "category" => category: i32, "sender" => sender: Whole, "receiver" => receiver: Whole });
object!(PlainText { "content" => content: String });

/// A list of one post.
struct One(PlainPost);

impl<'de> Deserialize<'de> for One {
    fn deserialize<D: Deserializer<'de>>(parser: D) -> Result<Self, D::Error> {
        struct Items;

        impl<'de> Visitor<'de> for Items {
            type Value = One;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of one")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<One, A::Error> {
                let first = seq.next_element()?.ok_or_else(|| de::Error::custom("no post"))?;
                match seq.next_element::<IgnoredAny>()? {
                    None => Ok(One(first)),
                    Some(_) => Err(de::Error::custom("several posts")),
                }
            }
        }

        parser.deserialize_seq(Items)
    }
}

/// An integer of 64 bits, as such or in decimal digits.
struct Whole(u64);

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(parser: D) -> Result<Self, D::Error> {
        struct Number;

        impl Visitor<'_> for Number {
            type Value = Whole;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an integer")
            }

            fn visit_u64<E>(self, number: u64) -> Result<Whole, E> {
                Ok(Whole(number))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Whole, E> {
                let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
                let number = if digits { text.parse().ok() } else { None };
                number.map(Whole).ok_or_else(|| de::Error::custom("no number"))
            }
        }

        parser.deserialize_any(Number)
    }
}

/// The frame, where it is a text posted in the plainest way.
pub(super) fn read(payload: &[u8]) -> Option<Stream> {
    let text = std::str::from_utf8(payload).ok()?;
    let PlainFrame { sn, kind, postbox } = serde_json::from_str(text).ok()?;
    let One(PlainPost { mark, kind: of_post, text }) = postbox?.posts?;
    let PlainMark { category, sender, receiver } = mark?;
    let postmark = Postmark {
        category,
        sender: sender.map(|sender| sender.0),
        receiver: receiver.map(|receiver| receiver.0),
        ..Postmark::default()
    };
    let envelope = text.map(|text| post::Envelope::Text(Text { content: text.content }));
    let post = Post { postmark: Some(postmark), r#type: of_post, envelope };
    let payload = Some(Payload::Postbox(Postbox { posts: vec![post] }));
    Some(Stream { sn, target: None, r#type: kind, error: None, payload })
}

/// What stands around the text, about.
const AROUND_BYTES: usize = 256;

/// A live message's frame, where it is a text without a lifetime.
pub(super) fn write(message: &Message) -> Option<Vec<u8>> {
    let (Content::Text { text, extra: _ }, None) = (&message.content, message.expires_at_ms) else {
        return None;
    };
    let mut out = Vec::with_capacity(text.len().saturating_add(AROUND_BYTES));
    out.extend_from_slice(b"{\"sn\":\"");
    number(message.id.raw(), &mut out);
    out.extend_from_slice(b"\",\"type\":");
    number(wire::PayloadType::Messages as u64, &mut out);
    out.extend_from_slice(b",\"postbox\":{\"posts\":[{\"postmark\":{\"category\":");
    number(encode::category(message.category) as u64, &mut out);
    out.extend_from_slice(b",\"sender\":\"");
    number(message.sender.raw(), &mut out);
    out.extend_from_slice(b"\",\"receiver\":\"");
    number(encode::receiver(message.conversation, message.sender), &mut out);
    out.extend_from_slice(b"\",\"unique_id\":\"");
    number(message.id.raw(), &mut out);
    out.extend_from_slice(b"\",\"timestamp\":\"");
    let time = encode::timestamp(message.created_at_ms);
    write!(out, "{}", to_json::Time(&time)).ok()?;
    out.extend_from_slice(b"\"},\"type\":");
    number(Type::Text as u64, &mut out);
    out.extend_from_slice(b",\"text\":{\"content\":");
    string(text, &mut out);
    out.extend_from_slice(b"}}]}}");
    Some(out)
}

fn number(number: u64, out: &mut Vec<u8>) {
    serde_json::to_writer(out, &number).expect("a Vec takes every write");
}

/// Most texts need no escapes, and are copied as they are. Looked at in pieces without a way out
/// in their middle, which the compiler makes vector instructions of.
fn string(text: &str, out: &mut Vec<u8>) {
    const PIECE_BYTES: usize = 64;
    let escaped = |byte: u8| (byte < b' ') | (byte == b'"') | (byte == b'\\');
    let piece = |bytes: &[u8]| bytes.iter().fold(false, |found, byte| found | escaped(*byte));
    if text.as_bytes().chunks(PIECE_BYTES).any(piece) {
        serde_json::to_writer(out, text).expect("a Vec takes every write");
    } else {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    }
}

#[cfg(test)]
mod tests;
