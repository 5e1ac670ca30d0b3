//! The one strict JSON reader, for every dialect.
//!
//! Decides what is JSON: RFC 8259, and beyond it no duplicate keys, no lone surrogates, no
//! numbers that a double cannot hold, nesting and size within [`crate::limits`]. The result is a
//! tree that borrows its strings from the input; what its fields must be is asked of an
//! `Object`, which names the field in its error. Invariants: nothing is built of a text before its
//! nesting and its number of values are known to be within bounds; an integer is never made of
//! a number that was written as a fraction or is too large; nothing is rounded.

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::limits::{JSON_DEPTH_MAX, JSON_VALUES_MAX};

mod bounds;
mod fields;

#[cfg(test)]
mod suite;
#[cfg(test)]
mod tests;

pub(crate) use fields::{FieldError, Keys, Object};

/// A parsed text.
#[derive(Clone, Debug, PartialEq)]
pub enum Json<'a> {
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
pub enum JsonError {
    #[error("malformed JSON: nested deeper than {JSON_DEPTH_MAX}")]
    TooDeep,
    #[error("malformed JSON: more than {JSON_VALUES_MAX} values")]
    TooMany,
    #[error("malformed JSON: {0}")]
    Syntax(#[from] serde_json::Error),
    /// Well-formed, but nobody can say which of the two counts.
    #[error("malformed JSON: the key {0:?} stands twice")]
    Twice(String),
}

/// Parses one text that fills `bytes`, but for white space around it.
pub fn parse(bytes: &[u8]) -> Result<Json<'_>, JsonError> {
    bounds::check(bytes)?;
    let twice = RefCell::new(None);
    let reader = Reader { twice: &twice };
    // Checked as a whole, which costs less than each string by itself. A text that is not UTF-8
    // is still read up to the string that is not, to say where it stands.
    let json = match std::str::from_utf8(bytes) {
        Ok(text) => read(reader, serde_json::Deserializer::from_str(text)),
        Err(_) => read(reader, serde_json::Deserializer::from_slice(bytes)),
    }?;
    match twice.into_inner() {
        None => Ok(json),
        Some(key) => Err(JsonError::Twice(key)),
    }
}

fn read<'de, R: serde_json::de::Read<'de>>(
    reader: Reader<'_>,
    mut parser: serde_json::Deserializer<R>,
) -> Result<Json<'de>, serde_json::Error> {
    let json = reader.deserialize(&mut parser)?;
    parser.end()?;
    Ok(json)
}

/// Builds one value, and keeps the first key that stands twice anywhere in the text.
#[derive(Clone, Copy)]
struct Reader<'c> {
    twice: &'c RefCell<Option<String>>,
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Json<'de>;

    fn deserialize<D: Deserializer<'de>>(self, parser: D) -> Result<Json<'de>, D::Error> {
        parser.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
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
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(self)? {
            items.push(item);
        }
        Ok(Json::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json<'de>, A::Error> {
        let mut fields = Vec::new();
        while let Some(key) = map.next_key_seed(Key)? {
            fields.push((key, map.next_value_seed(self)?));
        }
        if let Some(key) = twice(&fields) {
            self.twice.borrow_mut().get_or_insert_with(|| key.to_owned());
        }
        Ok(Json::Object(fields))
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
