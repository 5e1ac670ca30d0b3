//! A client that follows its protocol: what it remembers over disconnects and crashes.
//!
//! Decides nothing about when it acts ([`crate::workload`] does) and knows nothing of the core:
//! it learns from events only. Invariant: what it says it has seen it was really sent.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use parlance_codecs::{Category, ConversationId, Event, Message, MessageId, Tag, UserId};
use parlance_conversation::input::{ResumeStyle, SessionStyle};

/// Where a client stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    Away,
    /// Its token was accepted; the server makes sure that the user exists.
    Entering,
    /// Signed in, on this connection.
    In(usize),
}

/// An acknowledgement that was sent, on the connection that the message came on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SentReceipt {
    pub(crate) id: MessageId,
    pub(crate) connection: usize,
    pub(crate) at_us: u64,
}

pub(crate) struct Client {
    pub(crate) index: usize,
    pub(crate) user: UserId,
    pub(crate) style: SessionStyle,
    pub(crate) presence: Presence,
    /// The last id seen of each category: what a Sync names.
    pub(crate) last: [MessageId; Category::COUNT],
    /// The largest id seen of all.
    pub(crate) seen: MessageId,
    pub(crate) received: BTreeSet<MessageId>,
    /// It was once shown what the server's cursors left, so what other devices acknowledged may
    /// be missing here.
    pub(crate) goes_by_cursor: bool,
    /// Received on the present connection and not acknowledged, with the category.
    pub(crate) unacknowledged: Vec<(Category, MessageId)>,
    /// Notices that came on the present connection and were not acknowledged.
    pub(crate) unseen: Vec<MessageId>,
    pub(crate) receipts: Vec<SentReceipt>,
    /// Drafts without an answer, oldest first.
    pub(crate) open_drafts: Vec<u64>,
    /// Posts of the present connection that wait for results.
    pub(crate) posts: BTreeMap<Tag, Vec<u64>>,
    /// The rooms it has joined on the present connection.
    pub(crate) rooms: BTreeSet<ConversationId>,
    pub(crate) synced: bool,
    /// What it knows of others' and its own messages, for recalls and read marks.
    pub(crate) known: Vec<(ConversationId, MessageId, UserId)>,
    /// By one id: everything up to it was received.
    pub(crate) complete: MessageId,
    /// By one id: the last live message of the present connection.
    pub(crate) live: MessageId,
    next_tag: u64,
}

/// Messages a client remembers for recalls and read marks: a few recent ones are as good as all.
const KNOWN_MAX: usize = 16;

impl Client {
    pub(crate) fn new(index: usize, user: UserId, style: SessionStyle) -> Self {
        Self {
            index,
            user,
            style,
            presence: Presence::Away,
            last: [MessageId::ZERO; Category::COUNT],
            seen: MessageId::ZERO,
            received: BTreeSet::new(),
            goes_by_cursor: style.resume == ResumeStyle::ByCursor,
            unacknowledged: Vec::new(),
            unseen: Vec::new(),
            receipts: Vec::new(),
            open_drafts: Vec::new(),
            posts: BTreeMap::new(),
            rooms: BTreeSet::new(),
            synced: false,
            known: Vec::new(),
            complete: MessageId::ZERO,
            live: MessageId::ZERO,
            next_tag: 0,
        }
    }

    pub(crate) fn describe(&self) -> String {
        format!("client {} of user {} ({:?})", self.index, self.user, self.style.resume)
    }

    pub(crate) fn resumes_by_id(&self) -> bool {
        self.style.resume == ResumeStyle::ById
    }

    pub(crate) fn resumes_by_one_id(&self) -> bool {
        self.style.resume == ResumeStyle::ByOneId
    }

    /// What it asked for at sign-in has come. Live messages above it have come before, in order.
    pub(crate) fn retrieved(&mut self, messages: &[Arc<Message>], more: bool) {
        messages.iter().for_each(|message| self.take(message));
        let last = messages.last().map_or(MessageId::ZERO, |last| last.id);
        self.complete = self.complete.max(last);
        if !more {
            self.synced = true;
            self.complete = self.complete.max(self.live);
        }
    }

    pub(crate) fn connection(&self) -> Option<usize> {
        match self.presence {
            Presence::In(connection) => Some(connection),
            Presence::Away | Presence::Entering => None,
        }
    }

    pub(crate) fn next_tag(&mut self) -> Tag {
        self.next_tag += 1;
        Tag(format!("c{}-{}", self.index, self.next_tag).into())
    }

    pub(crate) fn device(&self) -> Box<str> {
        format!("device-{}", self.index).into()
    }

    pub(crate) fn entered(&mut self, connection: usize) {
        self.presence = Presence::In(connection);
        self.synced = false;
        self.live = MessageId::ZERO;
    }

    pub(crate) fn left(&mut self) {
        self.presence = Presence::Away;
        self.posts.clear();
        self.rooms.clear();
        self.unacknowledged.clear();
        self.unseen.clear();
        self.synced = false;
    }

    /// What the server sent has arrived.
    pub(crate) fn receive(&mut self, event: &Event) {
        match event {
            Event::Delivered(message) => {
                self.take(message);
                self.heard(message);
            }
            // What the server read again from its logs continues the live messages.
            Event::Page { messages, .. } if self.resumes_by_one_id() => {
                for message in messages {
                    self.take(message);
                    self.heard(message);
                }
            }
            Event::PageEnd { .. } if self.resumes_by_one_id() => {}
            Event::Page { tag, messages } => {
                self.goes_by_cursor |= tag.is_none();
                messages.iter().for_each(|message| self.take(message));
            }
            Event::PageEnd { tag } => {
                self.goes_by_cursor |= tag.is_none();
                self.synced = true;
            }
            Event::Posted { tag, results } => {
                let tokens = self.posts.remove(tag).unwrap_or_default();
                for (token, result) in tokens.iter().zip(results) {
                    self.open_drafts.retain(|open| open != token);
                    if let Ok(posted) = result {
                        self.know(posted.conversation, posted.id, self.user);
                    }
                }
            }
            Event::Joined { room, result, .. } => {
                if result.is_ok() {
                    self.rooms.insert(*room);
                }
            }
            Event::Noticed(notice) => self.unseen.push(notice.id),
            Event::Notices(notices) => self.unseen.extend(notices.iter().map(|it| it.id)),
            Event::Answered { .. } | Event::Refused { .. } => {}
        }
    }

    fn heard(&mut self, message: &Message) {
        self.live = message.id;
        if self.synced {
            self.complete = self.complete.max(message.id);
        }
    }

    fn take(&mut self, message: &Message) {
        self.received.insert(message.id);
        self.seen = self.seen.max(message.id);
        let last = &mut self.last[message.category.index()];
        *last = message.id.max(*last);
        self.unacknowledged.push((message.category, message.id));
        if message.mark == 0 {
            self.know(message.conversation, message.id, message.sender);
        }
    }

    fn know(&mut self, conversation: ConversationId, id: MessageId, sender: UserId) {
        self.known.push((conversation, id, sender));
        if self.known.len() > KNOWN_MAX {
            self.known.remove(0);
        }
    }
}
