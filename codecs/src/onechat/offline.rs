//! The messages that a user missed, in batches: direct ones and group ones apart.
//!
//! Decides the keys of an entry and their order.

use std::sync::Arc;

use serde::Serialize;

use crate::dialect::Framing;
use crate::model::{ConversationId, Message};

use super::batch::{Batch, Item};
use crate::plain::plain;

/// The dialect's times are whole seconds.
pub(super) const MS_PER_SECOND: u64 = 1000;

#[derive(Serialize)]
struct SingleItem<'a> {
    id: u64,
    f: u64,
    t: u64,
    msg: &'a str,
    unread: u32,
    created_at: u64,
    updated_at: u64,
}

#[derive(Serialize)]
struct GroupItem<'a> {
    id: u64,
    f: u64,
    t: u64,
    msg: &'a str,
    created_at: u64,
    updated_at: u64,
}

/// Appends everything in `messages` that the dialect has words for.
pub(super) fn append(framing: Framing, messages: &[Arc<Message>], out: &mut Vec<u8>) {
    let mut single = Batch::new("offline_single_chat_msg");
    let mut group = Batch::new("offline_group_chat_msg");
    for message in messages {
        let Some(text) = plain(&message.content) else { continue };
        match message.conversation {
            ConversationId::Direct(..) => single.push(framing, &single_item(message, &text), out),
            ConversationId::Number(room) => {
                group.push(framing, &group_item(message, room.get(), &text), out);
            }
        }
    }
    single.flush(framing, out);
    group.flush(framing, out);
}

fn single_item(message: &Message, text: &str) -> Item {
    let created_at = message.created_at_ms / MS_PER_SECOND;
    // The receiver of a direct is the one of its two users who did not send it.
    let to = message.conversation.peer_of(message.sender).map_or(0, |peer| peer.raw());
    let id = message.id.raw();
    Item::new(
        id,
        &SingleItem {
            id,
            f: message.sender.raw(),
            t: to,
            msg: text,
            unread: 1,
            created_at,
            updated_at: created_at,
        },
    )
}

fn group_item(message: &Message, room: u64, text: &str) -> Item {
    let created_at = message.created_at_ms / MS_PER_SECOND;
    let id = message.id.raw();
    Item::new(
        id,
        &GroupItem {
            id,
            f: message.sender.raw(),
            t: room,
            msg: text,
            created_at,
            updated_at: created_at,
        },
    )
}
