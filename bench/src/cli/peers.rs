//! `peers` and `goals`: scenarios against everything that there is to compare with.

use std::path::PathBuf;

use clap::Args;

use super::flags::{FileFlags, RunFlags};
use crate::error::BenchError;
use crate::goals;
use crate::record::Verdict;
use crate::runner::{self, Options};
use crate::target::OWN;
use crate::target::peers::{PEERS, Peer};

/// What is run where no scenario is named.
const SCENARIO: &str = "fanout-1x1000";

#[derive(Args, Debug)]
pub(super) struct PeersCommand {
    /// Only these peers. The floors and parlance run beside them in any case.
    #[arg(long, value_name = "PEER", value_delimiter = ',')]
    only: Vec<String>,
    /// Installs what is missing first: Debian's packages by apt-get, without starting their
    /// services, and npm's into the user's cache.
    #[arg(long)]
    install: bool,
    /// Shows the peers, their versions and what each lacks, and ends.
    #[arg(long)]
    show: bool,
    #[command(flatten)]
    files: FileFlags,
    #[command(flatten)]
    run: RunFlags,
}

impl PeersCommand {
    pub(super) fn perform(self) -> Result<Verdict, BenchError> {
        let Self { only, install, show, files, run } = self;
        let chosen = choose(&only)?;
        if install {
            for peer in chosen.iter().filter(|peer| peer.missing().is_some()) {
                peer.install()?;
            }
        }
        if show {
            chosen.iter().for_each(|peer| println!("{}", peer.describe()));
            return Ok(Verdict::Clean);
        }
        let mut targets: Vec<String> = OWN.map(str::to_owned).into();
        for peer in chosen {
            match peer.missing() {
                Some(command) if !only.is_empty() => {
                    return Err(BenchError::PeerMissing { name: peer.name, command });
                }
                Some(command) => {
                    eprintln!("{} is left out: it is not installed; {command}", peer.name);
                }
                None => targets.push(peer.name.to_owned()),
            }
        }
        eprintln!("uWebSockets is no peer here: npm's registry has no package of it");
        let tiny = files.tiny();
        let scenarios = files.or_scenario(SCENARIO).into_scenarios(&run)?;
        let options = Options { targets, ..run.into_options(tiny) };
        runner::run(&scenarios, &options)
    }
}

#[derive(Args, Debug)]
pub(super) struct GoalsCommand {
    /// Prints the table of these records instead of measuring.
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    #[command(flatten)]
    run: RunFlags,
}

impl GoalsCommand {
    pub(super) fn perform(self) -> Result<Verdict, BenchError> {
        if let Some(file) = self.from {
            return goals::show(&file);
        }
        let options = self.run.into_options(false);
        let Some(json) = options.json.clone() else {
            return Err(BenchError::setting("--json", "nothing", "a file that gathers the runs"));
        };
        goals::measure(&options, &json)
    }
}

/// Peers by name; all, where none is named.
fn choose(only: &[String]) -> Result<Vec<&'static Peer>, BenchError> {
    if only.is_empty() {
        return Ok(PEERS.iter().collect());
    }
    let find = |name: &String| {
        let known = || PEERS.iter().map(|peer| peer.name).collect::<Vec<_>>().join(", ");
        Peer::find(name).ok_or_else(|| BenchError::NoTarget { name: name.clone(), known: known() })
    };
    only.iter().map(find).collect()
}
