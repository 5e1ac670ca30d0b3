//! JSON objects one after the other, with nothing but white space between them.
//!
//! Decides where an object ends, byte by byte and without ever looking at a byte twice, and
//! what is malformed: then everything that has arrived is dropped, and the next read starts
//! afresh. The reader here knows JSON's brackets, strings and separators; that a whole object is
//! well-formed to the last number is asked of [`crate::json`], because the rest of the bytes is
//! kept or dropped by the answer.

use super::Step;
use crate::dialect::{Frame, Framing, PayloadKind};
use crate::json;
use crate::limits::JSON_DEPTH_MAX;
use crate::onechat::{malformed_reply, too_long_reply};

const _: () = assert!(JSON_DEPTH_MAX <= u32::BITS as usize, "the stack is a bit per level");

#[derive(Debug, Default)]
pub struct Bare {
    /// How many of the unread bytes have been looked at.
    scanned: usize,
    depth: u32,
    /// A bit per level, the innermost lowest: set in an object, clear in an array.
    stack: u32,
    state: State,
    /// The object is over the limit: its bytes are discarded as they are looked at.
    skipping: bool,
}

/// What may come next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// White space, or an object.
    #[default]
    Start,
    FirstKey,
    Key,
    Colon,
    Value,
    FirstValue,
    /// A comma or the end of what is open.
    Next,
    KeyText,
    KeyEscape,
    Text,
    TextEscape,
    /// Inside a number, `true`, `false` or `null`.
    Word,
}

enum Advance {
    More(State),
    /// The outermost object has ended with this byte.
    End,
    Malformed,
}

impl Bare {
    pub(super) fn next<'a>(&mut self, unread: &'a [u8], frame_bytes_max: usize) -> Step<'a> {
        if self.state == State::Start {
            let blanks = unread.iter().take_while(|byte| is_blank(**byte)).count();
            if blanks > 0 {
                return Step::Consumed { consumed: blanks, reply: Vec::new() };
            }
        }
        while let Some(byte) = unread.get(self.scanned) {
            self.scanned += 1;
            match self.advance(*byte) {
                Advance::More(state) => self.state = state,
                Advance::End => return self.end(unread, frame_bytes_max),
                Advance::Malformed => return self.drop_all(unread),
            }
        }
        if self.scanned > frame_bytes_max || self.skipping {
            return self.skip(frame_bytes_max);
        }
        Step::Incomplete
    }

    pub(super) fn is_skipping(&self) -> bool {
        self.skipping
    }

    fn end<'a>(&mut self, unread: &'a [u8], frame_bytes_max: usize) -> Step<'a> {
        if self.scanned > frame_bytes_max || self.skipping {
            let step = self.skip(frame_bytes_max);
            *self = Self::default();
            return step;
        }
        let consumed = self.scanned;
        let payload = unread.get(..consumed).unwrap_or(unread);
        if json::parse(payload).is_err() {
            return self.drop_all(unread);
        }
        *self = Self::default();
        Step::Frame { frame: Frame { kind: PayloadKind::Text, payload }, consumed }
    }

    /// Discards what was looked at. The first time, it says why.
    fn skip<'a>(&mut self, frame_bytes_max: usize) -> Step<'a> {
        let consumed = std::mem::take(&mut self.scanned);
        if consumed == 0 {
            return Step::Incomplete;
        }
        let reply =
            if self.skipping { Vec::new() } else { too_long_reply(Framing::Bare, frame_bytes_max) };
        self.skipping = true;
        Step::Consumed { consumed, reply }
    }

    fn drop_all<'a>(&mut self, unread: &[u8]) -> Step<'a> {
        *self = Self::default();
        Step::Consumed { consumed: unread.len(), reply: malformed_reply(Framing::Bare) }
    }

    fn advance(&mut self, byte: u8) -> Advance {
        let state = match self.state {
            State::Start => return if byte == b'{' { self.open(true) } else { Advance::Malformed },
            State::KeyText | State::Text => return in_text(self.state, byte),
            // Which escapes there are is the parser's matter; what counts here is that an
            // escaped quote ends nothing.
            State::KeyEscape => return Advance::More(State::KeyText),
            State::TextEscape => return Advance::More(State::Text),
            State::Word if is_word(byte) => return Advance::More(State::Word),
            State::Word => State::Next,
            state => state,
        };
        if is_blank(byte) {
            return Advance::More(state);
        }
        match (state, byte) {
            (State::FirstKey | State::Key, b'"') => Advance::More(State::KeyText),
            (State::FirstKey, b'}') | (State::FirstValue, b']') => self.close(byte),
            (State::Colon, b':') => Advance::More(State::Value),
            (State::Value | State::FirstValue, b'"') => Advance::More(State::Text),
            (State::Value | State::FirstValue, b'{') => self.open(true),
            (State::Value | State::FirstValue, b'[') => self.open(false),
            (State::Value | State::FirstValue, _) if is_word(byte) => Advance::More(State::Word),
            (State::Next, b',') if self.in_object() => Advance::More(State::Key),
            (State::Next, b',') => Advance::More(State::Value),
            (State::Next, b'}' | b']') => self.close(byte),
            _ => Advance::Malformed,
        }
    }

    fn in_object(&self) -> bool {
        self.stack & 1 == 1
    }

    fn open(&mut self, object: bool) -> Advance {
        if self.depth as usize >= JSON_DEPTH_MAX {
            return Advance::Malformed;
        }
        self.depth += 1;
        self.stack = (self.stack << 1) | u32::from(object);
        Advance::More(if object { State::FirstKey } else { State::FirstValue })
    }

    fn close(&mut self, byte: u8) -> Advance {
        if self.in_object() != (byte == b'}') {
            return Advance::Malformed;
        }
        self.depth = self.depth.saturating_sub(1);
        self.stack >>= 1;
        if self.depth == 0 { Advance::End } else { Advance::More(State::Next) }
    }
}

/// How long the first of these objects is; `None` where they do not begin with a whole one.
pub(super) fn first_bytes(objects: &[u8]) -> Option<usize> {
    let mut reader = Bare::default();
    for (place, byte) in objects.iter().enumerate() {
        match reader.advance(*byte) {
            Advance::More(state) => reader.state = state,
            Advance::End => return place.checked_add(1),
            Advance::Malformed => return None,
        }
    }
    None
}

fn in_text(state: State, byte: u8) -> Advance {
    let in_key = state == State::KeyText;
    match byte {
        b'"' => Advance::More(if in_key { State::Colon } else { State::Next }),
        b'\\' => Advance::More(if in_key { State::KeyEscape } else { State::TextEscape }),
        // Control characters are escaped inside a string.
        0..0x20 => Advance::Malformed,
        _ => Advance::More(state),
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')
}
