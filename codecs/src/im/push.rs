//! The push channel's frames: one to sign in, and after that only what happens.
//!
//! Decides what is pushed, and in which words. Of friends and groups, nobody is told what they did
//! themselves. Invariant: a message's push is the same for everybody who is sent it but, in a direct,
//! its sender: each of the two finds the other as the target.

use serde::Serialize;

use super::answer::{duty_number, shown};
use super::call::ChatKind;
use super::decode::kind_of;
use super::seconds;
use crate::dialect::{
    Credentials, Decoded, EndReason, Frame, Framing, PayloadKind, SignInFrame, SignInResult,
};
use crate::event::Event;
use crate::framing::append_frame;
use crate::model::{Content, ConversationId, Message, UserId};
use crate::notice::{News, Notice};
use crate::request::Tag;

/// What every client must be able to receive.
const RECEIVE_BYTES_MIN: u32 = 65_536;
/// How long the documents say that the server's own limit is. It is told and means nothing: a
/// client sends no second frame.
const ANNOUNCED_BYTES_MAX: u32 = 64 << 20;

/// The first frame: how long a push may be, and a token.
pub(super) fn decode(user: Option<UserId>, frame: Frame<'_>) -> Decoded {
    let end = |reason| Decoded::End { reply: Vec::new(), reason };
    if user.is_some() || frame.kind != PayloadKind::Binary {
        return end(EndReason::Protocol);
    }
    let Some((length, token)) = frame.payload.split_first_chunk::<4>() else {
        return end(EndReason::Protocol);
    };
    let receive_bytes_max = u32::from_be_bytes(*length);
    if receive_bytes_max < RECEIVE_BYTES_MIN {
        return end(EndReason::Protocol);
    }
    let Ok(token) = std::str::from_utf8(token) else { return end(EndReason::NotSignedIn) };
    Decoded::SignIn(SignInFrame {
        tag: Tag::default(),
        credentials: Credentials::Token(token.to_owned()),
        device: String::new(),
        receive_bytes_max: Some(receive_bytes_max),
    })
}

pub(super) fn append_sign_in(framing: Framing, result: SignInResult, out: &mut Vec<u8>) {
    match result {
        SignInResult::Accepted => {
            append_frame(framing, PayloadKind::Binary, &ANNOUNCED_BYTES_MAX.to_be_bytes(), out);
        }
        SignInResult::Refused | SignInResult::Expired | SignInResult::Busy => {}
    }
}

#[derive(Serialize)]
struct Push<C> {
    #[serde(rename = "Type")]
    kind: &'static str,
    #[serde(rename = "Content")]
    content: C,
}

#[derive(Serialize)]
struct Msg<'a> {
    sender: String,
    msg: &'a str,
    extra: &'a str,
    msg_index: u32,
    timestamp: u32,
    target: String,
    target_type: &'static str,
}

#[derive(Serialize)]
struct Recall {
    msg_index: u32,
    recall_index: u32,
    target: String,
    target_type: &'static str,
}

/// A friend or a group that the user has now, or has no longer.
#[derive(Serialize)]
struct Related<'a> {
    target: String,
    target_type: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    name: &'a str,
}

/// Somebody else in a group.
#[derive(Serialize)]
struct Membership<'a> {
    member: String,
    #[serde(skip_serializing_if = "str::is_empty")]
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    duty: Option<u32>,
    target: String,
    target_type: &'static str,
}

pub(super) fn encode(framing: Framing, event: &Event, out: &mut Vec<u8>) {
    match event {
        Event::Delivered(message) => {
            let target = match message.conversation {
                ConversationId::Direct(..) => message.sender.to_string(),
                ConversationId::Number(number) => number.to_string(),
            };
            append_message(framing, message, target, out);
        }
        Event::Noticed(notice) => append_notice(framing, notice, out),
        // Nobody asks by a frame, and what was missed is asked for by HTTP.
        Event::Posted { .. }
        | Event::Page { .. }
        | Event::PageEnd { .. }
        | Event::Joined { .. }
        | Event::Answered { .. }
        | Event::Notices(_)
        | Event::Refused { .. } => {}
    }
}

/// What a direct's sender is shown, who sent it in another dialect.
pub(super) fn append_own_direct(framing: Framing, message: &Message, out: &mut Vec<u8>) -> bool {
    let Some(other) = message.conversation.peer_of(message.sender) else { return false };
    append_message(framing, message, other.to_string(), out);
    true
}

fn append_message(framing: Framing, message: &Message, target: String, out: &mut Vec<u8>) {
    let target_type = kind_of(message.conversation).as_str();
    if let Content::Recall { target: _, target_seq, index } = message.content {
        let (msg_index, recall_index) = (target_seq.0, index);
        let content = Recall { msg_index, recall_index, target, target_type };
        return append(framing, "recall", content, out);
    }
    if let Some((msg, extra)) = shown(&message.content) {
        let content = Msg {
            sender: message.sender.to_string(),
            msg: &msg,
            extra: &extra,
            msg_index: message.seq.0,
            timestamp: seconds(message.created_at_ms),
            target,
            target_type,
        };
        append(framing, "msg", content, out);
    }
}

fn append_notice(framing: Framing, notice: &Notice, out: &mut Vec<u8>) {
    let me = notice.user;
    let friend = |of: UserId, name| Related { target: of.to_string(), target_type: USER, name };
    let group =
        |of: ConversationId, name| Related { target: of.to_string(), target_type: GROUP, name };
    let other = |of: ConversationId, member: UserId, name, duty| Membership {
        member: member.to_string(),
        name,
        duty,
        target: of.to_string(),
        target_type: GROUP,
    };
    if doer(&notice.what) == Some(me) {
        return;
    }
    match &notice.what {
        News::Befriended { with, with_name } => {
            append(framing, "userRelationAdd", friend(*with, with_name), out);
        }
        News::Unfriended { with, by: _ } => {
            append(framing, "userRelationDel", friend(*with, ""), out);
        }
        News::Created { group: id, group_name, by: _ } => {
            append(framing, "userRelationAdd", group(*id, group_name), out);
        }
        News::Joined { group: id, group_name, member, .. } if *member == me => {
            append(framing, "userRelationAdd", group(*id, group_name), out);
        }
        News::Joined { group, member, member_name, .. } => {
            append(framing, "groupJoin", other(*group, *member, member_name, None), out);
        }
        News::Left { group: id, member, .. } if *member == me => {
            append(framing, "userRelationDel", group(*id, ""), out);
        }
        News::Deleted { group: id, by: _ } => {
            append(framing, "userRelationDel", group(*id, ""), out);
        }
        News::Left { group, member, by } => {
            let kind = if member == by { "groupLeave" } else { "groupKick" };
            append(framing, kind, other(*group, *member, "", None), out);
        }
        News::DutyChanged { group, member, duty } => {
            let duty = Some(duty_number(*duty));
            append(framing, "groupJoin", other(*group, *member, "", duty), out);
        }
        // There is no word for these; who wants to know asks for the requests and the relations.
        News::FriendRequested { .. }
        | News::FriendRefused { .. }
        | News::Invited { .. }
        | News::InviteRefused { .. }
        | News::Applied { .. }
        | News::ApplicationRefused { .. }
        | News::Renamed { .. } => {}
    }
}

/// Who did it, where it is known; they need not be told.
fn doer(news: &News) -> Option<UserId> {
    match news {
        News::FriendRequested { by, .. }
        | News::FriendRefused { by }
        | News::Unfriended { by, .. }
        | News::Invited { by, .. }
        | News::InviteRefused { by, .. }
        | News::Applied { by, .. }
        | News::Created { by, .. }
        | News::Joined { by, .. }
        | News::Left { by, .. }
        | News::Deleted { by, .. }
        | News::Renamed { by, .. } => Some(*by),
        News::Befriended { .. } | News::ApplicationRefused { .. } | News::DutyChanged { .. } => {
            None
        }
    }
}

const USER: &str = ChatKind::User.as_str();
const GROUP: &str = ChatKind::Group.as_str();

fn append(framing: Framing, kind: &'static str, content: impl Serialize, out: &mut Vec<u8>) {
    let push = Push { kind, content };
    let json = serde_json::to_vec(&push).expect("a push's struct has string keys only");
    append_frame(framing, PayloadKind::Binary, &json, out);
}
