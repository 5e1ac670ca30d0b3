//! The settings as the server uses them: checked, typed, complete.
//!
//! Built only by [`super::load`], which decides what is valid; whoever holds a [`Settings`] need
//! not check anything again.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use parlance_codecs::Category;
use parlance_codecs::framing::engineio::Protocol;
use parlance_conversation::store::Durability;

use super::origins::AllowedOrigins;

/// Everything that can be set. Cheap enough to clone once per shard.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) listen: Listen,
    pub(crate) server: Server,
    pub(crate) storage: Storage,
    pub(crate) durability: DurabilityOf,
    pub(crate) auth: Auth,
    pub(crate) limits: Limits,
    pub(crate) events: Events,
    pub(crate) im: Im,
    pub(crate) operator: Operator,
}

/// Where each listener takes connections. An empty list: that listener is off.
#[derive(Clone, Debug)]
pub(crate) struct Listen {
    pub(crate) main: Vec<ListenAddress>,
    pub(crate) stream: Vec<ListenAddress>,
    pub(crate) push: Vec<ListenAddress>,
    pub(crate) operator: Vec<ListenAddress>,
}

impl Listen {
    /// Every listener with the name of its setting.
    pub(crate) fn all(&self) -> [(&'static str, &[ListenAddress]); 4] {
        [
            ("main", &self.main),
            ("stream", &self.stream),
            ("push", &self.push),
            ("operator", &self.operator),
        ]
    }
}

/// One place to listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ListenAddress {
    Tcp(SocketAddr),
    Unix(PathBuf),
}

impl ListenAddress {
    /// Only this host can reach it.
    pub(crate) fn is_local(&self) -> bool {
        match self {
            Self::Tcp(address) => address.ip().to_canonical().is_loopback(),
            Self::Unix(_) => true,
        }
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Server {
    /// 0: one per core.
    pub(crate) shards: usize,
}

#[derive(Clone, Debug)]
pub(crate) struct Storage {
    pub(crate) dir: PathBuf,
}

/// How safe a message must be before it is acknowledged, per category.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DurabilityOf {
    pub(crate) private: Durability,
    pub(crate) group: Durability,
    pub(crate) channel: Durability,
    pub(crate) room: Durability,
}

impl DurabilityOf {
    pub(crate) fn category(self, category: Category) -> Durability {
        match category {
            Category::Direct => self.private,
            Category::Group => self.group,
            Category::Channel => self.channel,
            Category::Room => self.room,
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Auth {
    /// Anyone may claim any identity; every listener is local then.
    pub(crate) open: bool,
    pub(crate) friends_required: bool,
    pub(crate) allowed_origins: AllowedOrigins,
    /// Empty: the generated `secrets/im.key`.
    pub(crate) im_secret: String,
    /// Which claims may name the user; the first of them that a token has decides.
    pub(crate) user_claims: Vec<UserClaim>,
    /// Keys of other issuers, beside the server's own.
    pub(crate) keys: Vec<JwtKey>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UserClaim {
    Sub,
    Id,
    Jti,
}

impl UserClaim {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Sub => "sub",
            Self::Id => "id",
            Self::Jti => "jti",
        }
    }
}

/// A key that other issuers sign tokens with, and the one algorithm it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct JwtKey {
    pub(crate) algorithm: JwtAlgorithm,
    pub(crate) file: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JwtAlgorithm {
    Hs256,
    Rs256,
    Es256,
    EdDsa,
}

impl JwtAlgorithm {
    /// As a token's header spells it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Limits {
    /// Text of one message, in bytes.
    pub(crate) text_bytes: usize,
    /// Payload of one frame, in bytes.
    pub(crate) frame_bytes: usize,
    /// Unsent bytes that one session may hold before it is evicted.
    pub(crate) outbox_bytes: usize,
    /// Connections of the whole process; 0: as many as the limit on open files leaves room for.
    pub(crate) connections: usize,
    /// At least this long between two frames to a client that takes one receive for one frame.
    pub(crate) frame_gap: Duration,
}

/// The `events` dialect's heartbeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Events {
    pub(crate) ping_interval_ms: u64,
    /// How long an answer to a heartbeat may take.
    ping_timeout_ms: u64,
}

impl Events {
    pub(super) fn new(ping_interval_ms: u64, ping_timeout_ms: u64) -> Self {
        Self { ping_interval_ms, ping_timeout_ms }
    }

    /// Protocol 3 had a shorter one, which its clients are told.
    pub(crate) fn ping_timeout_ms_of(&self, protocol: Protocol) -> u64 {
        match protocol {
            Protocol::V3 => self.ping_timeout_ms.min(PING_TIMEOUT_V3_MS),
            Protocol::V4 => self.ping_timeout_ms,
        }
    }
}

/// What Socket.IO's server had when it spoke protocol 3.
const PING_TIMEOUT_V3_MS: u64 = 5_000;

/// The `im` dialect's paces and bounds. A limit of 0 is off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Im {
    /// Between two pings on the push channel.
    pub(crate) heart_probe_s: u32,
    /// Of one user, on the push channel.
    pub(crate) sign_ins_per_minute: u32,
    /// Of one user, recalls among them.
    pub(crate) sends_per_second: u32,
    pub(crate) pulls_per_second: u32,
    /// Between two pulls of one user from one chat.
    pub(crate) chat_pull_every_s: u32,
    /// Older messages are not pulled.
    pub(crate) pull_age_s: u32,
}

#[derive(Clone)]
pub(crate) struct Operator {
    /// `None`: `secrets/operator.key` in the data directory.
    pub(crate) key_file: Option<PathBuf>,
    /// The key itself; wins over the file.
    pub(crate) key: Option<String>,
}

impl fmt::Debug for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The key must not end up in a log through a derived `Debug`.
        f.debug_struct("Operator")
            .field("key_file", &self.key_file)
            .field("key", &self.key.as_ref().map(|_| "set"))
            .finish()
    }
}
