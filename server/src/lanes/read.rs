//! The read lane: one thread per shard that loads and reads, from any shard's store.
//!
//! What the core asks for is answered through the inbox, several answers in one message; what a
//! task asks for is answered to that task. A store that cannot be read is damaged or gone: for
//! the core that is final, a task is told that it is unavailable.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;

use flume::TrySendError;
use parlance_codecs::ask::Direction;
use parlance_codecs::{ConversationId, Seq, UserId};
use parlance_conversation::input::Ticket;
use parlance_conversation::placement::ShardIndex;
use parlance_conversation::store::{LoadKey, LogPage, LogQuery, UserRecord};
use parlance_storage::{HistoryPage, HistoryQuery, Store, StoreError};

use crate::inbox::{InboxSender, ReadDone, ToShard};
use crate::shard_handle::Unavailable;
use crate::sockets::from_afar;

/// Jobs that wait for the lane.
const JOBS_MAX: usize = 1_024;
/// Jobs whose answers to the core are joined into one message: few enough that the first answer
/// is not late.
const JOINED_MAX: usize = 16;
/// The core's reads that wait, above which the shard stops reading its clients.
const CORE_READS_MAX: usize = 4 * JOBS_MAX;

type Users = Vec<(UserId, UserRecord)>;
/// Where one task waits for its answer.
type Reply<T> = flume::Sender<Result<T, Unavailable>>;

enum Job {
    Core(CoreRead),
    Log {
        store: ShardIndex,
        query: LogQuery,
        reply: Reply<LogPage>,
    },
    History {
        store: ShardIndex,
        query: HistoryQuery,
        reply: Reply<HistoryPage>,
    },
    SeqAt {
        store: ShardIndex,
        conversation: ConversationId,
        last: Seq,
        at_ms: u64,
        reply: Reply<Seq>,
    },
    Recalls {
        store: ShardIndex,
        query: RecallsQuery,
        reply: Reply<Vec<(u32, Seq)>>,
    },
    Users {
        store: ShardIndex,
        after: Option<UserId>,
        limit: usize,
        reply: Reply<Users>,
    },
    /// The shard has ended, although tasks that it left behind may still know the lane.
    End,
}

/// Recalls of one conversation by their index; see [`Store::recalls`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct RecallsQuery {
    pub(crate) conversation: ConversationId,
    pub(crate) start: u32,
    pub(crate) direction: Direction,
    pub(crate) limit: usize,
}

/// A read that the core asked for.
enum CoreRead {
    Load { ticket: Ticket, key: LoadKey, now_ms: u64 },
    Log { ticket: Ticket, store: ShardIndex, query: LogQuery },
}

/// The tasks' way to the lane.
#[derive(Clone)]
pub(crate) struct ReadLane(flume::Sender<Job>);

impl ReadLane {
    /// Starts the lane of `shard`, which reads every store of `stores` (in the order of their
    /// shards) and reports to `inbox`.
    pub(crate) fn start(
        shard: ShardIndex,
        stores: Arc<[Arc<dyn Store>]>,
        inbox: InboxSender,
    ) -> io::Result<(Self, JoinHandle<()>)> {
        let (to_lane, jobs) = flume::bounded(JOBS_MAX);
        let lane = Lane { shard, stores, jobs, inbox };
        let thread = super::start(format!("read-{}", shard.0), move || lane.run())?;
        Ok((Self(to_lane), thread))
    }

    pub(crate) async fn read_log(
        &self,
        store: ShardIndex,
        query: LogQuery,
    ) -> Result<LogPage, Unavailable> {
        self.ask(|reply| Job::Log { store, query, reply }).await
    }

    pub(crate) async fn read_history(
        &self,
        store: ShardIndex,
        query: HistoryQuery,
    ) -> Result<HistoryPage, Unavailable> {
        self.ask(|reply| Job::History { store, query, reply }).await
    }

    pub(crate) async fn seq_at(
        &self,
        store: ShardIndex,
        conversation: ConversationId,
        last: Seq,
        at_ms: u64,
    ) -> Result<Seq, Unavailable> {
        self.ask(|reply| Job::SeqAt { store, conversation, last, at_ms, reply }).await
    }

    pub(crate) async fn recalls(
        &self,
        store: ShardIndex,
        query: RecallsQuery,
    ) -> Result<Vec<(u32, Seq)>, Unavailable> {
        self.ask(|reply| Job::Recalls { store, query, reply }).await
    }

    pub(crate) async fn users(
        &self,
        store: ShardIndex,
        after: Option<UserId>,
        limit: usize,
    ) -> Result<Users, Unavailable> {
        self.ask(|reply| Job::Users { store, after, limit, reply }).await
    }

    async fn ask<T>(&self, job: impl FnOnce(Reply<T>) -> Job) -> Result<T, Unavailable> {
        let (reply, answer) = flume::bounded(1);
        self.0.try_send(job(reply)).map_err(|_| Unavailable)?;
        from_afar(answer.recv_async()).await.map_err(|_| Unavailable)?
    }
}

/// The core's way to the lane: reads that a full lane does not take wait here, in order.
pub(crate) struct CoreReads {
    lane: ReadLane,
    waiting: VecDeque<CoreRead>,
    unanswered: usize,
}

impl CoreReads {
    pub(crate) fn new(lane: ReadLane) -> Self {
        Self { lane, waiting: VecDeque::new(), unanswered: 0 }
    }

    pub(crate) fn load(&mut self, ticket: Ticket, key: LoadKey, now_ms: u64) {
        self.waiting.push_back(CoreRead::Load { ticket, key, now_ms });
    }

    pub(crate) fn read_log(&mut self, ticket: Ticket, store: ShardIndex, query: LogQuery) {
        self.waiting.push_back(CoreRead::Log { ticket, store, query });
    }

    /// Gives the lane what it takes, once per turn.
    pub(crate) fn feed(&mut self) {
        while let Some(read) = self.waiting.pop_front() {
            match self.lane.0.try_send(Job::Core(read)) {
                Ok(()) => self.unanswered += 1,
                Err(TrySendError::Full(Job::Core(read))) => {
                    self.waiting.push_front(read);
                    return;
                }
                // A lane that ended has reported why, and the shard ends when it hears of it.
                Err(_) => return,
            }
        }
    }

    /// Ends the lane once it has done what it was given.
    pub(crate) fn end(&self) {
        // A lane so far behind is left to the process's end.
        let _ = self.lane.0.try_send(Job::End);
    }

    pub(crate) fn answered(&mut self, reads: usize) {
        self.unanswered = self.unanswered.saturating_sub(reads);
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.unanswered == 0
    }

    pub(crate) fn is_over_mark(&self) -> bool {
        self.waiting.len() > CORE_READS_MAX
    }
}

/// What a job came to.
enum Done {
    /// Boxed, because what is loaded of a user is large beside the others.
    ForCore(Box<ReadDone>),
    ForTask,
    End,
}

/// The lane's end.
struct Lane {
    shard: ShardIndex,
    stores: Arc<[Arc<dyn Store>]>,
    jobs: flume::Receiver<Job>,
    inbox: InboxSender,
}

impl Lane {
    fn run(self) {
        while let Ok(first) = self.jobs.recv() {
            let mut answers = Vec::new();
            for job in std::iter::once(first).chain(self.jobs.try_iter()).take(JOINED_MAX) {
                match self.perform(job) {
                    Ok(Done::ForCore(answer)) => answers.push(*answer),
                    Ok(Done::ForTask) => {}
                    Ok(Done::End) => return,
                    Err(error) => {
                        let _ = self.inbox.send(ToShard::StoreFailed { reason: error.to_string() });
                        return;
                    }
                }
            }
            // An inbox that is gone has a shard that is gone: nobody waits for more.
            if !answers.is_empty() && self.inbox.send(ToShard::Reads(answers)).is_err() {
                return;
            }
        }
    }

    fn perform(&self, job: Job) -> Result<Done, StoreError> {
        match job {
            Job::Core(CoreRead::Load { ticket, key, now_ms }) => {
                let loaded = self.store(self.shard)?.load(&key, now_ms)?;
                Ok(Done::ForCore(Box::new(ReadDone::Loaded { ticket, loaded: Box::new(loaded) })))
            }
            Job::Core(CoreRead::Log { ticket, store, query }) => {
                let page = self.store(store)?.read_log(&query)?;
                Ok(Done::ForCore(Box::new(ReadDone::Read { ticket, page })))
            }
            Job::Log { store, query, reply } => {
                answer(&reply, self.store(store).and_then(|store| store.read_log(&query)));
                Ok(Done::ForTask)
            }
            Job::History { store, query, reply } => {
                answer(&reply, self.store(store).and_then(|store| store.read_history(&query)));
                Ok(Done::ForTask)
            }
            Job::SeqAt { store, conversation, last, at_ms, reply } => {
                let found = self.store(store).and_then(|it| it.seq_at(conversation, last, at_ms));
                answer(&reply, found);
                Ok(Done::ForTask)
            }
            Job::Recalls { store, query, reply } => {
                let RecallsQuery { conversation, start, direction, limit } = query;
                let store = self.store(store);
                answer(
                    &reply,
                    store.and_then(|it| it.recalls(conversation, start, direction, limit)),
                );
                Ok(Done::ForTask)
            }
            Job::Users { store, after, limit, reply } => {
                answer(&reply, self.store(store).and_then(|store| store.users(after, limit)));
                Ok(Done::ForTask)
            }
            Job::End => Ok(Done::End),
        }
    }

    fn store(&self, shard: ShardIndex) -> Result<&dyn Store, StoreError> {
        let store = self.stores.get(shard.index()).map(|store| &**store);
        store.ok_or_else(|| StoreError::Failed(format!("there is no shard {}", shard.0)))
    }
}

fn answer<T>(reply: &Reply<T>, result: Result<T, StoreError>) {
    let result = result.map_err(|error| {
        tracing::error!(%error, "a read for a caller failed");
        Unavailable
    });
    // A caller that has left needs no answer.
    let _ = reply.try_send(result);
}
