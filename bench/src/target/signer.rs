//! Signs tokens as the server's own issuer does, with the key of its data directory.

use std::time::{SystemTime, UNIX_EPOCH};

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::json;

use crate::error::BenchError;

/// Longer than any run.
const VALID_SECONDS: u64 = 24 * 60 * 60;

pub(crate) struct Signer {
    key: EncodingKey,
    issued_s: u64,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.write_str("Signer")
    }
}

impl Signer {
    /// `secret` is the text of the server's `secrets/jwt.key`.
    pub(crate) fn new(secret: &str) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { key: EncodingKey::from_secret(secret.as_bytes()), issued_s: now.as_secs() }
    }

    /// The same claims as those of `parlance token`.
    pub(crate) fn sign(&self, user: u64) -> Result<String, BenchError> {
        let (user, expires) = (user.to_string(), self.issued_s + VALID_SECONDS);
        let claims = json!({
            "sub": user, "iat": self.issued_s, "exp": expires, "id": user, "expires": expires,
        });
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.key)
            .map_err(|error| BenchError::Token { detail: error.to_string() })
    }
}
