//! `goals`: the figures that this project sets itself, measured and told as ratios.
//!
//! A goal compares what parlance did with what a floor, a peer or another variant did in the same
//! round, for absolute figures of different moments say little on a shared machine. Which runs
//! that takes, and how long each is, is decided here; how a run is made is the runner's matter.

mod table;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::error::BenchError;
use crate::plan::{Changes, Scenario};
use crate::record::{Record, Verdict, file};
use crate::runner::{self, Options};
use crate::target::peers::PEERS;
use crate::target::{EPOLL_FLOOR, OWN, PARLANCE, URING_FLOOR};

/// What a figure of parlance is divided by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Over {
    /// The same figure of another target.
    Target(&'static str),
    /// The same figure of parlance in another variant.
    Variant(&'static str),
    Nothing,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

#[derive(Debug)]
struct Goal {
    what: &'static str,
    scenario: &'static str,
    /// Empty for scenarios that have only one.
    variant: &'static str,
    figure: &'static str,
    over: Over,
    bound: Bound,
}

const CPU: &str = "server_cpu_us_per_delivery";

const GOALS: &[Goal] = &[
    Goal {
        what: "fan-out 1 × 1,000 at 20/s, `memory`: CPU per delivery ÷ epoll floor",
        scenario: "fanout-1x1000",
        variant: "memory",
        figure: CPU,
        over: Over::Target(EPOLL_FLOOR),
        bound: Bound::AtMost(0.90),
    },
    Goal {
        what: "the same, `sync`",
        scenario: "fanout-1x1000",
        variant: "sync",
        figure: CPU,
        over: Over::Target(EPOLL_FLOOR),
        bound: Bound::AtMost(1.00),
    },
    Goal {
        what: "fan-out 100 × 10 at 20/s each, `memory`: CPU per delivery ÷ epoll floor",
        scenario: "fanout-100x10",
        variant: "memory",
        figure: CPU,
        over: Over::Target(EPOLL_FLOOR),
        bound: Bound::AtMost(1.05),
    },
    Goal {
        what: "the same, `sync`",
        scenario: "fanout-100x10",
        variant: "sync",
        figure: CPU,
        over: Over::Target(EPOLL_FLOOR),
        bound: Bound::AtMost(1.30),
    },
    Goal {
        what: "ramp 1 × 1,000: highest rate ÷ io_uring floor",
        scenario: "ramp-1x1000",
        variant: "",
        figure: "kept_deliveries_per_second",
        over: Over::Target(URING_FLOOR),
        bound: Bound::AtLeast(0.80),
    },
    Goal {
        what: "idle connection: bytes of RSS",
        scenario: "idle-10000",
        variant: "",
        figure: "rss_per_connection_bytes",
        over: Over::Nothing,
        bound: Bound::AtMost(480.0),
    },
    Goal {
        what: "connect storm, 10,000 sign-ins with JWT: time ÷ io_uring floor's plain connects",
        scenario: "connect-storm",
        variant: "",
        figure: "sign_in_seconds",
        over: Over::Target(URING_FLOOR),
        bound: Bound::AtMost(2.0),
    },
    Goal {
        what: "durable publish, 64 in flight: acknowledgements/s ÷ redis XADD, appendfsync always",
        scenario: "durable-64",
        variant: "",
        figure: "acks_per_second",
        over: Over::Target("redis-stream"),
        bound: Bound::AtLeast(3.0),
    },
    Goal {
        what: "durable publish, 1 in flight: p50 ÷ one fdatasync",
        scenario: "durable-1",
        variant: "",
        figure: "ack_p50_per_fdatasync",
        over: Over::Nothing,
        bound: Bound::AtMost(1.5),
    },
    Goal {
        what: "two shards: CPU per delivery ÷ one shard's",
        scenario: "shards",
        variant: "two",
        figure: CPU,
        over: Over::Variant("one"),
        bound: Bound::AtMost(1.10),
    },
    Goal {
        what: "10 slow consumers among 1,000: p99 of the others ÷ without them",
        scenario: "slow-consumers",
        variant: "nothing-read",
        figure: "delivery_p99_us",
        over: Over::Variant("without"),
        bound: Bound::AtMost(1.2),
    },
];

/// The runs that the goals need: each scenario, against whom, and how it is shortened.
struct Runs {
    scenario: &'static str,
    peers: &'static [&'static str],
    /// Of the scenario's variants; all, where none is named.
    variants: &'static [&'static str],
    set: &'static [&'static str],
}

/// Every peer that fans out; what has no peers is compared with the floors or itself.
const EVERY: &[&str] = &[
    "nats",
    "nats-jetstream",
    "mosquitto-qos0",
    "mosquitto-qos1",
    "redis",
    "ejabberd",
    "nchan",
    "socket.io",
    "ws",
];

const RUNS: &[Runs] = &[
    Runs {
        scenario: "fanout-1x1000",
        peers: EVERY,
        variants: &["memory"],
        set: &["seconds=5", "warmup=1"],
    },
    Runs {
        scenario: "fanout-1x1000",
        peers: &["nats-jetstream"],
        variants: &["sync"],
        set: &["seconds=5", "warmup=1"],
    },
    Runs {
        scenario: "fanout-100x10",
        peers: &["nats", "redis", "nchan", "ws"],
        variants: &["memory"],
        set: &["seconds=5", "warmup=1"],
    },
    Runs {
        scenario: "fanout-100x10",
        peers: &["nats-jetstream"],
        variants: &["sync"],
        set: &["seconds=5", "warmup=1"],
    },
    Runs {
        scenario: "ramp-1x1000",
        peers: &["redis"],
        variants: &[],
        set: &["seconds=2", "warmup=1", "refine=2"],
    },
    Runs { scenario: "idle-10000", peers: EVERY, variants: &[], set: &["seconds=1"] },
    Runs { scenario: "connect-storm", peers: &["mosquitto-qos0"], variants: &[], set: &[] },
    Runs {
        scenario: "durable-64",
        peers: &["redis-stream", "nats-jetstream"],
        variants: &[],
        set: &["seconds=4", "warmup=1"],
    },
    Runs {
        scenario: "durable-1",
        peers: &["redis-stream", "nats-jetstream"],
        variants: &[],
        set: &["seconds=4", "warmup=1"],
    },
    Runs { scenario: "shards", peers: &[], variants: &[], set: &["seconds=5", "warmup=1"] },
    Runs {
        scenario: "slow-consumers",
        peers: &[],
        variants: &["without", "nothing-read"],
        set: &["seconds=5", "warmup=1"],
    },
];

/// Scenarios in which parlance is compared with itself.
const ALONE: [&str; 2] = ["shards", "slow-consumers"];

/// Makes the runs, and prints the table. `json` gathers the records.
pub(crate) fn measure(options: &Options, json: &Path) -> Result<Verdict, BenchError> {
    let begun_ms = unix_ms();
    let mut worst = Verdict::Clean;
    for runs in RUNS {
        let changes = changes(runs)?;
        let scenario = Scenario::find(runs.scenario, &changes)?;
        let options = Options { targets: targets(runs), ..options.clone() };
        let verdict = runner::run(&[scenario], &options)?;
        worst = runner::worse(worst, verdict);
        if verdict == Verdict::Interrupted {
            return Ok(verdict);
        }
    }
    let mut records = file::read(json)?;
    records.retain(|record| record.finished_at_unix_ms >= begun_ms);
    print!("{}", table::render(&records));
    Ok(worst)
}

fn changes(runs: &Runs) -> Result<Changes, BenchError> {
    let parse =
        |set: &&str| set.parse().map_err(|error: String| BenchError::setting("set", set, error));
    Ok(Changes {
        set: runs.set.iter().map(parse).collect::<Result<_, _>>()?,
        only: runs.variants.iter().map(|&name| name.to_owned()).collect(),
        ..Changes::default()
    })
}

/// Prints the table of runs that were made before.
pub(crate) fn show(json: &Path) -> Result<Verdict, BenchError> {
    let records: Vec<Record> = file::read(json)?;
    print!("{}", table::render(&records));
    Ok(Verdict::Clean)
}

/// A peer that is not installed is told of and left out.
fn targets(runs: &Runs) -> Vec<String> {
    if ALONE.contains(&runs.scenario) {
        return vec![PARLANCE.to_owned()];
    }
    let wanted = |name: &str| runs.peers.contains(&name);
    let peers = PEERS.iter().filter(|peer| wanted(peer.name)).filter(|peer| match peer.missing() {
        Some(command) => {
            eprintln!("{} is left out: it is not installed; {command}", peer.name);
            false
        }
        None => true,
    });
    OWN.into_iter().chain(peers.map(|peer| peer.name)).map(str::to_owned).collect()
}

fn unix_ms() -> u64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
}
