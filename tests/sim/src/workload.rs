//! What clients do next: they enter, catch up, post, acknowledge, retry and leave.
//!
//! Every client keeps its protocol: it names what it last saw, retries only what has a key, and
//! acknowledges only what it received. In the quiet phase nothing new begins.

use parlance_codecs::{Category, ConversationId, Draft, DraftBody, MessageId, Request, UserId};

use crate::client::{Presence, SentReceipt};
use crate::drafts::{DraftFact, Sender, body_of};
use crate::situations::Situation;
use crate::violation::Checked;
use crate::world::{Happening, Phase, World};

/// How long a quiet client waits between its turns.
const QUIET_THINK_US: u64 = 100_000;

impl World {
    pub(crate) fn client_turn(&mut self, client: usize) -> Checked {
        let think = match self.phase {
            Phase::Active => self.dice.between(1, self.plan.think_us * 2),
            Phase::Quiet => QUIET_THINK_US,
        };
        self.agenda.after(think, Happening::ClientTurn { client });
        let Some(state) = self.clients.get(client) else { return Ok(()) };
        match state.presence {
            Presence::Away => self.enter(client),
            Presence::Entering => Ok(()),
            Presence::In(connection) => {
                self.act(client, connection);
                Ok(())
            }
        }
    }

    fn act(&mut self, client: usize, connection: usize) {
        self.retry(client, connection);
        if self.phase == Phase::Quiet {
            let by_one_id = self.clients.get(client).is_some_and(|it| it.resumes_by_one_id());
            if self.plan.acknowledge_per_mille > 0 && !by_one_id {
                self.acknowledge(client, connection);
            }
            return;
        }
        if self.dice.chance(self.plan.drop_per_mille) {
            self.leave(client);
            return;
        }
        // A client by one id has no word but its messages.
        let by_one_id = self.clients.get(client).is_some_and(|it| it.resumes_by_one_id());
        match self.dice.below(100) {
            0..=59 => self.post(client, connection),
            _ if by_one_id => {}
            60..=74 if self.dice.chance(self.plan.acknowledge_per_mille) => {
                self.acknowledge(client, connection);
            }
            75..=79 => self.sync_again(client, connection),
            80..=87 => self.join(client, connection),
            88..=90 => self.see_notices(client, connection),
            _ => {}
        }
    }

    /// What a client does the moment it is in.
    pub(crate) fn after_sign_in(&mut self, client: usize) -> Checked {
        let choice = self.dice.below(100);
        let Some(state) = self.clients.get_mut(client) else { return Ok(()) };
        let Some(connection) = state.connection() else { return Ok(()) };
        if state.resumes_by_one_id() {
            return self.retrieve(client, connection);
        }
        if !state.resumes_by_id() {
            return Ok(());
        }
        match choice {
            0..=84 => self.sync_by_id(client, connection),
            85..=91 => {
                state.goes_by_cursor = true;
                let tag = state.next_tag();
                let after = match choice {
                    85..=88 => Vec::new(),
                    _ => Category::ALL.into_iter().map(|category| (category, None)).collect(),
                };
                self.auditor.reach(Situation::SyncByCursor);
                self.request(connection, Request::Sync { tag, after, room: None }, Vec::new());
            }
            _ => self.auditor.reach(Situation::SyncUnasked),
        }
        Ok(())
    }

    fn sync_by_id(&mut self, client: usize, connection: usize) {
        let room = if self.dice.chance(100) { self.known_room() } else { None };
        let Some(state) = self.clients.get_mut(client) else { return };
        let tag = state.next_tag();
        let last = state.last;
        if let Some(room) = room {
            // A Sync that names a room comes behind the join.
            let tag = state.next_tag();
            self.request(connection, Request::Join { tag, room }, Vec::new());
        }
        let after = Category::ALL
            .into_iter()
            .zip(last)
            .map(|(category, id)| (category, Some(id)))
            .collect();
        self.request(connection, Request::Sync { tag, after, room }, Vec::new());
    }

    /// Now and then a client asks again what it has missed; only once its first Sync is answered.
    fn sync_again(&mut self, client: usize, connection: usize) {
        let Some(state) = self.clients.get(client) else { return };
        if state.resumes_by_id() && state.synced {
            self.auditor.reach(Situation::SyncAgain);
            self.sync_by_id(client, connection);
        }
    }

    fn join(&mut self, client: usize, connection: usize) {
        let room = if self.dice.chance(900) {
            self.known_room()
        } else {
            let known: Vec<_> = self.operator.known.iter().map(|(id, _)| *id).collect();
            self.dice.pick(&known)
        };
        let Some(room) = room else { return };
        let Some(state) = self.clients.get_mut(client) else { return };
        let tag = state.next_tag();
        self.request(connection, Request::Join { tag, room }, Vec::new());
    }

    pub(crate) fn room_at_sign_in(&mut self, client: usize) -> Option<ConversationId> {
        let by_id = self.clients.get(client).is_some_and(|client| client.resumes_by_id());
        if !by_id || !self.dice.chance(100) {
            return None;
        }
        let room = self.known_room()?;
        self.auditor.reach(Situation::RoomAtSignIn);
        Some(room)
    }

    fn known_room(&mut self) -> Option<ConversationId> {
        let rooms: Vec<_> = self
            .operator
            .known
            .iter()
            .filter(|(_, category)| *category == Category::Room)
            .map(|(id, _)| *id)
            .collect();
        self.dice.pick(&rooms)
    }

    fn post(&mut self, client: usize, connection: usize) {
        let count = self.dice.between(1, self.plan.drafts_max);
        if count > 10 {
            self.auditor.reach(Situation::ManyDrafts);
        }
        let tokens: Vec<u64> = (0..count).filter_map(|_| self.new_draft(client)).collect();
        self.send_drafts(client, connection, tokens);
    }

    pub(crate) fn send_drafts(&mut self, client: usize, connection: usize, tokens: Vec<u64>) {
        if tokens.is_empty() {
            return;
        }
        let drafts = tokens
            .iter()
            .filter_map(|token| self.auditor.drafts.fact(*token))
            .map(|fact| fact.draft.clone())
            .collect();
        let Some(state) = self.clients.get_mut(client) else { return };
        let tag = state.next_tag();
        state.posts.insert(tag.clone(), tokens.clone());
        self.request(connection, Request::Post { tag, drafts }, tokens);
    }

    /// Drafts without an answer, sent on a connection that has ended, are sent again, in order;
    /// without a key nobody can tell a retry from a new message, so those are given up.
    fn retry(&mut self, client: usize, connection: usize) {
        let since_us =
            if self.plan.jumps_stay_inside_window() { 0 } else { self.last_wall_jump_us };
        let Some(state) = self.clients.get_mut(client) else { return };
        let in_flight: Vec<u64> = state.posts.values().flatten().copied().collect();
        let drafts = &self.auditor.drafts;
        state.open_drafts.retain(|token| {
            let fact = drafts.fact(*token);
            let retried =
                fact.is_some_and(|fact| fact.draft.key.is_some() && fact.first_sent_us >= since_us);
            in_flight.contains(token) || retried
        });
        let again: Vec<u64> = state
            .open_drafts
            .iter()
            .filter(|token| !in_flight.contains(token))
            .copied()
            .take(Request::DRAFTS_MAX)
            .collect();
        self.send_drafts(client, connection, again);
    }

    /// Acknowledges some or all of what came on this connection.
    fn acknowledge(&mut self, client: usize, connection: usize) {
        let all = self.phase == Phase::Quiet || self.dice.chance(600);
        let cumulative = self.dice.chance(300);
        let at_us = self.agenda.now_us();
        let Some(state) = self.clients.get_mut(client) else { return };
        // What was left out by the cursors of a Sync cannot be claimed by a larger id.
        let complete = state.resumes_by_id() && state.synced && !state.goes_by_cursor;
        let taken = std::mem::take(&mut state.unacknowledged);
        let (sent, kept): (Vec<_>, Vec<_>) =
            taken.into_iter().partition(|_| all || self.dice.chance(500));
        state.unacknowledged = kept;
        if sent.is_empty() {
            return;
        }
        let ids: Vec<MessageId> = sent.iter().map(|(_, id)| *id).collect();
        let receipts = ids.iter().map(|id| SentReceipt { id: *id, connection, at_us });
        state.receipts.extend(receipts);
        let user = state.user;
        let last = state.last;
        let acknowledged = self.auditor.acknowledged.entry(user).or_default();
        acknowledged.ids.extend(ids.iter().copied());
        if complete && cumulative {
            for category in Category::ALL {
                let up_to = last[category.index()];
                let highest = &mut acknowledged.up_to[category.index()];
                *highest = up_to.max(*highest);
            }
            for (category, up_to) in Category::ALL.into_iter().zip(last) {
                self.request(connection, Request::ReceiptUpTo { category, up_to }, Vec::new());
            }
            return;
        }
        for ids in ids.chunks(Request::RECEIPTS_MAX) {
            self.request(connection, Request::Receipts { ids: ids.to_vec() }, Vec::new());
        }
    }

    /// Acknowledges some of the notices that came on this connection, or all.
    fn see_notices(&mut self, client: usize, connection: usize) {
        let Some(state) = self.clients.get_mut(client) else { return };
        let taken = std::mem::take(&mut state.unseen);
        let (ids, kept) = taken.into_iter().partition(|_| self.dice.chance(700));
        state.unseen = kept;
        let ids: Vec<MessageId> = ids;
        if !ids.is_empty() {
            self.auditor.reach(Situation::NoticesSeen);
            self.request(connection, Request::NoticesSeen { ids }, Vec::new());
        }
    }

    /// A new draft of a client, registered; `None` where there is nobody to write to.
    fn new_draft(&mut self, client: usize) -> Option<u64> {
        let state = self.clients.get(client)?;
        let (user, seen, known) = (state.user, state.seen, state.known.clone());
        let token = self.auditor.drafts.next_token();
        let about = self.dice.pick(&known);
        let (conversation, body) = match (self.dice.below(20), about) {
            (0, Some((conversation, target, _))) => (conversation, DraftBody::Read { target }),
            (1, Some((conversation, target, _))) => (conversation, DraftBody::Recall { target }),
            (_, _) => {
                let media = self.dice.chance(100);
                (self.conversation_for(user)?, body_of(token, media))
            }
        };
        let key = if self.dice.chance(700) {
            Some(self.key_for(client, conversation, token))
        } else {
            None
        };
        let category = if self.dice.chance(500) {
            self.auditor.ledger.category_of(conversation)
        } else {
            None
        };
        let expires_in_ms =
            if self.dice.chance(30) { Some(self.dice.between(1, 2_000)) } else { None };
        if expires_in_ms.is_some() {
            self.auditor.reach(Situation::Expiring);
        }
        let draft = Draft { conversation, category, body, expires_in_ms, key };
        self.note_draft(user, &draft);
        self.register(token, DraftFact::new(Sender::Client(client), user, draft, seen));
        self.clients.get_mut(client)?.open_drafts.push(token);
        Some(token)
    }

    pub(crate) fn register(&mut self, token: u64, fact: DraftFact) {
        let first_sent_us = self.agenda.now_us();
        self.auditor.drafts.facts.insert(token, DraftFact { first_sent_us, ..fact });
    }

    /// A key of its own, or one that this client has used there for another content.
    fn key_for(&mut self, client: usize, conversation: ConversationId, token: u64) -> Box<[u8]> {
        if self.dice.chance(50) {
            let earlier = self.auditor.drafts.facts.values().rev().take(16).find(|fact| {
                fact.sender == Sender::Client(client) && fact.draft.conversation == conversation
            });
            if let Some(key) = earlier.and_then(|fact| fact.draft.key.clone()) {
                self.auditor.reach(Situation::KeyWithOtherContent);
                return key;
            }
        }
        format!("key-{token}").into_bytes().into()
    }

    /// Mostly where the user belongs; now and then where not.
    pub(crate) fn conversation_for(&mut self, user: UserId) -> Option<ConversationId> {
        if self.dice.chance(400) {
            let peer = UserId::new(self.dice.between(1, self.plan.users))?;
            if let Some(direct) = ConversationId::direct(user, peer) {
                return Some(direct);
            }
        }
        let stranger = self.dice.chance(100);
        let ledger = &self.auditor.ledger;
        let known: Vec<_> = self
            .operator
            .known
            .iter()
            .map(|(id, _)| *id)
            .filter(|id| {
                stranger
                    || ledger.category_of(*id) == Some(Category::Room)
                    || ledger.logs.get(id).is_some_and(|log| log.stay(user).is_some())
            })
            .collect();
        self.dice.pick(&known)
    }

    fn note_draft(&mut self, user: UserId, draft: &Draft) {
        if let DraftBody::Read { .. } = draft.body {
            self.auditor.reach(Situation::ReadMarked);
        }
        let Some(peer) = draft.conversation.peer_of(user) else {
            return;
        };
        if self.auditor.ledger.logs.contains_key(&draft.conversation) {
            return;
        }
        let from_peer = self
            .auditor
            .drafts
            .facts
            .values()
            .rev()
            .take(32)
            .any(|fact| fact.user == peer && fact.draft.conversation == draft.conversation);
        if from_peer {
            self.auditor.reach(Situation::DirectFromBothSides);
        }
    }
}
