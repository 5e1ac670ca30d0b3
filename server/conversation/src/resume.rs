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
use crate::input::{ResumeStyle, SessionId, SessionStyle, Ticket};
use crate::limits::PAGE_BYTES_MAX;
use crate::placement::ShardIndex;
use crate::session::Session;
use crate::store::{LogPage, LogQuery, LogRange, MembershipRecord};
use crate::turn::Turn;
use crate::user::User;

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

/// One shard's part of the answer.
#[derive(Debug)]
struct Source {
    ranges: Vec<LogRange>,
    buffered: VecDeque<Arc<Message>>,
    ticket: Option<Ticket>,
    exhausted: bool,
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
            page: Vec::new(),
            page_bytes: 0,
            draining: false,
            sent: Vec::new(),
            shown: BTreeSet::new(),
        }
    }

    pub(crate) fn is_reading(&self) -> bool {
        matches!(self.stage, Stage::Reading(_))
    }

    pub(crate) fn keep(&mut self, message: &Arc<Message>, kept_max: usize) {
        if self.overflowed {
            return;
        }
        if self.kept.len() >= kept_max {
            self.overflowed = true;
            self.kept.clear();
        } else {
            self.kept.push_back(Arc::clone(message));
        }
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
            let Some(message) = take_smallest(sources) else { return self.finish(session, turn) };
            let by_id =
                matches!(self.request.wants.get(message.category.index()), Some(Some(From::Id(_))));
            if !is_wanted(&message, by_id, session, user) {
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
                self.send_page(session.id, turn);
                turn.effect(Effect::AwaitDrain { session: session.id });
            }
        }
        Progress::Waits
    }

    /// Everything below the bound was read.
    fn finish(&mut self, session: SessionView<'_>, turn: &mut Turn) -> Progress {
        self.send_page(session.id, turn);
        if self.overflowed {
            self.overflowed = false;
            self.stage = Stage::Bound;
            self.request.wants = session.live_from.map(|read_up_to| Some(From::Id(read_up_to)));
            return Progress::Again;
        }
        turn.send(session.id, Event::PageEnd { tag: self.request.tag.clone() });
        Progress::Answered
    }

    fn send_page(&mut self, session: SessionId, turn: &mut Turn) {
        let messages = std::mem::take(&mut self.page);
        self.page_bytes = 0;
        if !messages.is_empty() {
            self.sent.extend(messages.iter().cloned());
            turn.send(session, Event::Page { tag: self.request.tag.clone(), messages });
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

impl Source {
    fn new() -> Self {
        Self { ranges: Vec::new(), buffered: VecDeque::new(), ticket: None, exhausted: false }
    }

    fn is_over(&self) -> bool {
        self.exhausted && self.buffered.is_empty()
    }

    /// Asks for the next page where one is needed and none is on its way.
    fn read(&mut self, shard: ShardIndex, turn: &mut Turn) {
        if self.exhausted || self.ticket.is_some() || !self.buffered.is_empty() {
            return;
        }
        let ticket = turn.next_ticket();
        let query = LogQuery {
            ranges: self.ranges.clone(),
            messages_max: turn.options.page_messages,
            bytes_max: PAGE_BYTES_MAX,
            now_ms: turn.now.wall_ms,
            with_recalled: false,
        };
        self.ticket = Some(ticket);
        turn.effect(Effect::ReadLog { ticket, store: shard, query });
    }

    fn take_page(&mut self, page: LogPage) {
        self.ticket = None;
        self.buffered.extend(page.messages);
        for range in &mut self.ranges {
            range.after_id = range.after_id.max(page.complete_up_to);
        }
        self.ranges.retain(|range| range.after_id < range.up_to);
        self.exhausted = self.ranges.is_empty();
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

fn take_smallest(sources: &mut BTreeMap<ShardIndex, Source>) -> Option<Arc<Message>> {
    sources
        .values_mut()
        .filter(|source| !source.buffered.is_empty())
        .min_by_key(|source| source.buffered.front().map(|message| message.id))?
        .buffered
        .pop_front()
}

fn is_wanted(message: &Message, by_id: bool, session: SessionView<'_>, user: &User) -> bool {
    let conversation = message.conversation;
    let Some(membership) = user.memberships.get(&conversation) else {
        return session.rooms.contains(&conversation);
    };
    if message.content.is_mark() {
        return session.style.marks;
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

/// Roughly what a message takes on the wire.
fn weight(message: &Message) -> usize {
    use parlance_codecs::Content;
    let content = match &message.content {
        Content::Text { text, extra } => text.len() + extra.len(),
        Content::Media { media, .. } | Content::ContactMedia { media } => {
            media.url.len() + media.thumbnail.as_ref().map_or(0, String::len)
        }
        Content::ContactText { text } => text.len(),
        Content::Location { .. } | Content::Recall { .. } | Content::Read { .. } => 16,
    };
    content + 128
}
