//! A server of the run's own: found, started on free ports in a temporary directory, waited for,
//! and stopped by its process id.

use std::collections::BTreeMap;
use std::env;
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::operator::{self, Operator};
use super::{ServerFacts, Target};
use crate::client::Addresses;
use crate::error::BenchError;
use crate::host::own;
use crate::interrupt::Interrupt;
use crate::limits::{LOG_TAIL_BYTES, SERVER_READY_SECONDS_MAX, SERVER_STOP_SECONDS_MAX};
use crate::plan::ServerSettings;

/// How often readiness and the end are looked for.
const POLL: Duration = Duration::from_millis(10);

/// How the server is to be started.
#[derive(Clone, Debug, Default)]
pub(crate) struct Start {
    /// Without a binary `parlance` beside this one is started.
    pub(crate) server: ServerSettings,
    /// Where the temporary data directory is made; the system's own place otherwise.
    pub(crate) data_parent: Option<PathBuf>,
}

/// A child process, killed when dropped unless it was stopped before.
#[derive(Debug)]
pub(crate) struct OwnServer {
    child: Child,
    /// Removed with the server.
    directory: TempDir,
}

impl Start {
    /// Starts a server and waits until it takes clients.
    pub(crate) fn run(&self, interrupt: &Interrupt) -> Result<Target, BenchError> {
        let binary = self.find_binary()?;
        let directory = self.make_directory()?;
        let data = directory.path().join("data");
        let [main, stream, operator] = free_addresses()?;
        let settings = self.settings(main, stream, operator);
        let log = File::create(log_path(directory.path()))
            .map_err(|source| BenchError::io("creating the server's log", source))?;
        let mut command = Command::new(&binary);
        command.args(["serve", "--open", "--data"]).arg(&data).envs(&settings);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let child = self.spawn(&mut command)?;
        let mut server = OwnServer { child, directory };
        server.wait_until_ready(operator, interrupt)?;
        let key = match key_of_environment() {
            Some(key) => key,
            None => read_key(&data.join("secrets/operator.key"))?,
        };
        let facts = ServerFacts {
            started_here: true,
            version: version_of(&binary),
            data_filesystem: filesystem_of(&data),
            settings,
            settings_inherited: inherited_settings(),
        };
        Ok(Target {
            addresses: Addresses { main, stream },
            operator: Some(Operator::new(operator, key)),
            pid: Some(server.child.id()),
            own: Some(server),
            facts,
        })
    }

    fn find_binary(&self) -> Result<PathBuf, BenchError> {
        let looked = match &self.server.binary {
            Some(path) => path.clone(),
            None => env::current_exe()
                .map_err(|source| BenchError::io("finding this binary", source))?
                .with_file_name("parlance"),
        };
        if looked.is_file() { Ok(looked) } else { Err(BenchError::NoServerBinary { looked }) }
    }

    fn make_directory(&self) -> Result<TempDir, BenchError> {
        let mut builder = tempfile::Builder::new();
        let builder = builder.prefix("parlance-bench-");
        match &self.data_parent {
            Some(parent) => builder.tempdir_in(parent),
            None => builder.tempdir(),
        }
        .map_err(|source| BenchError::io("making a temporary data directory", source))
    }

    fn settings(
        &self,
        main: SocketAddr,
        stream: SocketAddr,
        operator: SocketAddr,
    ) -> BTreeMap<String, String> {
        let mut settings = BTreeMap::new();
        let mut set = |name: &str, value: String| {
            settings.insert(format!("PARLANCE_{name}"), value);
        };
        set("LISTEN__MAIN", main.to_string());
        set("LISTEN__STREAM", stream.to_string());
        set("LISTEN__OPERATOR", operator.to_string());
        set("LISTEN__PUSH", "off".to_owned());
        if let Some(shards) = self.server.shards {
            set("SERVER__SHARDS", shards.to_string());
        }
        if let Some(durability) = self.server.durability {
            set("DURABILITY__GROUP", durability.as_str().to_owned());
            set("DURABILITY__PRIVATE", durability.as_str().to_owned());
        }
        for (name, value) in &self.server.settings {
            set(&name.to_uppercase().replace('.', "__"), value.clone());
        }
        settings
    }

    /// A child inherits the affinity of the thread that starts it, so its own threads are on
    /// the right cores from the first on.
    fn spawn(&self, command: &mut Command) -> Result<Child, BenchError> {
        let before = own::affinity()?;
        if let Some(cores) = &self.server.pin {
            own::pin(cores)?;
        }
        let child = command.spawn();
        own::set_affinity(&before)?;
        let program = command.get_program().to_string_lossy();
        child.map_err(|source| BenchError::io(format!("starting {program}"), source))
    }
}

impl OwnServer {
    /// Asks the server to end, waits for it, and removes its data.
    pub(crate) fn stop(mut self) -> Result<(), BenchError> {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, Signal::TERM)
            .map_err(|errno| BenchError::io("sending SIGTERM to the server", errno.into()))?;
        let deadline = Instant::now() + Duration::from_secs(SERVER_STOP_SECONDS_MAX);
        while Instant::now() < deadline {
            match self.child.try_wait() {
                Ok(Some(status)) if status.success() => return Ok(()),
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

    fn wait_until_ready(
        &mut self,
        operator: SocketAddr,
        interrupt: &Interrupt,
    ) -> Result<(), BenchError> {
        let deadline = Instant::now() + Duration::from_secs(SERVER_READY_SECONDS_MAX);
        loop {
            let last = match operator::ready(operator) {
                Ok(()) => return Ok(()),
                Err(reason) => reason,
            };
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

/// Three free ports. Another process may take one before the server binds it; the server then
/// ends with that error, which the run shows.
fn free_addresses() -> Result<[SocketAddr; 3], BenchError> {
    let failed = |source| BenchError::io("looking for free ports", source);
    let bind = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(failed);
    // All are held until each has its own.
    let listeners = [bind()?, bind()?, bind()?];
    let [main, stream, operator] = listeners.each_ref().map(TcpListener::local_addr);
    Ok([main.map_err(failed)?, stream.map_err(failed)?, operator.map_err(failed)?])
}

/// The operator key that a server started from here takes from the environment, too.
pub(crate) fn key_of_environment() -> Option<String> {
    env::var("PARLANCE_OPERATOR__KEY").ok()
}

pub(crate) fn read_key(path: &Path) -> Result<String, BenchError> {
    fs::read_to_string(path)
        .map(|key| key.trim().to_owned())
        .map_err(|source| BenchError::io(format!("reading {}", path.display()), source))
}

fn version_of(binary: &Path) -> Option<String> {
    let output = Command::new(binary).arg("--version").output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Settings that the server takes from the environment beside the run's own.
fn inherited_settings() -> Vec<String> {
    let names = env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    names.filter(|name| name.starts_with("PARLANCE_") && name.contains("__")).collect()
}

fn filesystem_of(path: &Path) -> Option<String> {
    let kind = rustix::fs::statfs(path).ok()?.f_type;
    Some(match kind {
        0x0102_1994 => "tmpfs".to_owned(),
        0xef53 => "ext4".to_owned(),
        0x5846_5342 => "xfs".to_owned(),
        0x9123_683e => "btrfs".to_owned(),
        0x794c_7630 => "overlayfs".to_owned(),
        other => format!("{other:#x}"),
    })
}

fn log_path(directory: &Path) -> PathBuf {
    directory.join("server.log")
}

/// The end of what the server wrote to its standard error.
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
