//! The commit lane: one thread per store that joins everything that waits into one synced batch.
//!
//! While one batch is on its way to the disk, the writes of the turns that pass gather behind it,
//! and the next batch takes them all, up to its bounds; one that is to be synced may wait a
//! moment for more ([`super::gather`]). A batch is as durable as the most demanding write in it.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::thread::{JoinHandle, Thread};
use std::time::Instant;

use flume::{TryRecvError, TrySendError};
use parlance_codecs::{Content, News};
use parlance_conversation::input::CommitSeq;
use parlance_conversation::placement::ShardIndex;
use parlance_conversation::store::{Change, Durability, Intent};
use parlance_storage::Store;

use super::gather::{Awaited, Gather};
use crate::inbox::{InboxSender, ToShard};
use crate::metrics::Metrics;

/// Writes of one batch: enough to amortise the sync a thousandfold, few enough that the first
/// does not wait long for the last.
const BATCH_WRITES_MAX: usize = 4_096;
/// Bytes of one batch, about: a batch is copied into the write-ahead log at once.
const BATCH_BYTES_MAX: usize = 4 << 20;
/// Turns' worth of writes between the shard and its lane.
const TURNS_MAX: usize = 16;
/// Uncommitted writes above which the shard stops reading its clients: four full batches, far
/// more than are needed to keep the disk busy.
const UNCOMMITTED_MAX: u64 = 4 * BATCH_WRITES_MAX as u64;
/// What a stored change takes besides its variable parts, about.
const CHANGE_BYTES: usize = 128;

/// One effect's changes, applied whole or not at all.
pub(crate) struct Write {
    pub(crate) changes: Vec<Change>,
    pub(crate) durability: Durability,
}

/// The shard's end of the lane.
pub(crate) struct CommitLane {
    to_lane: flume::Sender<Vec<Write>>,
    gathering: Vec<Write>,
    written: u64,
    committed: CommitSeq,
    awaited: Awaited,
    thread: Thread,
}

impl CommitLane {
    /// Starts the lane of `shard`, which reports to `inbox`.
    pub(crate) fn start(
        shard: ShardIndex,
        store: Arc<dyn Store>,
        inbox: InboxSender,
        metrics: Arc<Metrics>,
    ) -> io::Result<(Self, JoinHandle<()>)> {
        let (to_lane, from_shard) = flume::bounded(TURNS_MAX);
        let awaited = Awaited::default();
        let lane = Lane { shard, store, from_shard, inbox, metrics, awaited: awaited.clone() };
        let thread = super::start(format!("commit-{}", shard.0), move || lane.run())?;
        let shards_end = Self {
            to_lane,
            gathering: Vec::new(),
            written: 0,
            committed: CommitSeq(0),
            awaited,
            thread: thread.thread().clone(),
        };
        Ok((shards_end, thread))
    }

    pub(crate) fn add(&mut self, write: Write) {
        self.written += 1;
        self.gathering.push(write);
    }

    /// Gives the lane what has gathered, once per turn. What a full lane does not take gathers
    /// on.
    pub(crate) fn feed(&mut self) {
        if self.gathering.is_empty() {
            return;
        }
        match self.to_lane.try_send(std::mem::take(&mut self.gathering)) {
            Ok(()) => self.awaited.given(self.written, &self.thread),
            // A lane that ended has reported why, and the shard ends when it hears of it.
            Err(TrySendError::Full(writes) | TrySendError::Disconnected(writes)) => {
                self.gathering = writes;
            }
        }
    }

    pub(crate) fn committed(&mut self, up_to: CommitSeq) {
        self.committed = up_to;
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.written == self.committed.0
    }

    pub(crate) fn is_over_mark(&self) -> bool {
        self.written.saturating_sub(self.committed.0) > UNCOMMITTED_MAX
    }
}

/// The lane's end.
struct Lane {
    shard: ShardIndex,
    store: Arc<dyn Store>,
    from_shard: flume::Receiver<Vec<Write>>,
    inbox: InboxSender,
    metrics: Arc<Metrics>,
    awaited: Awaited,
}

impl Lane {
    fn run(self) {
        let mut waiting: VecDeque<Write> = VecDeque::new();
        let mut up_to = CommitSeq(0);
        let mut gather = Gather::default();
        loop {
            if waiting.is_empty() {
                let Ok(writes) = self.from_shard.recv() else { return };
                waiting.extend(writes);
            }
            self.take_more(&mut waiting);
            if waiting.len() < gather.wanted() && is_to_be_synced(&waiting) {
                self.wait_for_more(up_to.0 + gather.wanted() as u64, &gather, &mut waiting);
            }
            let batch = take_batch(&mut waiting);
            up_to.0 += batch.writes;
            let report = match self.commit(&batch) {
                Ok(()) => ToShard::Committed { up_to },
                Err(reason) => ToShard::StoreFailed { reason },
            };
            if batch.durability == Durability::Sync {
                let came_beside = !waiting.is_empty() || !self.from_shard.is_empty();
                let writes = usize::try_from(batch.writes).unwrap_or(usize::MAX);
                gather.learn(writes, came_beside);
            }
            let is_over = matches!(report, ToShard::StoreFailed { .. });
            // An inbox that is gone has a shard that is gone: nobody waits for more.
            if self.inbox.send(report).is_err() || is_over {
                return;
            }
        }
    }

    /// Takes what the shard has given meanwhile; false once it gives nothing more.
    fn take_more(&self, waiting: &mut VecDeque<Write>) -> bool {
        while waiting.len() < BATCH_WRITES_MAX {
            match self.from_shard.try_recv() {
                Ok(writes) => waiting.extend(writes),
                Err(TryRecvError::Empty) => return true,
                Err(TryRecvError::Disconnected) => return false,
            }
        }
        true
    }

    fn wait_for_more(&self, write: u64, gather: &Gather, waiting: &mut VecDeque<Write>) {
        self.awaited.wait(write, || {
            let goes_on = self.take_more(waiting);
            !goes_on || waiting.len() >= gather.wanted()
        });
    }

    fn commit(&self, batch: &Batch) -> Result<(), String> {
        let started = Instant::now();
        self.store.commit(&batch.changes, batch.durability).map_err(|error| error.to_string())?;
        let metrics = self.metrics.shard(self.shard);
        metrics.commit_latency.record(started.elapsed());
        metrics.commit_batches.add(1);
        metrics.commit_entries.add(batch.writes);
        Ok(())
    }
}

/// Several writes as one.
struct Batch {
    changes: Vec<Change>,
    durability: Durability,
    writes: u64,
}

fn is_to_be_synced(waiting: &VecDeque<Write>) -> bool {
    waiting.iter().any(|write| write.durability == Durability::Sync)
}

/// The oldest writes up to the bounds; one at least.
fn take_batch(waiting: &mut VecDeque<Write>) -> Batch {
    let mut batch = Batch { changes: Vec::new(), durability: Durability::Memory, writes: 0 };
    let mut bytes = 0;
    while let Some(write) = waiting.pop_front() {
        bytes += write.changes.iter().map(bytes_of).sum::<usize>();
        batch.changes.extend(write.changes);
        batch.durability = batch.durability.max(write.durability);
        batch.writes += 1;
        if bytes >= BATCH_BYTES_MAX || batch.writes >= BATCH_WRITES_MAX as u64 {
            break;
        }
    }
    batch
}

/// What a change takes in a batch, about.
fn bytes_of(change: &Change) -> usize {
    let variable = match change {
        Change::PutMessage { message } => content_bytes(&message.content),
        Change::PutConversation { record, .. } => {
            record.name.len() + size_of_val(record.posters.as_slice())
        }
        Change::PutMembership { record, .. } => {
            size_of_val(record.delivered_above.as_slice()) + record.alias.len()
        }
        Change::PutUser { record, .. } => {
            record.name.as_ref().map_or(0, String::len)
                + record.external_id.as_ref().map_or(0, String::len)
                + record.own_name.len()
                + record.photo.len()
        }
        Change::PutFriend { record, .. } => record.alias.len(),
        Change::PutRequest { record, .. } => record.text.len(),
        Change::PutMember { record, .. } => record.name.len(),
        Change::PutNotice { notice } => news_bytes(&notice.what),
        Change::PutIntent { intent, .. } => intent_bytes(intent),
        Change::DeleteUser { .. }
        | Change::DeleteMembership { .. }
        | Change::DeleteFriend { .. }
        | Change::DeleteRequest { .. }
        | Change::DeleteNotice { .. }
        | Change::PutNoticeMark { .. }
        | Change::PutPair { .. }
        | Change::DeletePair { .. }
        | Change::PutName { .. }
        | Change::DeleteName { .. }
        | Change::PutAllocator { .. }
        | Change::DeleteConversation { .. }
        | Change::DeleteMember { .. }
        | Change::PutGroupRequest { .. }
        | Change::DeleteGroupRequest { .. }
        | Change::PutDedupe { .. }
        | Change::DeleteIntent { .. }
        | Change::PutClock { .. } => 0,
    };
    CHANGE_BYTES + variable
}

fn intent_bytes(intent: &Intent) -> usize {
    match intent {
        Intent::FriendAsked { text, .. } => text.len(),
        Intent::Notify { notice } => news_bytes(&notice.what),
        Intent::Joined { .. }
        | Intent::Left { .. }
        | Intent::Befriended { .. }
        | Intent::Unfriended { .. }
        | Intent::Invited { .. }
        | Intent::RequestOver { .. } => 0,
    }
}

fn news_bytes(what: &News) -> usize {
    match what {
        News::FriendRequested { text, .. } => text.len(),
        News::Befriended { with_name: name, .. } | News::Renamed { name, .. } => name.len(),
        News::Created { group_name, .. } => group_name.len(),
        News::Joined { group_name, member_name, .. } => group_name.len() + member_name.len(),
        News::FriendRefused { .. }
        | News::Unfriended { .. }
        | News::Invited { .. }
        | News::InviteRefused { .. }
        | News::Applied { .. }
        | News::ApplicationRefused { .. }
        | News::Left { .. }
        | News::Deleted { .. }
        | News::DutyChanged { .. } => 0,
    }
}

fn content_bytes(content: &Content) -> usize {
    match content {
        Content::Text { text, extra } => text.len() + extra.len(),
        Content::ContactText { text } => text.len(),
        Content::Media { media, .. } | Content::ContactMedia { media } => {
            media.url.len() + media.thumbnail.as_ref().map_or(0, String::len)
        }
        Content::Location { .. } | Content::Recall { .. } | Content::Read { .. } => 0,
    }
}

#[cfg(test)]
mod tests;
