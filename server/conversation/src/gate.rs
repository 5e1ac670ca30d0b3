//! Holds live messages back until nothing smaller can follow, for sessions that resume by id.
//!
//! Conversations of one session live on several shards, and each shard's messages arrive in
//! rising id order per category. A client that resumes by id would lose message 5 if it had seen
//! 7 before: so 7 waits until every shard has promised (*closed*) that nothing up to 7 follows.
//! A shard that has nothing to say is asked. Some clients name an id per category, others one id
//! for everything: a message may stand in a line of each kind.
//!
//! The [`Barrier`] does the same for a Sync, or for a caller who asks for everything above an id:
//! it finds an id above everything that was acknowledged anywhere before they began, and waits
//! until every shard has closed up to it.

use std::collections::BTreeMap;
use std::sync::Arc;

use parlance_codecs::{Category, ConversationId, Message, MessageId, Seq};

use crate::input::{ResumeStyle, SessionId};
use crate::mesh::{MeshBody, SentBy};
use crate::placement::{Placement, ShardIndex};
use crate::turn::Turn;

#[derive(Debug)]
pub(crate) struct Gate {
    /// Per shard and category: no message up to this id follows.
    closed: Vec<[MessageId; Category::COUNT]>,
    /// Up to where each shard was asked to close, so that it is asked once.
    asked: Vec<MessageId>,
    /// By [`Line::index`].
    held: [BTreeMap<MessageId, Held>; Line::COUNT],
}

/// Within what ids rise for those who wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    Category(Category),
    /// All that a session is shown.
    Whole,
}

impl Line {
    const COUNT: usize = Category::COUNT + 1;

    pub(crate) fn all() -> impl Iterator<Item = Line> {
        Category::ALL.into_iter().map(Line::Category).chain([Line::Whole])
    }

    fn index(self) -> usize {
        match self {
            Line::Category(category) => category.index(),
            Line::Whole => Category::COUNT,
        }
    }

    /// Up to where one shard has closed this line.
    fn closed(self, closed: &[MessageId; Category::COUNT]) -> MessageId {
        match self {
            Line::Category(category) => closed.get(category.index()).copied().unwrap_or_default(),
            Line::Whole => closed.iter().copied().min().unwrap_or_default(),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) message: Arc<Message>,
    pub(crate) by: SentBy,
    /// Sessions whose users joined after this message, where the past is hidden.
    pub(crate) hidden_from: Vec<SessionId>,
}

impl Held {
    /// Who had the slot before is gone: there are never more than there are slots.
    fn hide_from(&mut self, session: SessionId) {
        match self.hidden_from.iter_mut().find(|other| other.slot == session.slot) {
            Some(other) => *other = session,
            None => self.hidden_from.push(session),
        }
    }
}

impl Gate {
    pub(crate) fn new(placement: Placement) -> Self {
        Self {
            closed: vec![[MessageId::ZERO; Category::COUNT]; placement.shards()],
            asked: vec![MessageId::ZERO; placement.shards()],
            held: Default::default(),
        }
    }

    /// Everything of the line up to this id has arrived, from every shard.
    pub(crate) fn bound(&self, line: Line) -> MessageId {
        self.closed.iter().map(|closed| line.closed(closed)).min().unwrap_or(MessageId::MAX)
    }

    /// For each category, up to where a session of this style may be shown everything.
    pub(crate) fn bounds(&self, resume: ResumeStyle) -> [MessageId; Category::COUNT] {
        match resume {
            ResumeStyle::ByOneId => [self.bound(Line::Whole); Category::COUNT],
            ResumeStyle::ById | ResumeStyle::ByCursor | ResumeStyle::FromNow => {
                Category::ALL.map(|category| self.bound(Line::Category(category)))
            }
        }
    }

    /// A delivery from a shard is also its promise that nothing smaller follows: of its category
    /// where it is not stored, because such messages wait for no write, and of any otherwise.
    pub(crate) fn delivered(&mut self, from: ShardIndex, message: &Message, is_stored: bool) {
        let Some(closed) = self.closed.get_mut(from.index()) else { return };
        for category in Category::ALL {
            if let Some(closed) = closed.get_mut(category.index())
                && (is_stored || category == message.category)
            {
                *closed = message.id.max(*closed);
            }
        }
    }

    pub(crate) fn closed(&mut self, from: ShardIndex, up_to: MessageId) {
        if let Some(closed) = self.closed.get_mut(from.index()) {
            for closed in closed {
                *closed = up_to.max(*closed);
            }
        }
    }

    pub(crate) fn hold(&mut self, line: Line, message: Arc<Message>, by: SentBy) {
        if let Some(held) = self.held.get_mut(line.index()) {
            held.insert(message.id, Held { message, by, hidden_from: Vec::new() });
        }
    }

    /// Whether a message need not be held: every shard has closed its line up to it, and nothing
    /// waits before it. With one shard that is so for every message.
    pub(crate) fn passes(&self, line: Line, id: MessageId) -> bool {
        self.held.get(line.index()).is_some_and(BTreeMap::is_empty) && id <= self.bound(line)
    }

    pub(crate) fn held(&self) -> usize {
        self.held.iter().map(BTreeMap::len).sum()
    }

    /// Forgets what is held. Whoever would have been shown it must read it from the log.
    pub(crate) fn drop_held(&mut self) {
        self.held = Default::default();
    }

    /// A session comes into conversations whose messages up to `hidden_up_to` are hidden from it:
    /// those that are held were said before, and stay hidden.
    pub(crate) fn hide(
        &mut self,
        session: SessionId,
        hidden_up_to: impl Fn(ConversationId) -> Option<Seq>,
    ) {
        for held in self.held.iter_mut().flat_map(BTreeMap::values_mut) {
            if hidden_up_to(held.message.conversation)
                .is_some_and(|up_to| held.message.seq <= up_to)
            {
                held.hide_from(session);
            }
        }
    }

    /// The next held message that may be shown.
    pub(crate) fn release(&mut self, line: Line) -> Option<Held> {
        let bound = self.bound(line);
        let first = self.held.get_mut(line.index())?.first_entry()?;
        (*first.key() <= bound).then(|| first.remove())
    }

    /// Asks the shards that keep the newest held message from being shown.
    pub(crate) fn ask(&mut self, turn: &mut Turn) {
        for line in Line::all() {
            let Some(newest) = self.newest(line) else { continue };
            let shards = (0u8..).zip(self.closed.iter().zip(&mut self.asked));
            for (shard, (closed, asked)) in shards {
                if line.closed(closed) < newest && *asked < newest {
                    *asked = newest;
                    turn.tell(ShardIndex(shard), MeshBody::Close { up_to: newest, round: 0 });
                }
            }
        }
    }

    fn newest(&self, line: Line) -> Option<MessageId> {
        self.held.get(line.index())?.last_key_value().map(|(id, _)| *id)
    }
}

/// Who waits for the barrier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waiter {
    /// A Sync of this session.
    Session(SessionId),
    /// The history of this number.
    History(u64),
}

/// The shared wait of all Syncs and histories that begin at about the same time.
#[derive(Debug, Default)]
pub(crate) struct Barrier {
    /// Rounds are numbered from 1; 0 marks the gate's own questions.
    round: u64,
    stage: Stage,
    /// Whom this run is for, and who came too late for it.
    current: Vec<Waiter>,
    next: Vec<Waiter>,
}

#[derive(Debug, Default)]
enum Stage {
    #[default]
    Idle,
    /// Every shard says how far its clock is.
    Clocks { waiting: usize, highest: MessageId },
    /// Every shard closes up to the highest of those clocks.
    Closing { waiting: usize },
}

impl Barrier {
    pub(crate) fn join(&mut self, waiter: Waiter, turn: &mut Turn) {
        self.next.push(waiter);
        if matches!(self.stage, Stage::Idle) {
            self.begin(turn);
        }
    }

    /// A shard's answer to a round; those whose wait is over, once it was the last.
    pub(crate) fn closed(&mut self, round: u64, up_to: MessageId, turn: &mut Turn) -> Vec<Waiter> {
        if round != self.round {
            return Vec::new();
        }
        match &mut self.stage {
            Stage::Idle => return Vec::new(),
            Stage::Clocks { waiting, highest } => {
                *waiting -= 1;
                *highest = up_to.max(*highest);
                let highest = *highest;
                if *waiting > 0 {
                    return Vec::new();
                }
                if turn.placement.shards() > 1 {
                    let waiting = self.ask_all(highest, turn);
                    self.stage = Stage::Closing { waiting };
                    return Vec::new();
                }
            }
            Stage::Closing { waiting } => {
                *waiting -= 1;
                if *waiting > 0 {
                    return Vec::new();
                }
            }
        }
        self.stage = Stage::Idle;
        let done = std::mem::take(&mut self.current);
        if !self.next.is_empty() {
            self.begin(turn);
        }
        done
    }

    fn begin(&mut self, turn: &mut Turn) {
        self.current = std::mem::take(&mut self.next);
        let waiting = self.ask_all(MessageId::ZERO, turn);
        self.stage = Stage::Clocks { waiting, highest: MessageId::ZERO };
    }

    fn ask_all(&mut self, up_to: MessageId, turn: &mut Turn) -> usize {
        self.round += 1;
        let shards = turn.placement.shards();
        for shard in (0u8..).take(shards) {
            turn.tell(ShardIndex(shard), MeshBody::Close { up_to, round: self.round });
        }
        shards
    }
}
