//! What goes wrong, in gRPC's codes, and those in HTTP's.
//!
//! Decides which code stands for each refusal and each end of a connection. The words are those
//! of the errors themselves.

use crate::dialect::EndReason;
use crate::event::Refusal;
use crate::json::FieldError;

use super::wire;

/// A gRPC status code that this dialect answers with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    Ok = 0,
    InvalidArgument = 3,
    DeadlineExceeded = 4,
    NotFound = 5,
    AlreadyExists = 6,
    PermissionDenied = 7,
    ResourceExhausted = 8,
    FailedPrecondition = 9,
    Aborted = 10,
    Unimplemented = 12,
    Internal = 13,
    Unavailable = 14,
    Unauthenticated = 16,
}

impl Code {
    /// The number on the wire.
    pub fn number(self) -> i32 {
        self as i32
    }

    /// The HTTP status of the standard gateway table.
    pub fn http_status(self) -> u16 {
        match self {
            Self::Ok => 200,
            Self::InvalidArgument | Self::FailedPrecondition => 400,
            Self::Unauthenticated => 401,
            Self::PermissionDenied => 403,
            Self::NotFound => 404,
            Self::Aborted | Self::AlreadyExists => 409,
            Self::ResourceExhausted => 429,
            Self::Internal => 500,
            Self::Unimplemented => 501,
            Self::Unavailable => 503,
            Self::DeadlineExceeded => 504,
        }
    }
}

/// Why a frame or a call was not done, as the client is told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Fault {
    pub code: Code,
    pub message: String,
}

impl Fault {
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(Code::InvalidArgument, message)
    }

    pub(super) fn missing(field: &'static str) -> Self {
        FieldError::Missing { field }.into()
    }

    /// An enum's value that is none of those in the schema, by name or by number.
    pub(super) fn unknown(field: &'static str) -> Self {
        Self::invalid(format!("{field} is none that this server knows"))
    }

    /// The status that [`encode_end`](crate::dialect::Dialect::encode_end) puts into a last
    /// frame; `None` where nothing went wrong.
    pub fn of_end(reason: EndReason) -> Option<Self> {
        let code = match reason {
            EndReason::Left => return None,
            EndReason::Malformed | EndReason::Protocol => Code::InvalidArgument,
            EndReason::TooLong | EndReason::SlowConsumer | EndReason::OverLimit => {
                Code::ResourceExhausted
            }
            EndReason::NotSignedIn | EndReason::Expired => Code::Unauthenticated,
            EndReason::Drain => Code::Unavailable,
            EndReason::Replaced => Code::Aborted,
            EndReason::Kicked => Code::PermissionDenied,
            EndReason::Idle => Code::DeadlineExceeded,
            EndReason::UnknownRoom => Code::NotFound,
            EndReason::Internal => Code::Internal,
        };
        Some(Self::new(code, reason.as_str()))
    }

    pub(super) fn to_wire(&self) -> wire::Status {
        wire::Status {
            code: self.code.number(),
            message: self.message.clone(),
            details: Vec::new(),
        }
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        let code = match refusal {
            Refusal::UnknownUser
            | Refusal::UnknownConversation
            | Refusal::UnknownMessage
            | Refusal::UnknownRequest
            | Refusal::NotAMember => Code::NotFound,
            Refusal::NotFriends
            | Refusal::NotAPoster
            | Refusal::NotTheSender
            | Refusal::NotALeader => Code::PermissionDenied,
            Refusal::ConversationFull
            | Refusal::TooManyMembers
            | Refusal::TooManyRequests
            | Refusal::TooManyRelations
            | Refusal::TheirTooManyRelations
            | Refusal::TooFast => Code::ResourceExhausted,
            Refusal::AlreadyFriends | Refusal::AlreadyAsked | Refusal::AlreadyMember => {
                Code::AlreadyExists
            }
            Refusal::Nameless => Code::FailedPrecondition,
            Refusal::TextTooLong { .. } | Refusal::BadName { .. } => Code::InvalidArgument,
            Refusal::Unavailable => Code::Unavailable,
        };
        Self::new(code, refusal.to_string())
    }
}

impl From<FieldError> for Fault {
    fn from(error: FieldError) -> Self {
        Self::invalid(error.to_string())
    }
}
