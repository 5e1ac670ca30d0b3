//! Several things in one frame: `{"cmd":C,"msg":[objects],"ack":[ids]}`.
//!
//! Decides how what was missed shares frames: in the order in which it came, each frame within
//! [`BATCH_BYTES_MAX`]. What is longer by itself goes alone, because it goes whole or not at all.

use serde::Serialize;

use crate::dialect::Framing;

/// One batch's JSON. Some clients read a frame with one receive into a buffer of this size.
pub(super) const BATCH_BYTES_MAX: usize = 8 * 1024;

/// A thing's two places in a batch: its object and its id.
pub(super) struct Item {
    json: Vec<u8>,
    id: String,
}

impl Item {
    pub(super) fn new(id: u64, object: &impl Serialize) -> Self {
        let json = serde_json::to_vec(object).expect("an item's struct has string keys only");
        Self { json, id: id.to_string() }
    }
}

/// Gathers items until it is full.
pub(super) struct Batch {
    command: &'static str,
    objects: Vec<u8>,
    ids: Vec<u8>,
}

const OPENING: &str = "{\"cmd\":\"";
const BEFORE_OBJECTS: &str = "\",\"msg\":[";
const BEFORE_IDS: &str = "],\"ack\":[";
const CLOSING: &str = "]}";

impl Batch {
    pub(super) fn new(command: &'static str) -> Self {
        Self { command, objects: Vec::new(), ids: Vec::new() }
    }

    pub(super) fn push(&mut self, framing: Framing, item: &Item, out: &mut Vec<u8>) {
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

    pub(super) fn flush(&mut self, framing: Framing, out: &mut Vec<u8>) {
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
