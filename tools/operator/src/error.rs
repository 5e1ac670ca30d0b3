//! Why an operator's command failed: one line that says what to do.

use std::io;
use std::path::PathBuf;

use parlance_storage::DirectoryError;

#[derive(Debug, thiserror::Error)]
pub enum OperatorError {
    #[error("{0}")]
    Usage(String),
    #[error(
        "cannot read the operator's key in {}: {source}; name it with --key-file, or the server's \
         directory with --data", path.display()
    )]
    Key { path: PathBuf, source: io::Error },
    #[error("cannot read the password from standard input: {0}")]
    Password(String),
    #[error("cannot reach the operator port at {address}: {reason}; is the server running there?")]
    Unreachable { address: String, reason: String },
    /// The server's own words.
    #[error("{detail}")]
    Refused { status: u16, detail: String },
    #[error("the answer of {address} is none of a Parlance server: {reason}")]
    Answer { address: String, reason: String },
    /// The storage's own words, which name the directory.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    #[error("{} is not sound: {findings} findings; keep it as it is and restore a backup", dir.display())]
    Unsound { dir: PathBuf, findings: u64 },
    #[error("cannot write the output: {0}")]
    Output(#[from] io::Error),
}

impl OperatorError {
    /// 2 where the command was wrong, 1 where it failed.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Key { .. }
            | Self::Password(_)
            | Self::Unreachable { .. }
            | Self::Refused { .. }
            | Self::Answer { .. }
            | Self::Directory(_)
            | Self::Unsound { .. }
            | Self::Output(_) => 1,
        }
    }
}
