//! Opening the stores, and putting one shard together on its own executor.

use std::io;
use std::ops::ControlFlow;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use parlance_codecs::Category;
use parlance_conversation::input::Now;
use parlance_conversation::placement::{Placement, ShardIndex};
use parlance_conversation::store::Recovered;
use parlance_conversation::{Options, Shard};
use parlance_storage::{DirectoryError, Progress, Store, open_directory_with};

use crate::auth::Verifier;
use crate::calls::Calls;
use crate::clock::Clock;
use crate::config::Settings;
use crate::connections::Connections;
use crate::error::BootError;
use crate::heartbeat::Pulse;
use crate::inbox::{LocalInputs, ToShard};
use crate::lanes::{CommitLane, CoreReads, ReadLane};
use crate::listener::Doors;
use crate::mesh::Mesh;
use crate::metrics::Metrics;
use crate::password_lane::PasswordLane;
use crate::readiness::Readiness;
use crate::shard_handle::{Door, ShardHandle};
use crate::shard_loop::{Life, Lifecycle, Rest, ShardLoop};
use crate::sockets::{Doorbell, Sockets};
use crate::visits::Visits;

/// Opens the data directory, re-sharding it where it has another number of shards. `None` where
/// the process was asked to end meanwhile.
pub(super) fn open(
    dir: &Path,
    shards: usize,
    heard: &flume::Receiver<Lifecycle>,
) -> Result<Option<Vec<Arc<dyn Store>>>, BootError> {
    let opened = open_directory_with(dir, shards, &mut |progress| {
        show(progress);
        // Nobody but the signals reports anything yet.
        if heard.is_empty() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    match opened {
        Ok(directory) => Ok(Some(directory.stores)),
        Err(DirectoryError::Stopped) => Ok(None),
        Err(DirectoryError::InUse { path, .. }) => Err(BootError::DirectoryInUse { dir: path }),
        Err(DirectoryError::Store { path, source }) => {
            Err(BootError::Store { dir: path, reason: source.to_string() })
        }
        Err(error) => Err(BootError::Directory { dir: dir.to_owned(), reason: error.to_string() }),
    }
}

fn show(progress: &Progress) {
    match progress {
        Progress::Copying { shard, family, copied } => {
            tracing::info!(shard, family, copied, "re-sharding");
        }
        Progress::Switched { shards } => tracing::info!(shards, "the data directory is complete"),
        Progress::Started | Progress::Swept | Progress::Built { .. } | Progress::Removed => {}
    }
}

/// What every shard starts from. All of them take the largest clock of any, so that an id given
/// out before the start is below every id given out after it, whichever shard gave it.
pub(super) fn recover(dir: &Path, stores: &[Arc<dyn Store>]) -> Result<Vec<Recovered>, BootError> {
    let recovered: Result<Vec<Recovered>, _> = stores.iter().map(|store| store.recover()).collect();
    let mut recovered = recovered
        .map_err(|error| BootError::Store { dir: dir.to_owned(), reason: error.to_string() })?;
    let ceiling = recovered.iter().map(|shard| shard.clock_ceiling).max().unwrap_or_default();
    for shard in &mut recovered {
        shard.clock_ceiling = ceiling;
    }
    Ok(recovered)
}

/// Reports that a shard's executor has ended, when it is dropped: at the shard's end, where the
/// executor could not be made, and where it panicked.
pub(super) struct Ending {
    me: ShardIndex,
    reports: flume::Sender<Lifecycle>,
}

impl Ending {
    pub(super) fn new(me: ShardIndex, reports: flume::Sender<Lifecycle>) -> Self {
        Self { me, reports }
    }
}

impl Ending {
    /// Reports that the shard could not begin.
    fn fail(&self, error: &io::Error) {
        let reason = format!("its io_uring could not be made: {error}");
        let _ = self.reports.try_send(Lifecycle::Failed { shard: self.me, reason });
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        let _ = self.reports.try_send(Lifecycle::Ended(self.me));
    }
}

/// Everything that a shard is put together from, on the way to its executor.
pub(super) struct ShardParts {
    pub(super) me: ShardIndex,
    pub(super) placement: Placement,
    pub(super) settings: Arc<Settings>,
    pub(super) verifier: Arc<Verifier>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) readiness: Arc<Readiness>,
    pub(super) passwords: PasswordLane,
    pub(super) clock: Clock,
    pub(super) mesh: Mesh,
    pub(super) inbox: flume::Receiver<ToShard>,
    pub(super) doorbell: Arc<Doorbell>,
    pub(super) reads: ReadLane,
    pub(super) commits: CommitLane,
    pub(super) doors: Doors,
    pub(super) recovered: Recovered,
    pub(super) now: Now,
    pub(super) ending: Ending,
}

impl ShardParts {
    /// Puts the shard together on the executor that this runs on, and runs it to its end.
    pub(super) async fn run(mut self) {
        let options = Options {
            durability: Category::ALL.map(|of| self.settings.durability.category(of)),
            text_bytes: self.settings.limits.text_bytes,
            ..Options::default()
        };
        let core = Shard::new(self.me, self.placement, options, self.recovered, self.now);
        let handle = ShardHandle::new(Door {
            me: self.me,
            placement: self.placement,
            settings: self.settings,
            verifier: self.verifier,
            metrics: self.metrics,
            readiness: self.readiness,
            now: self.now.into(),
            inputs: LocalInputs::default(),
            calls: Calls::default(),
            reads: self.reads.clone(),
            passwords: self.passwords,
            visits: Visits::default(),
        });
        let sockets = match Sockets::new(self.doorbell) {
            Ok(sockets) => sockets,
            Err(error) => return self.ending.fail(&error),
        };
        let connections = Rc::new(Connections::new(handle, self.doors.seats().clone(), sockets));
        let opened = self.doors.open_operator(&connections);
        let mut shard = ShardLoop {
            core,
            connections,
            inbox: self.inbox,
            mesh: self.mesh,
            commits: self.commits,
            reads: CoreReads::new(self.reads),
            clock: self.clock,
            pulse: Rc::new(Pulse::default()),
            life: Life::new(self.me, self.ending.reports.clone(), self.doors),
            rest: Rest::new(),
            ticked_ms: self.now.monotonic_ms,
        };
        if let Err(reason) = opened {
            shard.life.fail(reason);
        }
        shard.run().await;
    }
}
