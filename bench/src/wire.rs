//! The client's side of a wire: bytes to write, and what the server's bytes say.
//!
//! A [`Wire`] is a dialect on a transport. It decides which bytes open a session, sign it in and
//! send a message, where a frame of the server ends, and what it means. It holds no state and
//! knows no socket: [`crate::client`] drives it.

pub(crate) mod delimited;
pub(crate) mod foreign;
pub(crate) mod lines;
pub(crate) mod onechat;
pub(crate) mod stream;
pub(crate) mod websocket;

use clap::ValueEnum;
pub(crate) use foreign::Foreign;
use parlance_codecs::dialect::{DialectName, Echo};
use serde::{Deserialize, Serialize};

use crate::client::Seat;

/// A dialect on a transport, as the command line and the reports name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Wire {
    /// `stream`: JSON text frames over WebSocket.
    StreamWsJson,
    /// `stream`: protobuf in binary frames over WebSocket.
    StreamWsProto,
    /// `stream`: length-delimited protobuf over TCP.
    StreamTcp,
    /// `onechat`: `ONECHAT/1.0` framing over TCP.
    Onechat,
    /// What another server speaks, which a scenario does not choose.
    #[value(skip)]
    #[serde(untagged)]
    Foreign(Foreign),
}

/// Which of the server's listeners a wire is spoken on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listener {
    Main,
    Stream,
}

/// How far a connection has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The HTTP upgrade was asked for.
    Upgrading,
    /// Credentials were sent in a frame.
    SigningIn,
    /// An empty Sync was sent; live messages follow its end.
    Syncing,
    Ready,
}

/// What was cut off the front of the bytes received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    /// The server agreed to the upgrade.
    Upgraded,
    Frame(&'a [u8]),
    Ping(&'a [u8]),
    Pong,
    Close(Option<u16>),
}

/// What a frame says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Said {
    SignedIn,
    /// The Sync is answered.
    Synced,
    /// Messages: live ones, or of a Sync's answer.
    Posts(Vec<SeenPost>),
    /// The message that was sent with this number is durable.
    Acknowledged {
        index: u32,
    },
    Refused {
        code: i64,
        message: String,
    },
    /// Blank, or nothing that a benchmark has asked for.
    Other,
}

/// A message as it arrived, for comparing with what was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SeenPost {
    /// `None` where the wire does not say.
    pub(crate) sender: Option<u64>,
    pub(crate) group: Option<u64>,
    pub(crate) text: String,
}

/// A message to send.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outgoing<'a> {
    pub(crate) sender: u64,
    pub(crate) group: u64,
    /// Echoed in the acknowledgement.
    pub(crate) index: u32,
    pub(crate) text: &'a str,
}

/// The server wrote what this wire does not allow.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WireFault {
    #[error("HTTP answer {seen:?} instead of 101 with the right Sec-WebSocket-Accept")]
    NotUpgraded { seen: String },
    #[error("WebSocket frame header {first:#04x} {second:#04x}: {rule}")]
    WebSocketHeader { first: u8, second: u8, rule: &'static str },
    #[error("a length that does not end within 10 bytes")]
    EndlessLength,
    #[error("a frame of {got} bytes, at most {max} expected")]
    FrameTooLong { got: u64, max: usize },
    #[error("frame header {seen:?} instead of ONECHAT/1.0")]
    OnechatHeader { seen: String },
    #[error("not to be decoded as {expected}: {detail}; begins {seen:?}")]
    Undecodable { expected: &'static str, detail: String, seen: String },
}

impl Wire {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::StreamWsJson => "stream-ws-json",
            Self::StreamWsProto => "stream-ws-proto",
            Self::StreamTcp => "stream-tcp",
            Self::Onechat => "onechat",
            Self::Foreign(foreign) => foreign.name(),
        }
    }

    pub(crate) fn listener(self) -> Listener {
        match self {
            Self::StreamWsJson | Self::StreamWsProto | Self::Onechat | Self::Foreign(_) => {
                Listener::Main
            }
            Self::StreamTcp => Listener::Stream,
        }
    }

    /// Whether the sending session is sent its own messages.
    pub(crate) fn echoes(self) -> bool {
        let dialect = match self {
            Self::StreamWsJson | Self::StreamWsProto | Self::StreamTcp => DialectName::Stream,
            Self::Onechat => DialectName::Onechat,
            Self::Foreign(foreign) => return foreign.traits().echoes,
        };
        dialect.dialect().traits().echo != Echo::Nothing
    }

    /// Whether a message is answered once the server has it.
    pub(crate) fn acknowledges(self) -> bool {
        match self {
            Self::StreamWsJson | Self::StreamWsProto | Self::StreamTcp | Self::Onechat => true,
            Self::Foreign(foreign) => foreign.traits().acknowledges,
        }
    }

    /// Appends what is written as soon as the connection stands.
    pub(crate) fn open(self, seat: Seat, host: &str, out: &mut Vec<u8>) -> Step {
        let user = seat.user;
        match self {
            Self::StreamWsJson | Self::StreamWsProto => {
                websocket::write_upgrade(&format!("/message/chat?token={user}"), host, out);
                Step::Upgrading
            }
            Self::StreamTcp => {
                delimited::write(&stream::sign_in(user), out);
                Step::SigningIn
            }
            Self::Onechat => {
                onechat::write(&onechat::login(user), out);
                Step::SigningIn
            }
            Self::Foreign(foreign) => foreign.open(seat, host, out),
        }
    }

    /// Appends an empty Sync, where the dialect has one; returns the step that begins with it.
    pub(crate) fn sync(self, mask: u32, out: &mut Vec<u8>) -> Step {
        match self {
            Self::StreamWsJson => {
                websocket::write_text(&stream::to_json(&stream::sync()), mask, out);
            }
            Self::StreamWsProto => {
                websocket::write_binary(&stream::to_proto(&stream::sync()), mask, out);
            }
            Self::StreamTcp => delimited::write(&stream::to_proto(&stream::sync()), out),
            Self::Onechat | Self::Foreign(_) => return Step::Ready,
        }
        Step::Syncing
    }

    /// Appends a message as one frame.
    pub(crate) fn publish(self, outgoing: Outgoing<'_>, mask: u32, out: &mut Vec<u8>) {
        match self {
            Self::StreamWsJson => {
                websocket::write_text(&stream::to_json(&stream::post(outgoing)), mask, out);
            }
            Self::StreamWsProto => {
                websocket::write_binary(&stream::to_proto(&stream::post(outgoing)), mask, out);
            }
            Self::StreamTcp => delimited::write(&stream::to_proto(&stream::post(outgoing)), out),
            Self::Onechat => onechat::write(&onechat::group_chat(outgoing), out),
            Self::Foreign(foreign) => foreign.publish(outgoing, mask, out),
        }
    }

    /// Appends the answer to a ping, where the transport has pings.
    pub(crate) fn pong(self, payload: &[u8], mask: u32, out: &mut Vec<u8>) {
        match self {
            Self::StreamWsJson | Self::StreamWsProto => websocket::write_pong(payload, mask, out),
            Self::StreamTcp | Self::Onechat => {}
            Self::Foreign(foreign) => foreign.pong(payload, mask, out),
        }
    }

    /// The first whole piece in `bytes` and its length with everything that delimits it; `None`
    /// while it is incomplete.
    pub(crate) fn cut(
        self,
        step: Step,
        bytes: &[u8],
    ) -> Result<Option<(Piece<'_>, usize)>, WireFault> {
        match self {
            Self::StreamWsJson | Self::StreamWsProto => match step {
                Step::Upgrading => websocket::cut_upgrade(bytes),
                Step::SigningIn | Step::Syncing | Step::Ready => websocket::cut(bytes),
            },
            Self::StreamTcp => delimited::cut(bytes),
            Self::Onechat => onechat::cut(bytes),
            Self::Foreign(foreign) => foreign.cut(step, bytes),
        }
    }

    /// What a frame says, decoded in full.
    pub(crate) fn read(self, step: Step, frame: &[u8]) -> Result<Said, WireFault> {
        match self {
            Self::StreamWsJson => stream::read_json(frame),
            Self::StreamWsProto => stream::read_proto(frame),
            Self::StreamTcp => match step {
                Step::SigningIn => stream::read_status(frame),
                Step::Upgrading | Step::Syncing | Step::Ready => stream::read_proto(frame),
            },
            Self::Onechat => onechat::read(frame),
            Self::Foreign(foreign) => foreign.read(step, frame),
        }
    }
}

/// The beginning of a frame, for an error that a person reads.
fn excerpt(bytes: &[u8]) -> String {
    const EXCERPT_BYTES: usize = 120;
    String::from_utf8_lossy(bytes.get(..EXCERPT_BYTES).unwrap_or(bytes)).into_owned()
}

#[cfg(test)]
mod tests;
