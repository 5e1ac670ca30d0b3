//! Answers a caller without a session who asks for everything above a message id.
//!
//! As for a Sync, the [`crate::gate::Barrier`] first gives a bound below which every message has
//! arrived; the logs of all the user's conversations are read up to it, shard by shard, and
//! merged in id order. Invariant: nothing with an id up to the answer's last one can still
//! appear, and everything that was acknowledged before the caller asked, and is above what they
//! named, is in the answer, or above its last message where there is more.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use parlance_codecs::{Ask, Message, MessageId, Refusal, UserId};

use crate::gate::{Line, Waiter};
use crate::input::{Now, SessionId, Ticket};
use crate::limits::{HISTORIES_MAX, HISTORIES_WAITING_MAX, HISTORY_BYTES_MAX, HISTORY_WAIT_MS};
use crate::mesh::{CallAnswer, Origin};
use crate::placement::ShardIndex;
use crate::resume::{Source, is_expired, take_smallest, weight};
use crate::shard::Shard;
use crate::store::{LogPage, LogRange};
use crate::turn::{Reply, Turn};
use crate::user_home::UserWork;

/// Whom a log read is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reader {
    /// A Sync of this session.
    Session(SessionId),
    /// The history of this number.
    History(u64),
}

/// What a caller asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    pub(crate) origin: Origin,
    pub(crate) user: UserId,
    pub(crate) after: MessageId,
    pub(crate) count: u32,
}

/// The histories of one shard's users.
#[derive(Debug, Default)]
pub(crate) struct Histories {
    next_number: u64,
    open: BTreeMap<u64, History>,
    /// With the time at which each is given up.
    waiting: VecDeque<(Asked, u64)>,
}

/// One that waits for the barrier or is being read.
#[derive(Debug)]
struct History {
    asked: Asked,
    deadline_ms: u64,
    sources: BTreeMap<ShardIndex, Source>,
    messages: Vec<Arc<Message>>,
    bytes: usize,
    more: bool,
}

/// How far it is.
enum Progress {
    Waits,
    Read,
}

impl Shard {
    pub(crate) fn history_asked(&mut self, asked: Asked) {
        let deadline_ms = self.turn.now.monotonic_ms + HISTORY_WAIT_MS;
        if self.histories.open.len() < HISTORIES_MAX {
            self.history_begins(asked, deadline_ms);
        } else if self.histories.waiting.len() < HISTORIES_WAITING_MAX {
            self.histories.waiting.push_back((asked, deadline_ms));
        } else {
            give_up(asked.origin, &mut self.turn);
        }
    }

    fn history_begins(&mut self, asked: Asked, deadline_ms: u64) {
        let number = self.histories.next_number;
        self.histories.next_number += 1;
        self.histories.open.insert(number, History::new(asked, deadline_ms));
        self.barrier.join(Waiter::History(number), &mut self.turn);
    }

    /// The barrier is behind it.
    pub(crate) fn history_may_begin(&mut self, number: u64) {
        if let Some(history) = self.histories.open.get(&number) {
            let user = history.asked.user;
            self.user_work(user, UserWork::HistoryBounded(number));
        }
    }

    /// The user is loaded, and knows of every conversation whose messages lie below the bound:
    /// the shard that brought them in told so before it closed.
    pub(crate) fn history_bounded(&mut self, number: u64) {
        let bound = self.gate.bound(Line::Whole);
        let Some(history) = self.histories.open.get_mut(&number) else { return };
        let Some(user) = self.users.live(&history.asked.user) else { return };
        for (conversation, membership) in &user.memberships {
            if !self.turn.options.is_stored(membership.category) || history.asked.after >= bound {
                continue;
            }
            let range = LogRange {
                conversation: *conversation,
                after_id: history.asked.after,
                after_seq: membership.hidden_up_to,
                up_to: bound,
            };
            let home = self.turn.placement.home_of_conversation(*conversation);
            history.sources.entry(home).or_insert_with(Source::new).ranges.push(range);
        }
        self.history_proceeds(number);
    }

    pub(crate) fn history_page(&mut self, number: u64, ticket: Ticket, page: LogPage) {
        let Some(history) = self.histories.open.get_mut(&number) else { return };
        let mut sources = history.sources.values_mut();
        if let Some(source) = sources.find(|source| source.ticket == Some(ticket)) {
            source.take_page(page);
        }
        self.history_proceeds(number);
    }

    fn history_proceeds(&mut self, number: u64) {
        let Some(history) = self.histories.open.get_mut(&number) else { return };
        if history.deadline_ms <= self.turn.now.monotonic_ms {
            let origin = history.asked.origin;
            self.histories.open.remove(&number);
            give_up(origin, &mut self.turn);
            return self.next_history();
        }
        match history.proceed(&mut self.turn) {
            Progress::Waits => {
                let tickets = history.sources.values().filter_map(|source| source.ticket);
                self.reads.extend(tickets.map(|ticket| (ticket, Reader::History(number))));
            }
            Progress::Read => {
                let user = history.asked.user;
                self.user_work(user, UserWork::HistoryRead(number));
            }
        }
    }

    /// Who has left a conversation meanwhile is shown nothing more of it.
    pub(crate) fn history_read(&mut self, number: u64) {
        let Some(history) = self.histories.open.remove(&number) else { return };
        let Some(user) = self.users.live(&history.asked.user) else { return };
        let History { asked, mut messages, more, .. } = history;
        messages.retain(|message| user.memberships.contains_key(&message.conversation));
        if let Some(last) = messages.last() {
            self.turn.has_shown(last.id);
        }
        let answer = CallAnswer::History { messages, more };
        self.turn.answer(asked.origin, Reply::Call(answer));
        self.next_history();
    }

    fn next_history(&mut self) {
        while let Some((asked, deadline_ms)) = self.histories.waiting.pop_front() {
            if deadline_ms > self.turn.now.monotonic_ms {
                return self.history_begins(asked, deadline_ms);
            }
            give_up(asked.origin, &mut self.turn);
        }
    }
}

impl History {
    fn new(asked: Asked, deadline_ms: u64) -> Self {
        Self {
            asked,
            deadline_ms,
            sources: BTreeMap::new(),
            messages: Vec::new(),
            bytes: 0,
            more: false,
        }
    }

    /// Takes what is read, in id order, and asks for what is needed next.
    fn proceed(&mut self, turn: &mut Turn) -> Progress {
        let count_max = self.asked.count.clamp(1, Ask::HISTORY_MAX) as usize;
        loop {
            for (shard, source) in &mut self.sources {
                source.read(*shard, turn);
            }
            self.sources.retain(|_, source| !source.is_over());
            if self.sources.values().any(|source| source.buffered.is_empty()) {
                return Progress::Waits;
            }
            let Some(message) = take_smallest(&mut self.sources) else { return Progress::Read };
            if !is_shown(&message, turn.now) {
                continue;
            }
            if self.messages.len() >= count_max || self.bytes >= HISTORY_BYTES_MAX {
                self.more = true;
                return Progress::Read;
            }
            self.bytes += weight(&message);
            self.messages.push(message);
        }
    }
}

fn is_shown(message: &Message, now: Now) -> bool {
    !message.content.is_mark() && !is_expired(message, now)
}

fn give_up(origin: Origin, turn: &mut Turn) {
    let refusal = Refusal::Unavailable.into();
    turn.answer(origin, Reply::Call(CallAnswer::Refused(refusal)));
}
