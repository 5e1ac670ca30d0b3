//! What a directory in the cache was made from.
//!
//! The stamp is written last, beside what it is about, so that a half-made directory is never
//! taken for a whole one, and anything else than the same words means: make it anew.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::StepError;

pub(super) struct Stamp {
    path: PathBuf,
    wanted: String,
}

impl Stamp {
    /// `program`'s version and the text of each file.
    pub(super) fn of(
        directory: &Path,
        program: &str,
        files: &[PathBuf],
    ) -> Result<Self, StepError> {
        let command = format!("{program} --version");
        let version = Command::new(program)
            .arg("--version")
            .output()
            .map_err(|source| StepError::Start { command, source })?;
        let mut wanted = String::from_utf8_lossy(&version.stdout).into_owned();
        for file in files {
            wanted += &fs::read_to_string(file).map_err(StepError::file(file))?;
        }
        Ok(Self { path: directory.join("made-from"), wanted })
    }

    pub(super) fn holds(&self) -> bool {
        fs::read_to_string(&self.path).is_ok_and(|made| made == self.wanted)
    }

    /// Before anything is changed: an older stamp must not vouch for what a failure leaves.
    pub(super) fn withdraw(&self) -> Result<(), StepError> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(StepError::file(&self.path)(error))
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }

    pub(super) fn write(&self) -> Result<(), StepError> {
        fs::write(&self.path, &self.wanted).map_err(StepError::file(&self.path))
    }
}
