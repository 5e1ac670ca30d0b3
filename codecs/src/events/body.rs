//! Events' bodies in every form that the documents and their clients have.
//!
//! Decides which field says what. Ids of users in a body never change who the sender is; they are
//! read where somebody else is meant, or where the client says who it is. Every error is a text
//! for the client's developer.

use super::encode::Kind;
use super::time;
use crate::ask::{Ask, Claim, Introduction};
use crate::json::{Json, Keys, Object};
use crate::limits::URL_BYTES_MAX;
use crate::model::{Content, ConversationId, Media, MediaKind, UserId};
use crate::text::{check_text, check_url};

/// Messages of one answer.
const LIST_MESSAGES_MAX: u32 = 1_000;
const _: () = assert!(LIST_MESSAGES_MAX <= Ask::HISTORY_MAX, "an answer holds as many");

/// What is wrong with a body, for its developer.
pub(super) type Wrong = String;

/// What follows an event's name.
#[derive(Clone, Copy)]
pub(super) struct Arguments<'t, 'a>(pub(super) &'t [Json<'a>]);

impl<'t, 'a> Arguments<'t, 'a> {
    /// The body, behind a leading text (which some clients name the chat by).
    fn body(self) -> Result<Object<'t, 'a>, Wrong> {
        let body = match self.0 {
            [Json::String(_), body, ..] | [body, ..] => object(body),
            [] => None,
        };
        body.ok_or_else(|| "the event needs an object".to_owned())
    }

    /// A leading text.
    fn leading(self) -> Option<&'t str> {
        match self.0 {
            [Json::String(text), _, ..] => Some(text),
            _ => None,
        }
    }
}

/// Which user the client says it is.
pub(super) fn create_user(arguments: Arguments<'_, '_>) -> Result<Claim, Wrong> {
    let body = arguments.body()?;
    let user = field(body, "user").and_then(object).unwrap_or(body);
    Ok(Claim { ask: claimed(user)?, introduction: introduction(user) })
}

/// What cannot be a name or a URL is passed over: nobody is kept out for it.
fn introduction(user: Object<'_, '_>) -> Introduction {
    let said = |name, max| {
        let Some(Json::String(text)) = field(user, name) else { return None };
        let fits = !text.is_empty() && text.len() <= max && !text.contains('\0');
        fits.then(|| text.to_string())
    };
    Introduction { name: said("name", Ask::NAME_BYTES_MAX), photo: said("photo", URL_BYTES_MAX) }
}

fn claimed(user: Object<'_, '_>) -> Result<Ask, Wrong> {
    if let Some(id) = field(user, "id") {
        // Clients that kept ids of another server name users by them: external ids, to this one.
        return match user_id(id) {
            Some(user) => Some(Ask::Profile { user }),
            None => text(id).map(|external_id| Ask::FindOrCreateUser { external_id }),
        }
        .ok_or_else(|| "user.id must be a string or a number".to_owned());
    }
    let names = ["externalUserId", "external_id", "external_user_id", "externalId"];
    let external = names.into_iter().find_map(|name| field(user, name));
    external
        .and_then(text)
        .map(|external_id| Ask::FindOrCreateUser { external_id })
        .ok_or_else(|| "user.externalUserId is missing".to_owned())
}

pub(super) fn create_chat(arguments: Arguments<'_, '_>) -> Result<Ask, Wrong> {
    let body = arguments.body()?;
    let chat = field(body, "chat").and_then(object).unwrap_or(body);
    let name = match field(chat, "name") {
        Some(Json::String(name)) => name.to_string(),
        Some(_) => return Err("chat.name must be a string".to_owned()),
        None => return Err("chat.name is missing".to_owned()),
    };
    let users = match field(body, "users").or_else(|| field(chat, "users")) {
        Some(Json::Array(users)) => users.as_slice(),
        Some(_) => return Err("users must be an array of ids".to_owned()),
        None => &[],
    };
    if users.len() > Ask::GROUP_MEMBERS_MAX {
        return Err(format!("a chat begins with at most {} users", Ask::GROUP_MEMBERS_MAX));
    }
    let (mut members, mut external_ids) = (Vec::new(), Vec::new());
    for user in users {
        let id = object(user).and_then(|user| field(user, "id")).unwrap_or(user);
        match (user_id(id), text(id)) {
            (Some(user), _) => members.push(user),
            (None, Some(external_id)) => external_ids.push(external_id),
            (None, None) => return Err("users must be an array of ids".to_owned()),
        }
    }
    Ok(Ask::CreateDescribedGroup { name, members, external_ids })
}

pub(super) fn list_messages(arguments: Arguments<'_, '_>) -> Result<Ask, Wrong> {
    let body = arguments.body()?;
    let conversation = chat(arguments, body)?.ok_or(super::encode::NO_CHAT_NAMED)?;
    let query = field(body, "query").and_then(object).unwrap_or(body);
    let bound = |name: &'static str| match field(query, name) {
        None => Ok(None),
        Some(json) => time::read(json)
            .map(Some)
            .ok_or_else(|| format!("query.{name} must be a time such as 2024-05-06T07:08:09.010Z")),
    };
    let (from_ms, to_ms) = (bound("from")?, bound("to")?);
    Ok(Ask::HistoryByTime { conversation, from_ms, to_ms, count: LIST_MESSAGES_MAX })
}

/// A message, and where it goes. `None`: to the only chat that its sender is in.
pub(super) struct NewMessage {
    pub(super) conversation: Option<ConversationId>,
    pub(super) content: Content,
}

pub(super) fn new_message(
    arguments: Arguments<'_, '_>,
    named: Option<ConversationId>,
) -> Result<NewMessage, Wrong> {
    let body = arguments.body()?;
    let conversation = match named {
        Some(chat) => Some(chat),
        None => chat(arguments, body)?,
    };
    let message = field(body, "message");
    let inner = message.and_then(object);
    let value = field(body, "msg")
        .or_else(|| inner.and_then(|inner| field(inner, "value")))
        .or_else(|| message.filter(|_| inner.is_none()))
        .ok_or_else(|| "msg is missing".to_owned())?;
    let kind = inner.and_then(|inner| field(inner, "type")).or_else(|| field(body, "type"));
    let kind = match kind {
        None => Kind::Text,
        Some(Json::String(kind)) => Kind::read(kind).ok_or_else(kinds)?,
        Some(_) => return Err(kinds()),
    };
    Ok(NewMessage { conversation, content: content(kind, value)? })
}

fn kinds() -> Wrong {
    "type must be text, img, video, audio, file or location".to_owned()
}

fn content(kind: Kind, value: &Json<'_>) -> Result<Content, Wrong> {
    let media = |kind| {
        let Json::String(url) = value else { return Err("msg must be a URL".to_owned()) };
        check_url(url).map_err(|error| format!("msg {error}"))?;
        let media = Media { url: url.to_string(), thumbnail: None };
        Ok(Content::Media { kind, media })
    };
    match kind {
        Kind::Text => {
            let Json::String(text) = value else { return Err("msg must be a string".to_owned()) };
            check_text(text).map_err(|error| format!("msg {error}"))?;
            Ok(Content::text(text.as_ref()))
        }
        Kind::Image => media(MediaKind::Photo),
        Kind::Video => media(MediaKind::Video),
        Kind::Audio => media(MediaKind::Audio),
        Kind::File => media(MediaKind::File),
        Kind::Location => location(value).ok_or_else(|| {
            "msg must be a place such as \"geo:52.5,-13.25\" or {\"latitude\":52.5,\
             \"longitude\":-13.25}"
                .to_owned()
        }),
    }
}

/// Two numbers of degrees, in one text or in an object.
fn location(value: &Json<'_>) -> Option<Content> {
    let (latitude, longitude) = match value {
        Json::String(text) => {
            let text = text.strip_prefix("geo:").unwrap_or(text);
            let (latitude, longitude) = text.split_once(',')?;
            (latitude.trim().parse().ok()?, longitude.trim().parse().ok()?)
        }
        _ => {
            let object = object(value)?;
            (object.f32("latitude").ok()??, object.f32("longitude").ok()??)
        }
    };
    let is_place = (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude);
    is_place.then_some(Content::Location { latitude, longitude })
}

/// Which chat a body is about: under one of several names, or in a leading text. `None` where it
/// names none.
fn chat(
    arguments: Arguments<'_, '_>,
    body: Object<'_, '_>,
) -> Result<Option<ConversationId>, Wrong> {
    let named = match field(body, "chat") {
        Some(chat) => match object(chat) {
            Some(chat) => field(chat, "id"),
            None => Some(chat),
        },
        None => {
            ["chatRoom", "chat_id", "chatId", "room"].into_iter().find_map(|name| field(body, name))
        }
    };
    let read = match (named, arguments.leading()) {
        (Some(Json::String(text)), _) => text.parse().ok(),
        (Some(Json::Integer(number)), _) => ConversationId::number(*number),
        (Some(_), _) => None,
        (None, Some(text)) => text.parse().ok(),
        (None, None) => return Ok(None),
    };
    // A text that is no id is nobody's.
    read.map(Some).ok_or_else(|| super::encode::CHAT_NOT_FOUND.to_owned())
}

fn object<'t, 'a>(json: &'t Json<'a>) -> Option<Object<'t, 'a>> {
    Object::new(json, Keys::Exact)
}

/// A field; a `null` counts as absent.
fn field<'t, 'a>(object: Object<'t, 'a>, name: &'static str) -> Option<&'t Json<'a>> {
    object.field(name).ok().flatten().filter(|json| **json != Json::Null)
}

fn user_id(json: &Json<'_>) -> Option<UserId> {
    match json {
        Json::String(text) => text.parse().ok(),
        Json::Integer(number) => UserId::new(*number),
        _ => None,
    }
}

fn text(json: &Json<'_>) -> Option<String> {
    match json {
        Json::String(text) => Some(text.to_string()),
        Json::Integer(number) => Some(number.to_string()),
        _ => None,
    }
}
