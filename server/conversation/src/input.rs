//! What goes into the core.

use parlance_codecs::dialect::{DialectName, Echo, Replaces};
use parlance_codecs::{ConversationId, Request, UserId};

use crate::mesh::{CallRequest, MeshMessage};
use crate::placement::ShardIndex;
use crate::store::{Loaded, LogPage};

/// The turn's time, read once per turn by the shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Now {
    /// Milliseconds that never go back while the process lives: deadlines.
    pub monotonic_ms: u64,
    /// Unix milliseconds, for what is shown and for expiry. May jump.
    pub wall_ms: u64,
}

/// A session, as the shell numbers them on its shard. The shell reuses a slot only with another
/// generation, so that a late effect for an ended session is recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId {
    pub slot: u32,
    pub generation: u32,
}

/// One call by the shell without a session (an HTTP request, a sign-in's look-up).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub u64);

/// One read or load that the core asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// Writes are numbered per shard, from 1, in the order of their effects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommitSeq(pub u64);

/// How a dialect's sessions resume and what they are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResumeStyle {
    /// By message id (`stream`): live messages wait for the first Sync (or for
    /// [`crate::limits::FIRST_SYNC_WAIT_MS`]), and are shown in rising id order per category.
    ById,
    /// By one message id for everything (`rooms`): live messages from the sign-in on, in rising id
    /// order over all categories. What was said before is asked for by the last id.
    ByOneId,
    /// By the server's cursors (`onechat`): what was not acknowledged is sent at sign-in, then
    /// live messages, in each conversation's order.
    ByCursor,
    /// Live messages from the sign-in on, in each conversation's order. What was said before is
    /// asked for; the server's cursors stay where they are.
    FromNow,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionStyle {
    pub dialect: DialectName,
    pub resume: ResumeStyle,
    pub echo: Echo,
    /// Directs may be sent to friends only.
    pub friends_required: bool,
    /// Which older sessions of the user the sign-in closes.
    pub replaces: Replaces,
    /// Shown recalls and read marks.
    pub marks: bool,
    /// Shown notices.
    pub notices: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct SignIn {
    pub session: SessionId,
    pub user: UserId,
    pub device: Box<str>,
    pub style: SessionStyle,
    /// A room to join at once (`/message/room?room=ID`).
    pub room: Option<ConversationId>,
}

/// Everything that can happen to a shard.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// Only on the user's home shard.
    SignedIn(SignIn),
    Request {
        session: SessionId,
        request: Request,
    },
    /// The session's outbox is nearly empty again, after an effect asked to be told.
    Drained {
        session: SessionId,
    },
    /// The connection is gone. No effect for the session follows.
    Closed {
        session: SessionId,
    },
    Call {
        call: CallId,
        request: CallRequest,
    },
    Mesh {
        from: ShardIndex,
        message: MeshMessage,
    },
    /// Every write up to this one is as durable as it asked for.
    Committed {
        up_to: CommitSeq,
    },
    Loaded {
        ticket: Ticket,
        loaded: Loaded,
    },
    /// The answer to [`crate::Effect::ReadLog`].
    Read {
        ticket: Ticket,
        page: LogPage,
    },
    /// Some milliseconds have passed; deadlines are looked at.
    Tick,
}
