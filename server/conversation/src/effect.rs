//! What comes out of the core: work for the shell, which decides nothing about it.

use std::sync::Arc;

use parlance_codecs::{Event, Message};

use crate::input::{CallId, SessionId, Ticket};
use crate::mesh::{CallAnswer, MeshMessage};
use crate::placement::ShardIndex;
use crate::store::{Change, Durability, LoadKey, LogQuery, StoreOf};

/// Why the core closes a session. Each dialect has its own close code for these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CloseReason {
    /// The same user signed in on the same device.
    Replaced,
    /// More requests wait for their answers than a session may have.
    TooManyRequests,
    /// The room asked for at sign-in is not there.
    UnknownRoom,
    /// The operator closed it.
    Kicked,
    /// The user has more sessions than [`crate::limits::SESSIONS_PER_USER_MAX`].
    TooManySessions,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Between one pair of shards, messages arrive in the order of these effects.
    Mesh {
        to: ShardIndex,
        message: MeshMessage,
    },
    /// The next [`crate::input::CommitSeq`]. Writes are committed in the order of these effects;
    /// [`crate::Input::Committed`] tells when. Never [`Durability::Memory`].
    Write {
        changes: Vec<Change>,
        durability: Durability,
    },
    /// From this shard's own store; sees every write that was committed before.
    Load {
        ticket: Ticket,
        key: LoadKey,
    },
    /// From any shard's store.
    ReadLog {
        ticket: Ticket,
        store: StoreOf,
        query: LogQuery,
    },
    /// The same live message for many sessions: encoded once per form.
    FanOut {
        message: Arc<Message>,
        sessions: Vec<SessionId>,
    },
    Send {
        session: SessionId,
        event: Event,
    },
    /// Tell [`crate::Input::Drained`] once the session's outbox is nearly empty.
    AwaitDrain {
        session: SessionId,
    },
    Close {
        session: SessionId,
        reason: CloseReason,
    },
    Answer {
        call: CallId,
        answer: CallAnswer,
    },
    /// Every intent found at start has been applied: the shard may take clients.
    Ready,
}
