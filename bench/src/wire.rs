//! The client's side of a wire: bytes to write, and what the server's bytes say.
//!
//! A [`Wire`] is a dialect on a transport. It decides which bytes open a session, sign it in and
//! send a message, where a frame of the server ends, and what it means. It holds no state and
//! knows no socket: [`crate::client`] drives it.

pub(crate) mod delimited;
pub(crate) mod events;
pub(crate) mod foreign;
pub(crate) mod im;
pub(crate) mod im_calls;
pub(crate) mod lines;
mod message;
pub(crate) mod onechat;
pub(crate) mod rooms;
pub(crate) mod stream;
mod traits;
pub(crate) mod websocket;

use clap::ValueEnum;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use crate::client::Seat;
pub(crate) use foreign::Foreign;
pub(crate) use message::{Category, Outgoing, SeenPost, WireFault};
use message::{excerpt, group_of_text};

/// A dialect on a transport, as the command line and the reports name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ValueEnum)]
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
    /// `im`: its push channel over WebSocket, which only receives.
    Im,
    /// `events`: Socket.IO over Engine.IO 4 over WebSocket.
    Events,
    /// `rooms`: JSON text frames over WebSocket.
    Rooms,
    /// `im`: calls by HTTP, which a scenario of its own makes.
    #[value(skip)]
    #[serde(skip)]
    ImCalls,
    /// What another server speaks, which a scenario does not choose.
    #[value(skip)]
    #[serde(untagged)]
    Foreign(Foreign),
}

/// By hand, because serde's own has no word for what is allowed beside an untagged variant: only
/// the wires that a scenario may choose, each by its name.
impl<'de> Deserialize<'de> for Wire {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let name = String::deserialize(from)?;
        let allowed = Self::value_variants();
        allowed.iter().copied().find(|wire| wire.name() == name).ok_or_else(|| {
            let names: Vec<String> =
                allowed.iter().map(|wire| format!("`{}`", wire.name())).collect();
            let names = names.join(", ");
            D::Error::custom(format!("unknown variant `{name}`, expected one of {names}"))
        })
    }
}

/// What a frame of a ready session is, told by how it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nature {
    /// Messages, or anything else that a full decoding tells.
    Open,
    /// One message, whose text it may hold twice.
    One,
    /// The answer to what this session sent: it may hold a message, and delivers none.
    Answer,
    /// Nobody here listens to it.
    PassedOver,
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
    /// One of several answers that a foreign wire's sign-in takes.
    Stage(u8),
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

impl Wire {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::StreamWsJson => "stream-ws-json",
            Self::StreamWsProto => "stream-ws-proto",
            Self::StreamTcp => "stream-tcp",
            Self::Onechat => "onechat",
            Self::Im => "im",
            Self::Events => "events",
            Self::Rooms => "rooms",
            Self::ImCalls => "im-calls",
            Self::Foreign(foreign) => foreign.name(),
        }
    }

    pub(crate) fn listener(self) -> Listener {
        match self {
            Self::StreamWsJson
            | Self::StreamWsProto
            | Self::Onechat
            | Self::Im
            | Self::Events
            | Self::Rooms
            | Self::ImCalls
            | Self::Foreign(_) => Listener::Main,
            Self::StreamTcp => Listener::Stream,
        }
    }

    /// Appends what is written as soon as the connection stands. Without a token the server takes
    /// a user's id for its word.
    pub(crate) fn open(
        self,
        seat: Seat,
        token: Option<&str>,
        host: &str,
        out: &mut Vec<u8>,
    ) -> Step {
        let target = match self {
            Self::StreamWsJson | Self::StreamWsProto => {
                &format!("/message/chat?token={}", word_of(seat, token))
            }
            Self::Im => im::TARGET,
            Self::Events => events::TARGET,
            Self::Rooms => rooms::TARGET,
            Self::StreamTcp => {
                delimited::write(&stream::sign_in(&word_of(seat, token)), out);
                return Step::SigningIn;
            }
            Self::Onechat => {
                onechat::write(&onechat::login(seat.user, token.unwrap_or("")), out);
                return Step::SigningIn;
            }
            Self::ImCalls => {
                im_calls::write_ping(host, out);
                return Step::SigningIn;
            }
            Self::Foreign(foreign) => return foreign.open(seat, host, out),
        };
        websocket::write_upgrade(target, host, out);
        Step::Upgrading
    }

    /// Appends what follows the handshake: who it is, where that was not said in it.
    pub(crate) fn upgraded(
        self,
        seat: Seat,
        token: Option<&str>,
        after: Option<u64>,
        mask: u32,
        out: &mut Vec<u8>,
    ) -> Step {
        let token = word_of(seat, token);
        match self {
            Self::Im => websocket::write_binary(&im::sign_in(&token), mask, out),
            Self::Events => websocket::write_text(&events::connect(&token), mask, out),
            Self::Rooms => websocket::write_text(&rooms::sign_in(&token), mask, out),
            Self::StreamWsJson
            | Self::StreamWsProto
            | Self::StreamTcp
            | Self::Onechat
            | Self::ImCalls => return self.sync(after, mask, out),
            Self::Foreign(foreign) => return foreign.upgraded(seat, mask, out),
        }
        Step::SigningIn
    }

    /// Appends what follows the answer that ended a step of signing in.
    pub(crate) fn signed_in(
        self,
        step: Step,
        seat: Seat,
        after: Option<u64>,
        mask: u32,
        out: &mut Vec<u8>,
    ) -> Step {
        match self {
            Self::Foreign(foreign) => foreign.proceed(step, seat, mask, out),
            dialect => dialect.sync(after, mask, out),
        }
    }

    /// Appends what the protocol asks of whoever receives this frame.
    pub(crate) fn answer(self, frame: &[u8], out: &mut Vec<u8>) {
        if let Self::Foreign(foreign) = self {
            foreign.answer(frame, out);
        }
    }

    /// Appends a Sync, where the dialect has one; returns the step that begins with it. Without
    /// an id to come `after` the server goes by its own cursors.
    fn sync(self, after: Option<u64>, mask: u32, out: &mut Vec<u8>) -> Step {
        match self {
            Self::StreamWsJson => {
                websocket::write_text(&stream::to_json(&stream::sync(after)), mask, out);
            }
            Self::StreamWsProto => {
                websocket::write_binary(&stream::to_proto(&stream::sync(after)), mask, out);
            }
            Self::StreamTcp => delimited::write(&stream::to_proto(&stream::sync(after)), out),
            Self::Onechat
            | Self::Im
            | Self::Events
            | Self::Rooms
            | Self::ImCalls
            | Self::Foreign(_) => {
                return Step::Ready;
            }
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
            Self::Onechat => onechat::write(&onechat::chat(outgoing), out),
            Self::Events => websocket::write_text(&events::say(outgoing), mask, out),
            Self::Rooms => websocket::write_text(&rooms::say(outgoing), mask, out),
            // A workload whose publishers speak one of these is refused before it runs.
            Self::Im | Self::ImCalls => {}
            Self::Foreign(foreign) => foreign.publish(outgoing, mask, out),
        }
    }

    /// Appends the answer to a ping, where the transport has pings.
    pub(crate) fn pong(self, payload: &[u8], mask: u32, out: &mut Vec<u8>) {
        match self {
            Self::StreamWsJson | Self::StreamWsProto | Self::Im | Self::Rooms => {
                websocket::write_pong(payload, mask, out);
            }
            Self::Events if payload == events::PING => {
                websocket::write_text(events::PONG, mask, out);
            }
            Self::Events => websocket::write_pong(payload, mask, out),
            Self::StreamTcp | Self::Onechat | Self::ImCalls => {}
            Self::Foreign(foreign) => foreign.pong(payload, mask, out),
        }
    }

    /// What a frame of a ready session is, by how it begins.
    pub(crate) fn nature(self, frame: &[u8]) -> Nature {
        match self {
            Self::Events if events::is_answer(frame) => Nature::Answer,
            Self::Events if events::is_passed_over(frame) => Nature::PassedOver,
            Self::Events if events::is_message(frame) => Nature::One,
            _ => Nature::Open,
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
            Self::StreamWsJson | Self::StreamWsProto | Self::Im | Self::Events | Self::Rooms => {
                match step {
                    Step::Upgrading => websocket::cut_upgrade(bytes),
                    Step::Stage(_) | Step::SigningIn | Step::Syncing | Step::Ready => {
                        let cut = websocket::cut(bytes)?;
                        Ok(cut.map(|(piece, length)| (self.heartbeat(piece), length)))
                    }
                }
            }
            Self::StreamTcp => delimited::cut(bytes),
            Self::Onechat => onechat::cut(bytes),
            Self::ImCalls => im_calls::cut(bytes),
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
                Step::Upgrading | Step::Stage(_) | Step::Syncing | Step::Ready => {
                    stream::read_proto(frame)
                }
            },
            Self::Onechat => onechat::read(frame),
            Self::Im => im::read(frame),
            Self::Events => events::read(frame),
            Self::Rooms => rooms::read(frame),
            Self::ImCalls => Ok(im_calls::read(frame)),
            Self::Foreign(foreign) => foreign.read(step, frame),
        }
    }

    /// Engine.IO's heartbeats are texts.
    fn heartbeat(self, piece: Piece<'_>) -> Piece<'_> {
        match piece {
            Piece::Frame(frame) if self == Self::Events && frame == events::PING => {
                Piece::Ping(frame)
            }
            other => other,
        }
    }
}

/// What a session says for itself: its token, or the user's id.
fn word_of(seat: Seat, token: Option<&str>) -> String {
    token.map_or_else(|| seat.user.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests;
