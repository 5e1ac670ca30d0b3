//! The settings as they are written: serde's shape of the file, and the defaults.
//!
//! [`KEYS`] lists every key once; a test holds it against the defaults.

use std::fmt;

use parlance_codecs::limits::{FRAME_BYTES_MAX, TEXT_BYTES_MAX};
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// How a key's value is read from a variable or a flag, where everything is text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    /// Text that `parlance config` does not show.
    Secret,
    Number,
    Switch,
    /// Comma-separated, or a TOML array.
    List,
}

/// Every setting there is.
pub(super) const KEYS: [(&str, Kind); 31] = [
    ("listen.main", Kind::List),
    ("listen.stream", Kind::List),
    ("listen.push", Kind::List),
    ("listen.operator", Kind::List),
    ("server.shards", Kind::Number),
    ("storage.dir", Kind::Text),
    ("durability.private", Kind::Text),
    ("durability.group", Kind::Text),
    ("durability.channel", Kind::Text),
    ("durability.room", Kind::Text),
    ("auth.open", Kind::Switch),
    ("auth.friends_required", Kind::Switch),
    ("auth.allowed_origins", Kind::List),
    ("auth.im_secret", Kind::Secret),
    ("auth.user_claims", Kind::List),
    ("auth.keys", Kind::List),
    ("limits.text_bytes", Kind::Number),
    ("limits.frame_bytes", Kind::Number),
    ("limits.outbox_bytes", Kind::Number),
    ("limits.connections", Kind::Number),
    ("limits.frame_gap_ms", Kind::Number),
    ("events.ping_interval_ms", Kind::Number),
    ("events.ping_timeout_ms", Kind::Number),
    ("im.heart_probe_s", Kind::Number),
    ("im.sign_ins_per_minute", Kind::Number),
    ("im.sends_per_second", Kind::Number),
    ("im.pulls_per_second", Kind::Number),
    ("im.chat_pull_every_s", Kind::Number),
    ("im.pull_age_s", Kind::Number),
    ("operator.key_file", Kind::Text),
    ("operator.key", Kind::Secret),
];

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Raw {
    pub(super) listen: RawListen,
    pub(super) server: RawServer,
    pub(super) storage: RawStorage,
    pub(super) durability: RawDurability,
    pub(super) auth: RawAuth,
    pub(super) limits: RawLimits,
    pub(super) events: RawEvents,
    pub(super) im: RawIm,
    pub(super) operator: RawOperator,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RawListen {
    pub(super) main: OneOrMany,
    pub(super) stream: OneOrMany,
    pub(super) push: OneOrMany,
    pub(super) operator: OneOrMany,
}

impl Default for RawListen {
    fn default() -> Self {
        let local = |port: u16| OneOrMany(vec![format!("127.0.0.1:{port}")]);
        Self { main: local(7700), stream: local(7701), push: local(7702), operator: local(7780) }
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct RawServer {
    pub(super) shards: usize,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RawStorage {
    pub(super) dir: String,
}

impl Default for RawStorage {
    fn default() -> Self {
        Self { dir: "data".to_owned() }
    }
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum RawSafety {
    Sync,
    Os,
    Memory,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RawDurability {
    pub(super) private: RawSafety,
    pub(super) group: RawSafety,
    pub(super) channel: RawSafety,
    pub(super) room: RawSafety,
}

impl Default for RawDurability {
    fn default() -> Self {
        let sync = RawSafety::Sync;
        Self { private: sync, group: sync, channel: sync, room: sync }
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RawAuth {
    pub(super) open: bool,
    pub(super) friends_required: bool,
    pub(super) allowed_origins: OneOrMany,
    pub(super) im_secret: String,
    pub(super) user_claims: Vec<RawClaim>,
    pub(super) keys: Vec<RawKey>,
}

impl Default for RawAuth {
    fn default() -> Self {
        Self {
            open: false,
            friends_required: true,
            allowed_origins: OneOrMany(vec!["*".to_owned()]),
            im_secret: String::new(),
            // `jti` only where configured: most issuers put a token's own id there.
            user_claims: vec![RawClaim::Sub, RawClaim::Id],
            keys: Vec::new(),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum RawClaim {
    Sub,
    Id,
    Jti,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawKey {
    pub(super) algorithm: RawAlgorithm,
    pub(super) file: String,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) enum RawAlgorithm {
    #[serde(rename = "HS256")]
    Hs256,
    #[serde(rename = "RS256")]
    Rs256,
    #[serde(rename = "ES256")]
    Es256,
    #[serde(rename = "EdDSA")]
    EdDsa,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RawLimits {
    pub(super) text_bytes: usize,
    pub(super) frame_bytes: usize,
    pub(super) outbox_bytes: usize,
    pub(super) connections: usize,
    pub(super) frame_gap_ms: usize,
}

impl Default for RawLimits {
    fn default() -> Self {
        Self {
            text_bytes: TEXT_BYTES_MAX,
            frame_bytes: FRAME_BYTES_MAX,
            outbox_bytes: OUTBOX_BYTES_DEFAULT,
            connections: 0,
            frame_gap_ms: FRAME_GAP_MS_DEFAULT,
        }
    }
}

/// Enough for a client that waits for its next frame to wake up and take the one that came.
const FRAME_GAP_MS_DEFAULT: usize = 2;

/// Sixteen of the longest frames. A quarter of it evicted a healthy client that was sent a burst
/// of long texts on a busy machine.
const OUTBOX_BYTES_DEFAULT: usize = 1 << 20;
const _: () = assert!(
    super::check::OUTBOX_FRAMES_MIN * FRAME_BYTES_MAX <= OUTBOX_BYTES_DEFAULT,
    "one frame must not evict a peer"
);

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RawEvents {
    pub(super) ping_interval_ms: u64,
    pub(super) ping_timeout_ms: u64,
}

impl Default for RawEvents {
    /// Those of Socket.IO's own server.
    fn default() -> Self {
        Self { ping_interval_ms: 25_000, ping_timeout_ms: 20_000 }
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RawIm {
    pub(super) heart_probe_s: u32,
    pub(super) sign_ins_per_minute: u32,
    pub(super) sends_per_second: u32,
    pub(super) pulls_per_second: u32,
    pub(super) chat_pull_every_s: u32,
    pub(super) pull_age_s: u32,
}

impl Default for RawIm {
    fn default() -> Self {
        Self {
            heart_probe_s: 60,
            sign_ins_per_minute: 10,
            sends_per_second: 0,
            pulls_per_second: 0,
            chat_pull_every_s: 0,
            // Thirty days, as its clients know it.
            pull_age_s: 30 * 24 * 60 * 60,
        }
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct RawOperator {
    pub(super) key_file: String,
    pub(super) key: String,
}

/// A text, or a list of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(super) struct OneOrMany(pub(super) Vec<String>);

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Texts;

        impl<'de> Visitor<'de> for Texts {
            type Value = Vec<String>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a list of texts")
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(vec![text.to_owned()])
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut texts = Vec::new();
                while let Some(text) = seq.next_element()? {
                    texts.push(text);
                }
                Ok(texts)
            }
        }

        deserializer.deserialize_any(Texts).map(Self)
    }
}
