//! Why the server did not start, or ended: one line each that says what to do.

use std::io;
use std::path::PathBuf;

use crate::config::ListenAddress;

/// Ends the process with exit code 1; settings errors ([`crate::config::ConfigError`]) end it
/// with 2 before this can happen.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BootError {
    #[error(
        "cannot listen on {address}: another process holds it; stop that process, or set \
         listen.{setting} to another address"
    )]
    AddressInUse { setting: &'static str, address: ListenAddress },
    #[error("cannot listen on {address} (listen.{setting}): {source}")]
    Listen { setting: &'static str, address: ListenAddress, source: io::Error },
    #[error(
        "the data directory {} is in use by another server; stop it, or choose another with --data",
        dir.display()
    )]
    DirectoryInUse { dir: PathBuf },
    #[error("the data directory {} cannot be used: {reason}", dir.display())]
    Directory { dir: PathBuf, reason: String },
    #[error("the store in {} cannot be opened: {reason}", dir.display())]
    Store { dir: PathBuf, reason: String },
    #[error(
        "this system does not allow io_uring ({source}); set kernel.io_uring_disabled to 0, or \
         allow io_uring_setup in the container's seccomp profile"
    )]
    IoUringForbidden { source: io::Error },
    #[error(
        "too little locked memory for io_uring: {got} bytes are allowed and {needed} are needed; \
         raise it with `ulimit -l` or LimitMEMLOCK="
    )]
    LockedMemory { got: u64, needed: u64 },
    #[error("cannot start shard {shard}: {reason}")]
    Shard { shard: usize, reason: String },
    #[error(transparent)]
    Secrets(#[from] crate::secrets::SecretsError),
    #[error(transparent)]
    Key(#[from] crate::auth::KeyError),
    /// The server ran, and a shard could not go on.
    #[error("stopped: {reason}")]
    Stopped { reason: String },
}
