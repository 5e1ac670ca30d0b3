//! One shard's door for connection tasks and HTTP: calls into the core, reads beside it, the
//! password lane, the turn's time.
//!
//! It decides nothing. A caller gets an answer or a refusal within
//! [`CALL_DEADLINE_MS`](crate::calls::CALL_DEADLINE_MS), and dropping a call's future forgets the
//! call. The handle never leaves its shard.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use parlance_codecs::framing::engineio::{RequestError, Sid};
use parlance_codecs::{ConversationId, Refusal, Seq, UserId};
use parlance_conversation::Input;
use parlance_conversation::input::Now;
use parlance_conversation::mesh::{CallAnswer, CallRefusal, CallRequest};
use parlance_conversation::placement::{Placement, ShardIndex};
use parlance_conversation::store::{LogPage, LogQuery, UserRecord};
use parlance_storage::{HistoryPage, HistoryQuery};

use crate::auth::Verifier;
use crate::calls::Calls;
use crate::config::Settings;
use crate::inbox::LocalInputs;
use crate::lanes::{ReadLane, RecallsQuery};
use crate::metrics::Metrics;
use crate::password_lane::PasswordLane;
use crate::readiness::Readiness;
use crate::visits::{Errand, Outcome, Visits, began_on};

/// A store could not be read, or so much waits to be read that this must come back later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the store cannot be read now")]
pub(crate) struct Unavailable;

/// More passwords wait to be hashed than the lane takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many sign-ins at the moment")]
pub(crate) struct Busy;

/// A cheap copy of the door to the shard that it was made on.
#[derive(Clone)]
pub(crate) struct ShardHandle(Rc<Door>);

/// What the door leads to.
pub(crate) struct Door {
    pub(crate) me: ShardIndex,
    pub(crate) placement: Placement,
    pub(crate) settings: Arc<Settings>,
    pub(crate) verifier: Arc<Verifier>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) readiness: Arc<Readiness>,
    /// The turn's time; between two turns, the last one's (a heartbeat old at most).
    pub(crate) now: Cell<Now>,
    pub(crate) inputs: LocalInputs,
    pub(crate) calls: Calls,
    pub(crate) reads: ReadLane,
    pub(crate) passwords: PasswordLane,
    pub(crate) visits: Visits,
}

impl ShardHandle {
    pub(crate) fn new(door: Door) -> Self {
        Self(Rc::new(door))
    }

    pub(crate) fn door(&self) -> &Door {
        &self.0
    }

    /// Asks the core, wherever what it is about lives.
    pub(crate) async fn call(&self, request: CallRequest) -> CallAnswer {
        let unavailable = CallAnswer::Refused(CallRefusal::Refused(Refusal::Unavailable));
        if !self.0.readiness.takes_calls() || !self.0.inputs.has_room() {
            return unavailable;
        }
        let Some(waiting) = self.0.calls.begin(self.0.now.get()) else {
            return unavailable;
        };
        self.0.inputs.push(Input::Call { call: waiting.id(), request });
        waiting.answer().await.unwrap_or(unavailable)
    }

    /// Reads messages from any shard's store, as they are committed at the moment.
    pub(crate) async fn read_log(
        &self,
        shard: ShardIndex,
        query: LogQuery,
    ) -> Result<LogPage, Unavailable> {
        self.0.reads.read_log(shard, query).await
    }

    /// Messages of one conversation, from the store of its home.
    pub(crate) async fn read_history(
        &self,
        query: HistoryQuery,
    ) -> Result<HistoryPage, Unavailable> {
        let store = self.0.placement.home_of_conversation(query.conversation);
        self.0.reads.read_history(store, query).await
    }

    /// The first seq up to `last` whose message was created at `at_ms` or later.
    pub(crate) async fn seq_at(
        &self,
        conversation: ConversationId,
        last: Seq,
        at_ms: u64,
    ) -> Result<Seq, Unavailable> {
        let store = self.0.placement.home_of_conversation(conversation);
        self.0.reads.seq_at(store, conversation, last, at_ms).await
    }

    pub(crate) async fn recalls(
        &self,
        query: RecallsQuery,
    ) -> Result<Vec<(u32, Seq)>, Unavailable> {
        let store = self.0.placement.home_of_conversation(query.conversation);
        self.0.reads.recalls(store, query).await
    }

    /// Users of a shard with ids above `after`, rising.
    pub(crate) async fn users(
        &self,
        shard: ShardIndex,
        after: Option<UserId>,
        limit: usize,
    ) -> Result<Vec<(UserId, UserRecord)>, Unavailable> {
        self.0.reads.users(shard, after, limit).await
    }

    /// Whether `password` is the one that `hash` (a PHC string) was made from.
    pub(crate) async fn verify_password(
        &self,
        hash: String,
        password: String,
    ) -> Result<bool, Busy> {
        self.0.passwords.verify(hash, password).await
    }

    /// The PHC string of a password, with a salt of its own.
    pub(crate) async fn hash_password(&self, password: String) -> Result<String, Busy> {
        self.0.passwords.hash(password).await
    }

    /// Visits a polling session, wherever it is.
    pub(crate) async fn visit(&self, sid: Sid, errand: Errand) -> Outcome {
        let Some(to) = began_on(self.0.placement, sid) else {
            return Outcome::Refused(RequestError::SessionUnknown);
        };
        self.0.visits.make(self.0.me, to, sid, errand, &self.0.inputs).await
    }

    /// Tells a polling session something, and waits for nothing.
    pub(crate) fn visit_once(&self, sid: Sid, errand: Errand) {
        if let Some(to) = began_on(self.0.placement, sid) {
            self.0.visits.send(to, sid, errand, &self.0.inputs);
        }
    }

    pub(crate) fn now(&self) -> Now {
        self.0.now.get()
    }

    pub(crate) fn me(&self) -> ShardIndex {
        self.0.me
    }

    pub(crate) fn placement(&self) -> Placement {
        self.0.placement
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.0.settings
    }

    pub(crate) fn verifier(&self) -> &Verifier {
        &self.0.verifier
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.0.readiness.is_draining()
    }

    /// Whether the server takes clients, and if not, why.
    pub(crate) fn ready(&self) -> Result<(), &'static str> {
        self.0.readiness.ready()
    }
}
