//! What a user missed, in batches.
//!
//! Decides how messages share frames: direct ones and group ones apart, in the order in which
//! they came, each frame within [`BATCH_BYTES_MAX`]. A message that is longer by itself goes
//! alone, because it goes whole or not at all.

use std::sync::Arc;

use serde::Serialize;

use crate::dialect::Framing;
use crate::model::{ConversationId, Message};

use crate::plain::plain;

/// One batch's JSON. Some clients read a frame with one receive into a buffer of this size.
pub(super) const BATCH_BYTES_MAX: usize = 8 * 1024;

const MS_PER_SECOND: u64 = 1000;

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

/// A message's two places in a batch: its object and its id.
struct Item {
    json: Vec<u8>,
    id: String,
}

impl Item {
    fn new(id: u64, object: &impl Serialize) -> Self {
        let json = serde_json::to_vec(object).expect("an item's struct has string keys only");
        Self { json, id: id.to_string() }
    }
}

/// `{"cmd":C,"msg":[objects],"ack":[ids]}`, gathered until it is full.
struct Batch {
    command: &'static str,
    objects: Vec<u8>,
    ids: Vec<u8>,
}

const OPENING: &str = "{\"cmd\":\"";
const BEFORE_OBJECTS: &str = "\",\"msg\":[";
const BEFORE_IDS: &str = "],\"ack\":[";
const CLOSING: &str = "]}";

impl Batch {
    fn new(command: &'static str) -> Self {
        Self { command, objects: Vec::new(), ids: Vec::new() }
    }

    fn push(&mut self, framing: Framing, item: &Item, out: &mut Vec<u8>) {
        // Two commas at most.
        let grown = self.bytes() + item.json.len() + item.id.len() + 2;
        if grown > BATCH_BYTES_MAX {
            self.flush(framing, out);
        }
        if !self.objects.is_empty() {
            self.objects.push(b',');
            self.ids.push(b',');
        }
        self.objects.extend_from_slice(&item.json);
        self.ids.extend_from_slice(item.id.as_bytes());
    }

    fn bytes(&self) -> usize {
        let fixed = OPENING.len() + BEFORE_OBJECTS.len() + BEFORE_IDS.len() + CLOSING.len();
        fixed + self.command.len() + self.objects.len() + self.ids.len()
    }

    fn flush(&mut self, framing: Framing, out: &mut Vec<u8>) {
        if self.objects.is_empty() {
            return;
        }
        let mut json = Vec::with_capacity(self.bytes());
        json.extend_from_slice(OPENING.as_bytes());
        json.extend_from_slice(self.command.as_bytes());
        json.extend_from_slice(BEFORE_OBJECTS.as_bytes());
        json.append(&mut self.objects);
        json.extend_from_slice(BEFORE_IDS.as_bytes());
        json.append(&mut self.ids);
        json.extend_from_slice(CLOSING.as_bytes());
        super::append(framing, &json, out);
    }
}
