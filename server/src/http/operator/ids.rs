//! Ids, names and pages as the operator's JSON and paths have them.
//!
//! User ids are numbers and conversation ids are strings; each is also taken in the other form.

use std::fmt;

use hyper::Uri;
use parlance_codecs::{ConversationId, UserId};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};

use super::{Problem, fields};

/// A user id: a number, or a string of decimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct User(pub(super) UserId);

/// A conversation id: a string, or a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Conversation(pub(super) ConversationId);

impl<'de> Deserialize<'de> for User {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;

        impl Visitor<'_> for Form {
            type Value = UserId;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a user id from 1 to 9223372036854775807")
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<UserId, E> {
                UserId::new(number).ok_or_else(|| E::custom(parlance_codecs::model::IdError::User))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<UserId, E> {
                text.parse().map_err(E::custom)
            }
        }

        deserializer.deserialize_any(Form).map(Self)
    }
}

impl<'de> Deserialize<'de> for Conversation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;

        impl Visitor<'_> for Form {
            type Value = ConversationId;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a conversation id such as \"12\" or \"7-9\"")
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<ConversationId, E> {
                ConversationId::number(number)
                    .ok_or_else(|| E::custom(parlance_codecs::model::IdError::Conversation))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<ConversationId, E> {
                text.parse().map_err(E::custom)
            }
        }

        deserializer.deserialize_any(Form).map(Self)
    }
}

/// The conversation of a path.
pub(super) fn conversation(segment: &str) -> Result<ConversationId, Problem> {
    segment
        .parse()
        .map_err(|error: parlance_codecs::model::IdError| Problem::bad_request(error.to_string()))
}

/// Checks a name of any kind: not empty, of at most `max` bytes, without control characters.
pub(super) fn check_name(field: &str, text: &str, max: usize) -> Result<(), Problem> {
    if text.is_empty() || text.len() > max {
        let detail = format!("{field} has {} bytes, 1 to {max} are allowed", text.len());
        return Err(Problem::bad_request(detail));
    }
    if text.chars().any(char::is_control) {
        return Err(Problem::bad_request(format!("{field} holds a control character")));
    }
    Ok(())
}

/// A part of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Page {
    /// 0: from the beginning.
    pub(super) after: u64,
    pub(super) limit: usize,
}

impl Page {
    const LIMIT_DEFAULT: usize = 100;
    pub(super) const LIMIT_MAX: usize = 1000;

    /// Of a query that has nothing but `after` and `limit`.
    pub(super) fn of(uri: &Uri) -> Result<Self, Problem> {
        if let Some(name) = fields::query_names(uri).find(|name| name != "after" && name != "limit")
        {
            let detail = format!("there is no parameter {name:?}; expected after, limit");
            return Err(Problem::bad_request(detail));
        }
        let number = |name: &str| match fields::query(uri, name) {
            None => Ok(None),
            Some(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
                let number = text.parse::<u64>().ok();
                number.map(Some).ok_or_else(|| not_a_number(name))
            }
            Some(_) => Err(not_a_number(name)),
        };
        let limit = match number("limit")? {
            None => Self::LIMIT_DEFAULT,
            Some(limit) => usize::try_from(limit)
                .ok()
                .filter(|limit| (1..=Self::LIMIT_MAX).contains(limit))
                .ok_or_else(|| {
                    Problem::bad_request(format!("limit is from 1 to {}", Self::LIMIT_MAX))
                })?,
        };
        Ok(Self { after: number("after")?.unwrap_or(0), limit })
    }
}

fn not_a_number(name: &str) -> Problem {
    Problem::bad_request(format!("{name} is no decimal number"))
}
