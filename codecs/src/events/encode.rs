//! Events to messages of Socket.IO.
//!
//! Decides how each event is shown (the tables are in the dialect's page). Clients of several
//! ages look for the same thing under different names, so every object has all of them; ids are
//! texts, times ISO 8601 with milliseconds. Invariant: a live message's bytes depend on nothing
//! but the message, so they are the same for every session.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::name::{self, NEW_MESSAGE};
use super::packet;
use super::tag::{Asked, Said};
use super::time;
use crate::ask::{Answer, Ask, Description, Profile};
use crate::dialect::{Framing, PayloadKind};
use crate::event::{Event, Posted, Refusal};
use crate::framing::append_frame;
use crate::model::{Content, MediaKind, Message};
use crate::plain::plain;
use crate::request::Tag;

/// Bytes of messages in one answer of `list-messages`; clients ask again after the last one.
const LIST_BYTES_MAX: usize = 1_000_000;

/// A chat that is not there, or that one is not in.
pub(super) const CHAT_NOT_FOUND: &str = "Chat not found.";
/// No chat was named, and it is not plain which one is meant.
pub(super) const NO_CHAT_NAMED: &str = "chat.id is missing";
const USERS_NOT_FOUND: &str = "Users Not found.";

/// The dialect's word for a content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Text,
    #[serde(rename = "img")]
    Image,
    Video,
    Audio,
    File,
    Location,
}

impl Kind {
    pub(super) fn read(name: &str) -> Option<Self> {
        Some(match name {
            "text" => Self::Text,
            "img" | "image" | "photo" => Self::Image,
            "video" => Self::Video,
            "audio" => Self::Audio,
            "file" => Self::File,
            "location" => Self::Location,
            _ => return None,
        })
    }

    /// A content's word, and the text that stands for it; `None` for marks.
    pub(super) fn of(content: &Content) -> Option<(Self, Cow<'_, str>)> {
        let kind = match content {
            Content::Text { .. } | Content::ContactText { .. } => Self::Text,
            Content::Media { kind, .. } => match kind {
                MediaKind::Photo | MediaKind::Sticker | MediaKind::Gif => Self::Image,
                MediaKind::Video => Self::Video,
                MediaKind::Audio => Self::Audio,
                MediaKind::File => Self::File,
            },
            Content::ContactMedia { .. } => Self::File,
            Content::Location { .. } => Self::Location,
            Content::Recall { .. } | Content::Read { .. } => return None,
        };
        Some((kind, plain(content)?))
    }
}

/// How a reply began, in the later documents.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Ok,
    Error,
}

#[derive(Serialize)]
struct Shown<'a> {
    id: String,
    #[serde(rename = "_id")]
    id_again: String,
    msg: &'a str,
    message: &'a str,
    r#type: Kind,
    user_id: String,
    chat_id: String,
    #[serde(flatten)]
    times: Times,
}

/// When a thing was made. Nothing here is changed afterwards.
#[derive(Serialize)]
struct Times {
    created_at: String,
    modified_at: String,
    updated_at: String,
    #[serde(rename = "__v")]
    version: u8,
}

impl Times {
    fn of(ms: u64) -> Self {
        let time = time::show(ms);
        Self { created_at: time.clone(), modified_at: time.clone(), updated_at: time, version: 0 }
    }
}

impl<'a> Shown<'a> {
    fn of(message: &Message, kind: Kind, text: &'a str) -> Self {
        Self {
            id: message.id.to_string(),
            id_again: message.id.to_string(),
            msg: text,
            message: text,
            r#type: kind,
            user_id: message.sender.to_string(),
            chat_id: message.conversation.to_string(),
            times: Times::of(message.created_at_ms),
        }
    }

    fn stored(posted: &Posted, said: &'a Said) -> Self {
        Self {
            id: posted.id.to_string(),
            id_again: posted.id.to_string(),
            msg: &said.text,
            message: &said.text,
            r#type: said.kind,
            user_id: posted.sender.to_string(),
            chat_id: posted.conversation.to_string(),
            times: Times::of(posted.created_at_ms),
        }
    }
}

#[derive(Serialize)]
struct User<'a> {
    id: String,
    #[serde(rename = "_id")]
    id_again: String,
    external_id: Option<&'a str>,
    #[serde(rename = "externalUserId")]
    external_user_id: Option<&'a str>,
    name: &'a str,
    photo: &'a str,
    blocked: [u8; 0],
    #[serde(flatten)]
    times: Times,
}

impl<'a> User<'a> {
    fn of(profile: &'a Profile) -> Self {
        Self {
            id: profile.user.to_string(),
            id_again: profile.user.to_string(),
            external_id: profile.external_id.as_deref(),
            external_user_id: profile.external_id.as_deref(),
            name: &profile.name,
            photo: &profile.photo,
            blocked: [],
            times: Times::of(profile.created_at_ms),
        }
    }
}

#[derive(Serialize)]
struct Chat<'a> {
    id: String,
    #[serde(rename = "_id")]
    id_again: String,
    name: &'a str,
    users: Vec<String>,
    #[serde(flatten)]
    times: Times,
}

impl<'a> Chat<'a> {
    fn of(chat: &'a Description) -> Self {
        Self {
            id: chat.conversation.to_string(),
            id_again: chat.conversation.to_string(),
            name: &chat.name,
            users: chat.members.iter().map(ToString::to_string).collect(),
            times: Times::of(chat.created_at_ms),
        }
    }
}

/// The one field of a reply beside its status.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Body<'a> {
    User(User<'a>),
    Chat(Chat<'a>),
    Chats(Vec<Chat<'a>>),
    Error([Wrong<'a>; 1]),
    #[serde(untagged)]
    Messages(Messages<'a>),
    #[serde(untagged)]
    Message(Shown<'a>),
    /// Nothing but the status.
    #[serde(untagged)]
    Nothing {},
}

#[derive(Serialize)]
struct Messages<'a> {
    messages: Vec<Shown<'a>>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    more: bool,
}

#[derive(Serialize)]
struct Wrong<'a> {
    message: &'a str,
}

#[derive(Serialize)]
struct Reply<'a> {
    status: Status,
    #[serde(flatten)]
    body: Body<'a>,
}

pub(super) fn encode(framing: Framing, event: &Event, out: &mut Vec<u8>) {
    match event {
        Event::Delivered(message) => append_message(framing, message, out),
        Event::Page { tag: _, messages } => {
            messages.iter().for_each(|message| append_message(framing, message, out));
        }
        Event::Posted { tag, results } => append_posted(framing, tag, results, out),
        Event::Answered { tag, ask, result } => append_answer(framing, tag, ask, result, out),
        Event::Refused { tag, refusal } => {
            if let Some(asked) = Asked::of(tag) {
                append_error(framing, &asked, &words(*refusal), out);
            }
        }
        // Nobody asks for a room, and the dialect has no word for memberships.
        Event::PageEnd { .. } | Event::Joined { .. } | Event::Noticed(_) | Event::Notices(_) => {}
    }
}

/// Under both names: clients listen to one of them.
fn append_message(framing: Framing, message: &Message, out: &mut Vec<u8>) {
    let Some((kind, text)) = Kind::of(&message.content) else { return };
    let body = reply(Body::Message(Shown::of(message, kind, &text)));
    append(framing, &packet::event(&name::of_chat(message.conversation), &body), out);
    append(framing, &packet::event(NEW_MESSAGE, &body), out);
}

/// A message that was stored comes to its sender as to everybody; only a callback is told besides.
fn append_posted(
    framing: Framing,
    tag: &Tag,
    results: &[Result<Posted, Refusal>],
    out: &mut Vec<u8>,
) {
    let Some(asked) = Asked::of(tag) else { return };
    match results {
        [Ok(posted)] => append_stored(framing, &asked, posted, out),
        [Err(refusal)] => append_error(framing, &asked, &words(*refusal), out),
        // One draft was sent.
        _ => append_error(framing, &asked, &words(Refusal::Unavailable), out),
    }
}

fn append_stored(framing: Framing, asked: &Asked, posted: &Posted, out: &mut Vec<u8>) {
    if let (Some(number), Some(said)) = (asked.ack, &asked.said) {
        let body = reply(Body::Message(Shown::stored(posted, said)));
        append(framing, &packet::ack(number, &body), out);
    }
}

fn append_answer(
    framing: Framing,
    tag: &Tag,
    ask: &Ask,
    result: &Result<Answer, Refusal>,
    out: &mut Vec<u8>,
) {
    let Some(asked) = Asked::of(tag) else { return };
    let body = match result {
        Ok(Answer::Profile(profile)) => Body::User(User::of(profile)),
        Ok(Answer::Description(chat)) => Body::Chat(Chat::of(chat)),
        Ok(Answer::Conversations(chats)) => Body::Chats(chats.iter().map(Chat::of).collect()),
        Ok(Answer::History { messages, more }) => {
            return append_history(framing, &asked, messages, *more, out);
        }
        Ok(Answer::Posted(posted)) => return append_stored(framing, &asked, posted, out),
        // Nothing else is asked for.
        Ok(_) => Body::Nothing {},
        Err(Refusal::UnknownUser)
            if matches!(ask, Ask::Profile { .. } | Ask::FindOrCreateUser { .. }) =>
        {
            return append_error(framing, &asked, super::UNAUTHORIZED, out);
        }
        Err(Refusal::UnknownConversation) if matches!(ask, Ask::PostToOnly { .. }) => {
            return append_error(framing, &asked, NO_CHAT_NAMED, out);
        }
        Err(refusal) => return append_error(framing, &asked, &words(*refusal), out),
    };
    append_reply(framing, &asked, &reply(body), out);
}

fn append_history(
    framing: Framing,
    asked: &Asked,
    messages: &[Arc<Message>],
    mut more: bool,
    out: &mut Vec<u8>,
) {
    let shown: Vec<(&Message, Kind, Cow<'_, str>)> = messages
        .iter()
        .filter_map(|message| {
            let (kind, text) = Kind::of(&message.content)?;
            Some((message.as_ref(), kind, text))
        })
        .collect();
    // Shown twice each, and JSON may need more bytes than the text has: a bound on the order.
    let mut bytes = 0;
    let mut listed = Vec::new();
    for (message, kind, text) in &shown {
        bytes += 2 * text.len();
        if bytes > LIST_BYTES_MAX && !listed.is_empty() {
            more = true;
            break;
        }
        listed.push(Shown::of(message, *kind, text));
    }
    let body = reply(Body::Messages(Messages { messages: listed, more }));
    append_reply(framing, asked, &body, out);
}

/// The words of a refusal.
fn words(refusal: Refusal) -> Cow<'static, str> {
    match refusal {
        Refusal::UnknownUser => Cow::Borrowed(USERS_NOT_FOUND),
        Refusal::UnknownConversation => Cow::Borrowed(CHAT_NOT_FOUND),
        Refusal::NotFriends
        | Refusal::NotAPoster
        | Refusal::UnknownMessage
        | Refusal::NotTheSender
        | Refusal::ConversationFull
        | Refusal::TooManyMembers
        | Refusal::TextTooLong { .. }
        | Refusal::AlreadyFriends
        | Refusal::AlreadyAsked
        | Refusal::AlreadyMember
        | Refusal::UnknownRequest
        | Refusal::TooManyRequests
        | Refusal::TooManyRelations
        | Refusal::TheirTooManyRelations
        | Refusal::NotALeader
        | Refusal::NotAMember
        | Refusal::Nameless
        | Refusal::BadName { .. }
        | Refusal::TooFast
        | Refusal::Unavailable => Cow::Owned(refusal.to_string()),
    }
}

pub(super) fn append_error(framing: Framing, asked: &Asked, message: &str, out: &mut Vec<u8>) {
    let reply = Reply { status: Status::Error, body: Body::Error([Wrong { message }]) };
    append_reply(framing, asked, &json(&reply), out);
}

/// Under the event's own name, and to the callback where one waits.
fn append_reply(framing: Framing, asked: &Asked, body: &[u8], out: &mut Vec<u8>) {
    append(framing, &packet::event(&asked.event, body), out);
    if let Some(number) = asked.ack {
        append(framing, &packet::ack(number, body), out);
    }
}

fn append(framing: Framing, packet: &[u8], out: &mut Vec<u8>) {
    append_frame(framing, PayloadKind::Text, packet, out);
}

fn reply(body: Body<'_>) -> Vec<u8> {
    json(&Reply { status: Status::Ok, body })
}

fn json(reply: &Reply<'_>) -> Vec<u8> {
    serde_json::to_vec(reply).expect("a reply's struct has string keys only")
}
