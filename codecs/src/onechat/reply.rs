//! The frames that answer a command: acknowledgements and errors, with their exact words.
//!
//! Decides text and code of every error. Codes are 10000 and an HTTP status; the texts that the
//! documents have are theirs to the letter, the others follow their manner.

use serde::Serialize;

use crate::dialect::Framing;
use crate::event::Refusal;

/// What is wrong with a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    #[error("Invide JSON")]
    Malformed,
    #[error("data must less than {max} bytes")]
    TooLong { max: usize },
    #[error("Unknown cmd")]
    UnknownCommand,
    #[error("Single chat send msg to user id must be integer")]
    SingleTarget,
    #[error("Group chat send msg to room id must be integer")]
    GroupTarget,
    #[error("To user id must be integer")]
    UserTarget,
    #[error("{field} must be integer")]
    NotInteger { field: &'static str },
    #[error("members must be list of integer")]
    Members,
    #[error("{field} must be string")]
    NotText { field: &'static str },
    #[error("{field} must less than {} bytes", max.saturating_add(1))]
    LongField { field: &'static str, max: usize },
    #[error("msg must not be empty")]
    EmptyMessage,
    #[error("msg must not hold NUL")]
    NulInMessage,
    #[error("You are already login")]
    AlreadySignedIn,
    #[error("404 Not Found this user, please login")]
    NotSignedIn,
    #[error("404 Not Found user with this name")]
    SignInRefused,
    #[error("404 Not Found this ack action")]
    UnknownAckAction,
    #[error("You are not friends")]
    NotFriends,
    /// No such user, asked for by id.
    #[error("404 Not Found this user in mysql")]
    UnknownUser,
    #[error("User is not online.")]
    NotOnline,
    #[error("Invide room.")]
    UnknownCall,
    #[error("You are not in this room")]
    NotInRoom,
    #[error("You can only read in this room")]
    NotAPoster,
    #[error("404 Not Found this msg")]
    UnknownMessage,
    #[error("You are not the sender")]
    NotTheSender,
    #[error("Room is full")]
    RoomFull,
    #[error("Room members limit")]
    TooManyMembers,
    #[error("You are already friends")]
    AlreadyFriends,
    #[error("You have already send a friendship request.")]
    AlreadyAsked,
    /// The words of a friendship's are for friendships only.
    #[error("You have already send a request.")]
    AlreadyApplied,
    #[error("User is already room member")]
    AlreadyMember,
    #[error("404 Not Found this request")]
    UnknownRequest,
    #[error("Too many requests")]
    TooManyRequests,
    #[error("Too many friends and rooms")]
    TooManyRelations,
    #[error("you are not the room leader")]
    NotALeader,
    #[error("You are not the room member")]
    NotAMember,
    #[error("You have no name")]
    Nameless,
    #[error("name has {got} bytes, must have 1 to {max} without NUL")]
    BadName { got: usize, max: usize },
    #[error("Too fast, please try again later")]
    TooFast,
    #[error("msg has {got} bytes, must not exceed {max}")]
    TextTooLong { got: usize, max: usize },
    #[error("503 Service Unavailable, please try again later")]
    Unavailable,
}

impl Fault {
    fn code(self) -> u32 {
        match self {
            Self::Malformed
            | Self::TooLong { .. }
            | Self::UnknownCommand
            | Self::SingleTarget
            | Self::GroupTarget
            | Self::UserTarget
            | Self::NotInteger { .. }
            | Self::Members
            | Self::NotText { .. }
            | Self::LongField { .. }
            | Self::EmptyMessage
            | Self::NulInMessage
            | Self::TextTooLong { .. }
            | Self::BadName { .. }
            | Self::AlreadySignedIn => 10400,
            Self::NotFriends
            | Self::NotInRoom
            | Self::NotAPoster
            | Self::NotTheSender
            | Self::RoomFull
            | Self::AlreadyFriends
            | Self::AlreadyAsked
            | Self::AlreadyApplied
            | Self::AlreadyMember
            | Self::NotALeader
            | Self::NotAMember
            | Self::NotOnline
            | Self::TooManyRequests
            | Self::TooManyRelations
            | Self::Nameless
            | Self::TooManyMembers => 10403,
            Self::NotSignedIn
            | Self::SignInRefused
            | Self::UnknownAckAction
            | Self::UnknownUser
            | Self::UnknownCall
            | Self::UnknownRequest
            | Self::UnknownMessage => 10404,
            Self::TooFast => 10429,
            Self::Unavailable => 10503,
        }
    }
}

/// A stranger and an unknown user get the same answer, a non-member and an unknown room too.
impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotFriends | Refusal::UnknownUser => Self::NotFriends,
            Refusal::UnknownConversation => Self::NotInRoom,
            Refusal::NotAPoster => Self::NotAPoster,
            Refusal::UnknownMessage => Self::UnknownMessage,
            Refusal::NotTheSender => Self::NotTheSender,
            Refusal::ConversationFull => Self::RoomFull,
            Refusal::TooManyMembers => Self::TooManyMembers,
            Refusal::TextTooLong { got, max } => Self::TextTooLong { got, max },
            Refusal::Unavailable => Self::Unavailable,
            Refusal::AlreadyFriends => Self::AlreadyFriends,
            Refusal::AlreadyAsked => Self::AlreadyAsked,
            Refusal::AlreadyMember => Self::AlreadyMember,
            Refusal::UnknownRequest => Self::UnknownRequest,
            Refusal::TooManyRequests => Self::TooManyRequests,
            Refusal::TooManyRelations | Refusal::TheirTooManyRelations => Self::TooManyRelations,
            Refusal::NotALeader => Self::NotALeader,
            Refusal::NotAMember => Self::NotAMember,
            Refusal::Nameless => Self::Nameless,
            Refusal::BadName { got, max } => Self::BadName { got, max },
            Refusal::TooFast => Self::TooFast,
        }
    }
}

#[derive(Serialize)]
struct ErrorFrame<'a> {
    cmd: &'a str,
    msg: &'a str,
    code: u32,
}

#[derive(Serialize)]
struct AckFrame<'a> {
    cmd: &'a str,
    action: &'a str,
    ack: &'a str,
}

pub(super) fn append_error(framing: Framing, fault: Fault, out: &mut Vec<u8>) {
    let frame = ErrorFrame { cmd: "error", msg: &fault.to_string(), code: fault.code() };
    append_json(framing, &frame, out);
}

/// `ack` is what the client gave with its command.
pub(super) fn append_ack(framing: Framing, action: &str, ack: &str, out: &mut Vec<u8>) {
    append_json(framing, &AckFrame { cmd: "ack", action, ack }, out);
}

pub(super) fn append_json(framing: Framing, frame: &impl Serialize, out: &mut Vec<u8>) {
    let json = serde_json::to_vec(frame).expect("a frame's struct has string keys only");
    super::append(framing, &json, out);
}

/// The answer to a frame over the limit, which its framing skips.
pub(crate) fn too_long_reply(framing: Framing, max: usize) -> Vec<u8> {
    let mut reply = Vec::new();
    append_error(framing, Fault::TooLong { max }, &mut reply);
    reply
}

/// The answer to what is no JSON.
pub(crate) fn malformed_reply(framing: Framing) -> Vec<u8> {
    let mut reply = Vec::new();
    append_error(framing, Fault::Malformed, &mut reply);
    reply
}
