//! What a user's home does: existence, friendships, memberships that other shards decided, and
//! the first step of a post.

use parlance_codecs::{Content, ConversationId, DraftBody, Refusal, Seq, UserId};

use crate::cache::Found;
use crate::history::Asked;
use crate::input::{SessionId, SignIn};
use crate::intended::ForSessions;
use crate::limits::CURSORS_PER_WRITE_MAX;
use crate::mesh::{CallAnswer, CallRefusal, CallRequest, MeshBody, Origin, UserClaims};
use crate::placement::ShardIndex;
use crate::receipts;
use crate::shard::Shard;
use crate::social::FriendAct;
use crate::store::{Change, Durability, LoadKey, NameKey, NameRecord, UserRecord};
use crate::turn::{Reply, Turn};
use crate::user::{Creation, User};

/// Work that waits for its user's load.
#[derive(Debug)]
pub(crate) enum UserWork {
    Mesh(ShardIndex, MeshBody),
    SignIn(SignIn),
    Request(SessionId, parlance_codecs::Request),
    /// The user wrote a message with this seq, and has read everything before it.
    Wrote(ConversationId, Seq),
    HistoryAsked(Asked),
    /// The history of this number may be read up to the gate's bound.
    HistoryBounded(u64),
    /// Everything that the history of this number has to say is read.
    HistoryRead(u64),
}

impl Shard {
    pub(crate) fn user_work(&mut self, id: UserId, work: UserWork) {
        let user = match self.users.get(&id, work) {
            Found::Live(user, work) => (user, work),
            Found::Waits => return,
            Found::Absent => {
                let ticket = self.turn.load(LoadKey::User(id));
                self.users.loading(ticket, id);
                return;
            }
        };
        match user {
            (user, UserWork::Mesh(from, body)) => {
                let news = user.receive(from, body, &mut self.turn);
                self.dirty_cursors.note(user, self.turn.now.monotonic_ms);
                match news {
                    Some(ForSessions::Joined(conversation)) => self.subscribe(id, conversation),
                    Some(ForSessions::Left(conversation)) => self.unsubscribe(id, conversation),
                    Some(ForSessions::Noticed(notice)) => self.show_notice(id, &notice),
                    None => {}
                }
            }
            (user, UserWork::Wrote(conversation, seq)) => {
                user.read_up_to(conversation, seq);
                self.dirty_cursors.note(user, self.turn.now.monotonic_ms);
            }
            (_, UserWork::HistoryAsked(asked)) => self.history_asked(asked),
            (_, UserWork::HistoryBounded(number)) => self.history_bounded(number),
            (_, UserWork::HistoryRead(number)) => self.history_read(number),
            (_, UserWork::SignIn(sign_in)) => self.user_is_here(sign_in),
            (_, UserWork::Request(session, request)) => self.request(session, id, request),
        }
    }

    fn subscribe(&mut self, user: UserId, conversation: ConversationId) {
        let membership = self.users.live(&user).and_then(|it| it.memberships.get(&conversation));
        let hidden_up_to = membership.map_or(Seq(0), |membership| membership.hidden_up_to);
        for (session, resume) in self.sessions_of(user) {
            self.subscriptions.add(conversation, resume, session);
            self.gate.hide(session, |it| (it == conversation).then_some(hidden_up_to));
        }
    }

    fn unsubscribe(&mut self, user: UserId, conversation: ConversationId) {
        for (session, resume) in self.sessions_of(user) {
            self.subscriptions.remove(conversation, resume, session);
        }
    }

    /// Writes the cursors that have waited long enough, in as few writes as the bound allows.
    pub(crate) fn write_due_cursors(&mut self) {
        let mut due = self.dirty_cursors.due(self.turn.now.monotonic_ms).into_iter().peekable();
        while due.peek().is_some() {
            let mut changes = Vec::new();
            let mut written = Vec::new();
            while changes.len() < CURSORS_PER_WRITE_MAX
                && let Some(id) = due.next()
            {
                if let Some(user) = self.users.live_mut(&id) {
                    receipts::take_changes(user, &mut changes);
                    written.push(id);
                }
            }
            if changes.is_empty() {
                continue;
            }
            let write = self.turn.write(changes, Durability::Sync);
            for id in written {
                if let Some(user) = self.users.live_mut(&id) {
                    user.last_write = write;
                }
            }
        }
    }
}

impl User {
    fn receive(
        &mut self,
        from: ShardIndex,
        body: MeshBody,
        turn: &mut Turn,
    ) -> Option<ForSessions> {
        match body {
            MeshBody::Call { origin, request } => self.call(origin, request, turn),
            MeshBody::CreateUserAt { origin, allocated, claims, .. } => {
                self.create(origin, allocated, claims, turn);
            }
            MeshBody::NameClaimed { claimed, .. } => self.name_claimed(claimed, turn),
            MeshBody::AskUser { user, conversation } => {
                let exists = self.record.is_some();
                turn.tell_after_writes(from, MeshBody::UserIs { user, conversation, exists });
            }
            MeshBody::ReadUpTo { conversation, seq, origin, .. } => {
                let is_in = self.read_up_to(conversation, seq);
                let answer = if is_in { CallAnswer::Done } else { unknown_conversation() };
                if let Some(origin) = origin {
                    turn.answer(origin, Reply::Call(answer));
                }
            }
            MeshBody::Intend { id, intent } => {
                let news = self.intended(id.origin, intent, turn);
                turn.tell_after_writes(from, MeshBody::Done { id });
                return news;
            }
            MeshBody::FriendConsent { origin, by, act, .. } => {
                self.consent_to_friend(origin, by, act, turn);
            }
            MeshBody::GroupConsent { origin, by, group, act, .. } => {
                self.consent_to_group(origin, by, group, act, turn);
            }
            other => unreachable!("not for a user: {other:?}"),
        }
        None
    }

    fn call(&mut self, origin: Origin, request: CallRequest, turn: &mut Turn) {
        match request {
            CallRequest::EnsureUser { .. } => {
                self.ensure(turn);
                turn.answer(origin, Reply::Call(CallAnswer::Done));
            }
            CallRequest::Profile { .. } => {
                let answer = self.profile().map_or_else(
                    || CallAnswer::Refused(Refusal::UnknownUser.into()),
                    CallAnswer::Profile,
                );
                turn.answer(origin, Reply::Call(answer));
            }
            CallRequest::Memberships { .. } => {
                let answer = CallAnswer::Memberships(self.conversations());
                turn.answer(origin, Reply::Call(answer));
            }
            CallRequest::Related { .. } => {
                let answer = CallAnswer::Related(self.related());
                turn.answer(origin, Reply::Call(answer));
            }
            CallRequest::OpenDirect { user, .. } => self.open_direct(origin, user, turn),
            CallRequest::MarkRead { user, conversation, seq } => {
                let standing = self.standing_in(conversation);
                let home = turn.placement.home_of_conversation(conversation);
                turn.tell(home, MeshBody::MarkRead { origin, user, conversation, seq, standing });
            }
            CallRequest::Look { user, conversation } => {
                let standing = self.standing_in(conversation);
                let home = turn.placement.home_of_conversation(conversation);
                turn.tell(home, MeshBody::Look { origin, user, conversation, standing });
            }
            CallRequest::Post { sender, draft, friends_required, create_sender, call_of } => {
                if create_sender {
                    self.ensure(turn);
                }
                let refusal = if self.record.is_none() {
                    Some(Refusal::UnknownUser)
                } else {
                    self.refuses(
                        draft.conversation,
                        &draft.body,
                        friends_required,
                        turn.options.text_bytes,
                    )
                };
                if let Some(refusal) = refusal {
                    turn.answer(origin, Reply::Posted(Err(refusal)));
                    return;
                }
                let home = turn.placement.home_of_conversation(draft.conversation);
                let vouched = !create_sender;
                turn.tell(home, MeshBody::Post { origin, sender, draft, vouched, call_of });
            }
            other => self.social_call(origin, other, turn),
        }
    }

    /// Calls about friends, names and requests.
    fn social_call(&mut self, origin: Origin, request: CallRequest, turn: &mut Turn) {
        match request {
            CallRequest::Befriend { b, notify, .. } => {
                self.begin_friend_act(origin, b, FriendAct::Vouch(notify), turn);
            }
            CallRequest::Friend { user, act, .. } => {
                self.begin_friend_act(origin, user, act, turn);
            }
            CallRequest::MayRelate { .. } => {
                let refusal = if self.record.is_none() {
                    Some(Refusal::UnknownUser)
                } else {
                    self.has_no_room().then_some(Refusal::TheirTooManyRelations)
                };
                let answer = refusal.map_or(CallAnswer::Done, Into::into);
                turn.answer(origin, Reply::Call(answer));
            }
            CallRequest::SetOwnName { name, .. } => {
                let answer = self.set_own_name(name, turn);
                turn.answer(origin, Reply::Call(answer.map_or_else(Into::into, done)));
            }
            CallRequest::Introduce { name, photo, .. } => {
                let answer = self.introduce(name, photo, turn).map(CallAnswer::Profile);
                turn.answer(origin, Reply::Call(answer.unwrap_or_else(Into::into)));
            }
            CallRequest::SetAlias { target, name, .. } => {
                let answer = self.set_alias(target, name, turn);
                turn.answer(origin, Reply::Call(answer.map_or_else(Into::into, done)));
            }
            CallRequest::Requests { span, .. } => {
                turn.answer(origin, Reply::Call(self.list_requests(span)));
            }
            other => unreachable!("not for a user: {other:?}"),
        }
    }

    /// At the home of the one that `user` wants to talk to, who must be there.
    fn open_direct(&self, origin: Origin, user: UserId, turn: &mut Turn) {
        let conversation = ConversationId::direct(user, self.id);
        match conversation.filter(|_| self.record.is_some()) {
            Some(conversation) => {
                let home = turn.placement.home_of_conversation(conversation);
                turn.tell_after_writes(home, MeshBody::OpenDirect { origin, conversation });
            }
            None => {
                let answer = CallAnswer::Refused(Refusal::UnknownUser.into());
                turn.answer(origin, Reply::Call(answer));
            }
        }
    }

    /// What the sender's home can already refuse.
    pub(crate) fn refuses(
        &self,
        conversation: ConversationId,
        body: &DraftBody,
        friends_required: bool,
        text_bytes_max: usize,
    ) -> Option<Refusal> {
        if let DraftBody::Content(Content::Text { text, extra }) = body {
            let got = text.len().max(extra.len());
            if got > text_bytes_max {
                return Some(Refusal::TextTooLong { got, max: text_bytes_max });
            }
        }
        let ConversationId::Direct(..) = conversation else { return None };
        let Some(peer) = conversation.peer_of(self.id) else {
            return Some(Refusal::UnknownConversation);
        };
        let is_content = matches!(body, DraftBody::Content(_));
        (friends_required && is_content && !self.friends.contains_key(&peer))
            .then_some(Refusal::NotFriends)
    }

    /// The user exists from now on.
    pub(crate) fn ensure(&mut self, turn: &mut Turn) {
        if self.record.is_none() {
            let record = UserRecord { created_at_ms: turn.now.wall_ms, ..UserRecord::default() };
            self.put(record, turn);
        }
    }

    pub(crate) fn put(&mut self, record: UserRecord, turn: &mut Turn) {
        self.record = Some(record.clone());
        let changes = vec![Change::PutUser { user: self.id, record }];
        self.last_write = turn.write(changes, Durability::Sync);
    }

    /// Claims the wanted names before the user is written: a crash in between leaves at most a
    /// name that leads to this id, and the same call can be made again.
    fn create(&mut self, origin: Origin, allocated: bool, claims: UserClaims, turn: &mut Turn) {
        if self.record.is_some() || self.creation.is_some() {
            if allocated {
                // The number was named by a token before: another one will do.
                let UserClaims { name, password_hash, external_id } = claims;
                let request =
                    CallRequest::CreateUser { id: None, name, password_hash, external_id };
                let to = turn.placement.home_of_allocator();
                turn.tell(to, MeshBody::Call { origin, request });
            } else {
                turn.answer(origin, Reply::Call(CallAnswer::Refused(CallRefusal::Taken)));
            }
            return;
        }
        self.creation = Some(Box::new(Creation { origin, claims, granted: 0 }));
        self.claim_next(turn);
    }

    fn claim_next(&mut self, turn: &mut Turn) {
        let Some(creation) = &self.creation else { return };
        let next = creation.names().nth(creation.granted);
        match next {
            Some(name) => {
                let password_hash = match name {
                    NameKey::Login(_) => creation.claims.password_hash.clone(),
                    NameKey::External(_) => None,
                };
                let record = NameRecord { user: self.id, password_hash };
                let to = turn.placement.home_of_name(&name);
                turn.tell(to, MeshBody::ClaimName { name, record });
            }
            None => self.created(turn),
        }
    }

    fn name_claimed(&mut self, claimed: bool, turn: &mut Turn) {
        let Some(creation) = &mut self.creation else { return };
        if claimed {
            creation.granted += 1;
            self.claim_next(turn);
            return;
        }
        let Some(creation) = self.creation.take() else { return };
        for name in creation.names().take(creation.granted) {
            let to = turn.placement.home_of_name(&name);
            turn.tell(to, MeshBody::ReleaseName { name, user: self.id });
        }
        turn.answer(creation.origin, Reply::Call(CallAnswer::Refused(CallRefusal::Taken)));
    }

    fn created(&mut self, turn: &mut Turn) {
        let Some(creation) = self.creation.take() else { return };
        let Creation { origin, claims, .. } = *creation;
        // A token may have named the user while the names were being claimed: what it has stays.
        let record = self.record.clone().unwrap_or_else(|| UserRecord {
            created_at_ms: turn.now.wall_ms,
            ..UserRecord::default()
        });
        let UserClaims { name, external_id, .. } = claims;
        self.put(UserRecord { name, external_id, ..record }, turn);
        turn.answer(origin, Reply::Call(CallAnswer::User(self.id)));
    }
}

fn unknown_conversation() -> CallAnswer {
    CallAnswer::Refused(Refusal::UnknownConversation.into())
}

impl Creation {
    fn names(&self) -> impl Iterator<Item = NameKey> {
        let login = self.claims.name.clone().map(NameKey::Login);
        let external = self.claims.external_id.clone().map(NameKey::External);
        login.into_iter().chain(external)
    }
}

fn done((): ()) -> CallAnswer {
    CallAnswer::Done
}
