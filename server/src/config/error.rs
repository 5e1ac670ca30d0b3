//! What can be wrong with the settings.

use std::io;
use std::path::PathBuf;

/// Ends the process with exit code 2.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    #[error("cannot read the settings in {}: {source}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("{origin}: not TOML: {reason}")]
    Syntax { origin: String, reason: String },
    #[error("{origin}: there is no setting \"{key}\"; the nearest is \"{nearest}\"")]
    UnknownKey { origin: String, key: String, nearest: &'static str },
    #[error("{origin}: \"{key}\" is a section of settings, not a setting")]
    Section { origin: String, key: String },
    #[error("{origin}: {key}: {reason}")]
    Invalid { origin: String, key: String, reason: String },
    /// Each of the settings is valid, together they are not.
    #[error("{0}")]
    Conflict(String),
}
