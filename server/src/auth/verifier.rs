//! What is trusted to say who a client is: this server's own keys, and those that the settings
//! name.
//!
//! Immutable once made and shared by every shard.

use std::fs;

use aes_gcm::Aes256Gcm;
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey};
use parlance_codecs::UserId;

use super::sealed;
use super::token::{PinnedKey, verify_jwt};
use crate::config::{Auth, JwtAlgorithm, JwtKey, UserClaim};
use crate::secrets::{Secrets, SecretsError, read_secret};

/// Whom a valid token names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TokenUser {
    pub(crate) user: UserId,
    /// Unix seconds from which on its sessions are over. `None` only for the bare ids of an open
    /// server.
    pub(crate) expires_at_s: Option<u64>,
}

/// Why a token names nobody. For the log: clients are told the same for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AuthError {
    #[error("the token has {got} bytes, at most {max} are allowed")]
    TooLong { got: usize, max: usize },
    #[error("the token is no JSON Web Token and no sealed token")]
    Malformed,
    #[error("no key is for the token's algorithm")]
    Algorithm,
    #[error("no key made the token's signature")]
    Signature,
    #[error("the token has expired")]
    Expired,
    #[error("the token is not valid yet")]
    NotYetValid,
    #[error("the token has no expiry")]
    NoExpiry,
    #[error("the token names no user by a decimal id")]
    NoUser,
}

/// A key of the settings that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyError {
    #[error("auth.keys: {0}")]
    Unreadable(#[from] SecretsError),
    #[error("auth.keys: cannot read {}: {source}", file.display())]
    File { file: std::path::PathBuf, source: std::io::Error },
    #[error("auth.keys: {} is no {algorithm} key: {reason}", file.display())]
    Unusable { file: std::path::PathBuf, algorithm: &'static str, reason: String },
    #[error("auth.im_secret has {got} bytes, at most {max} are allowed")]
    ImSecretTooLong { got: usize, max: usize },
}

/// A token with all its claims. It is parsed before anything is known about its sender.
pub(super) const TOKEN_BYTES_MAX: usize = 8 * 1024;
/// RFC 7518, section 3.2: a key as long as the hash, at least.
const HS256_SECRET_BYTES_MIN: usize = 32;
/// An Ed25519 public key.
const ED25519_BYTES: usize = 32;

/// The keys and rules that tokens are checked with.
pub(crate) struct Verifier {
    keys: Vec<PinnedKey>,
    sealed: Aes256Gcm,
    user_claims: Vec<UserClaim>,
    open: bool,
}

impl Verifier {
    pub(crate) fn new(auth: &Auth, secrets: &Secrets) -> Result<Self, KeyError> {
        let mut keys = vec![PinnedKey {
            algorithm: Algorithm::HS256,
            name: JwtAlgorithm::Hs256.as_str(),
            key: DecodingKey::from_secret(secrets.jwt.as_bytes()),
        }];
        for key in &auth.keys {
            keys.push(pinned(key)?);
        }
        let sealed = sealed::cipher(&secrets.im).ok_or(KeyError::ImSecretTooLong {
            got: secrets.im.len(),
            max: sealed::IM_SECRET_BYTES_MAX,
        })?;
        Ok(Self { keys, sealed, user_claims: auth.user_claims.clone(), open: auth.open })
    }

    /// A JSON Web Token, a sealed token, or on an open server a bare decimal id.
    pub(crate) fn verify_token(
        &self,
        token: &str,
        now_unix_s: u64,
    ) -> Result<TokenUser, AuthError> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(AuthError::TooLong { got: token.len(), max: TOKEN_BYTES_MAX });
        }
        if self.open
            && let Ok(user) = token.parse()
        {
            return Ok(TokenUser { user, expires_at_s: None });
        }
        if token.contains('.') {
            verify_jwt(token, &self.keys, &self.user_claims, now_unix_s)
        } else {
            sealed::open(token, &self.sealed, now_unix_s)
        }
    }
}

fn pinned(key: &JwtKey) -> Result<PinnedKey, KeyError> {
    let unusable = |reason: String| KeyError::Unusable {
        file: key.file.clone(),
        algorithm: key.algorithm.as_str(),
        reason,
    };
    let pem =
        || fs::read(&key.file).map_err(|source| KeyError::File { file: key.file.clone(), source });
    let no_pem = |error: jsonwebtoken::errors::Error| {
        unusable(format!("{error}; expected a public key in PEM form"))
    };
    let (algorithm, decoding) = match key.algorithm {
        JwtAlgorithm::Hs256 => {
            let secret = read_secret(&key.file)?;
            if secret.len() < HS256_SECRET_BYTES_MIN {
                return Err(unusable(format!(
                    "{} bytes, at least {HS256_SECRET_BYTES_MIN} are needed",
                    secret.len()
                )));
            }
            (Algorithm::HS256, DecodingKey::from_secret(secret.as_bytes()))
        }
        JwtAlgorithm::Rs256 => {
            (Algorithm::RS256, DecodingKey::from_rsa_pem(&pem()?).map_err(no_pem)?)
        }
        JwtAlgorithm::Es256 => {
            (Algorithm::ES256, DecodingKey::from_ec_pem(&pem()?).map_err(no_pem)?)
        }
        JwtAlgorithm::EdDsa => {
            let decoding = DecodingKey::from_ed_pem(&pem()?).map_err(no_pem)?;
            // The library takes the first 32 bytes of whatever stood in the file.
            if decoding.as_bytes().len() != ED25519_BYTES {
                return Err(unusable("it is no Ed25519 public key".to_owned()));
            }
            (Algorithm::EdDSA, decoding)
        }
    };
    prove(&decoding, algorithm).map_err(unusable)?;
    Ok(PinnedKey { algorithm, name: key.algorithm.as_str(), key: decoding })
}

/// A key that cannot verify anything is an error at the start, not a refusal of every token.
fn prove(key: &DecodingKey, algorithm: Algorithm) -> Result<(), String> {
    let signature_bytes = match key.family() {
        // Its length is the modulus's, and a wrong one is refused before the key is read.
        AlgorithmFamily::Rsa => return Ok(()),
        AlgorithmFamily::Hmac => 32,
        AlgorithmFamily::Ec | AlgorithmFamily::Ed => 64,
    };
    let signature = "A".repeat((signature_bytes * 4_usize).div_ceil(3));
    jsonwebtoken::crypto::verify(&signature, b"proof", key, algorithm)
        .map(|_| ())
        .map_err(|error| error.to_string())
}
