//! What goes wrong with a call, in the dialect's codes.
//!
//! Decides which code stands for each refusal, and its words, which clients compare. Invariant: a
//! chat that is not there and one that the caller may not see get the same bytes.

use super::call::{About, Call, ChatKind};
use crate::event::Refusal;
use crate::stream::Code;

/// Everything that can be wrong with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trouble {
    /// The server ends: the client tries again elsewhere.
    ServerClosing,
    /// A body that cannot be read, or a field that is not what it must be.
    Request,
    System,
    /// No token, a bad one, or one whose time is over.
    Token,
    Permission,
    TooFast,
    Busy,
    /// No such path, or another method.
    NotExist,
    MsgNotExist,
    MsgOwnerWrong,
    RequestNotExist,
    TooPopular,
    UserNotExist,
    GroupNotExist,
    GroupMemberNotExist,
    NotFriends,
    NotInGroup,
    SelfTooManyRelations,
    TargetTooManyRelations,
    GroupTooManyMembers,
    /// The body, or what was asked for, took too long.
    Deadline,
}

impl Trouble {
    pub const ALL: [Trouble; 21] = [
        Trouble::ServerClosing,
        Trouble::Request,
        Trouble::System,
        Trouble::Token,
        Trouble::Permission,
        Trouble::TooFast,
        Trouble::Busy,
        Trouble::NotExist,
        Trouble::MsgNotExist,
        Trouble::MsgOwnerWrong,
        Trouble::RequestNotExist,
        Trouble::TooPopular,
        Trouble::UserNotExist,
        Trouble::GroupNotExist,
        Trouble::GroupMemberNotExist,
        Trouble::NotFriends,
        Trouble::NotInGroup,
        Trouble::SelfTooManyRelations,
        Trouble::TargetTooManyRelations,
        Trouble::GroupTooManyMembers,
        Trouble::Deadline,
    ];

    /// The code, the status of HTTP, and the words.
    fn row(self) -> (i32, u16, &'static str) {
        match self {
            Self::ServerClosing => (1000, 449, "server closing"),
            Self::Request => (10001, 400, "request error"),
            Self::System => (10003, 500, "system error"),
            Self::Token => (10004, 401, "token wrong"),
            Self::Permission => (10008, 403, "permission denie"),
            Self::TooFast => (10009, 403, "too fast"),
            Self::Busy => (10011, 503, "busy"),
            Self::NotExist => (10012, 404, "not exist"),
            Self::MsgNotExist => (20001, 400, "msg not exist"),
            Self::MsgOwnerWrong => (20002, 400, "msg owner wrong"),
            Self::RequestNotExist => (21001, 400, "request not exist"),
            Self::TooPopular => (21002, 400, "target is too popular to get more requests"),
            Self::UserNotExist => (22001, 400, "user not exist"),
            Self::GroupNotExist => (22002, 400, "group not exist"),
            Self::GroupMemberNotExist => (22003, 400, "group member not exist"),
            Self::NotFriends => (22004, 400, "you are not friends"),
            Self::NotInGroup => (22005, 400, "you are not in the group"),
            Self::SelfTooManyRelations => (22006, 400, "self too many relations"),
            Self::TargetTooManyRelations => (22007, 400, "target too many relations"),
            Self::GroupTooManyMembers => (22008, 400, "group too many members"),
            Self::Deadline => (-1, 504, "context deadline exceeded"),
        }
    }

    pub fn http_status(self) -> u16 {
        self.row().1
    }

    /// The body of HTTP's answer, and the message of a gRPC status.
    pub fn json(self) -> String {
        let (code, _, words) = self.row();
        format!("{{\"code\":{code},\"msg\":\"{words}\"}}")
    }

    pub fn grpc_code(self) -> Code {
        match self {
            Self::Request => Code::InvalidArgument,
            Self::Token => Code::Unauthenticated,
            Self::Permission
            | Self::MsgOwnerWrong
            | Self::UserNotExist
            | Self::GroupNotExist
            | Self::GroupMemberNotExist
            | Self::NotFriends
            | Self::NotInGroup
            | Self::SelfTooManyRelations
            | Self::TargetTooManyRelations
            | Self::GroupTooManyMembers => Code::PermissionDenied,
            Self::TooFast => Code::ResourceExhausted,
            Self::Busy => Code::Unavailable,
            Self::NotExist => Code::Unimplemented,
            Self::MsgNotExist => Code::NotFound,
            Self::ServerClosing
            | Self::System
            | Self::RequestNotExist
            | Self::TooPopular
            | Self::Deadline => Code::Internal,
        }
    }

    /// What a refusal is called here. `None`: it is as good as done, since what was asked for is
    /// the case already.
    pub(super) fn of(call: Call, chat: Option<ChatKind>, refusal: Refusal) -> Option<Self> {
        Some(match refusal {
            Refusal::AlreadyFriends | Refusal::AlreadyAsked | Refusal::AlreadyMember => {
                return None;
            }
            Refusal::UnknownUser => match call.about() {
                About::Chat | About::Friend | About::Request => Self::unknown(call, chat),
                About::Anybody | About::OwnGroup | About::AnyGroup | About::Oneself => {
                    Self::UserNotExist
                }
            },
            Refusal::NotFriends | Refusal::UnknownConversation => Self::unknown(call, chat),
            Refusal::NotAMember => Self::GroupMemberNotExist,
            Refusal::NotAPoster | Refusal::NotALeader => Self::Permission,
            Refusal::UnknownMessage => Self::MsgNotExist,
            Refusal::NotTheSender => Self::MsgOwnerWrong,
            Refusal::TooManyMembers => Self::GroupTooManyMembers,
            Refusal::TextTooLong { .. } | Refusal::BadName { .. } => Self::Request,
            Refusal::UnknownRequest => Self::RequestNotExist,
            Refusal::TooManyRequests => Self::TooPopular,
            Refusal::TooManyRelations => Self::SelfTooManyRelations,
            Refusal::TheirTooManyRelations => Self::TargetTooManyRelations,
            Refusal::Nameless => Self::UserNotExist,
            Refusal::TooFast => Self::TooFast,
            Refusal::Unavailable => Self::Busy,
            Refusal::ConversationFull => Self::System,
        })
    }

    /// The chat, the user or the group that a call is about is not there, or is none of the
    /// caller's.
    pub(super) fn unknown(call: Call, chat: Option<ChatKind>) -> Self {
        match (call.about(), chat) {
            (About::Chat, Some(ChatKind::Group)) if call == Call::Send => Self::GroupMemberNotExist,
            (About::Chat, Some(ChatKind::Group)) | (About::OwnGroup, _) => Self::NotInGroup,
            (About::Chat, Some(ChatKind::User) | None) | (About::Friend, _) => Self::NotFriends,
            (About::Anybody | About::Oneself, _) => Self::UserNotExist,
            (About::AnyGroup, _) => Self::GroupNotExist,
            (About::Request, _) => Self::RequestNotExist,
        }
    }
}
