//! The wires of servers that are no Parlance, which a run against them speaks throughout.
//!
//! It decides what each of them can do, and hands everything else to its module: a file for each
//! protocol, written from its specification, with the few frames that a benchmark needs. As every
//! wire it holds no state: what a frame means hangs on the connection's step alone.

mod mqtt;
mod nats;
mod redis;
mod sockets;
#[cfg(test)]
mod tests;
mod xmpp;

use serde::{Deserialize, Serialize};

use super::{Outgoing, Piece, Said, SeenPost, Step, WireFault, excerpt, lines, websocket};
use crate::client::Seat;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Foreign {
    /// Plain lines, as the floors speak them.
    Lines,
    /// NATS, core: a publisher is told nothing.
    Nats,
    /// NATS with JetStream: a publisher is told that its message is stored.
    NatsJetStream,
    /// MQTT 3.1.1 at quality of service 0.
    MqttQos0,
    /// MQTT 3.1.1 at quality of service 1, both ways: receivers acknowledge each message.
    MqttQos1,
    /// RESP3, PUBLISH to SUBSCRIBE.
    Redis,
    /// RESP3, XADD: nobody is sent anything.
    RedisStream,
    /// XMPP with multi-user chat (XEP-0045).
    Xmpp,
    /// nchan: a WebSocket for each channel, raw texts.
    Nchan,
    /// Socket.IO 5 on Engine.IO 4, WebSocket from the start.
    SocketIo,
    /// A WebSocket that is told its group first, then raw texts.
    WebSocket,
}

/// What a wire's clients are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Traits {
    /// A publisher that is in the group receives its own messages.
    pub(crate) echoes: bool,
    /// A publisher is told that the server has its message.
    pub(crate) acknowledges: bool,
}

impl Foreign {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Lines => "lines",
            Self::Nats => "nats",
            Self::NatsJetStream => "nats-jetstream",
            Self::MqttQos0 => "mqtt-qos0",
            Self::MqttQos1 => "mqtt-qos1",
            Self::Redis => "redis",
            Self::RedisStream => "redis-stream",
            Self::Xmpp => "xmpp",
            Self::Nchan => "nchan",
            Self::SocketIo => "socket-io",
            Self::WebSocket => "websocket",
        }
    }

    pub(super) fn traits(self) -> Traits {
        let (echoes, acknowledges) = match self {
            Self::Lines | Self::Nats | Self::WebSocket => (false, false),
            Self::SocketIo | Self::RedisStream => (false, true),
            Self::MqttQos0 | Self::Redis | Self::Xmpp | Self::Nchan => (true, false),
            Self::NatsJetStream | Self::MqttQos1 => (true, true),
        };
        Traits { echoes, acknowledges }
    }

    /// Appends what is written as soon as the connection stands.
    pub(super) fn open(self, seat: Seat, host: &str, out: &mut Vec<u8>) -> Step {
        match self {
            Self::Lines => lines::join(seat.group, out),
            Self::Nats => nats::open(seat, out),
            Self::NatsJetStream => nats::open_jetstream(seat, out),
            Self::MqttQos0 => mqtt::open(seat, 0, out),
            Self::MqttQos1 => mqtt::open(seat, 1, out),
            Self::Redis => redis::open(seat, out),
            Self::RedisStream => redis::open_stream(out),
            Self::Xmpp => return xmpp::open(out),
            Self::Nchan => {
                websocket::write_upgrade(&format!("/group/{}", seat.group), host, out);
                return Step::Upgrading;
            }
            Self::SocketIo => {
                websocket::write_upgrade("/socket.io/?EIO=4&transport=websocket", host, out);
                return Step::Upgrading;
            }
            Self::WebSocket => {
                websocket::write_upgrade("/", host, out);
                return Step::Upgrading;
            }
        }
        Step::SigningIn
    }

    /// Appends what follows the upgrade; returns the step that begins with it.
    pub(super) fn upgraded(self, seat: Seat, mask: u32, out: &mut Vec<u8>) -> Step {
        match self {
            Self::SocketIo => Step::Stage(0),
            Self::WebSocket => {
                websocket::write_text(seat.group.to_string().as_bytes(), mask, out);
                Step::SigningIn
            }
            // An nchan client is subscribed by the upgrade itself; the others have none.
            Self::Nchan
            | Self::Lines
            | Self::Nats
            | Self::NatsJetStream
            | Self::MqttQos0
            | Self::MqttQos1
            | Self::Redis
            | Self::RedisStream
            | Self::Xmpp => Step::Ready,
        }
    }

    /// Appends what follows the answer that ended a step of signing in.
    pub(super) fn proceed(self, step: Step, seat: Seat, mask: u32, out: &mut Vec<u8>) -> Step {
        match self {
            Self::SocketIo => sockets::proceed(step, seat, mask, out),
            Self::Xmpp => xmpp::proceed(step, seat, out),
            Self::Lines
            | Self::Nats
            | Self::NatsJetStream
            | Self::MqttQos0
            | Self::MqttQos1
            | Self::Redis
            | Self::RedisStream
            | Self::Nchan
            | Self::WebSocket => Step::Ready,
        }
    }

    /// Appends a message as one frame.
    pub(super) fn publish(self, outgoing: Outgoing<'_>, mask: u32, out: &mut Vec<u8>) {
        match self {
            Self::Lines => lines::write(outgoing, out),
            Self::Nats => nats::publish(outgoing, out),
            Self::NatsJetStream => nats::publish_stored(outgoing, out),
            Self::MqttQos0 => mqtt::publish(outgoing, 0, out),
            Self::MqttQos1 => mqtt::publish(outgoing, 1, out),
            Self::Redis => redis::publish(outgoing, out),
            Self::RedisStream => redis::append(outgoing, out),
            Self::Xmpp => xmpp::publish(outgoing, out),
            Self::SocketIo => sockets::publish(outgoing, mask, out),
            Self::Nchan | Self::WebSocket => {
                websocket::write_text(outgoing.text.as_bytes(), mask, out);
            }
        }
    }

    /// Appends the answer to a ping.
    pub(super) fn pong(self, payload: &[u8], mask: u32, out: &mut Vec<u8>) {
        match self {
            Self::Nats | Self::NatsJetStream => nats::pong(out),
            Self::SocketIo => sockets::pong(payload, mask, out),
            Self::Nchan | Self::WebSocket => websocket::write_pong(payload, mask, out),
            Self::Lines
            | Self::MqttQos0
            | Self::MqttQos1
            | Self::Redis
            | Self::RedisStream
            | Self::Xmpp => {}
        }
    }

    /// Appends what the protocol asks of whoever receives this frame.
    pub(super) fn answer(self, frame: &[u8], out: &mut Vec<u8>) {
        if self == Self::MqttQos1 {
            mqtt::acknowledge(frame, out);
        }
    }

    pub(super) fn cut(
        self,
        step: Step,
        bytes: &[u8],
    ) -> Result<Option<(Piece<'_>, usize)>, WireFault> {
        match self {
            Self::Lines => lines::cut(bytes),
            Self::Nats | Self::NatsJetStream => nats::cut(bytes),
            Self::MqttQos0 | Self::MqttQos1 => mqtt::cut(bytes),
            Self::Redis | Self::RedisStream => redis::cut(bytes),
            Self::Xmpp => xmpp::cut(bytes),
            Self::Nchan | Self::SocketIo | Self::WebSocket if step == Step::Upgrading => {
                websocket::cut_upgrade(bytes)
            }
            Self::SocketIo => sockets::cut(bytes),
            Self::Nchan | Self::WebSocket => websocket::cut(bytes),
        }
    }

    /// What a frame says, decoded in full.
    pub(super) fn read(self, step: Step, frame: &[u8]) -> Result<Said, WireFault> {
        match self {
            Self::Lines => lines::read(frame),
            Self::Nats | Self::NatsJetStream => nats::read(frame),
            Self::MqttQos0 | Self::MqttQos1 => mqtt::read(frame),
            Self::Redis | Self::RedisStream => redis::read(frame),
            Self::Xmpp => xmpp::read(step, frame),
            Self::SocketIo => sockets::read(step, frame),
            Self::WebSocket if step == Step::SigningIn => Ok(Said::SignedIn),
            // An nchan publisher is answered by the state of its channel, which numbers nothing.
            Self::Nchan if frame.starts_with(b"queued messages:") => Ok(Said::Other),
            Self::Nchan | Self::WebSocket => post(frame),
        }
    }
}

/// A message that says nothing but its text.
fn post(text: &[u8]) -> Result<Said, WireFault> {
    let text = std::str::from_utf8(text).map_err(|error| undecodable("a text", error, text))?;
    Ok(Said::Posts(vec![SeenPost { sender: None, group: None, id: None, text: text.to_owned() }]))
}

fn undecodable(expected: &'static str, detail: impl ToString, seen: &[u8]) -> WireFault {
    WireFault::Undecodable { expected, detail: detail.to_string(), seen: excerpt(seen) }
}
