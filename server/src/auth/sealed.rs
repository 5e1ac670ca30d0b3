//! The `im` dialect's sealed token: hexadecimal of a nonce and an AES-256-GCM sealed JSON text.
//!
//! The JSON names the user (`u`) and the seconds from and until which it is valid (`s`, `e`).

use aes_gcm::aead::Aead as _;
use aes_gcm::{Aes256Gcm, KeyInit as _, Nonce};
use parlance_codecs::UserId;
use serde_json::{Value, json};

use super::claims::strict_object;
use super::token::LEEWAY_S;
use super::verifier::{AuthError, TokenUser};

/// A longer secret could not be padded to the key.
pub(crate) const IM_SECRET_BYTES_MAX: usize = 32;
const NONCE_BYTES: usize = 12;

/// The cipher that a secret stands for: padded to 32 bytes with the number of bytes that are
/// missing, and used as it is where none is.
pub(super) fn cipher(secret: &str) -> Option<Aes256Gcm> {
    let bytes = secret.as_bytes();
    let missing = IM_SECRET_BYTES_MAX.checked_sub(bytes.len())?;
    let mut key = [u8::try_from(missing).ok()?; IM_SECRET_BYTES_MAX];
    key.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    Some(Aes256Gcm::new(&key.into()))
}

pub(super) fn open(token: &str, cipher: &Aes256Gcm, now_s: u64) -> Result<TokenUser, AuthError> {
    let bytes = from_hex(token).ok_or(AuthError::Malformed)?;
    let (nonce, sealed) = bytes.split_first_chunk::<NONCE_BYTES>().ok_or(AuthError::Malformed)?;
    let text = cipher.decrypt(&Nonce::from(*nonce), sealed).map_err(|_| AuthError::Signature)?;
    let claims = strict_object(&text).ok_or(AuthError::Malformed)?;
    let time = |name: &str| claims.get(name).and_then(Value::as_u64).ok_or(AuthError::NoExpiry);
    let over_at = time("e")?.saturating_add(LEEWAY_S);
    if over_at <= now_s {
        return Err(AuthError::Expired);
    }
    if time("s")? > now_s.saturating_add(LEEWAY_S) {
        return Err(AuthError::NotYetValid);
    }
    let user = claims.get("u").and_then(Value::as_str).and_then(|user| user.parse().ok());
    Ok(TokenUser { user: user.ok_or(AuthError::NoUser)?, expires_at_s: Some(over_at) })
}

/// `None` where the cipher cannot seal, which it can for every text this short.
pub(super) fn seal(
    user: UserId,
    from_s: u64,
    until_s: u64,
    nonce: [u8; NONCE_BYTES],
    cipher: &Aes256Gcm,
) -> Option<String> {
    let claims = json!({
        "p": "parlance", "d_env": "", "r_env": "", "u": user.to_string(), "d": "",
        "s": from_s, "e": until_s,
    });
    let sealed = cipher.encrypt(&Nonce::from(nonce), claims.to_string().as_bytes()).ok()?;
    let digits = nonce.iter().chain(&sealed);
    Some(digits.flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect())
}

fn digit(nibble: u8) -> char {
    char::from_digit(u32::from(nibble), 16).unwrap_or('0')
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let nibble = |byte: u8| char::from(byte).to_digit(16);
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| u8::try_from(nibble(*high)? << 4 | nibble(*low)?).ok()).collect()
}
