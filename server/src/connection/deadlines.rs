//! What a connection must have done by when.
//!
//! Three deadlines are the peer's: it signs in within ten seconds, it finishes a frame within ten
//! seconds of the frame's first byte, and over WebSocket it is heard from, if only to answer a
//! ping (some dialects' peers must echo every ping). One is the token's; and a peer that has hung
//! up is owed answers for a minute. The wheel asks [`Deadlines::judge`], which decides; nothing else
//! here acts. Times are the turn's monotonic milliseconds, but for a token's expiry, which is
//! Unix seconds.

use std::cell::Cell;
use std::time::Duration;

use parlance_codecs::dialect::{EndReason, Framing};
use parlance_codecs::framing::engineio::Protocol;
use parlance_conversation::input::Now;

use super::Stage;

/// From accept to the handshake's end, and from there to the sign-in.
pub(crate) const SIGN_IN_DEADLINE: Duration = Duration::from_millis(SIGN_IN_MS);
const SIGN_IN_MS: u64 = 10_000;
/// From a frame's first byte to its last.
const FRAME_MS: u64 = 10_000;
/// Silence after which a WebSocket peer is pinged. Middleboxes forget silent connections after
/// a minute.
const PING_MS: u64 = 30_000;
/// Silence after which it is gone, the ping unanswered.
const SILENCE_MS: u64 = 60_000;
const _: () = assert!(PING_MS < SILENCE_MS, "a peer has time to answer its ping");
const NS_PER_MS: u64 = 1_000_000;
/// How often a token's expiry is compared with the wall clock, which may jump.
const EXPIRY_CHECK_MS: u64 = 15_000;
/// Tokens are taken this long after they expired, so their sessions live as long.
const EXPIRY_LEEWAY_S: u64 = 30;
const _: () = assert!(
    EXPIRY_CHECK_MS / 1_000 + EXPIRY_LEEWAY_S < 60,
    "a session ends within a minute of its token"
);
/// How long a peer that sends nothing more may take to be given what it is owed.
const HANG_UP_MS: u64 = 60_000;
/// How long a connection that ends may take to send its last words and hear that they arrived.
pub(crate) const LINGER: Duration = Duration::from_secs(2);

/// What the wheel is to do with a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Fine,
    /// Ask the peer whether it is there.
    Ping,
    /// The same of one who must echo what it is asked with: [`Deadlines::probed`].
    Probe,
    End(EndReason),
}

/// How Engine.IO's two sides make sure of one another, as the handshake has told the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Heartbeats {
    pub(crate) interval_ms: u64,
    pub(crate) timeout_ms: u64,
}

/// A peer that must echo pings.
#[derive(Clone, Copy)]
struct Probe {
    every_ms: u64,
    next_ms: u64,
    /// When the last echo came, or the session began.
    echoed_ms: u64,
    /// What the last two pings held; an echo may cross the next ping.
    sent: [u64; 2],
}

impl Probe {
    /// Three and a third pings unanswered.
    fn silent_ms(self) -> u64 {
        self.echoed_ms.saturating_add(self.every_ms.saturating_mul(10) / 3)
    }
}

pub(crate) struct Deadlines {
    greeted_ms: u64,
    /// Only asked for where the framing is Engine.IO's.
    heartbeats: Heartbeats,
    /// When the last heartbeat was sent.
    beat_ms: Cell<u64>,
    heard_ms: Cell<u64>,
    frame_begun_ms: Cell<Option<u64>>,
    pinged: Cell<bool>,
    hung_up_ms: Cell<Option<u64>>,
    /// Boxed, because few dialects' peers must echo.
    probe: Cell<Option<Box<Probe>>>,
    /// When the wheel fires next; `u64::MAX` where it does not.
    armed_ms: Cell<u64>,
}

impl Deadlines {
    pub(crate) fn new(now_ms: u64, heartbeats: Heartbeats) -> Self {
        Self {
            greeted_ms: now_ms,
            heartbeats,
            beat_ms: Cell::new(now_ms),
            heard_ms: Cell::new(now_ms),
            frame_begun_ms: Cell::new(None),
            pinged: Cell::new(false),
            hung_up_ms: Cell::new(None),
            probe: Cell::default(),
            armed_ms: Cell::new(u64::MAX),
        }
    }

    /// Bytes came.
    pub(super) fn heard(&self, now_ms: u64) {
        self.heard_ms.set(now_ms);
        self.pinged.set(false);
    }

    /// From now on, only echoes show that the peer is there. The first ping is due at once.
    pub(crate) fn watch_echoes(&self, every_ms: u64, now_ms: u64) {
        let probe = Probe { every_ms, next_ms: now_ms, echoed_ms: now_ms, sent: [0; 2] };
        self.probe.set(Some(Box::new(probe)));
    }

    fn probe(&self) -> Option<Probe> {
        let probe = self.probe.take();
        let copy = probe.as_deref().copied();
        self.probe.set(probe);
        copy
    }

    /// A ping is sent now; what it holds is the time in Unix nanoseconds.
    pub(crate) fn probed(&self, now: Now) -> [u8; 8] {
        let held = now.wall_ms.saturating_mul(NS_PER_MS);
        if let Some(probe) = self.probe() {
            let next_ms = now.monotonic_ms.saturating_add(probe.every_ms);
            let [last, _] = probe.sent;
            self.probe.set(Some(Box::new(Probe { next_ms, sent: [held, last], ..probe })));
        }
        held.to_be_bytes()
    }

    /// A pong came that held this.
    pub(super) fn echoed(&self, held: u64, now_ms: u64) {
        if let Some(probe) = self.probe().filter(|probe| probe.sent.contains(&held)) {
            self.probe.set(Some(Box::new(Probe { echoed_ms: now_ms, ..probe })));
        }
    }

    /// The peer owes the rest of a frame: since now, unless it already did. `None`-like where a
    /// frame ended or nothing is owed.
    pub(super) fn mid_frame(&self, owes: bool, frame_ended: bool, now_ms: u64) {
        let begun = match self.frame_begun_ms.get() {
            _ if !owes => None,
            Some(begun) if !frame_ended => Some(begun),
            Some(_) | None => Some(now_ms),
        };
        self.frame_begun_ms.set(begun);
    }

    /// The peer sends nothing more.
    pub(super) fn hung_up(&self, now_ms: u64) {
        self.hung_up_ms.set(Some(now_ms));
    }

    /// It is this server that does not read: whatever the peer owes, it gets its time anew.
    pub(super) fn paused(&self, now_ms: u64) {
        self.frame_begun_ms.set(None);
        self.heard(now_ms);
    }

    /// What is due now. A ping is due once per silence.
    pub(crate) fn judge(&self, stage: Stage, framing: Framing, now: Now) -> Verdict {
        let now_ms = now.monotonic_ms;
        if self.frame_begun_ms.get().is_some_and(|begun| now_ms >= begun + FRAME_MS) {
            return Verdict::End(EndReason::Protocol);
        }
        if self.hung_up_ms.get().is_some_and(|since| now_ms >= since + HANG_UP_MS) {
            return Verdict::End(EndReason::Idle);
        }
        match stage {
            Stage::Greeting if now_ms >= self.greeted_ms + SIGN_IN_MS => {
                return Verdict::End(EndReason::NotSignedIn);
            }
            Stage::Live(signed) => {
                let expires = signed.expires_at_s.map(|at| at.saturating_add(EXPIRY_LEEWAY_S));
                if expires.is_some_and(|at| now.wall_ms / 1_000 >= at) {
                    return Verdict::End(EndReason::Expired);
                }
            }
            Stage::Greeting | Stage::Nameless | Stage::Ending(_) | Stage::Gone => {}
        }
        if let Some(protocol) = Protocol::of(framing) {
            return self.judge_heartbeat(protocol, now_ms);
        }
        if let Some(probe) = self.probe() {
            return match now_ms {
                now_ms if now_ms >= probe.silent_ms() => Verdict::End(EndReason::Idle),
                now_ms if now_ms >= probe.next_ms => Verdict::Probe,
                _ => Verdict::Fine,
            };
        }
        if framing != Framing::WebSocket {
            return Verdict::Fine;
        }
        if now_ms >= self.heard_ms.get() + SILENCE_MS {
            return Verdict::End(EndReason::Idle);
        }
        if now_ms >= self.heard_ms.get() + PING_MS && !self.pinged.replace(true) {
            return Verdict::Ping;
        }
        Verdict::Fine
    }

    /// Protocol 3 has the client ask, protocol 4 the server; either way something comes once per
    /// interval from a client that lives.
    fn judge_heartbeat(&self, protocol: Protocol, now_ms: u64) -> Verdict {
        if now_ms >= self.silent_until_ms() {
            return Verdict::End(EndReason::Idle);
        }
        if protocol == Protocol::V4 && now_ms >= self.beat_ms.get() + self.heartbeats.interval_ms {
            self.beat_ms.set(now_ms);
            return Verdict::Ping;
        }
        Verdict::Fine
    }

    fn silent_until_ms(&self) -> u64 {
        let Heartbeats { interval_ms, timeout_ms } = self.heartbeats;
        self.heard_ms.get() + interval_ms + timeout_ms
    }

    /// When to judge again; `u64::MAX`: no need to.
    pub(crate) fn next_ms(&self, stage: Stage, framing: Framing, now: Now) -> u64 {
        let frame = self.frame_begun_ms.get().map(|begun| begun + FRAME_MS);
        let hung_up = self.hung_up_ms.get().map(|since| since + HANG_UP_MS);
        let stage = match stage {
            Stage::Greeting => Some(self.greeted_ms + SIGN_IN_MS),
            Stage::Live(signed) => signed.expires_at_s.map(|_| now.monotonic_ms + EXPIRY_CHECK_MS),
            Stage::Nameless | Stage::Ending(_) | Stage::Gone => None,
        };
        let silence = match (framing, Protocol::of(framing)) {
            (_, Some(Protocol::V3)) => Some(self.silent_until_ms()),
            (_, Some(Protocol::V4)) => {
                Some(self.silent_until_ms().min(self.beat_ms.get() + self.heartbeats.interval_ms))
            }
            (_, None) if let Some(probe) = self.probe() => {
                Some(probe.next_ms.min(probe.silent_ms()))
            }
            (Framing::WebSocket, None) => {
                let patience_ms = if self.pinged.get() { SILENCE_MS } else { PING_MS };
                Some(self.heard_ms.get() + patience_ms)
            }
            (_, None) => None,
        };
        [frame, hung_up, stage, silence].into_iter().flatten().min().unwrap_or(u64::MAX)
    }

    /// When the wheel fires next.
    pub(crate) fn armed_ms(&self) -> u64 {
        self.armed_ms.get()
    }

    pub(crate) fn arm(&self, at_ms: u64) {
        self.armed_ms.set(at_ms);
    }
}

#[cfg(test)]
mod tests;
