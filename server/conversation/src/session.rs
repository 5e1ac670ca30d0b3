//! A signed-in peer: what it is shown, what it waits for.
//!
//! A session is *live* once its first Sync is answered (or, by cursor, once it was sent what it
//! had missed; or at once, where it asks for the past itself). Until then messages that arrive for it are in the log that the Sync reads, or are
//! kept beside it ([`crate::resume`]).

use std::collections::VecDeque;
use std::sync::Arc;

use parlance_codecs::dialect::Echo;
use parlance_codecs::{Category, ConversationId, Message, MessageId, Posted, Refusal, Tag, UserId};

use crate::input::{SessionId, SessionStyle};
use crate::mesh::SentBy;
use crate::resume::{Sync, SyncRequest};

#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) id: SessionId,
    pub(crate) user: UserId,
    pub(crate) device: Box<str>,
    pub(crate) style: SessionStyle,
    pub(crate) live: bool,
    /// Notices are shown as they come. One that goes by the server's cursors is shown first, with
    /// its missed messages, what its user has not acknowledged.
    pub(crate) shows_notices: bool,
    /// Messages up to these ids were read from the log; only later ones are shown live.
    pub(crate) live_from: [MessageId; Category::COUNT],
    pub(crate) sync: Option<Box<Sync>>,
    pub(crate) syncs_waiting: VecDeque<SyncRequest>,
    pub(crate) rooms: Vec<ConversationId>,
    /// Joins that have no answer yet, with what the client wants echoed; a sign-in's own has none.
    pub(crate) joining: Vec<(ConversationId, Option<Tag>)>,
    /// Requests that wait for the user's load.
    pub(crate) requests_waiting: usize,
    /// By number, rising; mostly there is one, and its answer empties the list.
    posts: Vec<(u32, PostGather)>,
    next_post: u32,
}

/// A Post whose drafts are being decided, perhaps on several shards.
#[derive(Debug)]
struct PostGather {
    tag: Tag,
    results: Vec<Option<Result<Posted, Refusal>>>,
    open: usize,
}

/// What a live message is to a session at this moment.
pub(crate) enum Showing {
    Now,
    /// Kept until the Sync is answered.
    Later,
    /// Not for it, or in the log that its Sync reads.
    Never,
}

impl Session {
    pub(crate) fn new(id: SessionId, user: UserId, device: Box<str>, style: SessionStyle) -> Self {
        Self {
            id,
            user,
            device,
            style,
            live: false,
            shows_notices: false,
            live_from: [MessageId::ZERO; Category::COUNT],
            sync: None,
            syncs_waiting: VecDeque::new(),
            rooms: Vec::new(),
            joining: Vec::new(),
            requests_waiting: 0,
            posts: Vec::new(),
            next_post: 0,
        }
    }

    pub(crate) fn posts_in_flight(&self) -> usize {
        self.posts.len() + self.requests_waiting
    }

    /// Begins to gather the results of a Post and returns its number.
    pub(crate) fn begin_post(&mut self, tag: Tag, drafts: usize) -> u32 {
        let number = self.next_post;
        self.next_post = self.next_post.wrapping_add(1);
        let gather = PostGather { tag, results: vec![None; drafts], open: drafts };
        self.posts.push((number, gather));
        number
    }

    /// Takes one result; the whole answer with the last one.
    pub(crate) fn take_result(
        &mut self,
        post: u32,
        draft: u16,
        result: Result<Posted, Refusal>,
    ) -> Option<(Tag, Vec<Result<Posted, Refusal>>)> {
        let at = self.posts.iter().position(|(number, _)| *number == post)?;
        let (_, gather) = self.posts.get_mut(at)?;
        let place = gather.results.get_mut(usize::from(draft))?;
        if place.replace(result).is_none() {
            gather.open -= 1;
        }
        if gather.open > 0 {
            return None;
        }
        let (_, gather) = self.posts.remove(at);
        Some((gather.tag, gather.results.into_iter().flatten().collect()))
    }

    pub(crate) fn showing(&self, message: &Message, by: SentBy) -> Showing {
        let echoed = match self.style.echo {
            Echo::Nothing => false,
            Echo::NotDirects => message.category != Category::Direct,
            Echo::Everything => true,
        };
        let is_own = match by {
            SentBy::Session(session) => session == self.id,
            SentBy::CallOf(dialect) => dialect == self.style.dialect && message.sender == self.user,
            SentBy::Others => false,
        };
        if is_own && !echoed {
            return Showing::Never;
        }
        if message.content.is_mark() && !self.style.marks {
            return Showing::Never;
        }
        let from = self.live_from.get(message.category.index()).copied().unwrap_or_default();
        if message.id <= from {
            return Showing::Never;
        }
        match &self.sync {
            Some(sync) if !self.live || sync.has_begun() => Showing::Later,
            Some(_) => Showing::Now,
            None if self.live => Showing::Now,
            None => Showing::Never,
        }
    }

    /// Live messages above these ids were dropped and must be read from the log, before any other
    /// is shown. True where the session has to wait for the barrier.
    pub(crate) fn read_again(&mut self, after: [MessageId; Category::COUNT]) -> bool {
        if let Some(sync) = &mut self.sync
            && (!self.live || sync.has_begun())
        {
            sync.overflow();
            return false;
        }
        if !self.live {
            return false;
        }
        // A Sync that only waits for the barrier gives its place there to this one.
        let waiting = self.sync.replace(Box::new(Sync::again(after)));
        let must_wait = waiting.is_none();
        if let Some(sync) = waiting {
            self.syncs_waiting.push_front(sync.into_request());
        }
        must_wait
    }

    pub(crate) fn keep_for_later(&mut self, message: &Arc<Message>, kept_max: usize) {
        if let Some(sync) = &mut self.sync {
            sync.keep(message, kept_max);
        }
    }
}

/// The shard's sessions by slot.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    slots: Vec<Option<Session>>,
}

impl Sessions {
    pub(crate) fn insert(&mut self, session: Session) {
        let slot = session.id.slot as usize;
        if self.slots.len() <= slot {
            self.slots.resize_with(slot + 1, || None);
        }
        if let Some(place) = self.slots.get_mut(slot) {
            assert!(place.is_none(), "slot {slot} is taken");
            *place = Some(session);
        }
    }

    pub(crate) fn get(&self, id: SessionId) -> Option<&Session> {
        self.slots.get(id.slot as usize)?.as_ref().filter(|session| session.id == id)
    }

    pub(crate) fn get_mut(&mut self, id: SessionId) -> Option<&mut Session> {
        self.slots.get_mut(id.slot as usize)?.as_mut().filter(|session| session.id == id)
    }

    /// In the order of their slots.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Session> {
        self.slots.iter_mut().flatten()
    }

    pub(crate) fn remove(&mut self, id: SessionId) -> Option<Session> {
        self.slots.get_mut(id.slot as usize)?.take_if(|session| session.id == id)
    }
}
