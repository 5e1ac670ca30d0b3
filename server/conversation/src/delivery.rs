//! The way of a committed message to the sessions of this shard, and of a Sync to its answer.

use std::sync::Arc;

use parlance_codecs::{Category, Message, MessageId};

use crate::effect::Effect;
use crate::gate::{Line, Waiter};
use crate::history::Reader;
use crate::input::{ResumeStyle, SessionId, Ticket};
use crate::mesh::{MeshBody, SentBy};
use crate::notices::NoticesFrom;
use crate::placement::ShardIndex;
use crate::resume::{Progress, Sync, is_expired};
use crate::session::Showing;
use crate::shard::Shard;
use crate::store::LogPage;
use crate::user_home::UserWork;

/// Which of a conversation's sessions.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Audience {
    ById,
    ByOneId,
    AtOnce,
}

impl Shard {
    pub(crate) fn delivered(&mut self, from: ShardIndex, message: Arc<Message>, by: SentBy) {
        let is_stored = self.turn.options.is_stored(message.category);
        self.gate.delivered(from, &message, is_stored);
        if is_stored
            && !message.content.is_mark()
            && self.turn.placement.home_of_user(message.sender) == self.turn.me
        {
            let work = UserWork::Wrote(message.conversation, message.seq);
            self.user_work(message.sender, work);
        }
        if message.category == Category::Direct && !message.content.is_mark() {
            self.own_is_delivered(&message);
        }
        let (mut by_id, mut by_one_id, mut at_once) = (false, false, false);
        for subscribers in self.subscriptions.of(message.conversation) {
            by_id |= !subscribers.by_id.is_empty();
            by_one_id |= !subscribers.by_one_id.is_empty();
            at_once |= !subscribers.at_once.is_empty();
        }
        if at_once {
            self.show(&message, by, Audience::AtOnce, &[]);
        }
        let line = Line::Category(message.category);
        let holds = (by_id && !self.gate.passes(line, message.id))
            || (by_one_id && !self.gate.passes(Line::Whole, message.id));
        if holds && self.gate.held() >= self.turn.options.held_messages_max {
            self.drop_held();
        }
        if by_id {
            self.show_in_line(line, Audience::ById, &message, by);
        }
        if by_one_id {
            self.show_in_line(Line::Whole, Audience::ByOneId, &message, by);
        }
        self.release();
    }

    /// Shows a message to those who stand in a line, or holds it until everything before it has
    /// come.
    fn show_in_line(&mut self, line: Line, audience: Audience, message: &Arc<Message>, by: SentBy) {
        if self.gate.passes(line, message.id) {
            self.show(message, by, audience, &[]);
        } else {
            self.gate.hold(line, Arc::clone(message), by);
        }
    }

    /// Another shard has not closed for so long that no more can be held: everything above the
    /// bound is read from the logs once it has.
    fn drop_held(&mut self) {
        self.gate.drop_held();
        for session in self.sessions.iter_mut() {
            let resume = session.style.resume;
            let waits = matches!(resume, ResumeStyle::ById | ResumeStyle::ByOneId);
            if waits && session.read_again(self.gate.bounds(resume)) {
                self.barrier.join(Waiter::Session(session.id), &mut self.turn);
            }
        }
    }

    /// Sessions by cursor are not sent their user's own messages in directs, so nobody acknowledges
    /// them: each would leave a gap that the cursor never closes.
    fn own_is_delivered(&mut self, message: &Message) {
        let Some(user) = self.users.live_mut(&message.sender) else { return };
        let by_cursor = user.sessions.iter().any(|id| {
            let session = self.sessions.get(*id);
            session.is_some_and(|session| session.style.resume == ResumeStyle::ByCursor)
        });
        if by_cursor && self.turn.options.is_stored(message.category) {
            user.deliver_one(message.conversation, message.seq);
            self.dirty_cursors.note(user, self.turn.now.monotonic_ms);
        }
    }

    /// Shows what the gate lets through, and asks for what it does not.
    fn release(&mut self) {
        if self.gate.held() == 0 {
            return;
        }
        for line in Line::all() {
            let audience = match line {
                Line::Category(_) => Audience::ById,
                Line::Whole => Audience::ByOneId,
            };
            while let Some(held) = self.gate.release(line) {
                self.show(&held.message, held.by, audience, &held.hidden_from);
            }
        }
        self.gate.ask(&mut self.turn);
    }

    fn show(
        &mut self,
        message: &Arc<Message>,
        by: SentBy,
        audience: Audience,
        hidden_from: &[SessionId],
    ) {
        let mut recipients = Vec::new();
        for subscribers in self.subscriptions.of(message.conversation) {
            let list = match audience {
                Audience::ById => &subscribers.by_id,
                Audience::ByOneId => &subscribers.by_one_id,
                Audience::AtOnce => &subscribers.at_once,
            };
            recipients.reserve(list.len());
            for id in list.iter().filter(|id| !hidden_from.contains(id)) {
                let Some(session) = self.sessions.get_mut(*id) else { continue };
                match session.showing(message, by) {
                    Showing::Now => recipients.push(*id),
                    Showing::Later => {
                        session.keep_for_later(message, self.turn.options.sync_live_max);
                    }
                    Showing::Never => {}
                }
            }
        }
        self.fan_out(message, recipients);
    }

    fn fan_out(&mut self, message: &Arc<Message>, sessions: Vec<SessionId>) {
        if sessions.is_empty() || is_expired(message, self.turn.now) {
            return;
        }
        // A cursor over what is not stored would stand above the seqs of the next start.
        if self.turn.options.is_stored(message.category) {
            self.recent.remember(message);
        }
        self.turn.has_shown(message.id);
        self.turn.effect(Effect::FanOut { message: Arc::clone(message), sessions });
    }

    /// Promises that no message up to the clock's time, or up to what was asked, follows. What
    /// was accepted before is delivered first, because the promise follows its commit.
    pub(crate) fn close_up_to(&mut self, from: ShardIndex, up_to: MessageId, round: u64) {
        self.turn.clock.advance(self.turn.now);
        self.turn.clock.observe(up_to);
        let up_to = self.turn.clock.last();
        self.turn.tell_after_writes(from, MeshBody::Closed { up_to, round });
    }

    pub(crate) fn shard_closed(&mut self, from: ShardIndex, up_to: MessageId, round: u64) {
        self.gate.closed(from, up_to);
        self.release();
        for waiter in self.barrier.closed(round, up_to, &mut self.turn) {
            match waiter {
                Waiter::Session(session) => self.begin_reading(session),
                Waiter::History(number) => self.history_may_begin(number),
            }
        }
    }

    /// Begins the next Sync that waits, unless one is being answered or a room is being joined.
    pub(crate) fn next_sync(&mut self, id: SessionId) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        if session.sync.is_some() || !session.joining.is_empty() {
            return;
        }
        let rooms = &session.rooms;
        session.syncs_waiting.retain(|sync| sync.room.is_none_or(|room| rooms.contains(&room)));
        let Some(request) = session.syncs_waiting.pop_front() else { return };
        session.sync = Some(Box::new(Sync::new(request)));
        self.barrier.join(Waiter::Session(id), &mut self.turn);
    }

    fn begin_reading(&mut self, id: SessionId) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        let Some(user) = self.users.live(&session.user) else { return };
        let bounds = self.gate.bounds(session.style.resume);
        session.live_from = bounds;
        let (Some(sync), view) = session.sync_and_view() else { return };
        sync.begin_reading(bounds, view, user, &mut self.turn);
        for ticket in sync.tickets() {
            self.reads.insert(ticket, Reader::Session(id));
        }
        self.proceed(id);
    }

    pub(crate) fn page_read(&mut self, ticket: Ticket, page: LogPage) {
        let id = match self.reads.remove(&ticket) {
            Some(Reader::Session(id)) => id,
            Some(Reader::History(number)) => return self.history_page(number, ticket, page),
            None => return,
        };
        let Some(session) = self.sessions.get_mut(id) else { return };
        if let Some(sync) = &mut session.sync
            && sync.take_page(ticket, page)
        {
            self.proceed(id);
        }
    }

    pub(crate) fn drained(&mut self, id: SessionId) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        if let Some(sync) = &mut session.sync {
            sync.drained();
            self.proceed(id);
        }
    }

    /// Goes on with a Sync's answer as far as it can.
    fn proceed(&mut self, id: SessionId) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        let Some(user) = self.users.live_mut(&session.user) else { return };
        let (Some(sync), view) = session.sync_and_view() else { return };
        let progress = sync.proceed(view, user, &mut self.turn);
        for message in sync.take_shown() {
            self.recent.remember(&message);
            self.turn.has_shown(message.id);
        }
        for ticket in sync.tickets() {
            self.reads.insert(ticket, Reader::Session(id));
        }
        self.dirty_cursors.note(user, self.turn.now.monotonic_ms);
        match progress {
            Progress::Waits => {}
            Progress::Again => self.barrier.join(Waiter::Session(id), &mut self.turn),
            Progress::Answered => self.sync_answered(id),
        }
    }

    /// The session is live: what was kept beside the answer follows it.
    fn sync_answered(&mut self, id: SessionId) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        let Some(mut sync) = session.sync.take() else { return };
        session.live = true;
        let Some(user) = self.users.live(&session.user) else { return };
        let mut kept = sync.take_kept();
        let (_, view) = session.sync_and_view();
        // Who has left meanwhile is shown nothing more.
        kept.retain(|message| view.is_in(message.conversation, user));
        for message in kept {
            self.fan_out(&message, vec![id]);
        }
        self.begin_notices(id, NoticesFrom::Unseen);
        self.next_sync(id);
    }
}
