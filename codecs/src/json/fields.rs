//! Typed access to an object's fields, with errors that name the field.
//!
//! Decides what counts as an integer, a text, an object; leaves to the dialect which fields there
//! are and what a fault in one of them is answered.

use std::borrow::Cow;

use super::Json;

/// How a dialect spells its keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keys {
    /// As documented.
    Exact,
    /// As documented, `last_id`, or as protobuf's JSON has it, `lastId`. A `null` counts as
    /// absent.
    SnakeOrCamel,
}

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FieldError {
    #[error("{field} is missing")]
    Missing { field: &'static str },
    #[error("{field} must be {expected}")]
    Mistyped { field: &'static str, expected: &'static str },
    #[error("{field} stands twice, in two spellings")]
    Twice { field: &'static str },
}

/// An object of a parsed text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Object<'t, 'a> {
    fields: &'t [(Cow<'a, str>, Json<'a>)],
    keys: Keys,
}

impl<'t, 'a> Object<'t, 'a> {
    /// `None` where `json` is no object.
    pub(crate) fn new(json: &'t Json<'a>, keys: Keys) -> Option<Self> {
        match json {
            Json::Object(fields) => Some(Self { fields, keys }),
            _ => None,
        }
    }

    /// The field as it stands; `None` where it is absent.
    pub(crate) fn field(self, name: &'static str) -> Result<Option<&'t Json<'a>>, FieldError> {
        let mut found = self.fields.iter().filter(|(key, _)| self.is_called(key, name));
        let first = found.next().map(|(_, value)| value);
        if found.next().is_some() {
            return Err(FieldError::Twice { field: name });
        }
        Ok(first.filter(|value| self.keys == Keys::Exact || **value != Json::Null))
    }

    pub(crate) fn text(self, name: &'static str) -> Result<Option<&'t str>, FieldError> {
        match self.field(name)? {
            None => Ok(None),
            Some(Json::String(text)) => Ok(Some(text)),
            Some(_) => Err(FieldError::Mistyped { field: name, expected: "a string" }),
        }
    }

    /// An integer of 64 bits without a sign: as such, or as a decimal string.
    pub(crate) fn u64(self, name: &'static str) -> Result<Option<u64>, FieldError> {
        let Some(json) = self.field(name)? else { return Ok(None) };
        match json.as_u64() {
            Some(number) => Ok(Some(number)),
            None => Err(FieldError::Mistyped {
                field: name,
                expected: "an integer from 0 to 18446744073709551615",
            }),
        }
    }

    /// A number, or a string that holds one.
    pub(crate) fn f32(self, name: &'static str) -> Result<Option<f32>, FieldError> {
        let mistyped = FieldError::Mistyped { field: name, expected: "a number" };
        match self.field(name)? {
            None => Ok(None),
            #[expect(clippy::cast_precision_loss, reason = "a coordinate is a float")]
            Some(Json::Integer(number)) => Ok(Some(*number as f32)),
            #[expect(clippy::cast_precision_loss, reason = "a coordinate is a float")]
            Some(Json::Negative(number)) => Ok(Some(*number as f32)),
            #[expect(clippy::cast_possible_truncation, reason = "to the field's own precision")]
            Some(Json::Float(number)) => Ok(Some(*number as f32)),
            Some(Json::String(text)) => text.parse().map(Some).map_err(|_| mistyped),
            Some(_) => Err(mistyped),
        }
    }

    pub(crate) fn object(self, name: &'static str) -> Result<Option<Self>, FieldError> {
        let Some(json) = self.field(name)? else { return Ok(None) };
        match Self::new(json, self.keys) {
            Some(object) => Ok(Some(object)),
            None => Err(FieldError::Mistyped { field: name, expected: "an object" }),
        }
    }

    /// The objects of an array; none where it is absent.
    pub(crate) fn objects(self, name: &'static str) -> Result<Vec<Self>, FieldError> {
        let mistyped = FieldError::Mistyped { field: name, expected: "an array of objects" };
        match self.field(name)? {
            None => Ok(Vec::new()),
            Some(Json::Array(items)) => items
                .iter()
                .map(|item| Self::new(item, self.keys).ok_or_else(|| mistyped.clone()))
                .collect(),
            Some(_) => Err(mistyped),
        }
    }

    fn is_called(self, key: &str, name: &str) -> bool {
        // Without its underscores a name is shorter: most keys are told from it by their length.
        key == name
            || (self.keys == Keys::SnakeOrCamel && key.len() < name.len() && is_camel_of(key, name))
    }
}

impl Json<'_> {
    /// An integer, or a string of decimal digits and nothing else. Never a fraction, not even
    /// `1.0`.
    pub(crate) fn as_u64(&self) -> Option<u64> {
        match self {
            Self::Integer(number) => Some(*number),
            Self::String(text) if !text.is_empty() => {
                text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
            }
            _ => None,
        }
    }
}

/// Whether `key` is `snake` with each `_x` written as `X`.
fn is_camel_of(key: &str, snake: &str) -> bool {
    let mut key = key.chars();
    let mut upper = false;
    for c in snake.chars() {
        if c == '_' {
            upper = true;
            continue;
        }
        let expected = if upper { c.to_ascii_uppercase() } else { c };
        upper = false;
        if key.next() != Some(expected) {
            return false;
        }
    }
    key.next().is_none()
}
