//! From the settings to running shards, and from a signal to the process's end.
//!
//! The main thread opens the directory, binds the addresses, starts a shard per core with its
//! lanes, and then only listens to what shards and signals report. Invariant:
//! clients are taken only once every shard is ready, and the process ends with success only if
//! every shard has drained.

mod boot;
mod supervise;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use parlance_conversation::placement::{Placement, SHARDS_MAX, ShardIndex};
use parlance_conversation::store::Recovered;
use parlance_storage::Store;

use crate::auth::Verifier;
use crate::clock::Clock;
use crate::config::Settings;
use crate::connections::Seats;
use crate::error::BootError;
use crate::inbox::{InboxSender, inbox};
use crate::lanes::{CommitLane, ReadLane};
use crate::listener::{self, Doors};
use crate::mesh::Mesh;
use crate::metrics::Metrics;
use crate::password_lane::PasswordLane;
use crate::readiness::Readiness;
use crate::resources;
use crate::runtime::{self, Executor};
use crate::shard_loop::Lifecycle;
use crate::shutdown;
use crate::sockets::Doorbell;

use boot::{Ending, ShardParts};
use supervise::Supervisor;

/// How long lanes may take to end, and how often they are looked at.
const LANES_WAIT: Duration = Duration::from_secs(5);
const LANES_LOOK: Duration = Duration::from_millis(2);
/// Reports of one shard in its whole life, with room to spare.
const REPORTS_PER_SHARD: usize = 8;

/// Runs the server until it has drained.
pub(crate) fn serve(settings: Settings, verifier: Arc<Verifier>) -> Result<(), BootError> {
    runtime::probe().map_err(|error| supervise::explain(ShardIndex(0), error))?;
    let cores = runtime::allowed_cores().map_err(|source| shard_error(0, &source))?;
    let shards = match settings.server.shards {
        0 => cores.len().min(SHARDS_MAX),
        configured => configured,
    };
    let (reports, heard) = flume::bounded(REPORTS_PER_SHARD * (shards + 1));
    shutdown::report_signals(reports.clone()).map_err(|source| shard_error(0, &source))?;
    let connections_max = resources::connections_max(settings.limits.connections, shards)
        .map_err(|source| shard_error(0, &source))?;
    let doors = listener::bind(&settings.listen, shards, &Seats::new(connections_max))?;
    for address in doors.iter().flat_map(Doors::addresses).collect::<BTreeSet<_>>() {
        tracing::info!(%address, "will listen");
    }
    let Some(stores) = boot::open(&settings.storage.dir, shards, &heard)? else {
        tracing::info!("stopped before the server had started");
        return Ok(());
    };
    let recovered = boot::recover(&settings.storage.dir, &stores)?;

    let readiness = Arc::new(Readiness::starting());
    let plan = Plan {
        placement: Placement::new(shards),
        metrics: Arc::new(Metrics::new(shards)),
        passwords: PasswordLane::start().map_err(|source| shard_error(0, &source))?,
        settings: Arc::new(settings),
        readiness: Arc::clone(&readiness),
        stores: stores.into(),
        clock: Clock::start(),
        verifier,
        reports,
    };
    let running = plan.start(&cores, doors, recovered)?;
    tracing::info!(shards, connections_max, "starting");
    let outcome = Supervisor::new(running.executors, running.inboxes, readiness, heard).run();
    join_lanes(running.lanes);
    outcome
}

/// Waits for the lanes, which end with their shards and close their stores: a process that ends
/// under an open store may crash instead. A lane that hangs in its disk is not waited for.
fn join_lanes(lanes: Vec<JoinHandle<()>>) {
    let began = Instant::now();
    for lane in lanes {
        while !lane.is_finished() {
            if began.elapsed() > LANES_WAIT {
                tracing::warn!("a lane has not ended; the process ends without it");
                return;
            }
            std::thread::sleep(LANES_LOOK);
        }
        // One that panicked has ended its shard, which was reported.
        let _ = lane.join();
    }
}

fn shard_error(shard: usize, error: &std::io::Error) -> BootError {
    BootError::Shard { shard, reason: error.to_string() }
}

/// What every shard is made from.
struct Plan {
    placement: Placement,
    metrics: Arc<Metrics>,
    passwords: PasswordLane,
    settings: Arc<Settings>,
    readiness: Arc<Readiness>,
    stores: Arc<[Arc<dyn Store>]>,
    clock: Clock,
    verifier: Arc<Verifier>,
    reports: flume::Sender<Lifecycle>,
}

/// What is running.
struct Running {
    executors: Vec<Executor>,
    inboxes: Vec<InboxSender>,
    lanes: Vec<JoinHandle<()>>,
}

impl Plan {
    /// Starts the lanes and the executor of every shard. More shards than cores share them.
    fn start(
        self,
        cores: &[usize],
        doors: Vec<Doors>,
        recovered: Vec<Recovered>,
    ) -> Result<Running, BootError> {
        let now = self.clock.sample();
        let doorbells: Result<Vec<_>, _> = doors.iter().map(|_| Doorbell::new()).collect();
        let doorbells = doorbells.map_err(|source| shard_error(0, &source))?;
        let channels: Vec<_> = doorbells.iter().cloned().map(inbox).collect();
        let inboxes: Vec<_> = channels.iter().map(|(sender, _)| sender.clone()).collect();
        let mut running = Running { executors: Vec::new(), inboxes, lanes: Vec::new() };
        let indices = (0..).map(ShardIndex);
        let channels = channels.into_iter().zip(doorbells);
        let shards = indices.zip(channels).zip(doors).zip(recovered).zip(&*self.stores);
        for (((((me, ((own, inbox), doorbell)), doors), recovered), store), core) in
            shards.zip(cores.iter().cycle())
        {
            let failed = |source| shard_error(me.index(), &source);
            let (reads, read_lane) =
                ReadLane::start(me, Arc::clone(&self.stores), own.clone()).map_err(failed)?;
            let (commits, commit_lane) =
                CommitLane::start(me, Arc::clone(store), own, Arc::clone(&self.metrics))
                    .map_err(failed)?;
            running.lanes.extend([read_lane, commit_lane]);
            let parts = ShardParts {
                me,
                placement: self.placement,
                settings: Arc::clone(&self.settings),
                verifier: Arc::clone(&self.verifier),
                metrics: Arc::clone(&self.metrics),
                readiness: Arc::clone(&self.readiness),
                passwords: self.passwords.clone(),
                clock: self.clock,
                mesh: Mesh::new(me, running.inboxes.clone()),
                inbox,
                doorbell,
                reads,
                commits,
                doors,
                recovered,
                now,
                ending: Ending::new(me, self.reports.clone()),
            };
            let executor = Executor::start(&format!("shard-{}", me.0), *core, || parts.run());
            running.executors.push(executor.map_err(|error| supervise::explain(me, error))?);
        }
        Ok(running)
    }
}
