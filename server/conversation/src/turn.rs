//! What every part of a shard needs while it handles an input: the time, the ids, and the ways
//! out (effects, messages to shards, writes and what follows their commit).
//!
//! Invariant: what depends on a write leaves only after its commit. Commits finish in the order
//! of their writes, so one queue of followers is enough: a follower waits for the newest write at
//! the time that it is queued, and everything that decided it is older.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use parlance_codecs::dialect::DialectName;
use parlance_codecs::{ConversationId, Event, Message, MessageId, Posted, Refusal};
use smallvec::SmallVec;

use crate::clock::Clock;
use crate::effect::Effect;
use crate::input::{CommitSeq, Now, SessionId, Ticket};
use crate::intents::Intents;
use crate::mesh::{CallAnswer, MeshBody, MeshMessage, Origin, SentBy};
use crate::placement::{Placement, ShardIndex};
use crate::shard::Options;
use crate::store::{Change, Durability, LoadKey};

/// The shards that are home to a conversation's members; few, in rising order.
pub(crate) type Shards = SmallVec<[ShardIndex; 8]>;

/// What happens once a write is committed.
#[derive(Debug)]
pub(crate) enum After {
    Tell {
        to: ShardIndex,
        body: MeshBody,
    },
    /// Shards that are home to members get the message; who knows of it already is passed over.
    Deliver {
        message: Arc<Message>,
        shards: Shards,
        origin: Origin,
        call_of: Option<DialectName>,
    },
}

#[derive(Debug)]
pub(crate) struct Turn {
    pub(crate) me: ShardIndex,
    pub(crate) placement: Placement,
    pub(crate) options: Options,
    pub(crate) now: Now,
    pub(crate) clock: Clock,
    /// The largest id shown to a session of this shard.
    pub(crate) shown: MessageId,
    effects: VecDeque<Effect>,
    /// Messages to this shard itself, handled before the next input.
    to_self: VecDeque<MeshBody>,
    followers: VecDeque<(CommitSeq, After)>,
    written: CommitSeq,
    committed: CommitSeq,
    tickets: u64,
    /// Which conversation waits for a load.
    pub(crate) waits: BTreeMap<Ticket, PostWait>,
    pub(crate) intents: Intents,
    /// Unstored messages follow this write, so that they stay in order behind one that had to.
    unstored_barrier: CommitSeq,
}

/// A conversation's load on its way.
#[derive(Debug)]
pub(crate) struct PostWait {
    pub(crate) conversation: ConversationId,
}

impl Turn {
    pub(crate) fn new(
        me: ShardIndex,
        placement: Placement,
        options: Options,
        clock: Clock,
        intents: Intents,
        now: Now,
    ) -> Self {
        Self {
            me,
            placement,
            options,
            now,
            clock,
            shown: MessageId::ZERO,
            effects: VecDeque::new(),
            to_self: VecDeque::new(),
            followers: VecDeque::new(),
            written: CommitSeq(0),
            committed: CommitSeq(0),
            tickets: 0,
            waits: BTreeMap::new(),
            intents,
            unstored_barrier: CommitSeq(0),
        }
    }

    pub(crate) fn effect(&mut self, effect: Effect) {
        self.effects.push_back(effect);
    }

    pub(crate) fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    pub(crate) fn next_to_self(&mut self) -> Option<MeshBody> {
        self.to_self.pop_front()
    }

    /// Something with this id is being shown: what is posted from here on gets a larger one.
    pub(crate) fn has_shown(&mut self, id: MessageId) {
        self.shown = self.shown.max(id);
    }

    pub(crate) fn send(&mut self, session: SessionId, event: Event) {
        self.effect(Effect::Send { session, event });
    }

    pub(crate) fn tell(&mut self, to: ShardIndex, body: MeshBody) {
        if to == self.me {
            self.to_self.push_back(body);
        } else {
            let message = MeshMessage { clock: self.shown, body };
            self.effect(Effect::Mesh { to, message });
        }
    }

    pub(crate) fn load(&mut self, key: LoadKey) -> Ticket {
        let ticket = self.next_ticket();
        self.effect(Effect::Load { ticket, key });
        ticket
    }

    pub(crate) fn next_ticket(&mut self) -> Ticket {
        self.tickets += 1;
        Ticket(self.tickets)
    }

    /// Asks for a write and returns its number.
    pub(crate) fn write(&mut self, changes: Vec<Change>, durability: Durability) -> CommitSeq {
        debug_assert!(durability != Durability::Memory, "memory is never written");
        self.written.0 += 1;
        self.effect(Effect::Write { changes, durability });
        self.written
    }

    /// Does `after` once everything written so far is committed; at once where nothing waits.
    pub(crate) fn follow(&mut self, after: After) {
        if self.committed == self.written {
            self.perform(after);
        } else {
            self.followers.push_back((self.written, after));
        }
    }

    /// Unstored messages wait for everything written so far: a new ceiling is on its way, and
    /// their ids may be above the old one.
    pub(crate) fn hold_unstored(&mut self) {
        self.unstored_barrier = self.written;
    }

    /// Does what concerns a message that is not stored: at once, unless one before it waits for
    /// a write, or `behind_write` says that this one does.
    pub(crate) fn follow_unstored(&mut self, afters: Vec<After>, behind_write: bool) {
        let waits = behind_write || self.unstored_barrier > self.committed;
        if waits {
            self.unstored_barrier = self.written;
        }
        for after in afters {
            if waits { self.follow(after) } else { self.perform(after) }
        }
    }

    pub(crate) fn tell_after_writes(&mut self, to: ShardIndex, body: MeshBody) {
        self.follow(After::Tell { to, body });
    }

    /// Answers a caller once everything written so far is committed.
    pub(crate) fn answer(&mut self, origin: Origin, reply: Reply) {
        let after = answer_to(origin, reply);
        self.follow(after);
    }

    pub(crate) fn commit_up_to(&mut self, up_to: CommitSeq) {
        assert!(
            self.committed <= up_to && up_to <= self.written,
            "commit {up_to:?} is not between {:?} and {:?}",
            self.committed,
            self.written
        );
        self.committed = up_to;
        while let Some((_, after)) = self.followers.pop_front_if(|(at, _)| *at <= up_to) {
            self.perform(after);
        }
    }

    pub(crate) fn is_committed(&self, at: CommitSeq) -> bool {
        at <= self.committed
    }

    /// Does at once what would otherwise follow the writes.
    pub(crate) fn perform(&mut self, after: After) {
        match after {
            After::Tell { to, body } => self.tell(to, body),
            After::Deliver { message, shards, origin, call_of } => {
                for shard in shards {
                    let by = match origin {
                        Origin::Session { shard: at, session, .. } if at == shard => {
                            SentBy::Session(session)
                        }
                        Origin::Session { .. } => SentBy::Others,
                        Origin::Call { .. } => call_of.map_or(SentBy::Others, SentBy::CallOf),
                    };
                    let message = Arc::clone(&message);
                    self.tell(shard, MeshBody::Deliver { message, by });
                }
            }
        }
    }
}

/// An answer to whoever asked, as a result for a session's post or as a call's answer.
#[derive(Debug)]
pub(crate) enum Reply {
    Posted(Result<Posted, Refusal>),
    Call(CallAnswer),
}

pub(crate) fn answer_to(origin: Origin, reply: Reply) -> After {
    match origin {
        Origin::Session { shard, session, post, draft } => {
            let Reply::Posted(result) = reply else {
                unreachable!("a session waits for the results of posts only");
            };
            After::Tell { to: shard, body: MeshBody::Posted { session, post, draft, result } }
        }
        Origin::Call { shard, call } => {
            let answer = match reply {
                Reply::Call(answer) => answer,
                Reply::Posted(Ok(posted)) => CallAnswer::Posted(posted),
                Reply::Posted(Err(refusal)) => CallAnswer::Refused(refusal.into()),
            };
            After::Tell { to: shard, body: MeshBody::Answer { call, answer } }
        }
    }
}
