//! The server's own secrets: made on the first start, kept in the data directory.
//!
//! `secrets/` is readable by its owner only, and so is every file in it; a file that others can
//! read is refused, because its secret may be known. A file appears whole or not at all, so that
//! two processes that start together (`serve` and `token`) agree on one secret.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::config::Settings;

/// No secret is longer; a larger file is some other file.
const SECRET_FILE_BYTES_MAX: u64 = 16 * 1024;
/// The random part of the keys for tokens and for the operator: 256 bits.
const KEY_BYTES: usize = 32;
/// 32 characters in Base64, which the sealed token's key takes as they are; 192 bits.
const IM_KEY_BYTES: usize = 24;

/// A secret that could not be read or made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SecretsError {
    #[error("cannot {action} {}: {source}; check the owner and mode, or choose another --data", path.display())]
    File { action: &'static str, path: PathBuf, source: io::Error },
    #[error("{} can be read by others (mode {mode:03o}); make a new secret, or run: chmod go= {}", path.display(), path.display())]
    Exposed { path: PathBuf, mode: u32 },
    #[error("{} holds no secret: {reason}; remove it to have a new one made", path.display())]
    Malformed { path: PathBuf, reason: String },
    #[error("the system gives no random bytes: {0}")]
    Randomness(getrandom::Error),
}

/// What the server signs and compares with. Each is the text of its file, without the final line
/// break.
pub(crate) struct Secrets {
    /// Signs this server's own tokens (HS256).
    pub(crate) jwt: String,
    /// Seals the `im` dialect's tokens.
    pub(crate) im: String,
    /// Opens the operator API.
    pub(crate) operator: String,
}

impl Secrets {
    /// Reads the secrets that the settings name or the data directory holds, and makes those that
    /// are missing.
    pub(crate) fn open(settings: &Settings) -> Result<Self, SecretsError> {
        let dir = settings.storage.dir.join("secrets");
        make_private_dir(&dir)?;
        let im = match settings.auth.im_secret.as_str() {
            "" => read_or_make(&dir.join("im.key"), || random_text(IM_KEY_BYTES))?,
            configured => configured.to_owned(),
        };
        let operator = match (&settings.operator.key, &settings.operator.key_file) {
            (Some(key), _) => key.clone(),
            (None, Some(file)) => read_or_make(file, random_key)?,
            (None, None) => read_or_make(&dir.join("operator.key"), random_key)?,
        };
        Ok(Self { jwt: read_or_make(&dir.join("jwt.key"), random_key)?, im, operator })
    }
}

/// Reads a secret that must be there already, such as another issuer's.
pub(crate) fn read_secret(path: &Path) -> Result<String, SecretsError> {
    let file = File::open(path).map_err(|source| failed("read", path, source))?;
    let mode = file.metadata().map_err(|source| failed("read", path, source))?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(SecretsError::Exposed { path: path.to_owned(), mode: mode & 0o777 });
    }
    let malformed =
        |reason: &str| SecretsError::Malformed { path: path.to_owned(), reason: reason.to_owned() };
    let mut text = String::new();
    match file.take(SECRET_FILE_BYTES_MAX).read_to_string(&mut text) {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            return Err(malformed("it is not text"));
        }
        Err(source) => return Err(failed("read", path, source)),
    }
    let secret = text.trim_end_matches(['\n', '\r']);
    if secret.is_empty() {
        return Err(malformed("it is empty"));
    }
    Ok(secret.to_owned())
}

fn make_private_dir(dir: &Path) -> Result<(), SecretsError> {
    if let Some(parent) = dir.parent() {
        fs::create_dir_all(parent).map_err(|source| failed("create", parent, source))?;
    }
    match DirBuilder::new().mode(0o700).create(dir) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(source) => Err(failed("create", dir, source)),
    }
}

fn read_or_make(
    path: &Path,
    make: impl FnOnce() -> Result<String, SecretsError>,
) -> Result<String, SecretsError> {
    if !path.exists() {
        publish(path, &make()?)?;
    }
    read_secret(path)
}

/// Writes the secret beside its place and links it there; where another process was first, its
/// secret stays.
fn publish(path: &Path, secret: &str) -> Result<(), SecretsError> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(format!(".{}.new", random_text(8)?));
    let draft = PathBuf::from(draft);
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&draft)
        .map_err(|source| failed("create", &draft, source))?;
    let written = file.write_all(secret.as_bytes()).and_then(|()| file.write_all(b"\n"));
    let placed =
        written.and_then(|()| file.sync_all()).and_then(|()| match fs::hard_link(&draft, path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            Ok(()) | Err(_) => Ok(()),
        });
    let removed = fs::remove_file(&draft);
    placed.and(removed).map_err(|source| failed("create", path, source))?;
    // The name must survive a power cut too: tokens of a lost key would all be refused.
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(|source| failed("sync", dir, source))
}

fn failed(action: &'static str, path: &Path, source: io::Error) -> SecretsError {
    SecretsError::File { action, path: path.to_owned(), source }
}

fn random_key() -> Result<String, SecretsError> {
    random_text(KEY_BYTES)
}

fn random_text(bytes: usize) -> Result<String, SecretsError> {
    let mut random = vec![0; bytes];
    getrandom::fill(&mut random).map_err(SecretsError::Randomness)?;
    Ok(URL_SAFE_NO_PAD.encode(random))
}

#[cfg(test)]
mod tests;
