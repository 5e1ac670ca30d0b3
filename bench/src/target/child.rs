//! A server process of the run's own, whichever server it is: started pinned and with a directory
//! of its own, waited for, and stopped by its process id.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::error::BenchError;
use crate::host::own::{self, Cores};
use crate::interrupt::Interrupt;
use crate::limits::{LOG_TAIL_BYTES, SERVER_READY_SECONDS_MAX, SERVER_STOP_SECONDS_MAX};

/// How often readiness and the end are looked for.
const POLL: Duration = Duration::from_millis(10);

/// How a server ends that is asked to by SIGTERM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ends {
    /// In good order, with status 0: anything else is a fault of its.
    InOrder,
    /// Somehow.
    Somehow,
}

/// A child process, killed when dropped unless it was stopped before.
#[derive(Debug)]
pub(crate) struct OwnServer {
    child: Child,
    ends: Ends,
    /// Removed with the server.
    directory: TempDir,
}

impl OwnServer {
    /// A child inherits the affinity of the thread that starts it, so its own threads are on
    /// the right cores from the first on. What it prints goes to a log in `directory`.
    pub(super) fn start(
        command: &mut Command,
        directory: TempDir,
        pin: Option<&Cores>,
        ends: Ends,
    ) -> Result<Self, BenchError> {
        let failed = |source| BenchError::io("creating the server's log", source);
        let log = File::create(log_path(directory.path())).map_err(failed)?;
        let same_log = log.try_clone().map_err(failed)?;
        command.stdin(Stdio::null()).stdout(same_log).stderr(log);
        let before = own::affinity()?;
        if let Some(cores) = pin {
            own::pin(cores)?;
        }
        let child = command.spawn();
        own::set_affinity(&before)?;
        let program = command.get_program().to_string_lossy();
        let child =
            child.map_err(|source| BenchError::io(format!("starting {program}"), source))?;
        Ok(Self { child, ends, directory })
    }

    pub(super) fn directory(&self) -> &Path {
        self.directory.path()
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Asks until the server is ready: `Err` of `ready` says why it is not yet.
    pub(super) fn wait_until(
        &mut self,
        mut ready: impl FnMut() -> Result<(), String>,
        interrupt: &Interrupt,
    ) -> Result<(), BenchError> {
        let deadline = Instant::now() + Duration::from_secs(SERVER_READY_SECONDS_MAX);
        loop {
            let Err(last) = ready() else { return Ok(()) };
            if let Ok(Some(status)) = self.child.try_wait() {
                let log = log_tail(self.directory.path());
                return Err(BenchError::ServerFailed { status: status.to_string(), log });
            }
            if interrupt.is_raised() {
                return Err(BenchError::Interrupted);
            }
            if Instant::now() > deadline {
                let log = log_tail(self.directory.path());
                let seconds = SERVER_READY_SECONDS_MAX;
                return Err(BenchError::ServerNotReady { seconds, last, log });
            }
            std::thread::sleep(POLL);
        }
    }

    /// Asks the server to end, waits for it, and removes its data.
    pub(crate) fn stop(mut self) -> Result<(), BenchError> {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, Signal::TERM)
            .map_err(|errno| BenchError::io("sending SIGTERM to the server", errno.into()))?;
        let deadline = Instant::now() + Duration::from_secs(SERVER_STOP_SECONDS_MAX);
        while Instant::now() < deadline {
            match self.child.try_wait() {
                Ok(Some(status)) if status.success() || self.ends == Ends::Somehow => return Ok(()),
                Ok(Some(status)) => {
                    let log = log_tail(self.directory.path());
                    return Err(BenchError::ServerFailed { status: status.to_string(), log });
                }
                Ok(None) => std::thread::sleep(POLL),
                Err(source) => return Err(BenchError::io("waiting for the server", source)),
            }
        }
        Err(BenchError::ServerDidNotStop { seconds: SERVER_STOP_SECONDS_MAX })
    }
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        // Where it ended already, there is nothing to kill and its status is only read again.
        if let Ok(None) = self.child.try_wait() {
            let _killed = self.child.kill();
            let _status = self.child.wait();
        }
    }
}

/// Free ports. Another process may take one before the server binds it; the server then ends with
/// that error, which the run shows.
pub(super) fn free_addresses<const PORTS: usize>() -> Result<[SocketAddr; PORTS], BenchError> {
    let failed = |source| BenchError::io("looking for free ports", source);
    let mut addresses = [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)); PORTS];
    // All are held until each has its own.
    let mut held = Vec::with_capacity(PORTS);
    for address in &mut addresses {
        let listener = TcpListener::bind(*address).map_err(failed)?;
        *address = listener.local_addr().map_err(failed)?;
        held.push(listener);
    }
    Ok(addresses)
}

fn log_path(directory: &Path) -> PathBuf {
    directory.join("server.log")
}

/// The end of what the server wrote.
fn log_tail(directory: &Path) -> String {
    let tail = || {
        let mut file = File::open(log_path(directory))?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(LOG_TAIL_BYTES)))?;
        let mut bytes = Vec::new();
        file.take(LOG_TAIL_BYTES).read_to_end(&mut bytes)?;
        std::io::Result::Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    tail().unwrap_or_else(|error| format!("(unreadable: {error})"))
}

#[cfg(test)]
mod tests;
