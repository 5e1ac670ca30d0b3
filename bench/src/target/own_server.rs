//! A Parlance server of the run's own: found, and started on free ports with the run's settings.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::child::{Ends, OwnServer, free_addresses};
use super::operator::{self, Operator};
use super::signer::Signer;
use super::{ServerFacts, Target};
use crate::client::Addresses;
use crate::error::BenchError;
use crate::interrupt::Interrupt;
use crate::plan::ServerSettings;

/// How the server is to be started.
#[derive(Clone, Debug, Default)]
pub(crate) struct Start {
    /// Without a binary `parlance` beside this one is started.
    pub(crate) server: ServerSettings,
    /// Sessions sign in with tokens; otherwise the server takes a user's id for its word.
    pub(crate) with_tokens: bool,
    /// Where the temporary data directory is made; the system's own place otherwise.
    pub(crate) data_parent: Option<PathBuf>,
}

impl Start {
    /// Starts a server and waits until it takes clients.
    pub(crate) fn run(&self, interrupt: &Interrupt) -> Result<Target, BenchError> {
        let binary = self.find_binary()?;
        let directory = self.make_directory()?;
        let data = directory.path().join("data");
        let [main, stream, operator] = free_addresses()?;
        let settings = self.settings(main, stream, operator);
        let mut command = Command::new(&binary);
        command.args(["serve", "--data"]).arg(&data).envs(&settings);
        if !self.with_tokens {
            command.arg("--open");
        }
        let pin = self.server.pin.as_ref();
        let mut server = OwnServer::start(&mut command, directory, pin, Ends::InOrder)?;
        server.wait_until(|| operator::ready(operator), interrupt)?;
        let key = match key_of_environment() {
            Some(key) => key,
            None => read_key(&data.join("secrets/operator.key"))?,
        };
        let signer = match self.with_tokens {
            true => Some(Signer::new(&read_key(&data.join("secrets/jwt.key"))?)),
            false => None,
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
            wire: None,
            operator: Some(Operator::new(operator, key)),
            pid: Some(server.id()),
            signer,
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

    /// Where a server keeps its data and its log.
    pub(super) fn make_directory(&self) -> Result<TempDir, BenchError> {
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

pub(super) fn filesystem_of(path: &Path) -> Option<String> {
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

#[cfg(test)]
mod tests;
