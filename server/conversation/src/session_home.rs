//! A session's life on its user's home shard: sign-in, requests, rooms, its end.

use parlance_codecs::dialect::Replaces;
use parlance_codecs::{
    Category, ConversationId, Draft, Event, Posted, Refusal, Request, Tag, UserId,
};

use crate::effect::{CloseReason, Effect};
use crate::gate::Line;
use crate::input::{ResumeStyle, SessionId, SignIn};
use crate::limits::{
    FIRST_SYNC_WAIT_MS, ROOMS_PER_SESSION_MAX, SESSIONS_PER_USER_MAX, SYNCS_WAITING_MAX,
};
use crate::mesh::{CallAnswer, MeshBody, Origin};
use crate::notices::NoticesFrom;
use crate::resume::{From, SyncRequest};
use crate::session::Session;
use crate::shard::Shard;
use crate::turn::Reply;
use crate::user::User;
use crate::user_home::UserWork;

impl Shard {
    pub(crate) fn sign_in(&mut self, sign_in: SignIn) {
        let SignIn { session, user, ref device, style, .. } = sign_in;
        self.sessions.insert(Session::new(session, user, device.clone(), style));
        self.user_work(user, UserWork::SignIn(sign_in));
    }

    /// The user is loaded: the session takes its place among the user's others.
    pub(crate) fn user_is_here(&mut self, sign_in: SignIn) {
        let SignIn { session, user: id, style, room, .. } = sign_in;
        let Some(user) = self.users.live_mut(&id) else { return };
        if self.sessions.get(session).is_none() {
            // Closed while its user was being loaded.
            return;
        }
        user.ensure(&mut self.turn);
        for (older, reason) in replaced(user, &sign_in, &self.sessions) {
            self.end(older, reason);
        }
        let Some(user) = self.users.live_mut(&id) else { return };
        user.sessions.push(session);
        self.subscriptions.add_user(id, style.resume, session);
        for conversation in user.memberships.keys() {
            self.subscriptions.add(*conversation, style.resume, session);
        }
        // What the gate holds may have been said before the user came in, whenever that was.
        self.gate.hide(session, |conversation| {
            user.memberships.get(&conversation).map(|membership| membership.hidden_up_to)
        });
        if let Some(room) = room {
            self.join(session, room, None);
        }
        match style.resume {
            ResumeStyle::ByCursor => self.ask_sync(session, SyncRequest::by_cursors(None)),
            ResumeStyle::ById => {
                let at = self.turn.now.monotonic_ms + FIRST_SYNC_WAIT_MS;
                self.first_sync_deadlines.insert((at, session));
            }
            ResumeStyle::FromNow | ResumeStyle::ByOneId => {
                if let Some(session) = self.sessions.get_mut(session) {
                    session.live = true;
                }
            }
        }
        if style.resume != ResumeStyle::ByCursor {
            self.begin_notices(session, NoticesFrom::Now);
        }
    }

    /// Sessions that waited too long for their first Sync are treated as if they had sent one.
    pub(crate) fn first_syncs_due(&mut self) {
        while let Some((at, session)) = self.first_sync_deadlines.first().copied() {
            if at > self.turn.now.monotonic_ms {
                return;
            }
            self.first_sync_deadlines.pop_first();
            let waits = self.sessions.get(session).is_some_and(|session| {
                !session.live && session.sync.is_none() && session.syncs_waiting.is_empty()
            });
            if waits {
                self.ask_sync(session, SyncRequest::by_cursors(None));
            }
        }
    }

    /// Closes the sessions of a user, those whose user is still being loaded among them.
    pub(crate) fn kick(&mut self, origin: Origin, user: UserId, device: Option<&str>) {
        let is_meant = |session: &Session| {
            session.user == user && device.is_none_or(|device| *session.device == *device)
        };
        let sessions = self.sessions.iter_mut().filter(|session| is_meant(session));
        let meant: Vec<_> = sessions.map(|session| session.id).collect();
        for session in meant {
            self.end(session, CloseReason::Kicked);
        }
        self.turn.answer(origin, Reply::Call(CallAnswer::Done));
    }

    pub(crate) fn session_request(&mut self, session: SessionId, request: Request) {
        let Some(waiting) = self.sessions.get_mut(session) else { return };
        waiting.requests_waiting += 1;
        let user = waiting.user;
        self.user_work(user, UserWork::Request(session, request));
    }

    pub(crate) fn request(&mut self, session: SessionId, user: UserId, request: Request) {
        // Closed while its user was being loaded: what it asked before is not begun.
        let Some(asking) = self.sessions.get_mut(session) else { return };
        asking.requests_waiting -= 1;
        match request {
            Request::Post { tag, drafts } => self.post(session, user, tag, drafts),
            Request::Sync { tag, after, room } => {
                self.ask_sync(session, SyncRequest { room, ..sync_request(tag, &after) });
            }
            Request::ReceiptUpTo { category, up_to } => {
                // Above the bound something smaller may still come, even where the client has
                // seen the id itself (as the answer to its own post): the cursor must not skip it.
                let bound = self.gate.bound(Line::Category(category));
                if let Some(user) = self.users.live_mut(&user) {
                    user.deliver_up_to(category, up_to.min(bound));
                    self.dirty_cursors.note(user, self.turn.now.monotonic_ms);
                }
            }
            Request::Receipts { ids } => {
                let Some(user) = self.users.live_mut(&user) else { return };
                for id in ids {
                    if let Some((conversation, seq)) = self.recent.place(id) {
                        user.deliver_one(conversation, seq);
                    }
                }
                self.dirty_cursors.note(user, self.turn.now.monotonic_ms);
            }
            Request::Join { tag, room } => self.join(session, room, Some(tag)),
            Request::NoticesSeen { ids } => {
                if let Some(user) = self.users.live_mut(&user) {
                    user.notices_seen(&ids, &mut self.turn);
                }
            }
            // The shell has those answered by calls.
            Request::Ask { .. } => {}
        }
    }

    fn post(&mut self, id: SessionId, user: UserId, tag: Tag, drafts: Vec<Draft>) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        let Some(user) = self.users.live(&user) else { return };
        let friends_required = session.style.friends_required;
        let text_bytes = self.turn.options.text_bytes;
        let post = session.begin_post(tag, drafts.len());
        for (place, draft) in (0u16..).zip(drafts) {
            let refusal =
                user.refuses(draft.conversation, &draft.body, friends_required, text_bytes);
            let (to, body) = match refusal {
                Some(refusal) => {
                    let result = Err(refusal);
                    (self.turn.me, MeshBody::Posted { session: id, post, draft: place, result })
                }
                None => {
                    let shard = self.turn.me;
                    let origin = Origin::Session { shard, session: id, post, draft: place };
                    let home = self.turn.placement.home_of_conversation(draft.conversation);
                    let sender = user.id;
                    let (vouched, call_of) = (false, None);
                    (home, MeshBody::Post { origin, sender, draft, vouched, call_of })
                }
            };
            self.turn.tell(to, body);
        }
    }

    pub(crate) fn posted(
        &mut self,
        id: SessionId,
        post: u32,
        draft: u16,
        result: Result<Posted, Refusal>,
    ) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        if let Ok(posted) = &result {
            // The client is shown the id: what it sends next gets a larger one.
            self.turn.has_shown(posted.id);
        }
        if let Some((tag, results)) = session.take_result(post, draft, result) {
            self.turn.send(id, Event::Posted { tag, results });
        }
    }

    /// Asks the room's home; a session joins a room once.
    fn join(&mut self, id: SessionId, room: ConversationId, tag: Option<Tag>) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        let joined = session.rooms.contains(&room);
        let joining = session.joining.iter().any(|(other, _)| *other == room);
        let full = session.rooms.len() + session.joining.len() >= ROOMS_PER_SESSION_MAX;
        if joined || full {
            if let Some(tag) = tag {
                let result = if joined { Ok(()) } else { Err(Refusal::Unavailable) };
                self.turn.send(id, Event::Joined { tag, room, result });
            }
            return;
        }
        if joining && tag.is_none() {
            return;
        }
        session.joining.push((room, tag));
        if !joining {
            let to = self.turn.placement.home_of_conversation(room);
            self.turn.tell(to, MeshBody::JoinRoom { room, user: session.user, session: id });
        }
    }

    pub(crate) fn room_joined(
        &mut self,
        room: ConversationId,
        id: SessionId,
        result: Result<(), Refusal>,
    ) {
        // A session that is gone has told the room so already, behind its join.
        let Some(session) = self.sessions.get_mut(id) else { return };
        let waiting = std::mem::take(&mut session.joining);
        let (answered, rest): (Vec<_>, Vec<_>) =
            waiting.into_iter().partition(|(other, _)| *other == room);
        session.joining = rest;
        if result.is_ok() {
            session.rooms.push(room);
            self.subscriptions.add(room, session.style.resume, id);
        }
        for (_, tag) in answered {
            match (tag, result) {
                (Some(tag), result) => self.turn.send(id, Event::Joined { tag, room, result }),
                (None, Ok(())) => {
                    let tag = Tag::default();
                    self.turn.send(id, Event::Joined { tag, room, result });
                }
                (None, Err(_)) => return self.end(id, CloseReason::UnknownRoom),
            }
        }
        self.next_sync(id);
    }

    pub(crate) fn ask_sync(&mut self, id: SessionId, request: SyncRequest) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        if session.syncs_waiting.len() >= SYNCS_WAITING_MAX {
            return self.end(id, CloseReason::TooManyRequests);
        }
        session.syncs_waiting.push_back(request);
        self.next_sync(id);
    }

    /// Closes a session of the core's own accord. It is gone at once, so that nothing follows the
    /// closing and it counts no longer; that its connection ends is told later and changes nothing.
    fn end(&mut self, id: SessionId, reason: CloseReason) {
        self.turn.effect(Effect::Close { session: id, reason });
        self.closed(id);
    }

    pub(crate) fn closed(&mut self, id: SessionId) {
        let Some(session) = self.sessions.remove(id) else { return };
        let resume = session.style.resume;
        self.subscriptions.remove_user(session.user, resume, id);
        let joining = session.joining.iter().map(|(room, _)| room);
        let mut rooms: Vec<ConversationId> = session.rooms.iter().chain(joining).copied().collect();
        rooms.sort_unstable();
        rooms.dedup();
        for room in rooms {
            self.subscriptions.remove(room, resume, id);
            // Behind a join that is still on its way, so the room sees both in order.
            let to = self.turn.placement.home_of_conversation(room);
            self.turn.tell(to, MeshBody::LeaveRoom { room, user: session.user });
        }
        let Some(user) = self.users.live_mut(&session.user) else { return };
        user.sessions.retain(|other| *other != id);
        for conversation in user.memberships.keys() {
            self.subscriptions.remove(*conversation, resume, id);
        }
    }

    pub(crate) fn sessions_of(&self, user: UserId) -> Vec<(SessionId, ResumeStyle)> {
        let Some(user) = self.users.live(&user) else { return Vec::new() };
        let style = |id: &SessionId| Some((*id, self.sessions.get(*id)?.style.resume));
        user.sessions.iter().filter_map(style).collect()
    }
}

/// Which of the user's sessions a new one takes the place of.
fn replaced(
    user: &User,
    sign_in: &SignIn,
    sessions: &crate::session::Sessions,
) -> Vec<(SessionId, CloseReason)> {
    let gives_way = |other: &Session| {
        other.style.dialect == sign_in.style.dialect
            && match sign_in.style.replaces {
                Replaces::Nothing => false,
                Replaces::SameDevice => other.device == sign_in.device,
                Replaces::SameDialect => true,
            }
    };
    let older = user.sessions.iter().filter(|id| sessions.get(**id).is_some_and(gives_way));
    let mut closing: Vec<_> = older.map(|id| (*id, CloseReason::Replaced)).collect();
    if closing.is_empty()
        && user.sessions.len() >= SESSIONS_PER_USER_MAX
        && let Some(oldest) = user.sessions.first()
    {
        closing.push((*oldest, CloseReason::TooManySessions));
    }
    closing
}

/// The categories that are listed; every one by the server's cursors where none is.
fn sync_request(tag: Tag, after: &[(Category, Option<parlance_codecs::MessageId>)]) -> SyncRequest {
    if after.is_empty() {
        return SyncRequest::by_cursors(Some(tag));
    }
    let mut wants = [None; Category::COUNT];
    for (category, id) in after {
        if let Some(want) = wants.get_mut(category.index()) {
            *want = Some(id.map_or(From::Cursor, From::Id));
        }
    }
    SyncRequest { tag: Some(tag), wants, room: None }
}
