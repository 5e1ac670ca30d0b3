//! HTTP on the main port and on the operator's.
//!
//! [`serve_main`] and [`serve_operator`] run one connection to its end; [`main_port`] and
//! [`operator`] answer requests. Nothing that a peer sends is waited for longer than
//! [`exchange`] allows, and no body is read beyond its route's limit.

mod answer;
mod body;
mod browser;
mod caller;
mod engineio;
mod exchange;
mod fields;
mod grpc;
mod guard;
mod head;
mod http2;
mod im;
mod inner_chat;
mod main_port;
mod operator;
mod peer_io;
mod rooms;
mod serve;
mod stream_calls;
mod websocket;

use parlance_codecs::ConversationId;
use parlance_codecs::dialect::DialectName;
use parlance_codecs::framing::engineio::{Protocol, Sid};

use crate::auth::SignedUser;
use crate::sockets::Stream;
use crate::visits::Vouched;

pub(crate) use serve::{serve_main, serve_operator, serve_push};

/// How HTTP on a connection ended.
pub(crate) enum HttpEnd {
    /// The connection is closed.
    Closed,
    /// The handshake is answered with 101; what follows are WebSocket frames.
    WebSocket {
        stream: Stream,
        /// Bytes that came behind the handshake and belong to the first frames.
        leftover: Vec<u8>,
        upgrade: Upgrade,
    },
}

/// What a WebSocket handshake asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Upgrade {
    pub(crate) dialect: DialectName,
    /// `None` where the dialect signs in by a frame.
    pub(crate) signed_in: Option<SignedUser>,
    pub(crate) device: String,
    /// The room to join at once (`/message/room?room=ID`).
    pub(crate) room: Option<ConversationId>,
    pub(crate) engine: Option<EngineUpgrade>,
}

/// What the handshake of an Engine.IO client's WebSocket asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EngineUpgrade {
    /// A session over this WebSocket alone.
    Begin { sid: Sid, protocol: Protocol, vouched: Vouched },
    /// To take polling's place in a session that there is.
    Probe { sid: Sid },
}

#[cfg(test)]
mod tests;
