//! What a call asks for.
//!
//! Decides what the fields of each call must be, and what they mean as [`Ask`]s or a message to
//! post. Ids are texts: one that is no id of anything is as unknown as one that nobody has.
//! Invariant: whatever is decoded is asked in the caller's name, and about the caller's own chats.

use prost::Message as _;

use super::body::{Body, Malformed, Readable, form_pairs};
use super::call::{Call, ChatKind};
use super::trouble::Trouble;
use super::{NAME_BYTES_MAX, PULL_MAX};
use crate::ask::{Answer, Ask, Direction, Duty, RequestSpan};
use crate::event::Refusal;
use crate::generated::im;
use crate::limits::CLIENT_KEY_BYTES_MAX;
use crate::model::{Content, ConversationId, Seq, UserId};
use crate::request::{Draft, DraftBody};
use crate::text::check_text;

/// A call, understood.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    pub call: Call,
    pub user: UserId,
    pub task: Task,
    /// Of calls about a chat: which.
    pub(super) chat: Option<ConversationId>,
    /// What the client has of a list, as a hash.
    pub(super) current_hash: String,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Task {
    /// Have it stored.
    Post(Draft),
    /// Have each answered, in order, up to the first refusal.
    Asks(Vec<Ask>),
}

impl Asked {
    /// What a refusal is called; `Ok` where it is as good as done.
    pub fn refused(&self, refusal: Refusal) -> Result<Answer, Trouble> {
        let chat = self.chat.map(kind_of);
        Trouble::of(self.call, chat, refusal).map_or(Ok(Answer::Done), Err)
    }
}

pub(super) fn kind_of(chat: ConversationId) -> ChatKind {
    match chat {
        ConversationId::Direct(..) => ChatKind::User,
        ConversationId::Number(_) => ChatKind::Group,
    }
}

impl From<Malformed> for Trouble {
    fn from(_: Malformed) -> Self {
        Self::Request
    }
}

/// Reads what a call's body of `user`'s asks for. `key` is the client's own for a message: a
/// retry with the same key stores nothing new.
pub fn decode_call(
    call: Call,
    user: UserId,
    body: Body<'_>,
    key: Option<&[u8]>,
) -> Result<Asked, Trouble> {
    let decoder = Decoder { call, user, body };
    match call {
        Call::Send => decoder.send(key),
        Call::Recall => decoder.recall(),
        Call::Ack => decoder.ack(),
        Call::Pull => decoder.pull(),
        Call::Relation | Call::UpdateUserRelationName => decoder.one_relation(),
        Call::Relations => {
            let im::RelationsReq { current_hash } = decoder.read()?;
            Ok(Asked { current_hash, ..decoder.asks(vec![Ask::Relations]) })
        }
        Call::GroupMembers => {
            let im::GroupMembersReq { current_hash, group_id } = decoder.read()?;
            let ask = Ask::Members { group: decoder.group(&group_id)? };
            Ok(Asked { current_hash, ..decoder.asks(vec![ask]) })
        }
        _ => decoder.people().map(|ask| decoder.asks(vec![ask])),
    }
}

#[derive(Clone, Copy)]
struct Decoder<'a> {
    call: Call,
    user: UserId,
    body: Body<'a>,
}

impl Decoder<'_> {
    fn read<M: Readable>(self) -> Result<M, Trouble> {
        Ok(self.body.read()?)
    }

    fn asks(self, asks: Vec<Ask>) -> Asked {
        let (call, user) = (self.call, self.user);
        Asked { call, user, task: Task::Asks(asks), chat: None, current_hash: String::new() }
    }

    fn about(self, chat: ConversationId, task: Task) -> Asked {
        Asked { task, chat: Some(chat), ..self.asks(Vec::new()) }
    }

    fn send(self, key: Option<&[u8]>) -> Result<Asked, Trouble> {
        let im::SendReq { target, target_type, msg, extra } = self.read()?;
        let kind = chat_kind(&target_type)?;
        if target.is_empty() || check_text(&msg).is_err() {
            return Err(Trouble::Request);
        }
        if !extra.is_empty() && check_text(&extra).is_err() {
            return Err(Trouble::Request);
        }
        if key.is_some_and(|key| key.len() > CLIENT_KEY_BYTES_MAX) {
            return Err(Trouble::Request);
        }
        let conversation = self.chat(&target, kind)?;
        let draft = Draft {
            conversation,
            category: None,
            body: DraftBody::Content(Content::Text { text: msg, extra }),
            expires_in_ms: None,
            key: key.map(Into::into),
        };
        Ok(self.about(conversation, Task::Post(draft)))
    }

    fn recall(self) -> Result<Asked, Trouble> {
        let im::RecallReq { target, target_type, msg_index } = self.read()?;
        let conversation = self.chat(&target, chat_kind(&target_type)?)?;
        let ask = Ask::RecallAt { conversation, seq: Seq(msg_index) };
        Ok(self.about(conversation, Task::Asks(vec![ask])))
    }

    fn ack(self) -> Result<Asked, Trouble> {
        let im::AckReq { target, target_type, msg_index } = self.read()?;
        let conversation = self.chat(&target, chat_kind(&target_type)?)?;
        let ask = Ask::MarkRead { conversation, seq: Seq(msg_index) };
        Ok(self.about(conversation, Task::Asks(vec![ask])))
    }

    /// A client that wants neither messages nor recalls is still told whether the chat is its own:
    /// the recalls from the last possible one on are asked for, of which there are none.
    fn pull(self) -> Result<Asked, Trouble> {
        let im::PullReq {
            target,
            target_type,
            direction,
            start_msg_index,
            start_recall_index,
            count,
        } = self.read()?;
        let (kind, direction) = (chat_kind(&target_type)?, self::direction(&direction)?);
        if count == 0 || count > PULL_MAX {
            return Err(Trouble::Request);
        }
        let conversation = self.chat(&target, kind)?;
        let start = Seq(start_msg_index);
        // How far back it reaches is the server's to say.
        let not_before_ms = 0;
        let messages = Ask::HistoryBySeq { conversation, start, direction, count, not_before_ms };
        let recalls = Ask::Recalls { conversation, start: start_recall_index, direction, count };
        let nothing =
            Ask::Recalls { conversation, start: u32::MAX, direction: Direction::After, count: 1 };
        let asks = match (start_msg_index, start_recall_index) {
            (0, 0) => vec![nothing],
            (_, 0) => vec![messages],
            (0, _) => vec![recalls],
            (_, _) => vec![messages, recalls],
        };
        Ok(self.about(conversation, Task::Asks(asks)))
    }

    fn one_relation(self) -> Result<Asked, Trouble> {
        if self.call == Call::Relation {
            let im::RelationReq { target, target_type } = self.read()?;
            let chat = self.chat(&target, chat_kind(&target_type)?)?;
            return Ok(self.about(chat, Task::Asks(vec![Ask::Relations])));
        }
        let im::UpdateUserRelationNameReq { target, target_type, new_name } = self.read()?;
        let (kind, name) = (chat_kind(&target_type)?, name(new_name)?);
        if kind == ChatKind::User && target.parse() == Ok(self.user) {
            return Err(Trouble::Request);
        }
        let target = self.chat(&target, kind)?;
        Ok(self.about(target, Task::Asks(vec![Ask::SetAlias { target, name }])))
    }

    /// The calls about friends, groups and names that are answered with nothing or with requests.
    fn people(self) -> Result<Ask, Trouble> {
        Ok(match self.call {
            Call::MakeFriend => {
                let im::MakeFriendReq { user_id } = self.read()?;
                Ask::RequestFriend {
                    user: self.other(&user_id)?,
                    text: String::new(),
                    named_only: true,
                }
            }
            Call::AcceptMakeFriend => {
                let im::AcceptMakeFriendReq { user_id } = self.read()?;
                Ask::AcceptFriend { user: self.other(&user_id)? }
            }
            Call::RefuseMakeFriend => {
                let im::RefuseMakeFriendReq { user_id } = self.read()?;
                Ask::RefuseFriend { user: self.other(&user_id)? }
            }
            Call::DelFriend => {
                let im::DelFriendReq { user_id } = self.read()?;
                Ask::RemoveFriend { user: self.other(&user_id)? }
            }
            Call::UpdateSelfName => {
                let im::UpdateSelfNameReq { new_name } = self.read()?;
                Ask::SetOwnName { name: name(new_name)? }
            }
            Call::GetSelfRequestsCount => {
                let im::GetSelfRequestsCountReq {} = self.read()?;
                Ask::Requests { span: RequestSpan::Count }
            }
            Call::GetSelfRequests => {
                let im::GetSelfRequestsReq { cursor, direction } = self.read()?;
                Ask::Requests { span: page(cursor, self::direction(&direction)?) }
            }
            _ => self.groups()?,
        })
    }

    fn groups(self) -> Result<Ask, Trouble> {
        Ok(match self.call {
            Call::UpdateGroupName => {
                let im::UpdateGroupNameReq { group_id, new_name } = self.read()?;
                let name = name(new_name)?;
                Ask::RenameGroup { group: self.group(&group_id)?, name, leaders_only: true }
            }
            Call::UpdateNameInGroup => {
                let im::UpdateNameInGroupReq { group_id, new_name } = self.read()?;
                let name = name(new_name)?;
                Ask::SetNameInGroup { group: self.group(&group_id)?, name }
            }
            Call::UpdateDutyInGroup => {
                let im::UpdateDutyInGroupReq { user_id, group_id, new_duty } = self.read()?;
                let duty = match new_duty {
                    0 => Duty::Member,
                    3 => Duty::Admin,
                    _ => return Err(Trouble::Request),
                };
                let group = self.group(&group_id)?;
                Ask::SetDuty { group, user: anybody(&user_id)?, duty }
            }
            Call::GroupInvite => {
                let im::GroupInviteReq { group_id, user_id } = self.read()?;
                let user = self.other(&user_id);
                Ask::Invite { group: self.group(&group_id)?, user: user? }
            }
            Call::AcceptGroupInvite => {
                let im::AcceptGroupInviteReq { group_id } = self.read()?;
                Ask::AcceptInvite { group: self.group(&group_id)? }
            }
            Call::RefuseGroupInvite => {
                let im::RefuseGroupInviteReq { group_id } = self.read()?;
                Ask::RefuseInvite { group: self.group(&group_id)? }
            }
            Call::GroupApply => {
                let im::GroupApplyReq { group_id } = self.read()?;
                Ask::Apply { group: self.group(&group_id)? }
            }
            Call::AcceptGroupApply => {
                let im::AcceptGroupApplyReq { group_id, user_id } = self.read()?;
                let group = self.group(&group_id)?;
                Ask::AcceptApplication { group, user: self.other(&user_id)? }
            }
            Call::RefuseGroupApply => {
                let im::RefuseGroupApplyReq { group_id, user_id } = self.read()?;
                let group = self.group(&group_id)?;
                Ask::RefuseApplication { group, user: self.other(&user_id)? }
            }
            Call::LeaveGroup => {
                let im::LeaveGroupReq { group_id } = self.read()?;
                Ask::LeaveGroup { group: self.group(&group_id)? }
            }
            Call::KickGroup => {
                let im::KickGroupReq { group_id, user_id } = self.read()?;
                let group = self.group(&group_id)?;
                Ask::RemoveMember { group, user: self.other(&user_id)? }
            }
            Call::GetGroupRequestsCount => {
                let im::GetGroupRequestsCountReq { group_id } = self.read()?;
                Ask::GroupRequests { group: self.group(&group_id)?, span: RequestSpan::Count }
            }
            Call::GetGroupRequests => {
                let im::GetGroupRequestsReq { group_id, cursor, direction } = self.read()?;
                let span = page(cursor, self::direction(&direction)?);
                Ask::GroupRequests { group: self.group(&group_id)?, span }
            }
            _ => return Err(Trouble::NotExist),
        })
    }

    /// A user stands for the direct with them.
    fn chat(self, target: &str, kind: ChatKind) -> Result<ConversationId, Trouble> {
        if target.is_empty() {
            return Err(Trouble::Request);
        }
        let chat = match kind {
            ChatKind::User => {
                target.parse().ok().and_then(|other| ConversationId::direct(self.user, other))
            }
            ChatKind::Group => number(target),
        };
        chat.ok_or(Trouble::unknown(self.call, Some(kind)))
    }

    fn group(self, id: &str) -> Result<ConversationId, Trouble> {
        if id.is_empty() {
            return Err(Trouble::Request);
        }
        number(id).ok_or(Trouble::unknown(self.call, None))
    }

    /// A user who is not the caller.
    fn other(self, id: &str) -> Result<UserId, Trouble> {
        let user = anybody(id).map_err(|trouble| match trouble {
            Trouble::UserNotExist => {
                Trouble::of(self.call, None, Refusal::UnknownUser).unwrap_or(Trouble::UserNotExist)
            }
            other => other,
        })?;
        if user == self.user { Err(Trouble::Request) } else { Ok(user) }
    }
}

fn anybody(id: &str) -> Result<UserId, Trouble> {
    if id.is_empty() {
        return Err(Trouble::Request);
    }
    id.parse().map_err(|_| Trouble::UserNotExist)
}

fn number(id: &str) -> Option<ConversationId> {
    match id.parse() {
        Ok(group @ ConversationId::Number(_)) => Some(group),
        Ok(ConversationId::Direct(..)) | Err(_) => None,
    }
}

fn chat_kind(text: &str) -> Result<ChatKind, Trouble> {
    [ChatKind::User, ChatKind::Group]
        .into_iter()
        .find(|kind| kind.as_str() == text)
        .ok_or(Trouble::Request)
}

fn direction(text: &str) -> Result<Direction, Trouble> {
    match text {
        "after" => Ok(Direction::After),
        "before" => Ok(Direction::Before),
        _ => Err(Trouble::Request),
    }
}

fn name(text: String) -> Result<String, Trouble> {
    let fits = !text.is_empty() && text.len() <= NAME_BYTES_MAX && !text.contains('\0');
    if fits { Ok(text) } else { Err(Trouble::Request) }
}

/// A cursor is part of its page here, and not in a span. None at all, which is 0, begins with the
/// newest request where the page goes back.
fn page(cursor: u64, direction: Direction) -> RequestSpan {
    let cursor_us = match direction {
        Direction::After => cursor.saturating_sub(1),
        Direction::Before if cursor == 0 => u64::MAX,
        Direction::Before => cursor.saturating_add(1),
    };
    RequestSpan::Page { cursor_us, direction }
}

/// The time that a ping's message names, which is above 0.
pub fn decode_ping_message(message: &[u8]) -> Result<i64, Trouble> {
    let ping = im::Pingreq::decode(message).map_err(|_| Trouble::Request)?;
    Some(ping.timestamp).filter(|timestamp| *timestamp > 0).ok_or(Trouble::Request)
}

/// The time that a ping's query names, which is above 0.
pub fn decode_ping(query: &str) -> Result<i64, Trouble> {
    let pairs = form_pairs(query.as_bytes())?;
    let text = pairs.iter().find(|(key, _)| key == "timestamp");
    let timestamp = text.and_then(|(_, text)| text.parse().ok());
    timestamp.filter(|timestamp| *timestamp > 0).ok_or(Trouble::Request)
}
