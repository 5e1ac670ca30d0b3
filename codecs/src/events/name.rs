//! What an event's name means.
//!
//! Clients of several ages call the event of a new message differently, and some put the chat's
//! id into the name. Names that mean nothing here are passed over, as Socket.IO does with events
//! that nobody listens to.

use crate::model::ConversationId;

/// The longest name that can mean something, in bytes: two ids of 19 digits and what is around
/// them.
const NAME_BYTES_MAX: usize = 64;

pub(super) const CREATE_USER: &str = "create-user";
pub(super) const CREATE_CHAT: &str = "create-chat";
pub(super) const LIST_CHATS: &str = "list-chats";
pub(super) const LIST_MESSAGES: &str = "list-messages";
pub(super) const NEW_MESSAGE: &str = "new-message";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Named {
    CreateUser,
    CreateChat,
    ListChats,
    ListMessages,
    /// The body says which chat.
    NewMessage,
    /// The name does; `None` where it says what is no chat's id.
    NewMessageIn(Option<ConversationId>),
}

pub(super) fn read(name: &str) -> Option<Named> {
    match name {
        CREATE_USER => return Some(Named::CreateUser),
        CREATE_CHAT => return Some(Named::CreateChat),
        LIST_CHATS => return Some(Named::ListChats),
        LIST_MESSAGES => return Some(Named::ListMessages),
        NEW_MESSAGE => return Some(Named::NewMessage),
        _ => {}
    }
    if name.len() > NAME_BYTES_MAX {
        return None;
    }
    let chat = match name.strip_suffix("/new-message") {
        Some(chat) => chat.strip_prefix("/chat/").unwrap_or(chat),
        None => name.strip_prefix("chat-")?,
    };
    Some(Named::NewMessageIn(chat.parse().ok()))
}

/// The event by which clients that listen to one chat learn of a message in it.
pub(super) fn of_chat(chat: ConversationId) -> String {
    format!("/chat/{chat}/{NEW_MESSAGE}")
}
