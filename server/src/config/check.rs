//! What the values must be, each by itself and together.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use parlance_codecs::limits::{FRAME_BYTES_MAX, TEXT_BYTES_MAX};
use parlance_conversation::placement::SHARDS_MAX;
use parlance_conversation::store::Durability;

use super::error::ConfigError;
use super::origins::AllowedOrigins;
use super::raw::{
    OneOrMany, Raw, RawAlgorithm, RawAuth, RawClaim, RawEvents, RawIm, RawKey, RawLimits, RawSafety,
};
use super::settings::{
    Auth, DurabilityOf, Events, Im, JwtAlgorithm, JwtKey, Limits, Listen, ListenAddress, Operator,
    Server, Settings, Storage, UserClaim,
};
use crate::auth::IM_SECRET_BYTES_MAX;

/// So many of the longest frames must fit a session's outbox.
pub(super) const OUTBOX_FRAMES_MIN: usize = 4;
/// More than this for one session could not be held for thousands of them.
const OUTBOX_BYTES_MAX: usize = 1 << 30;
/// The smallest frame limit: any sign-in with a long token fits it.
const FRAME_BYTES_MIN: usize = 8 * 1024;
/// What a frame holds beside the longest text.
const FRAME_OVERHEAD_BYTES: usize = 1024;
/// A gap that a person would notice is no gap between frames any more.
const FRAME_GAP_MS_MAX: usize = 1_000;
/// Addresses of one listener: a bound on descriptors, far above any real need.
const ADDRESSES_MAX: usize = 16;
/// `Unix` socket paths are limited by the kernel's `sun_path`, with its final NUL.
const UNIX_PATH_BYTES_MAX: usize = 107;
/// A dead peer holds its connection for three and a third of these.
const HEART_PROBE_S_MAX: u32 = 60 * 60;
/// As good as no limit.
const PER_TIME_MAX: u32 = 1_000_000;
/// Keys are tried one after the other for each token.
const JWT_KEYS_MAX: usize = 16;
/// The wheel of deadlines turns every quarter of a second.
const PING_MS_MIN: u64 = 250;
/// A poll waits for one heartbeat at most, and an HTTP request is answered within 40 s.
const PING_INTERVAL_MS_MAX: u64 = 30_000;
const PING_TIMEOUT_MS_MAX: u64 = 60_000;

/// `origin_of` tells where a key's value came from.
pub(super) fn check(
    raw: &Raw,
    origin_of: &dyn Fn(&str) -> String,
) -> Result<Settings, ConfigError> {
    let invalid = |key: &str, reason: String| ConfigError::Invalid {
        origin: origin_of(key),
        key: key.to_owned(),
        reason,
    };
    let addresses =
        |key: &str, value: &OneOrMany| addresses(value).map_err(|reason| invalid(key, reason));
    if raw.server.shards > SHARDS_MAX {
        let reason = format!("found {}, expected 0 to {SHARDS_MAX}", raw.server.shards);
        return Err(invalid("server.shards", reason));
    }
    if raw.storage.dir.is_empty() {
        return Err(invalid("storage.dir", "expected a directory, found an empty text".to_owned()));
    }
    let settings = Settings {
        listen: Listen {
            main: addresses("listen.main", &raw.listen.main)?,
            stream: addresses("listen.stream", &raw.listen.stream)?,
            push: addresses("listen.push", &raw.listen.push)?,
            operator: addresses("listen.operator", &raw.listen.operator)?,
        },
        server: Server { shards: raw.server.shards },
        storage: Storage { dir: PathBuf::from(&raw.storage.dir) },
        durability: DurabilityOf {
            private: safety(raw.durability.private),
            group: safety(raw.durability.group),
            channel: safety(raw.durability.channel),
            room: safety(raw.durability.room),
        },
        auth: auth(&raw.auth).map_err(|(key, reason)| invalid(key, reason))?,
        limits: limits(&raw.limits).map_err(|(key, reason)| invalid(key, reason))?,
        events: events(&raw.events).map_err(|(key, reason)| invalid(key, reason))?,
        im: im(&raw.im).map_err(|(key, reason)| invalid(key, reason))?,
        operator: Operator {
            key_file: non_empty(&raw.operator.key_file).map(PathBuf::from),
            key: non_empty(&raw.operator.key).map(str::to_owned),
        },
    };
    check_together(&settings)?;
    Ok(settings)
}

/// What each setting allows and all of them together do not.
fn check_together(settings: &Settings) -> Result<(), ConfigError> {
    let listeners = settings.listen.all();
    let conflict = |text: String| Err(ConfigError::Conflict(text));
    if settings.auth.open {
        for (name, addresses) in listeners {
            if let Some(address) = addresses.iter().find(|address| !address.is_local()) {
                return conflict(format!(
                    "an open server (--open, auth.open) lets anyone be anyone, so it listens on \
                     loopback addresses only; listen.{name} is {address}"
                ));
            }
        }
    }
    let clients = [&settings.listen.main, &settings.listen.stream, &settings.listen.push];
    if clients.iter().all(|addresses| addresses.is_empty()) {
        return conflict(
            "listen.main, listen.stream and listen.push are all off: no client could connect"
                .to_owned(),
        );
    }
    let Limits { text_bytes, frame_bytes, outbox_bytes, .. } = settings.limits;
    if text_bytes.saturating_add(FRAME_OVERHEAD_BYTES) > frame_bytes {
        return conflict(format!(
            "a text of limits.text_bytes = {text_bytes} does not fit a frame of \
             limits.frame_bytes = {frame_bytes}, which needs {FRAME_OVERHEAD_BYTES} bytes beside it"
        ));
    }
    if outbox_bytes < OUTBOX_FRAMES_MIN.saturating_mul(frame_bytes) {
        return conflict(format!(
            "limits.outbox_bytes = {outbox_bytes} must hold {OUTBOX_FRAMES_MIN} frames of \
             limits.frame_bytes = {frame_bytes}, or one frame would evict a peer"
        ));
    }
    check_addresses_differ(listeners)
}

fn check_addresses_differ(listeners: [(&str, &[ListenAddress]); 4]) -> Result<(), ConfigError> {
    let mut seen: Vec<(&str, &ListenAddress)> = Vec::new();
    for (name, addresses) in listeners {
        for address in addresses {
            let any_port = matches!(address, ListenAddress::Tcp(tcp) if tcp.port() == 0);
            if let Some((other, _)) = seen.iter().find(|(_, other)| *other == address)
                && !any_port
            {
                let text = format!("listen.{other} and listen.{name} are both {address}");
                return Err(ConfigError::Conflict(text));
            }
            seen.push((name, address));
        }
    }
    Ok(())
}

fn addresses(value: &OneOrMany) -> Result<Vec<ListenAddress>, String> {
    match value.0.as_slice() {
        [only] if only == "off" => Ok(Vec::new()),
        [] => Err("an empty list; write \"off\" where nothing should listen".to_owned()),
        many if many.len() > ADDRESSES_MAX => {
            Err(format!("{} addresses, at most {ADDRESSES_MAX} are allowed", many.len()))
        }
        many => many.iter().map(|text| address(text)).collect(),
    }
}

fn address(text: &str) -> Result<ListenAddress, String> {
    let wrong = || {
        format!(
            "\"{text}\" is no address; write one such as \"127.0.0.1:7700\", \"[::1]:7700\", \
             \"unix:PATH\", or \"off\" alone"
        )
    };
    if let Some(path) = text.strip_prefix("unix:") {
        if path.is_empty() || path.len() > UNIX_PATH_BYTES_MAX || path.contains('\0') {
            return Err(format!(
                "\"{text}\": a socket's path has 1 to {UNIX_PATH_BYTES_MAX} bytes"
            ));
        }
        return Ok(ListenAddress::Unix(PathBuf::from(path)));
    }
    if let Some(port) = text.strip_prefix("localhost:") {
        let port = port.parse().map_err(|_| wrong())?;
        return Ok(ListenAddress::Tcp(SocketAddr::from((Ipv4Addr::LOCALHOST, port))));
    }
    text.parse().map(ListenAddress::Tcp).map_err(|_| wrong())
}

fn safety(raw: RawSafety) -> Durability {
    match raw {
        RawSafety::Sync => Durability::Sync,
        RawSafety::Os => Durability::Os,
        RawSafety::Memory => Durability::Memory,
    }
}

/// The key that is wrong, and why.
type Wrong = (&'static str, String);

fn auth(raw: &RawAuth) -> Result<Auth, Wrong> {
    let allowed_origins = AllowedOrigins::parse(&raw.allowed_origins.0)
        .map_err(|reason| ("auth.allowed_origins", reason))?;
    if raw.im_secret.len() > IM_SECRET_BYTES_MAX {
        let got = raw.im_secret.len();
        let reason = format!("{got} bytes, at most {IM_SECRET_BYTES_MAX} are allowed");
        return Err(("auth.im_secret", reason));
    }
    if raw.user_claims.is_empty() {
        let reason = "an empty list; expected one or more of \"sub\", \"id\", \"jti\"".to_owned();
        return Err(("auth.user_claims", reason));
    }
    if raw.keys.len() > JWT_KEYS_MAX {
        let reason = format!("{} keys, at most {JWT_KEYS_MAX} are allowed", raw.keys.len());
        return Err(("auth.keys", reason));
    }
    if raw.keys.iter().any(|key| key.file.is_empty()) {
        return Err(("auth.keys", "a key's file is empty".to_owned()));
    }
    Ok(Auth {
        open: raw.open,
        friends_required: raw.friends_required,
        allowed_origins,
        im_secret: raw.im_secret.clone(),
        user_claims: raw.user_claims.iter().copied().map(claim).collect(),
        keys: raw.keys.iter().map(key).collect(),
    })
}

fn claim(raw: RawClaim) -> UserClaim {
    match raw {
        RawClaim::Sub => UserClaim::Sub,
        RawClaim::Id => UserClaim::Id,
        RawClaim::Jti => UserClaim::Jti,
    }
}

fn key(raw: &RawKey) -> JwtKey {
    let algorithm = match raw.algorithm {
        RawAlgorithm::Hs256 => JwtAlgorithm::Hs256,
        RawAlgorithm::Rs256 => JwtAlgorithm::Rs256,
        RawAlgorithm::Es256 => JwtAlgorithm::Es256,
        RawAlgorithm::EdDsa => JwtAlgorithm::EdDsa,
    };
    JwtKey { algorithm, file: PathBuf::from(&raw.file) }
}

fn within<N: PartialOrd + std::fmt::Display>(
    key: &'static str,
    got: N,
    least: N,
    most: N,
) -> Result<N, Wrong> {
    if (&least..=&most).contains(&&got) {
        Ok(got)
    } else {
        Err((key, format!("found {got}, expected {least} to {most}")))
    }
}

fn events(raw: &RawEvents) -> Result<Events, Wrong> {
    let interval =
        within("events.ping_interval_ms", raw.ping_interval_ms, PING_MS_MIN, PING_INTERVAL_MS_MAX)?;
    let timeout =
        within("events.ping_timeout_ms", raw.ping_timeout_ms, PING_MS_MIN, PING_TIMEOUT_MS_MAX)?;
    Ok(Events::new(interval, timeout))
}

fn im(raw: &RawIm) -> Result<Im, Wrong> {
    let per = |key, got| within(key, got, 0, PER_TIME_MAX);
    Ok(Im {
        heart_probe_s: within("im.heart_probe_s", raw.heart_probe_s, 1, HEART_PROBE_S_MAX)?,
        sign_ins_per_minute: per("im.sign_ins_per_minute", raw.sign_ins_per_minute)?,
        sends_per_second: per("im.sends_per_second", raw.sends_per_second)?,
        pulls_per_second: per("im.pulls_per_second", raw.pulls_per_second)?,
        chat_pull_every_s: per("im.chat_pull_every_s", raw.chat_pull_every_s)?,
        pull_age_s: raw.pull_age_s,
    })
}

fn limits(raw: &RawLimits) -> Result<Limits, Wrong> {
    let frame_gap_ms = within("limits.frame_gap_ms", raw.frame_gap_ms, 0, FRAME_GAP_MS_MAX)?;
    Ok(Limits {
        text_bytes: within("limits.text_bytes", raw.text_bytes, 1, TEXT_BYTES_MAX)?,
        frame_bytes: within(
            "limits.frame_bytes",
            raw.frame_bytes,
            FRAME_BYTES_MIN,
            FRAME_BYTES_MAX,
        )?,
        outbox_bytes: within("limits.outbox_bytes", raw.outbox_bytes, 1, OUTBOX_BYTES_MAX)?,
        connections: raw.connections,
        frame_gap: Duration::from_millis(frame_gap_ms as u64),
    })
}

fn non_empty(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}
