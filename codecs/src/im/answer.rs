//! Answers by HTTP, in JSON or protobuf.
//!
//! Decides how an [`Answer`] is written: JSON has every field, zeros among them, under the names of
//! the documents. Invariant: an answer of another kind than the call asked for is the server's
//! fault, and said to be.

use std::sync::Arc;

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::call::{Call, ChatKind};
use super::decode::{Asked, kind_of};
use super::seconds;
use super::trouble::Trouble;
use crate::ask::{Answer, Duty, JoinRequest, Member, Relations};
use crate::event::Posted;
use crate::generated::im;
use crate::model::{Content, ConversationId, Message, UserId};
use crate::plain::plain;

/// How an answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AnswerForm {
    Json,
    Protobuf,
}

impl AnswerForm {
    /// JSON, unless the first thing that the client accepts is protobuf.
    pub fn accepted(accept: &[u8]) -> Self {
        if accept.starts_with(b"application/x-protobuf") { Self::Protobuf } else { Self::Json }
    }

    pub fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Protobuf => "application/x-protobuf",
        }
    }
}

/// Somebody who is shown by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nameless {
    User(UserId),
    Group(ConversationId),
}

pub fn encode(message: &(impl prost::Message + Serialize), form: AnswerForm) -> Vec<u8> {
    match form {
        AnswerForm::Json => {
            serde_json::to_vec(message).expect("a message's struct has string keys only")
        }
        AnswerForm::Protobuf => message.encode_to_vec(),
    }
}

impl Asked {
    /// The answer to a message that was stored.
    pub fn posted(&self, posted: &Posted, form: AnswerForm) -> Vec<u8> {
        let timestamp = seconds(posted.created_at_ms);
        encode(&im::SendResp { msg_index: posted.seq.0, timestamp }, form)
    }

    /// Whose names the call's answer shows although they are in none of its answers.
    pub fn nameless(&self, answers: &[Answer]) -> Vec<Nameless> {
        let pages = answers.iter().filter_map(|answer| match answer {
            Answer::Requests { page, .. } => Some(page),
            _ => None,
        });
        pages.flatten().map(|request| self.requester(request)).collect()
    }

    /// The answer that the answers to a call's asks make up. `names` are those of
    /// [`Asked::nameless`], in order.
    pub fn answered(
        &self,
        answers: Vec<Answer>,
        names: &[String],
        form: AnswerForm,
    ) -> Result<Vec<u8>, Trouble> {
        let mut answers = answers.into_iter();
        let first = answers.next().ok_or(Trouble::System)?;
        Ok(match (self.call, first) {
            (Call::Recall, Answer::Recalled { index }) => {
                encode(&im::RecallResp { recall_index: index }, form)
            }
            (Call::Pull, first) => {
                encode(&self.pulled(std::iter::once(first).chain(answers))?, form)
            }
            (Call::Relations, Answer::Relations(relations)) => {
                encode(&self.relations(&relations), form)
            }
            (Call::Relation, Answer::Relations(relations)) => {
                encode(&self.relation(relations)?, form)
            }
            (Call::GroupMembers, Answer::Members(members)) => encode(&self.members(&members), form),
            (Call::GetSelfRequestsCount, Answer::Requests { total, .. }) => {
                encode(&im::GetSelfRequestsCountResp { count: total }, form)
            }
            (Call::GetGroupRequestsCount, Answer::Requests { total, .. }) => {
                encode(&im::GetGroupRequestsCountResp { count: total }, form)
            }
            (Call::GetSelfRequests, Answer::Requests { page, .. }) => {
                encode(&im::GetSelfRequestsResp { requesters: self.requesters(&page, names) }, form)
            }
            (Call::GetGroupRequests, Answer::Requests { page, .. }) => encode(
                &im::GetGroupRequestsResp { requesters: self.requesters(&page, names) },
                form,
            ),
            (call, Answer::Done | Answer::Befriended(_) | Answer::Conversation(_)) => {
                nothing(call, form).ok_or(Trouble::System)?
            }
            (_, _) => return Err(Trouble::System),
        })
    }

    /// Who asked: for friendship, or to come into a group that the caller leads, a user; to have
    /// the caller come into a group, the group.
    fn requester(&self, request: &JoinRequest) -> Nameless {
        match request.group {
            Some(group) if self.call == Call::GetSelfRequests => Nameless::Group(group),
            Some(_) | None => Nameless::User(request.from),
        }
    }

    fn requesters(&self, page: &[JoinRequest], names: &[String]) -> Vec<im::RequesterInfo> {
        let named = page.iter().zip(names);
        named
            .map(|(request, name)| {
                let (requester, kind) = match self.requester(request) {
                    Nameless::Group(group) => (group.to_string(), ChatKind::Group),
                    Nameless::User(user) => (user.to_string(), ChatKind::User),
                };
                im::RequesterInfo {
                    requester,
                    requester_type: kind.as_str().to_owned(),
                    name: name.clone(),
                    cursor: request.at_us,
                }
            })
            .collect()
    }

    fn pulled(&self, answers: impl Iterator<Item = Answer>) -> Result<im::PullResp, Trouble> {
        let mut pulled = im::PullResp::default();
        for answer in answers {
            match answer {
                Answer::History { messages, .. } => {
                    pulled.msgs = messages.iter().filter_map(|it| self.message(it)).collect();
                }
                Answer::Recalls(recalls) => {
                    pulled.recalls = recalls.into_iter().map(|(at, seq)| (at, seq.0)).collect();
                }
                _ => return Err(Trouble::System),
            }
        }
        Ok(pulled)
    }

    fn message(&self, message: &Arc<Message>) -> Option<im::MsgInfo> {
        let chat = Chat::of(message.conversation, self.user)?;
        let (msg, extra) = shown(&message.content)?;
        Some(im::MsgInfo {
            msg_index: message.seq.0,
            recall_index: message.recall_index.unwrap_or_default(),
            msg,
            extra,
            timestamp: seconds(message.created_at_ms),
            sender: message.sender.to_string(),
            target: chat.target,
            target_type: chat.kind.as_str().to_owned(),
        })
    }

    fn relations(&self, known: &Relations) -> im::RelationsResp {
        let oneself = im::RelationInfo {
            target_type: ChatKind::User.as_str().to_owned(),
            name: known.own_name.clone(),
            ..im::RelationInfo::default()
        };
        let others = known.relations.iter().filter_map(|relation| {
            let chat = Chat::of(relation.target, self.user)?;
            Some(im::RelationInfo {
                target: chat.target,
                target_type: chat.kind.as_str().to_owned(),
                name: relation.name.clone(),
                msg_index: relation.last_seq.0,
                recall_index: relation.recalls,
                ack_index: relation.read_seq.0,
            })
        });
        let relations: Vec<_> = std::iter::once(oneself).chain(others).collect();
        let hash = hash(relations.iter().map(|of| {
            format!(
                "{}_{}_{}_{}_{}_{}",
                of.target_type, of.target, of.name, of.msg_index, of.recall_index, of.ack_index
            )
        }));
        if hash == self.current_hash {
            return im::RelationsResp::default();
        }
        im::RelationsResp { update: true, relations }
    }

    fn relation(&self, known: Relations) -> Result<im::RelationResp, Trouble> {
        let found = known.relations.into_iter().find(|it| Some(it.target) == self.chat);
        let chat = self.chat.map(kind_of);
        let found = found.ok_or(Trouble::unknown(self.call, chat))?;
        Ok(im::RelationResp {
            name: found.name,
            msg_index: found.last_seq.0,
            recall_index: found.recalls,
            ack_index: found.read_seq.0,
        })
    }

    fn members(&self, members: &[Member]) -> im::GroupMembersResp {
        let members: Vec<_> = members
            .iter()
            .map(|member| im::GroupMemberInfo {
                member: member.user.to_string(),
                name: member.name.clone(),
                duty: duty_number(member.duty),
            })
            .collect();
        let hash = hash(members.iter().map(|of| format!("{}_{}_{}", of.member, of.duty, of.name)));
        if hash == self.current_hash {
            return im::GroupMembersResp::default();
        }
        im::GroupMembersResp { update: true, members }
    }
}

/// Calls that are answered with a message without fields, and those messages.
macro_rules! nothing {
    ($($call:ident, $message:ident;)+) => {
        fn nothing(call: Call, form: AnswerForm) -> Option<Vec<u8>> {
            match call {
                $(Call::$call => Some(encode(&im::$message {}, form)),)+
                _ => None,
            }
        }
    };
}

nothing! {
    Ack, AckResp;
    UpdateSelfName, UpdateSelfNameResp;
    UpdateGroupName, UpdateGroupNameResp;
    MakeFriend, MakeFriendResp;
    AcceptMakeFriend, AcceptMakeFriendResp;
    RefuseMakeFriend, RefuseMakeFriendResp;
    GroupInvite, GroupInviteResp;
    AcceptGroupInvite, AcceptGroupInviteResp;
    RefuseGroupInvite, RefuseGroupInviteResp;
    GroupApply, GroupApplyResp;
    AcceptGroupApply, AcceptGroupApplyResp;
    RefuseGroupApply, RefuseGroupApplyResp;
    DelFriend, DelFriendResp;
    LeaveGroup, LeaveGroupResp;
    KickGroup, KickGroupResp;
    UpdateUserRelationName, UpdateUserRelationNameResp;
    UpdateNameInGroup, UpdateNameInGroupResp;
    UpdateDutyInGroup, UpdateDutyInGroupResp;
}

/// A conversation as one of its users calls it.
pub(super) struct Chat {
    pub(super) target: String,
    pub(super) kind: ChatKind,
}

impl Chat {
    /// `None`: a direct that `user` is not in.
    pub(super) fn of(conversation: ConversationId, user: UserId) -> Option<Self> {
        let target = match conversation {
            ConversationId::Direct(..) => conversation.peer_of(user)?.to_string(),
            ConversationId::Number(number) => number.to_string(),
        };
        Some(Self { target, kind: kind_of(conversation) })
    }
}

/// `msg` and `extra`; `None` for marks, which are not messages here.
pub(super) fn shown(content: &Content) -> Option<(String, String)> {
    let extra = match content {
        Content::Text { extra, .. } => extra.clone(),
        Content::Media { .. }
        | Content::Location { .. }
        | Content::ContactText { .. }
        | Content::ContactMedia { .. }
        | Content::Recall { .. }
        | Content::Read { .. } => String::new(),
    };
    Some((plain(content)?.into_owned(), extra))
}

/// 1 is the system's, which owns no group here.
pub(super) fn duty_number(duty: Duty) -> u32 {
    match duty {
        Duty::Member => 0,
        Duty::Owner => 2,
        Duty::Admin => 3,
    }
}

/// Of a list's entries as texts: sorted, joined by commas, SHA-256, in hexadecimal.
fn hash(entries: impl Iterator<Item = String>) -> String {
    let mut entries: Vec<String> = entries.collect();
    entries.sort_unstable();
    hex::encode(Sha256::digest(entries.join(",")))
}
