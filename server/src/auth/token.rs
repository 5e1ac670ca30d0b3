//! One JSON Web Token against a list of keys: the signature, the times, the user.
//!
//! The algorithm belongs to the key and never comes from the token: the header must name the one
//! that a key is for. Keys that the header carries or points at (`jwk`, `jku`, `x5c`, `kid`) are
//! never used, and a header with critical extensions is refused. Takes the time from its caller.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey};
use parlance_codecs::UserId;
use serde_json::{Map, Value};

use super::claims::strict_object;
use super::verifier::{AuthError, TokenUser};
use crate::config::UserClaim;

/// How far the issuer's clock may differ from ours, in seconds. A session ends this long after
/// its token's expiry, within the minute that it may.
pub(super) const LEEWAY_S: u64 = 30;

/// A key and the one algorithm that it verifies.
pub(super) struct PinnedKey {
    pub(super) algorithm: Algorithm,
    /// The algorithm as a header spells it.
    pub(super) name: &'static str,
    pub(super) key: DecodingKey,
}

/// The user whom `token` names, if one of `keys` signed it and it is valid at `now_s`.
pub(super) fn verify_jwt(
    token: &str,
    keys: &[PinnedKey],
    user_claims: &[UserClaim],
    now_s: u64,
) -> Result<TokenUser, AuthError> {
    let mut parts = token.split('.');
    let (Some(header), Some(payload), Some(signature), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(AuthError::Malformed);
    };
    let signed = token
        .len()
        .checked_sub(signature.len() + 1)
        .and_then(|end| token.get(..end))
        .ok_or(AuthError::Malformed)?;
    let header = part(header)?;
    if header.contains_key("crit") {
        return Err(AuthError::Algorithm);
    }
    let algorithm = header.get("alg").and_then(Value::as_str).ok_or(AuthError::Algorithm)?;
    let mut candidates = keys.iter().filter(|key| key.name == algorithm).peekable();
    if candidates.peek().is_none() {
        return Err(AuthError::Algorithm);
    }
    let is_signed_by = |key: &PinnedKey| {
        jsonwebtoken::crypto::verify(signature, signed.as_bytes(), &key.key, key.algorithm)
            .unwrap_or(false)
    };
    if !candidates.any(is_signed_by) {
        return Err(AuthError::Signature);
    }
    // Only now is the payload anyone's word.
    let claims = part(payload)?;
    let expires_at_s = check_times(&claims, now_s)?;
    let user = user_of(&claims, user_claims)?;
    Ok(TokenUser { user, expires_at_s: Some(expires_at_s) })
}

fn part(encoded: &str) -> Result<Map<String, Value>, AuthError> {
    let bytes = URL_SAFE_NO_PAD.decode(encoded).map_err(|_| AuthError::Malformed)?;
    strict_object(&bytes).ok_or(AuthError::Malformed)
}

/// The second from which on a session with this token is over: its expiry and the leeway.
fn check_times(claims: &Map<String, Value>, now_s: u64) -> Result<u64, AuthError> {
    let time = |name: &str| claims.get(name).map(seconds).transpose();
    let expiry = match (time("exp")?, time("expires")?) {
        (Some(exp), Some(expires)) => exp.min(expires),
        (Some(only), None) | (None, Some(only)) => only,
        (None, None) => return Err(AuthError::NoExpiry),
    };
    let over_at = expiry.saturating_add(LEEWAY_S);
    if over_at <= now_s {
        return Err(AuthError::Expired);
    }
    match time("nbf")? {
        Some(not_before) if not_before > now_s.saturating_add(LEEWAY_S) => {
            Err(AuthError::NotYetValid)
        }
        Some(_) | None => Ok(over_at),
    }
}

/// A NumericDate: seconds, perhaps with a fraction, which is dropped.
fn seconds(value: &Value) -> Result<u64, AuthError> {
    if let Some(whole) = value.as_u64() {
        return Ok(whole);
    }
    let number = value.as_f64().ok_or(AuthError::Malformed)?;
    if number < 0.0 {
        // Before 1970: long past, whatever it is.
        return Ok(0);
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a float that is not negative; the cast saturates"
    )]
    Ok(number as u64)
}

/// The first configured claim that is there names the user: another one cannot correct it.
fn user_of(claims: &Map<String, Value>, names: &[UserClaim]) -> Result<UserId, AuthError> {
    let value = names.iter().find_map(|name| claims.get(name.as_str())).ok_or(AuthError::NoUser)?;
    let user = match value {
        Value::Number(number) => number.as_u64().and_then(UserId::new),
        Value::String(text) => text.parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    user.ok_or(AuthError::NoUser)
}
