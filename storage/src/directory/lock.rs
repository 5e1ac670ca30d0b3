//! Keeps two servers from opening one data directory.
//!
//! A `flock` on the file `LOCK`, which the kernel gives back however the process ends. The file
//! names the process that holds it, for the error message only.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Write};
use std::path::Path;

use crate::error::DirectoryError;

const FILE: &str = "LOCK";

/// A directory that is this process's own for as long as this lives.
#[derive(Debug)]
pub(crate) struct DirectoryLock {
    _file: File,
}

impl DirectoryLock {
    /// Takes the lock, and makes the file where it is missing.
    pub(crate) fn take(directory: &Path) -> Result<Self, DirectoryError> {
        let opened = OpenOptions::new()
            .create(true)
            .read(true)
            .write(true)
            .truncate(false)
            .open(directory.join(FILE));
        let file = opened.map_err(|source| not_writable(directory, source))?;
        let lock = Self::lock(directory, file)?;
        // Only for the message of whoever comes second: the lock itself is the kernel's.
        let _ = lock._file.set_len(0);
        let _ = (&lock._file).write_all(format!("{}\n", std::process::id()).as_bytes());
        Ok(lock)
    }

    /// Takes the lock for reading alone: changes nothing. `None` where there is no lock file, as
    /// in a copy that no server ever opened.
    pub(crate) fn take_if_there(directory: &Path) -> Result<Option<Self>, DirectoryError> {
        match File::open(directory.join(FILE)) {
            Ok(file) => Self::lock(directory, file).map(Some),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(source) => Err(DirectoryError::Io { path: directory.join(FILE), source }),
        }
    }

    fn lock(directory: &Path, file: File) -> Result<Self, DirectoryError> {
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => {
                Err(DirectoryError::InUse { path: directory.to_owned(), owner: owner(directory) })
            }
            Err(TryLockError::Error(source)) => {
                Err(DirectoryError::Io { path: directory.join(FILE), source })
            }
        }
    }
}

/// What an error while creating something in a directory means.
pub(crate) fn not_writable(path: &Path, source: std::io::Error) -> DirectoryError {
    match source.kind() {
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            DirectoryError::NotWritable { path: path.to_owned(), source }
        }
        _ => DirectoryError::Io { path: path.to_owned(), source },
    }
}

fn owner(directory: &Path) -> String {
    let text = fs::read_to_string(directory.join(FILE)).unwrap_or_default();
    match text.trim().parse::<u32>() {
        Ok(process) => process.to_string(),
        Err(_) => "unknown".to_owned(),
    }
}
