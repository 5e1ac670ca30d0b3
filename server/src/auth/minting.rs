//! Makes tokens: `parlance token`.

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use parlance_codecs::UserId;
use serde_json::json;

use super::sealed;

/// A token could not be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MintError {
    #[error("cannot sign the token: {0}")]
    Jwt(#[from] jsonwebtoken::errors::Error),
    #[error(
        "cannot seal the token: the secret has more than {} bytes",
        sealed::IM_SECRET_BYTES_MAX
    )]
    Sealed,
    #[error("the system gives no random bytes: {0}")]
    Randomness(getrandom::Error),
}

/// A JSON Web Token that every dialect takes: `id` and `expires` are the words of `rooms` for
/// `sub` and `exp`.
pub(crate) fn mint_jwt(
    secret: &str,
    user: UserId,
    now_s: u64,
    expires_s: u64,
) -> Result<String, MintError> {
    let claims = json!({
        "sub": user.to_string(), "iat": now_s, "exp": expires_s,
        "id": user.to_string(), "expires": expires_s,
    });
    let key = EncodingKey::from_secret(secret.as_bytes());
    Ok(jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key)?)
}

/// The `im` dialect's sealed token.
pub(crate) fn mint_sealed(
    secret: &str,
    user: UserId,
    now_s: u64,
    expires_s: u64,
) -> Result<String, MintError> {
    let mut nonce = [0; 12];
    getrandom::fill(&mut nonce).map_err(MintError::Randomness)?;
    let cipher = sealed::cipher(secret).ok_or(MintError::Sealed)?;
    sealed::seal(user, now_s, expires_s, nonce, &cipher).ok_or(MintError::Sealed)
}
