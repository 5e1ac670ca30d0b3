//! The one strict JSON reader, for every dialect.
//!
//! Decides what is JSON: RFC 8259, and beyond it no duplicate keys, no lone surrogates, no
//! numbers that a double cannot hold, nesting and size within [`crate::limits`]. The result is a
//! tree that borrows its strings from the input; what its fields must be is asked of an
//! [`Object`], which names the field in its error. Invariant: an integer is never made of a
//! number that was written as a fraction or is too large; nothing is rounded.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use crate::limits::{JSON_DEPTH_MAX, JSON_VALUES_MAX};

mod fields;

#[cfg(test)]
mod tests;

pub(crate) use fields::{FieldError, Keys, Object};

/// A parsed text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Json<'a> {
    Null,
    Bool(bool),
    /// An integer from -2^63 to -1.
    Negative(i64),
    /// An integer from 0 to 2^64 - 1.
    Integer(u64),
    /// Written with a fraction or an exponent, or beyond the integers above.
    Float(f64),
    String(Cow<'a, str>),
    Array(Vec<Json<'a>>),
    /// In the text's order. Keys differ.
    Object(Vec<(Cow<'a, str>, Json<'a>)>),
}

/// Why bytes are not JSON as it is taken here.
#[derive(Debug, thiserror::Error)]
#[error("malformed JSON: {0}")]
pub(crate) struct JsonError(#[from] serde_json::Error);

/// Parses one text that fills `bytes`, but for white space around it.
pub(crate) fn parse(bytes: &[u8]) -> Result<Json<'_>, JsonError> {
    let values = Cell::new(0);
    let mut parser = serde_json::Deserializer::from_slice(bytes);
    let json = Level { depth: 0, values: &values }.deserialize(&mut parser)?;
    parser.end()?;
    Ok(json)
}

/// Reads one value at a depth, counting values for the whole text.
#[derive(Clone, Copy)]
struct Level<'c> {
    depth: usize,
    values: &'c Cell<usize>,
}

impl Level<'_> {
    fn count<E: serde::de::Error>(self) -> Result<(), E> {
        let values = self.values.get().saturating_add(1);
        self.values.set(values);
        if values > JSON_VALUES_MAX {
            return Err(E::custom(format_args!("more than {JSON_VALUES_MAX} values")));
        }
        Ok(())
    }

    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth >= JSON_DEPTH_MAX {
            return Err(E::custom(format_args!("nested deeper than {JSON_DEPTH_MAX}")));
        }
        Ok(Self { depth: self.depth.saturating_add(1), ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Level<'_> {
    type Value = Json<'de>;

    fn deserialize<D: Deserializer<'de>>(self, parser: D) -> Result<Json<'de>, D::Error> {
        self.count()?;
        parser.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Level<'_> {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json<'de>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json<'de>, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json<'de>, E> {
        Ok(u64::try_from(value).map_or(Json::Negative(value), Json::Integer))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json<'de>, E> {
        Ok(Json::Integer(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json<'de>, E> {
        Ok(Json::Float(value))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Json<'de>, E> {
        Ok(Json::String(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json<'de>, E> {
        Ok(Json::String(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Json<'de>, A::Error> {
        let level = self.deeper()?;
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(level)? {
            items.push(item);
        }
        Ok(Json::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json<'de>, A::Error> {
        let level = self.deeper()?;
        let mut fields = Vec::new();
        while let Some(key) = map.next_key_seed(Key)? {
            fields.push((key, map.next_value_seed(level)?));
        }
        match twice(&fields) {
            Some(key) => Err(A::Error::custom(format_args!("the key {key:?} stands twice"))),
            None => Ok(Json::Object(fields)),
        }
    }
}

/// Up to here, comparing every pair of keys is faster than sorting them.
const KEYS_COMPARED_IN_PAIRS: usize = 12;

/// A key that stands twice. Sorted first where there are many, so that an object of thousands of
/// keys costs no quadratic time.
fn twice<'f>(fields: &'f [(Cow<'_, str>, Json<'_>)]) -> Option<&'f str> {
    if fields.len() <= KEYS_COMPARED_IN_PAIRS {
        let mut rest = fields;
        while let [(key, _), after @ ..] = rest {
            if after.iter().any(|(other, _)| other == key) {
                return Some(key);
            }
            rest = after;
        }
        return None;
    }
    let mut keys: Vec<&str> = fields.iter().map(|(key, _)| key.as_ref()).collect();
    keys.sort_unstable();
    keys.windows(2).find_map(|pair| match pair {
        [a, b] if a == b => Some(*a),
        _ => None,
    })
}

/// An object's key, borrowed where it is written without escapes.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, parser: D) -> Result<Self::Value, D::Error> {
        parser.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(value.to_owned()))
    }
}
