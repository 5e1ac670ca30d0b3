//! Answers a Sync: what a session missed, from the logs, then live messages without a gap.
//!
//! The [`crate::gate::Barrier`] first gives a bound below which every message has arrived. The
//! logs are read up to it, shard by shard, and merged in id order; what arrives meanwhile above
//! it is kept beside. So no message is shown twice and none is missed. Where more arrives than
//! may be kept, that part is read from the log too, in another round.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use parlance_codecs::{Category, ConversationId, Event, Message, MessageId, Seq, Tag};

use crate::effect::Effect;
use crate::input::{Now, ResumeStyle, SessionId, SessionStyle, Ticket};
use crate::limits::PAGE_BYTES_MAX;
use crate::placement::ShardIndex;
use crate::session::Session;
use crate::store::{LogPage, LogRange, MembershipRecord};
use crate::turn::Turn;
use crate::user::User;

pub(crate) use source::{Source, take_smallest, weight};

mod source;

/// From where a category is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum From {
    /// Strictly after what the client saw.
    Id(MessageId),
    /// After the server's own cursors.
    Cursor,
}

/// A Sync as asked for.
#[derive(Clone, Debug)]
pub(crate) struct SyncRequest {
    pub(crate) tag: Option<Tag>,
    pub(crate) wants: [Option<From>; Category::COUNT],
    /// Not answered unless the session is in this room by then: the refused join was the answer.
    pub(crate) room: Option<ConversationId>,
}

impl SyncRequest {
    /// Every category by the server's cursors.
    pub(crate) fn by_cursors(tag: Option<Tag>) -> Self {
        Self { tag, wants: [Some(From::Cursor); Category::COUNT], room: None }
    }
}

/// A Sync that is being answered.
#[derive(Debug)]
pub(crate) struct Sync {
    request: SyncRequest,
    stage: Stage,
    /// Live messages above the bound, in the order that they may be shown.
    kept: VecDeque<Arc<Message>>,
    /// More came than may be kept.
    overflowed: bool,
    /// Pages were read, or live messages were dropped: later ones wait for the end of the answer,
    /// also between two rounds.
    begun: bool,
    page: Vec<Arc<Message>>,
    page_bytes: usize,
    /// The first page of this answer was sent and not yet taken by the client.
    draining: bool,
    /// Messages sent since [`Sync::take_shown`], at most one page of them for each page sent.
    sent: Vec<Arc<Message>>,
    /// Conversations of which a message was shown, for the cursors.
    shown: BTreeSet<ConversationId>,
}

#[derive(Debug)]
enum Stage {
    /// Waits for the barrier.
    Bound,
    Reading(BTreeMap<ShardIndex, Source>),
}

/// How far an answer is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// A read or the client is waited for.
    Waits,
    Answered,
    /// What arrived meanwhile must be read too: wait for the barrier again.
    Again,
}

impl Sync {
    pub(crate) fn new(request: SyncRequest) -> Self {
        Self {
            request,
            stage: Stage::Bound,
            kept: VecDeque::new(),
            overflowed: false,
            begun: false,
            page: Vec::new(),
            page_bytes: 0,
            draining: false,
            sent: Vec::new(),
            shown: BTreeSet::new(),
        }
    }

    /// For a live session some of whose messages, all above these ids, were dropped.
    pub(crate) fn again(after: [MessageId; Category::COUNT]) -> Self {
        let wants = after.map(|id| Some(From::Id(id)));
        let request = SyncRequest { tag: None, wants, room: None };
        Self { begun: true, overflowed: true, ..Self::new(request) }
    }

    pub(crate) fn into_request(self) -> SyncRequest {
        self.request
    }

    pub(crate) fn has_begun(&self) -> bool {
        self.begun
    }

    pub(crate) fn keep(&mut self, message: &Arc<Message>, kept_max: usize) {
        if self.overflowed {
            return;
        }
        if self.kept.len() >= kept_max {
            self.overflow();
        } else {
            self.kept.push_back(Arc::clone(message));
        }
    }

    /// What may not be kept is read in another round.
    pub(crate) fn overflow(&mut self) {
        self.overflowed = true;
        self.kept.clear();
    }

    pub(crate) fn drained(&mut self) {
        self.draining = false;
    }

    pub(crate) fn take_kept(&mut self) -> VecDeque<Arc<Message>> {
        std::mem::take(&mut self.kept)
    }

    /// The barrier gave a bound per category: reads what lies below it.
    pub(crate) fn begin_reading(
        &mut self,
        bounds: [MessageId; Category::COUNT],
        session: SessionView<'_>,
        user: &User,
        turn: &mut Turn,
    ) {
        let bound_of = |category: Category| bounds.get(category.index()).copied();
        self.kept.retain(|message| Some(message.id) > bound_of(message.category));
        let mut sources: BTreeMap<ShardIndex, Source> = BTreeMap::new();
        for range in self.ranges(bounds, session, user, turn) {
            let home = turn.placement.home_of_conversation(range.conversation);
            sources.entry(home).or_insert_with(Source::new).ranges.push(range);
        }
        for (shard, source) in &mut sources {
            source.read(*shard, turn);
        }
        self.stage = Stage::Reading(sources);
        self.begun = true;
    }

    fn ranges(
        &self,
        bounds: [MessageId; Category::COUNT],
        session: SessionView<'_>,
        user: &User,
        turn: &Turn,
    ) -> Vec<LogRange> {
        let mut ranges = Vec::new();
        let mut add = |conversation, category: Category, membership: Option<&MembershipRecord>| {
            let want = self.request.wants.get(category.index()).copied().flatten();
            let bound = bounds.get(category.index()).copied().unwrap_or_default();
            let (Some(want), true) = (want, turn.options.is_stored(category)) else { return };
            let Some((after_id, after_seq)) =
                start(want, category, membership, session.style, user)
            else {
                return;
            };
            if after_id < bound {
                ranges.push(LogRange { conversation, after_id, after_seq, up_to: bound });
            }
        };
        for (conversation, membership) in &user.memberships {
            add(*conversation, membership.category, Some(membership));
        }
        for room in session.rooms {
            add(*room, Category::Room, None);
        }
        ranges
    }

    /// The reads on their way.
    pub(crate) fn tickets(&self) -> impl Iterator<Item = Ticket> {
        let sources = match &self.stage {
            Stage::Bound => None,
            Stage::Reading(sources) => Some(sources),
        };
        sources.into_iter().flat_map(|sources| sources.values().filter_map(|source| source.ticket))
    }

    /// What was sent since this was asked last.
    pub(crate) fn take_shown(&mut self) -> Vec<Arc<Message>> {
        std::mem::take(&mut self.sent)
    }

    /// A read is answered. False where it was not this Sync's.
    pub(crate) fn take_page(&mut self, ticket: Ticket, page: LogPage) -> bool {
        let Stage::Reading(sources) = &mut self.stage else { return false };
        let Some(source) = sources.values_mut().find(|source| source.ticket == Some(ticket)) else {
            return false;
        };
        source.take_page(page);
        true
    }

    /// Sends what can be sent in order.
    pub(crate) fn proceed(
        &mut self,
        session: SessionView<'_>,
        user: &mut User,
        turn: &mut Turn,
    ) -> Progress {
        while !self.draining {
            let Stage::Reading(sources) = &mut self.stage else { return Progress::Waits };
            for (shard, source) in &mut *sources {
                source.read(*shard, turn);
            }
            sources.retain(|_, source| !source.is_over());
            if sources.values().any(|source| source.buffered.is_empty()) {
                return Progress::Waits;
            }
            let Some(message) = take_smallest(sources) else {
                return self.finish(session, user, turn);
            };
            let by_id =
                matches!(self.request.wants.get(message.category.index()), Some(Some(From::Id(_))));
            let is_over = is_expired(&message, turn.now);
            if is_over || !is_wanted(&message, by_id, session, user) {
                continue;
            }
            if !by_id && session.style.resume == ResumeStyle::ByCursor {
                skip_to(&message, &mut self.shown, user);
            }
            self.page_bytes += weight(&message);
            self.page.push(message);
            let full = self.page.len() >= turn.options.page_messages;
            if full || self.page_bytes >= PAGE_BYTES_MAX {
                self.draining = true;
                self.send_page(session, user, turn);
                turn.effect(Effect::AwaitDrain { session: session.id });
            }
        }
        Progress::Waits
    }

    /// Everything below the bound was read.
    fn finish(&mut self, session: SessionView<'_>, user: &User, turn: &mut Turn) -> Progress {
        self.send_page(session, user, turn);
        if self.overflowed {
            self.overflowed = false;
            self.stage = Stage::Bound;
            self.request.wants = session.live_from.map(|read_up_to| Some(From::Id(read_up_to)));
            return Progress::Again;
        }
        turn.send(session.id, Event::PageEnd { tag: self.request.tag.clone() });
        Progress::Answered
    }

    fn send_page(&mut self, session: SessionView<'_>, user: &User, turn: &mut Turn) {
        let mut messages = std::mem::take(&mut self.page);
        self.page_bytes = 0;
        // A page gathers over several reads; who has left meanwhile is shown nothing more.
        messages.retain(|message| session.is_in(message.conversation, user));
        if !messages.is_empty() {
            self.sent.extend(messages.iter().cloned());
            turn.send(session.id, Event::Page { tag: self.request.tag.clone(), messages });
        }
    }
}

/// What a Sync needs of its session, which holds it.
#[derive(Clone, Copy)]
pub(crate) struct SessionView<'a> {
    pub(crate) id: SessionId,
    pub(crate) style: SessionStyle,
    pub(crate) rooms: &'a [ConversationId],
    pub(crate) live_from: [MessageId; Category::COUNT],
}

impl SessionView<'_> {
    /// Whether the session may still be shown messages of the conversation. A direct has no end.
    pub(crate) fn is_in(&self, conversation: ConversationId, user: &User) -> bool {
        matches!(conversation, ConversationId::Direct(..))
            || user.memberships.contains_key(&conversation)
            || self.rooms.contains(&conversation)
    }
}

impl Session {
    /// The Sync being answered beside what it needs of the session.
    pub(crate) fn sync_and_view(&mut self) -> (Option<&mut Box<Sync>>, SessionView<'_>) {
        let view = SessionView {
            id: self.id,
            style: self.style,
            rooms: &self.rooms,
            live_from: self.live_from,
        };
        (self.sync.as_mut(), view)
    }
}

/// Where a conversation's range starts; `None` where there is nothing to go by.
fn start(
    want: From,
    category: Category,
    membership: Option<&MembershipRecord>,
    style: SessionStyle,
    user: &User,
) -> Option<(MessageId, Seq)> {
    let hidden = membership.map_or(Seq(0), |membership| membership.hidden_up_to);
    match want {
        From::Id(after) => Some((after, hidden)),
        From::Cursor => {
            let record = user.record.as_ref()?;
            let after = record.delivered_up_to.get(category.index()).copied()?;
            let delivered = membership?.delivered;
            // A mark stands behind the message before it: one message back, so that the marks
            // behind the last delivered message are read; that message itself is filtered out.
            let from = if style.marks { Seq(delivered.0.saturating_sub(1)) } else { delivered };
            Some((after, hidden.max(from)))
        }
    }
}

/// After its time nobody is shown a message any more, whatever it waited for.
pub(crate) fn is_expired(message: &Message, now: Now) -> bool {
    message.expires_at_ms.is_some_and(|at| at <= now.wall_ms)
}

fn is_wanted(message: &Message, by_id: bool, session: SessionView<'_>, user: &User) -> bool {
    let conversation = message.conversation;
    if message.content.is_mark() && !session.style.marks {
        return false;
    }
    let Some(membership) = user.memberships.get(&conversation) else {
        return session.rooms.contains(&conversation);
    };
    if message.content.is_mark() {
        return true;
    }
    let own_direct = message.category == Category::Direct && message.sender == user.id;
    if own_direct && session.style.resume == ResumeStyle::ByCursor {
        return false;
    }
    by_id || !membership.is_delivered(message.seq)
}

/// What lies before the first message shown was delivered, recalled or is gone: the cursor rises
/// over it.
fn skip_to(message: &Message, shown: &mut BTreeSet<ConversationId>, user: &mut User) {
    if shown.insert(message.conversation) {
        user.deliver_through(message.conversation, Seq(message.seq.0.saturating_sub(1)));
    }
}
