//! The id by which a polling session's requests name it.
//!
//! The first character says which shard the session began on, the other nineteen (114 bits) are
//! random: whoever knows an id may speak as its session, so nobody can guess one.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

/// Twenty characters of base64url.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sid([u8; Sid::CHARS]);

/// No shard's, or not twenty characters of the alphabet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a session id has {} characters of base64url", Sid::CHARS)]
pub struct SidError;

impl Sid {
    pub const CHARS: usize = 20;
    /// Random bytes of an id; six bits of them are replaced by the shard.
    pub const RANDOM_BYTES: usize = 15;
    /// Shards that an id can name.
    pub const SHARDS_MAX: usize = 64;
    const SHARD_SHIFT: u32 = 2;

    /// `None` where there can be no such shard.
    pub fn new(shard: usize, mut random: [u8; Self::RANDOM_BYTES]) -> Option<Self> {
        let shard =
            u8::try_from(shard).ok().filter(|shard| usize::from(*shard) < Self::SHARDS_MAX)?;
        let [first, ..] = &mut random;
        *first = (shard << Self::SHARD_SHIFT) | (*first & ((1 << Self::SHARD_SHIFT) - 1));
        let mut chars = [0; Self::CHARS];
        BASE64_URL_SAFE_NO_PAD.encode_slice(random, &mut chars).ok()?;
        Some(Self(chars))
    }

    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("the alphabet is ASCII")
    }

    /// The shard that it began on, whoever made it: below [`Sid::SHARDS_MAX`].
    pub fn shard(&self) -> usize {
        let mut bytes = [0; Self::RANDOM_BYTES];
        let decoded = BASE64_URL_SAFE_NO_PAD.decode_slice(self.0, &mut bytes);
        let [first, ..] = bytes;
        decoded.map_or(0, |_| usize::from(first >> Self::SHARD_SHIFT))
    }
}

impl FromStr for Sid {
    type Err = SidError;

    fn from_str(text: &str) -> Result<Self, SidError> {
        let chars: [u8; Self::CHARS] = text.as_bytes().try_into().map_err(|_| SidError)?;
        let is_of_alphabet = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_".contains(byte);
        if chars.iter().all(is_of_alphabet) { Ok(Self(chars)) } else { Err(SidError) }
    }
}

impl fmt::Display for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Not shown whole: a log must not let its readers speak as the session.
impl fmt::Debug for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sid({}…)", self.as_str().get(..4).unwrap_or_default())
    }
}
