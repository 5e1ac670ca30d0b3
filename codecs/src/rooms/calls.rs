//! The dialect's calls by HTTP: bodies in, bodies out.
//!
//! Decides what a body asks for, how the answer is written, and the words of every error. A room
//! that is not there and one that the caller is not in get the same bytes.

use std::sync::Arc;

use serde::Serialize;

use super::decode::room;
use super::encode::Shown;
use crate::ask::{Ask, Description};
use crate::event::Refusal;
use crate::json::{self, Json, Keys, Object};
use crate::model::{Category, Message, MessageId, UserId};

/// What a path stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    CreateDm,
    RoomInfo,
    Retrieve,
}

impl Call {
    pub const ALL: [Call; 3] = [Call::CreateDm, Call::RoomInfo, Call::Retrieve];

    pub fn path(self) -> &'static str {
        match self {
            Self::CreateDm => "/chat/create_dm",
            Self::RoomInfo => "/chat/room_info",
            Self::Retrieve => "/chat/retrieve",
        }
    }

    /// What a refusal is called here.
    pub fn trouble(self, refusal: Refusal) -> Trouble {
        match refusal {
            Refusal::UnknownUser
            | Refusal::UnknownConversation
            | Refusal::UnknownMessage
            | Refusal::UnknownRequest
            | Refusal::NotAMember
            | Refusal::NotFriends
            | Refusal::NotAPoster
            | Refusal::NotTheSender
            | Refusal::NotALeader => match self {
                Self::CreateDm => Trouble::UserNotFound,
                Self::RoomInfo | Self::Retrieve => Trouble::RoomNotFound,
            },
            Refusal::ConversationFull
            | Refusal::TooManyMembers
            | Refusal::TextTooLong { .. }
            | Refusal::AlreadyFriends
            | Refusal::AlreadyAsked
            | Refusal::AlreadyMember
            | Refusal::TooManyRequests
            | Refusal::TooManyRelations
            | Refusal::TheirTooManyRelations
            | Refusal::Nameless
            | Refusal::BadName { .. } => Trouble::Malformed,
            Refusal::TooFast | Refusal::Unavailable => Trouble::Internal,
        }
    }
}

/// Messages in one answer of [`Call::Retrieve`].
const RETRIEVE_MAX: u32 = 1_000;
const _: () = assert!(RETRIEVE_MAX <= Ask::HISTORY_MAX, "an answer holds as many");

/// Everything that can be wrong with a call, or with a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trouble {
    TokenMissing,
    TokenExpired,
    TokenInvalid,
    UserNotFound,
    RoomNotFound,
    /// No JSON object, or a field that is missing or has the wrong type.
    Malformed,
    NotJson,
    TooLong,
    /// The body did not come in time.
    TooSlow,
    WrongMethod,
    /// The server cannot do it now.
    Internal,
}

impl Trouble {
    pub const ALL: [Trouble; 11] = [
        Trouble::TokenMissing,
        Trouble::TokenExpired,
        Trouble::TokenInvalid,
        Trouble::UserNotFound,
        Trouble::RoomNotFound,
        Trouble::Malformed,
        Trouble::NotJson,
        Trouble::TooLong,
        Trouble::TooSlow,
        Trouble::WrongMethod,
        Trouble::Internal,
    ];

    pub fn http_status(self) -> u16 {
        match self {
            Self::TokenMissing | Self::TokenExpired | Self::TokenInvalid => 401,
            Self::UserNotFound | Self::RoomNotFound => 404,
            Self::Malformed => 400,
            Self::NotJson => 415,
            Self::TooLong => 413,
            Self::TooSlow => 408,
            Self::WrongMethod => 405,
            Self::Internal => 500,
        }
    }

    /// Stable; the words may change.
    pub fn code(self) -> &'static str {
        match self {
            Self::TokenMissing => "AUTH_TOKEN_MISSING",
            Self::TokenExpired => "AUTH_TOKEN_EXPIRED",
            Self::TokenInvalid => "AUTH_TOKEN_INVALID",
            Self::UserNotFound | Self::RoomNotFound => "NOT_FOUND",
            Self::Malformed => "BAD_REQUEST",
            Self::NotJson => "UNSUPPORTED_MEDIA_TYPE",
            Self::TooLong => "PAYLOAD_TOO_LARGE",
            Self::TooSlow => "REQUEST_TIMEOUT",
            Self::WrongMethod => "METHOD_NOT_ALLOWED",
            Self::Internal => "INTERNAL_SERVER_ERROR",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::TokenMissing => "You are not logged in",
            Self::TokenExpired => "Your login session has expired",
            Self::TokenInvalid => "Your authentication token is invalid",
            Self::UserNotFound => "The user you tried to create a DM with doesn't exist",
            Self::RoomNotFound => "Room not found",
            Self::Malformed => "The body is no JSON object with the fields that this call needs",
            Self::NotJson => "The body must be application/json",
            Self::TooLong => "The body is too long",
            Self::TooSlow => "The body did not come in time",
            Self::WrongMethod => "This path takes POST only",
            Self::Internal => "There was an internal server error, please try again later",
        }
    }
}

/// Reads what a body of `user`'s asks for.
pub fn decode_call(call: Call, user: UserId, body: &[u8]) -> Result<Ask, Trouble> {
    let json = json::parse(body).map_err(|_| Trouble::Malformed)?;
    let object = Object::new(&json, Keys::Exact).ok_or(Trouble::Malformed)?;
    let field = |name| object.field(name).map_err(|_| Trouble::Malformed);
    match call {
        Call::CreateDm => {
            let other = field("other")?.ok_or(Trouble::Malformed)?;
            let other = match other {
                Json::String(text) => text.parse().ok(),
                Json::Integer(number) => UserId::new(*number),
                _ => return Err(Trouble::Malformed),
            };
            // A text that is no id is nobody's, and nobody shares a room with themselves.
            let other = other.filter(|other| *other != user).ok_or(Trouble::UserNotFound)?;
            Ok(Ask::OpenDirect { user: other })
        }
        Call::RoomInfo => match field("room_id")?.ok_or(Trouble::Malformed)? {
            id @ (Json::String(_) | Json::Integer(_)) => {
                let conversation = room(id).ok_or(Trouble::RoomNotFound)?;
                Ok(Ask::Describe { conversation })
            }
            _ => Err(Trouble::Malformed),
        },
        Call::Retrieve => {
            let after = match field("after")? {
                None => 0,
                Some(number) => number.as_u64().ok_or(Trouble::Malformed)?,
            };
            Ok(Ask::HistoryAfter { after: MessageId::from_raw(after), count: RETRIEVE_MAX })
        }
    }
}

#[derive(Serialize)]
struct RoomInfo<'a> {
    room_name: Option<&'a str>,
    occupants: Vec<String>,
}

/// The answer of [`Call::RoomInfo`]. A direct has no name.
pub fn encode_room_info(room: &Description) -> Vec<u8> {
    let named = room.category != Category::Direct && !room.name.is_empty();
    json(&RoomInfo {
        room_name: named.then_some(room.name.as_str()),
        occupants: room.members.iter().map(ToString::to_string).collect(),
    })
}

#[derive(Serialize)]
struct History<'a> {
    messages: &'a [Shown<'a>],
    room_name: Option<&'a str>,
    occupants: &'a [Shown<'a>],
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    more: bool,
}

/// The answer of [`Call::Retrieve`]. Some clients look for the messages under one key, some under
/// the other, so they stand under both.
pub fn encode_history(messages: &[Arc<Message>], more: bool) -> Vec<u8> {
    let shown: Vec<Shown<'_>> = messages.iter().filter_map(|it| Shown::of(it)).collect();
    json(&History { messages: &shown, room_name: None, occupants: &shown, more })
}

#[derive(Serialize)]
struct ErrorBody {
    error: &'static str,
    error_code: &'static str,
}

/// The body of every error, by HTTP and over the WebSocket.
pub fn encode_trouble(trouble: Trouble) -> Vec<u8> {
    json(&ErrorBody { error: trouble.words(), error_code: trouble.code() })
}

fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("a body's struct has string keys only")
}
