//! Clients' connections: signing in, requests and events on their way, and ends.

use parlance_codecs::{DraftBody, Event, Request};
use parlance_conversation::Input;
use parlance_conversation::input::SignIn;
use parlance_conversation::mesh::CallRequest;

use crate::auditor::sessions::SessionAudit;
use crate::client::Presence;
use crate::plan::Planted;
use crate::situations::Situation;
use crate::violation::Checked;
use crate::world::connection::{Connection, Sent};
use crate::world::process::Purpose;
use crate::world::{Happening, World};

impl World {
    /// A client shows its token on some shard; the server makes sure that the user exists.
    pub(crate) fn enter(&mut self, client: usize) -> Checked {
        let Some(state) = self.clients.get_mut(client) else { return Ok(()) };
        let user = state.user;
        let Some(process) = &mut self.process else { return Ok(()) };
        if !process.is_ready() {
            return Ok(());
        }
        state.presence = Presence::Entering;
        let call = process.new_call(Purpose::Enter { client });
        let shard = self.dice.below(self.placement.shards());
        self.feed(shard, Input::Call { call, request: CallRequest::EnsureUser { user } })
    }

    /// The user exists: the connection is at its home, and the session begins.
    pub(crate) fn sign_in(&mut self, client: usize) -> Checked {
        let Some(state) = self.clients.get(client) else { return Ok(()) };
        let (user, style, device) = (state.user, state.style, state.device());
        let room = self.room_at_sign_in(client);
        let shard = self.home_of(user);
        let connection = self.connections.len();
        let Some(process) = &mut self.process else { return Ok(()) };
        let Some(session) = process.open_session(shard, connection) else { return Ok(()) };
        self.connections.push(Connection::new(client, shard, session));
        let account = self.auditor.ledger.accounts.get(&user);
        let audit = SessionAudit::new(user, style, room, account);
        if audit.has_cursors() && !audit.resumes_by_id() {
            self.auditor.reach(Situation::Acknowledged);
        }
        self.auditor.sessions.insert(connection, audit);
        if self.life > 0 && self.clients.get(client).is_some_and(|it| !it.received.is_empty()) {
            self.auditor.reach(Situation::Resumed);
        }
        if let Some(state) = self.clients.get_mut(client) {
            state.entered(connection);
        }
        let sign_in = SignIn { session, user, device, style, room };
        self.feed(shard, Input::SignedIn(sign_in))?;
        self.after_sign_in(client)
    }

    /// The client writes a request.
    pub(crate) fn request(&mut self, connection: usize, request: Request, tokens: Vec<u64>) {
        let at = self.agenda.now_us() + self.dice.delay_us(self.plan.wire);
        let swap = self.is_planted(Planted::RequestSwap);
        if let Some(audit) = self.auditor.sessions.get_mut(&connection) {
            audit.sent(&tokens);
        }
        let Some(state) = self.connections.get_mut(connection) else { return };
        state.to_server.push_back(Sent { request, tokens });
        if swap && state.to_server.len() > 1 {
            let last = state.to_server.len() - 1;
            state.to_server.swap(last, last - 1);
        }
        state.to_server_us = at.max(state.to_server_us);
        let at = state.to_server_us;
        self.agenda.at(at, Happening::RequestArrives { connection });
    }

    pub(crate) fn request_arrives(&mut self, connection: usize) -> Checked {
        let Some(state) = self.connections.get_mut(connection) else { return Ok(()) };
        let Some(sent) = state.to_server.pop_front() else { return Ok(()) };
        if state.server_gone {
            return Ok(());
        }
        let (shard, session) = (state.shard, state.session);
        self.note_request(connection, &sent);
        self.feed(shard, Input::Request { session, request: sent.request })
    }

    /// The auditor learns what the core is being asked.
    fn note_request(&mut self, connection: usize, sent: &Sent) {
        for token in &sent.tokens {
            self.note_arrival(*token);
        }
        let Some(audit) = self.auditor.sessions.get_mut(&connection) else { return };
        match &sent.request {
            Request::Post { tag, .. } => {
                audit.asked_post(tag.clone(), &sent.tokens);
            }
            Request::Sync { tag, after, .. } => audit.asked_sync(tag.clone(), after),
            Request::Join { tag, room } => audit.asked_join(tag.clone(), *room),
            Request::ReceiptUpTo { .. }
            | Request::Receipts { .. }
            | Request::Ask { .. }
            | Request::NoticesSeen { .. } => {}
        }
    }

    pub(crate) fn note_arrival(&mut self, token: u64) {
        let life = self.life;
        let stored = self.auditor.ledger.drafts.contains_key(&token);
        let Some(fact) = self.auditor.drafts.fact_mut(token) else { return };
        let in_flight = fact.arrivals > 0
            && fact.arrived_in == life
            && !stored
            && matches!(fact.draft.body, DraftBody::Content(_));
        let after_crash = fact.arrivals > 0 && fact.arrived_in != life;
        fact.arrivals += 1;
        fact.arrived_in = life;
        if in_flight {
            self.auditor.reach(Situation::RetryInFlight);
        }
        if after_crash {
            self.auditor.reach(Situation::RetryAfterCrash);
        }
    }

    /// The server writes an event. A peer that has gone gets nothing.
    pub(crate) fn write_event(&mut self, connection: usize, event: Event) {
        let at = self.agenda.now_us() + self.dice.delay_us(self.plan.wire);
        let Some(state) = self.connections.get_mut(connection) else { return };
        if state.client_gone {
            return;
        }
        state.to_client.push_back(event);
        state.to_client_us = at.max(state.to_client_us);
        let at = state.to_client_us;
        self.agenda.at(at, Happening::EventArrives { connection });
    }

    pub(crate) fn event_arrives(&mut self, connection: usize) {
        let Some(state) = self.connections.get_mut(connection) else { return };
        if let Some(event) = state.to_client.pop_front()
            && let Some(client) = self.clients.get_mut(state.client)
        {
            client.receive(&event);
        }
        self.drain_if_empty(connection);
    }

    /// Tells the core, a little later, that the outbox it asked about is empty.
    pub(crate) fn drain_if_empty(&mut self, connection: usize) {
        let delay = self.dice.delay_us(self.plan.wire);
        let Some(state) = self.connections.get_mut(connection) else { return };
        if state.awaits_drain && state.to_client.is_empty() && !state.client_gone {
            state.awaits_drain = false;
            self.agenda.after(delay, Happening::Drained { connection });
        }
    }

    pub(crate) fn drained(&mut self, connection: usize) -> Checked {
        let Some(state) = self.connections.get(connection) else { return Ok(()) };
        if state.server_gone {
            return Ok(());
        }
        let (shard, session) = (state.shard, state.session);
        self.feed(shard, Input::Drained { session })
    }

    /// The client goes. Some of what it wrote last never arrives.
    pub(crate) fn leave(&mut self, client: usize) {
        let Some(state) = self.clients.get_mut(client) else { return };
        let Presence::In(connection) = state.presence else { return };
        state.left();
        self.auditor.reach(Situation::Dropped);
        let Some(wire) = self.connections.get_mut(connection) else { return };
        wire.client_gone = true;
        if !wire.to_client.is_empty() {
            self.auditor.reach(Situation::EventsLost);
        }
        wire.to_client.clear();
        let kept = self.dice.below(wire.to_server.len() + 1);
        if kept < wire.to_server.len() {
            self.auditor.reach(Situation::RequestsLost);
        }
        wire.to_server.truncate(kept);
        let at = wire.to_server_us.max(self.agenda.now_us()) + self.dice.delay_us(self.plan.wire);
        self.agenda.at(at, Happening::ServerSeesEnd { connection });
    }

    pub(crate) fn server_sees_end(&mut self, connection: usize) -> Checked {
        let Some(state) = self.connections.get(connection) else { return Ok(()) };
        if state.server_gone {
            return Ok(());
        }
        let (shard, session) = (state.shard, state.session);
        // Effects that were decided before the end are performed before it.
        self.perform_effects(shard)?;
        if let Some(state) = self.connections.get_mut(connection) {
            state.server_gone = true;
        }
        if let Some(audit) = self.auditor.sessions.get_mut(&connection) {
            audit.ended = true;
        }
        // Before the input: whatever it brings forth must not name the session.
        if let Some(process) = &mut self.process {
            process.end_session(shard, session);
        }
        self.feed(shard, Input::Closed { session })
    }

    /// The server closed the connection.
    pub(crate) fn client_sees_end(&mut self, connection: usize) {
        let Some(state) = self.connections.get_mut(connection) else { return };
        if state.client_gone {
            return;
        }
        state.client_gone = true;
        if let Some(client) = self.clients.get_mut(state.client) {
            client.left();
        }
    }
}
