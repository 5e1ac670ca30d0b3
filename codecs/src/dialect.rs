//! The one trait that a dialect implements, and the list of those that there are.
//!
//! A dialect is stateless: what a connection needs to remember (its [`Form`], whether it has
//! signed in) is handed in. So a live message is encoded once per [`Form`] and shard, however
//! many sessions get it.

use crate::ask::Claim;
use crate::event::Event;
use crate::model::{Message, UserId};
use crate::request::{Request, Tag};

/// How frames are delimited on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Framing {
    /// RFC 6455.
    WebSocket,
    /// RFC 6455's frames as the `im` dialect's push channel has them: a client need not mask its
    /// own, and the server's messages come in pieces of a bounded length.
    Pieces,
    /// A varint length before each frame (protobuf's `writeDelimitedTo`).
    Delimited,
    /// gRPC's five bytes before each frame.
    Grpc,
    /// Messages of Engine.IO 3, over a WebSocket or polling.
    EngineIo3,
    /// Messages of Engine.IO 4.
    EngineIo4,
    /// `ONECHAT/1.0\r\nPAYLOAD_LEN: n\r\n\r\n` before each frame.
    Onechat,
    /// JSON texts one after the other, with nothing between them.
    Bare,
}

/// What a frame says about its payload. Only WebSocket tells them apart: every other framing
/// has `Binary` for protobuf and `Text` for JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PayloadKind {
    Text,
    Binary,
}

/// A whole frame from a client, unmasked and defragmented; text is checked UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    pub kind: PayloadKind,
    pub payload: &'a [u8],
}

/// In which bytes a session is spoken to. Two sessions of one form get the same bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Form {
    pub dialect: DialectName,
    pub framing: Framing,
    /// What the server writes: the kind of the client's last frame where the dialect follows it.
    pub kind: PayloadKind,
}

impl Form {
    /// One above the largest [`Form::index`].
    pub const COUNT: usize = DialectName::COUNT * Self::FRAMINGS * 2;
    const FRAMINGS: usize = 7;

    /// A small number for tables. Forms of one number have the same bytes for a live message.
    pub fn index(self) -> usize {
        let framing = match self.framing {
            Framing::WebSocket => 0,
            Framing::Delimited => 1,
            Framing::Grpc => 2,
            Framing::Onechat => 3,
            Framing::Bare => 4,
            // The two differ in heartbeats and in how a session begins.
            Framing::EngineIo3 | Framing::EngineIo4 => 5,
            Framing::Pieces => 6,
        };
        (self.dialect as usize * Self::FRAMINGS + framing) * 2 + self.kind as usize
    }
}

/// Makes [`DialectName`] from the registry's lines.
macro_rules! registry {
    ($($(#[$condition:meta])? $name:ident, $text:literal, $dialect:expr;)+) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum DialectName {
            $($(#[$condition])? $name,)+
        }

        impl DialectName {
            pub const ALL: &'static [DialectName] = &[$($(#[$condition])? Self::$name,)+];
            pub const COUNT: usize = Self::ALL.len();

            pub fn as_str(self) -> &'static str {
                match self {
                    $($(#[$condition])? Self::$name => $text,)+
                }
            }

            pub fn dialect(self) -> &'static dyn Dialect {
                match self {
                    $($(#[$condition])? Self::$name => &$dialect,)+
                }
            }
        }
    };
}

// The registry: one line a dialect.
registry! {
    #[cfg(feature = "example")]
    Arrays, "arrays", crate::arrays::Arrays;
    Events, "events", crate::events::Events;
    Im, "im", crate::im::Im;
    Onechat, "onechat", crate::onechat::Onechat;
    Rooms, "rooms", crate::rooms::Rooms;
    Stream, "stream", crate::stream::StreamDialect;
}

/// A path of the main port at which a dialect's WebSockets begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WebSocketDoor {
    pub path: &'static str,
    pub sign_in: HandshakeSignIn,
}

/// Whether a WebSocket's handshake signs its peer in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandshakeSignIn {
    /// The handshake brings a token, and may name a room to join at once (`?room=ID`) where
    /// `rooms`.
    ByToken { rooms: bool },
    /// The first frame does ([`Decoded::SignIn`]).
    ByFrame,
}

/// Who a client says it is.
#[derive(Clone, PartialEq, Eq)]
pub enum Credentials {
    /// `secret` is the password, or a token whose user bears `name` (empty: any).
    Password {
        name: String,
        secret: String,
    },
    Token(String),
    /// What the transport's handshake brought, if it brought anything. Where it did not, an open
    /// server lets the peer in without a user, who is named later ([`Decoded::Identify`]).
    Handshake,
}

/// A sign-in that came as a frame (others come with a WebSocket's handshake).
#[derive(Clone, PartialEq, Eq)]
pub struct SignInFrame {
    pub tag: Tag,
    pub credentials: Credentials,
    pub device: String,
    /// Frames with a longer payload are not sent to this peer; `None`: any.
    pub receive_bytes_max: Option<u32>,
}

/// How a sign-in ended, where the dialect has a frame for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInResult {
    Accepted,
    /// Unknown name, wrong password, bad token.
    Refused,
    /// A token that was good once. Dialects without a word of their own answer as to a bad one.
    Expired,
    /// Too many sign-ins at the moment; come back later.
    Busy,
}

/// What one frame meant.
#[derive(Clone, PartialEq)]
pub enum Decoded {
    SignIn(SignInFrame),
    SignOut,
    /// The peer says which user it is, answered by [`Event::Answered`]. A token's user stays who they are; on an open server the connection
    /// is that user's from now on.
    Identify {
        tag: Tag,
        claim: Claim,
    },
    Request(Request),
    /// Answer this at once (a malformed frame, a request before signing in) and go on. The bytes
    /// are whole frames in the connection's form.
    Reply(Vec<u8>),
    /// The frame cannot be followed by another: write `reply` (it says what
    /// [`Dialect::encode_end`] would, and more), then close as `reason` says.
    End {
        reply: Vec<u8>,
        reason: EndReason,
    },
}

/// Why a connection ends, for every framing and dialect to put in its own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EndReason {
    /// The client left, or asked to.
    Left,
    /// Not UTF-8, not JSON, not protobuf (WebSocket 1007).
    Malformed,
    /// Against the protocol (WebSocket 1002 or 1008).
    Protocol,
    /// A frame over the limit (WebSocket 1009).
    TooLong,
    /// No sign-in in time, or a refused one (WebSocket 1008 or the dialect's).
    NotSignedIn,
    /// A slow consumer is evicted (3008). Resume loses nothing.
    SlowConsumer,
    /// The server drains (3001): come back.
    Drain,
    /// The same user signed in on the same device (3500).
    Replaced,
    /// The operator closed it (3501).
    Kicked,
    /// Its token expired (3502).
    Expired,
    /// Too many sessions of one user, or requests in flight (3009).
    OverLimit,
    /// Nothing came for too long (3010).
    Idle,
    /// The room asked for is not there (3503).
    UnknownRoom,
    /// The server failed (1011).
    Internal,
}

impl EndReason {
    /// WebSocket's close code: RFC 6455 section 7.4; 3000 to 3499 come back, 3500 to 3999 do not.
    pub fn close_code(self) -> u16 {
        match self {
            Self::Left => 1000,
            Self::Malformed => 1007,
            Self::Protocol => 1002,
            Self::NotSignedIn => 1008,
            Self::TooLong => 1009,
            Self::Internal => 1011,
            Self::Drain => 3001,
            Self::SlowConsumer => 3008,
            Self::OverLimit => 3009,
            Self::Idle => 3010,
            Self::Replaced => 3500,
            Self::Kicked => 3501,
            Self::Expired => 3502,
            Self::UnknownRoom => 3503,
        }
    }

    /// A few words for the close frame and the log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Malformed => "malformed",
            Self::Protocol => "protocol error",
            Self::TooLong => "frame too long",
            Self::NotSignedIn => "not signed in",
            Self::SlowConsumer => "slow consumer",
            Self::Drain => "drain",
            Self::Replaced => "replaced",
            Self::Kicked => "kicked",
            Self::Expired => "token expired",
            Self::OverLimit => "over limit",
            Self::Idle => "idle",
            Self::UnknownRoom => "unknown room",
            Self::Internal => "internal error",
        }
    }
}

/// How a client comes back without loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resume {
    /// Its Sync names a message id per category; ids rise in what it is shown of a category.
    ByCategoryId,
    /// It asks for what follows one message id ([`crate::Ask::HistoryAfter`]); ids rise in all
    /// that it is shown.
    ByOneId,
    /// What it did not acknowledge is sent at sign-in.
    ByCursor,
    /// It asks by seq or by time; live messages begin with the sign-in.
    FromNow,
}

/// Which older sessions of its user a new session closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replaces {
    Nothing,
    /// Those of the same dialect with the same device.
    SameDevice,
    /// Those of the same dialect.
    SameDialect,
}

/// Which of its own messages the sending session is sent; what a call of the dialect sends is the
/// own of each of the user's sessions in it. The user's other sessions are sent all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Echo {
    Nothing,
    /// Those in groups, channels and rooms.
    NotDirects,
    Everything,
}

/// How it shows that a session's peer is still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probing {
    /// Whatever it sends; over WebSocket a silent one is pinged.
    ByAnything,
    /// It echoes the server's pings, which carry the time: the first at sign-in, then one each
    /// `im.heart_probe_s`.
    ByEcho,
}

/// How sessions of a dialect resume and what they are shown; the core's matter, stated here
/// because it is part of what a dialect is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traits {
    pub resume: Resume,
    pub echo: Echo,
    /// Directs only between friends, where the setting is on.
    pub friends_required: bool,
    pub replaces: Replaces,
    /// A refused sign-in leaves the connection open for another one, within the first one's
    /// deadline.
    pub may_sign_in_again: bool,
    /// Has words for recalls and read marks.
    pub marks: bool,
    /// Has words for [`crate::Notice`]s.
    pub notices: bool,
}

/// What a connection's frames are decoded with and its events encoded into.
pub trait Dialect: Sync {
    fn traits(&self) -> Traits;

    /// Where the main port takes WebSockets of this dialect.
    fn websocket_doors(&self) -> &'static [WebSocketDoor] {
        &[]
    }

    /// How its WebSockets' frames are delimited.
    fn websocket_framing(&self) -> Framing {
        Framing::WebSocket
    }

    fn probing(&self) -> Probing {
        Probing::ByAnything
    }

    /// Whether a user may sign in only so often (`im.sign_ins_per_minute`).
    fn paces_sign_ins(&self) -> bool {
        false
    }

    /// Decodes one frame of `user` (`None` before sign-in), appending what it means. Follows the
    /// client's payload kind by changing `form.kind` where the dialect does so. Never panics,
    /// whatever the bytes.
    fn decode(
        &self,
        form: &mut Form,
        user: Option<UserId>,
        frame: Frame<'_>,
        out: &mut Vec<Decoded>,
    );

    /// Appends the event as whole frames, delimited as `form.framing` says; nothing where the
    /// dialect has no word for it.
    fn encode(&self, form: Form, event: &Event, out: &mut Vec<u8>);

    /// Appends a live message in a direct as its own sender is shown it, where that differs from
    /// what the other is shown, and says that it does.
    fn encode_own_direct(&self, _form: Form, _message: &Message, _out: &mut Vec<u8>) -> bool {
        false
    }

    /// Appends the answer to a sign-in, and nothing where the dialect has none.
    fn encode_sign_in(&self, form: Form, tag: &Tag, result: SignInResult, out: &mut Vec<u8>);

    /// Appends what the dialect says before a close that the server decides, if anything
    /// (framings close by themselves: [`crate::framing::append_close`]). Not after
    /// [`Decoded::End`] or a refused sign-in, which said it already.
    fn encode_end(&self, form: Form, reason: EndReason, out: &mut Vec<u8>);

    /// The same where nobody has signed in yet.
    fn encode_early_end(&self, form: Form, reason: EndReason, out: &mut Vec<u8>) {
        self.encode_end(form, reason, out);
    }
}
