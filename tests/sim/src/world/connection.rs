//! One client's connection: what is on the wire either way.
//!
//! Each direction is a FIFO that may stall; either end may go at any moment, and what was on the
//! wire then may or may not arrive.

use std::collections::VecDeque;

use parlance_codecs::{Event, Request};
use parlance_conversation::input::SessionId;

pub(crate) struct Connection {
    pub(crate) client: usize,
    pub(crate) shard: usize,
    pub(crate) session: SessionId,
    /// The client reads and writes no more.
    pub(crate) client_gone: bool,
    /// The core has been told, or has itself decided, that the session is over.
    pub(crate) server_gone: bool,
    pub(crate) to_server: VecDeque<Sent>,
    pub(crate) to_server_us: u64,
    pub(crate) to_client: VecDeque<Event>,
    pub(crate) to_client_us: u64,
    /// The core wants to know when the outbox is nearly empty.
    pub(crate) awaits_drain: bool,
}

/// A request, with its drafts' tokens where it is a Post.
pub(crate) struct Sent {
    pub(crate) request: Request,
    pub(crate) tokens: Vec<u64>,
}

impl Connection {
    pub(crate) fn new(client: usize, shard: usize, session: SessionId) -> Self {
        Self {
            client,
            shard,
            session,
            client_gone: false,
            server_gone: false,
            to_server: VecDeque::new(),
            to_server_us: 0,
            to_client: VecDeque::new(),
            to_client_us: 0,
            awaits_drain: false,
        }
    }
}
