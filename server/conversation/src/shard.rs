//! One shard's whole state, and the way of an input to what it concerns.
//!
//! An input concerns one user, conversation or name, which lives on its home shard; what must
//! happen elsewhere goes as a message, to this very shard too. So each part decides on its own
//! state only. What is not in memory is loaded first, and the work waits for it in order.

use std::collections::{BTreeMap, BTreeSet};

use parlance_codecs::{Category, ConversationId, UserId};

use crate::cache::Cache;
use crate::clock::Clock;
use crate::conversation::{Arrived, Conversation};
use crate::dedupe::Window;
use crate::directory::{AllocatorWork, Name, NameWork};
use crate::effect::Effect;
use crate::fan_out::Subscriptions;
use crate::friendships::{Pair, PairWork};
use crate::gate::{Barrier, Gate};
use crate::history::{Histories, Reader};
use crate::input::{CommitSeq, Input, Now, SessionId, Ticket};
use crate::intents::Intents;
use crate::limits::{HELD_MESSAGES_MAX, IDLE_ENTITIES_MAX, SWEEP_PER_TICK_MAX, SYNC_LIVE_MAX};
use crate::mesh::{CallRequest, MeshBody, Origin};
use crate::paces::Paces;
use crate::placement::{Placement, ShardIndex};
use crate::receipts::{DirtyCursors, Recent};
use crate::session::Sessions;
use crate::store::{AllocatorState, Durability, Loaded, LogQuery, NameKey, Recovered};
use crate::turn::Turn;
use crate::user::User;
use crate::user_home::UserWork;

/// What a shard is told at start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Per category, by [`Category::index`].
    pub durability: [Durability; Category::COUNT],
    /// The text of one message, in bytes.
    pub text_bytes: usize,
    /// Messages in one page of a Sync's answer; at most [`LogQuery::MESSAGES_MAX`].
    pub page_messages: usize,
    /// Live messages kept beside a Sync that is being answered.
    pub sync_live_max: usize,
    /// Live messages held back for sessions that resume by id.
    pub held_messages_max: usize,
    /// Users, conversations and names that stay in memory though nobody uses them, each.
    pub idle_entities_max: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            durability: [Durability::Sync; Category::COUNT],
            text_bytes: parlance_codecs::limits::TEXT_BYTES_MAX,
            page_messages: LogQuery::MESSAGES_MAX,
            sync_live_max: SYNC_LIVE_MAX,
            held_messages_max: HELD_MESSAGES_MAX,
            idle_entities_max: IDLE_ENTITIES_MAX,
        }
    }
}

impl Options {
    pub(crate) fn durability_of(&self, category: Category) -> Durability {
        self.durability.get(category.index()).copied().unwrap_or(Durability::Sync)
    }

    pub(crate) fn is_stored(&self, category: Category) -> bool {
        self.durability_of(category) != Durability::Memory
    }
}

/// Work for a conversation that waits for its load: a message, and which shard it is from.
pub(crate) type ConversationWork = (ShardIndex, MeshBody);

/// The pure core of one shard.
#[derive(Debug)]
pub struct Shard {
    pub(crate) turn: Turn,
    pub(crate) users: Cache<UserId, User, UserWork>,
    pub(crate) conversations: Cache<ConversationId, Conversation, ConversationWork>,
    pub(crate) pairs: Cache<ConversationId, Pair, PairWork>,
    pub(crate) names: Cache<NameKey, Name, NameWork>,
    pub(crate) allocator: Cache<(), AllocatorState, AllocatorWork>,
    pub(crate) sessions: Sessions,
    pub(crate) subscriptions: Subscriptions,
    pub(crate) gate: Gate,
    pub(crate) barrier: Barrier,
    pub(crate) recent: Recent,
    pub(crate) dirty_cursors: DirtyCursors,
    pub(crate) paces: Paces,
    /// Whom a log read is for.
    pub(crate) reads: BTreeMap<Ticket, Reader>,
    pub(crate) histories: Histories,
    /// When sessions that resume by id have waited long enough for their first Sync.
    pub(crate) first_sync_deadlines: BTreeSet<(u64, SessionId)>,
}

impl Shard {
    /// `recovered.clock_ceiling` is the largest that *any* shard's store holds, and `now` is the
    /// same for every shard of the process, so that their clocks agree.
    pub fn new(
        me: ShardIndex,
        placement: Placement,
        options: Options,
        recovered: Recovered,
        now: Now,
    ) -> Self {
        assert!(me.index() < placement.shards(), "shard {} of {}", me.0, placement.shards());
        let clock = Clock::new(me, recovered.clock_ceiling, now);
        let intents = Intents::new(&recovered.intents);
        let mut turn = Turn::new(me, placement, options, clock, intents, now);
        turn.redrive(recovered.intents);
        Self {
            turn,
            users: Cache::new(),
            conversations: Cache::new(),
            pairs: Cache::new(),
            names: Cache::new(),
            allocator: Cache::new(),
            sessions: Sessions::default(),
            subscriptions: Subscriptions::default(),
            gate: Gate::new(placement),
            barrier: Barrier::default(),
            recent: Recent::default(),
            dirty_cursors: DirtyCursors::default(),
            paces: Paces::default(),
            reads: BTreeMap::new(),
            histories: Histories::default(),
            first_sync_deadlines: BTreeSet::new(),
        }
    }

    /// Decides what follows from one input; [`Shard::poll_effect`] hands it out.
    pub fn handle(&mut self, input: Input, now: Now) {
        self.turn.now = now;
        match input {
            Input::SignedIn(sign_in) => self.sign_in(sign_in),
            Input::Request { session, request } => self.session_request(session, request),
            Input::Drained { session } => self.drained(session),
            Input::Closed { session } => self.closed(session),
            Input::Call { call, request } => {
                let origin = Origin::Call { shard: self.turn.me, call };
                self.route_call(origin, request);
            }
            Input::Mesh { from, message } => {
                if is_post(&message.body) {
                    self.turn.clock.observe(message.clock);
                }
                if is_call_to_post(&message.body) {
                    self.turn.has_shown(message.clock);
                }
                self.receive(from, message.body);
            }
            Input::Committed { up_to } => self.turn.commit_up_to(up_to),
            Input::Loaded { ticket, loaded } => self.loaded(ticket, loaded),
            Input::Read { ticket, page } => self.page_read(ticket, page),
            Input::Tick => self.tick(),
        }
        while let Some(body) = self.turn.next_to_self() {
            if is_post(&body) {
                self.turn.clock.observe(self.turn.shown);
            }
            self.receive(self.turn.me, body);
        }
    }

    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.turn.poll_effect()
    }

    /// Posts of a session that wait for their answers, and requests that wait for its user; past
    /// [`crate::limits::POSTS_IN_FLIGHT_MAX`] the shell stops reading its connection.
    pub fn posts_in_flight(&self, session: SessionId) -> usize {
        self.sessions.get(session).map_or(0, crate::session::Session::posts_in_flight)
    }

    /// A load is here: what waited for it goes on, in order.
    fn loaded(&mut self, ticket: Ticket, loaded: Loaded) {
        match loaded {
            Loaded::User(state) => {
                let Some(id) = self.users.loaded_key(ticket) else { return };
                let waiting = self.users.install(&id, User::loaded(id, state));
                for work in waiting {
                    self.user_work(id, work);
                }
            }
            Loaded::Conversation(state) => {
                let Some(id) = self.conversations.loaded_key(ticket) else { return };
                let conversation = Conversation::loaded(id, state, self.turn.placement);
                for work in self.conversations.install(&id, conversation) {
                    self.conversation_work(id, work);
                }
            }
            Loaded::Pair(record) => {
                let Some(id) = self.pairs.loaded_key(ticket) else { return };
                for work in self.pairs.install(&id, Pair::loaded(id, record)) {
                    self.pair_work(id, work);
                }
            }
            Loaded::Name(record) => {
                let Some(key) = self.names.loaded_key(ticket) else { return };
                let name = Name { record, last_write: CommitSeq(0) };
                for work in self.names.install(&key, name) {
                    self.name_work(key.clone(), work);
                }
            }
            Loaded::Allocator(state) => {
                if self.allocator.loaded_key(ticket).is_none() {
                    return;
                }
                for work in self.allocator.install(&(), state) {
                    self.allocator_work(work);
                }
            }
            Loaded::Dedupe(records) => {
                self.post_wait_over(ticket, Arrived::Window(Window::loaded(records)));
            }
            Loaded::Message(message) => self.post_wait_over(ticket, Arrived::Target(message)),
        }
    }

    fn tick(&mut self) {
        self.first_syncs_due();
        self.write_due_cursors();
        let keep = self.turn.options.idle_entities_max;
        let turn = &self.turn;
        self.users.sweep(keep, SWEEP_PER_TICK_MAX, |user| {
            user.is_idle() && turn.is_committed(user.last_write)
        });
        self.conversations.sweep(keep, SWEEP_PER_TICK_MAX, |conversation| {
            let stored = conversation.category().is_none_or(|of| turn.options.is_stored(of));
            conversation.is_idle(stored) && turn.is_committed(conversation.last_write)
        });
        self.pairs.sweep(keep, SWEEP_PER_TICK_MAX, |pair| turn.is_committed(pair.last_write));
        self.names.sweep(keep, SWEEP_PER_TICK_MAX, |name| turn.is_committed(name.last_write));
    }
}

/// Posts carry their sender's clock: a message gets an id above everything its sender was shown.
fn is_post(body: &MeshBody) -> bool {
    matches!(body, MeshBody::Post { .. })
}

/// A caller's post goes by its sender's home first, which passes on what the caller was shown.
fn is_call_to_post(body: &MeshBody) -> bool {
    matches!(body, MeshBody::Call { request: CallRequest::Post { .. }, .. })
}
