//! Carries out one effect, after the auditor has seen it.

use std::sync::Arc;

use parlance_codecs::{Event, Message};
use parlance_conversation::Input;
use parlance_conversation::effect::{CloseReason, Effect};
use parlance_conversation::input::{CallId, SessionId};
use parlance_conversation::mesh::{CallAnswer, MeshBody, MeshMessage};

use crate::auditor::sessions::Shown;
use crate::plan::Planted;
use crate::situations::Situation;
use crate::violation::{Checked, Promise, broken};
use crate::world::process::Purpose;
use crate::world::{Happening, World, shard_index};

impl World {
    pub(crate) fn perform(&mut self, shard: usize, effect: Effect) -> Checked {
        match effect {
            Effect::Mesh { to, message } => {
                self.mesh_send(shard, to.index(), message);
                Ok(())
            }
            Effect::Write { changes, durability } => self.write(shard, changes, durability),
            Effect::Load { ticket, key } => {
                self.ask_load(shard, ticket, key);
                Ok(())
            }
            Effect::ReadLog { .. } => self.ask_log(shard, effect),
            Effect::FanOut { message, sessions } => self.fan_out(shard, &message, sessions),
            Effect::Send { session, event } => self.send(shard, session, event),
            Effect::AwaitDrain { session } => {
                let connection = self.connection_of(shard, session)?;
                self.auditor.reach(Situation::AwaitDrain);
                if let Some(connection) = self.connections.get_mut(connection) {
                    connection.awaits_drain = true;
                }
                self.drain_if_empty(connection);
                Ok(())
            }
            Effect::Close { session, reason } => self.close(shard, session, reason),
            Effect::Answer { call, answer } => self.answer(call, &answer),
            Effect::Ready => self.ready(shard),
        }
    }

    /// The connection of a live session: no effect may name another.
    fn connection_of(
        &self,
        shard: usize,
        session: SessionId,
    ) -> Result<usize, crate::violation::Violation> {
        let process = self.process.as_ref();
        let found = process.and_then(|it| it.sessions.get(&(shard, session))).copied();
        match found {
            Some(connection) => Ok(connection),
            None => broken(
                Promise::Contract,
                format!("an effect on shard {shard} names {session:?}, which has ended"),
            ),
        }
    }

    fn mesh_send(&mut self, from: usize, to: usize, message: MeshMessage) {
        if self.is_planted(Planted::MeshLoss) {
            return;
        }
        let at = self.agenda.now_us() + self.dice.delay_us(self.plan.mesh);
        let swap = self.is_planted(Planted::MeshSwap);
        let Some(process) = &mut self.process else { return };
        let pipe = process.pipes.entry((from, to)).or_default();
        pipe.messages.push_back(message);
        if swap && pipe.messages.len() > 1 {
            let last = pipe.messages.len() - 1;
            pipe.messages.swap(last, last - 1);
        }
        pipe.last_arrival_us = at.max(pipe.last_arrival_us);
        let at = pipe.last_arrival_us;
        self.agenda.at(at, Happening::MeshArrives { life: self.life, from, to });
    }

    pub(crate) fn mesh_arrives(&mut self, from: usize, to: usize) -> Checked {
        let Some(process) = &mut self.process else { return Ok(()) };
        let pipe = process.pipes.get_mut(&(from, to));
        let Some(message) = pipe.and_then(|pipe| pipe.messages.pop_front()) else {
            return Ok(());
        };
        self.delivering = None;
        if let MeshBody::Deliver { message, .. } = &message.body {
            self.delivering = Some(message.id);
            self.note_delivery(to, message);
        }
        self.feed(to, Input::Mesh { from: shard_index(from), message })
    }

    /// A live message reaches a shard where somebody's Sync is being answered.
    fn note_delivery(&mut self, shard: usize, message: &Message) {
        let kept_max = self.plan.sync_live_max;
        let mut overlaps = false;
        let mut overflows = false;
        for (index, connection) in self.connections.iter().enumerate() {
            if connection.shard != shard || connection.server_gone {
                continue;
            }
            let Some(session) = self.auditor.sessions.get_mut(&index) else { continue };
            let account = self.auditor.ledger.accounts.get(&session.user);
            let member =
                account.is_some_and(|it| it.memberships.contains_key(&message.conversation));
            if member && session.is_syncing() {
                overlaps = true;
                session.live_while_syncing += 1;
                overflows |= session.live_while_syncing > kept_max;
            }
        }
        if overlaps {
            self.auditor.reach(Situation::SyncOverlapsLive);
        }
        if overflows {
            self.auditor.reach(Situation::SyncOverflow);
        }
    }

    fn fan_out(
        &mut self,
        shard: usize,
        message: &Arc<Message>,
        mut sessions: Vec<SessionId>,
    ) -> Checked {
        self.plant_in_fan_out(shard, &mut sessions);
        let from_elsewhere =
            self.placement.home_of_conversation(message.conversation).index() != shard;
        if from_elsewhere && self.delivering != Some(message.id) {
            self.auditor.reach(Situation::GateHeld);
        }
        for session in sessions {
            let connection = self.connection_of(shard, session)?;
            self.auditor.shown(connection, message, Shown::Live)?;
            self.write_event(connection, Event::Delivered(Arc::clone(message)));
        }
        Ok(())
    }

    fn plant_in_fan_out(&mut self, shard: usize, sessions: &mut Vec<SessionId>) {
        if self.is_planted(Planted::LostDelivery) {
            sessions.pop();
        }
        if self.is_planted(Planted::DoubleDelivery) {
            sessions.extend(sessions.last().copied());
        }
        if self.is_planted(Planted::WrongSession)
            && let Some(process) = &self.process
        {
            let here = process.sessions.keys().filter(|(at, _)| *at == shard);
            let others: Vec<_> =
                here.map(|(_, session)| *session).filter(|it| !sessions.contains(it)).collect();
            sessions.extend(self.dice.pick(&others));
        }
    }

    fn send(&mut self, shard: usize, session: SessionId, event: Event) -> Checked {
        let connection = self.connection_of(shard, session)?;
        self.auditor.told(connection, &event)?;
        self.write_event(connection, event);
        Ok(())
    }

    /// The core ends a session: what was sent before still goes out.
    fn close(&mut self, shard: usize, session: SessionId, reason: CloseReason) -> Checked {
        let connection = self.connection_of(shard, session)?;
        match reason {
            CloseReason::Replaced => self.auditor.reach(Situation::Replaced),
            CloseReason::UnknownRoom => self.auditor.reach(Situation::RoomRefused),
            CloseReason::TooManyRequests | CloseReason::Kicked | CloseReason::TooManySessions => {
                return broken(Promise::Liveness, format!("a session was closed: {reason:?}"));
            }
        }
        if let Some(audit) = self.auditor.sessions.get_mut(&connection) {
            audit.ended = true;
        }
        let Some(state) = self.connections.get(connection) else { return Ok(()) };
        let client_at = state.to_client_us;
        self.agenda.at(client_at, Happening::ClientSeesEnd { connection });
        let delay = self.dice.delay_us(self.plan.wire);
        self.agenda.after(delay, Happening::ServerSeesEnd { connection });
        Ok(())
    }

    fn answer(&mut self, call: CallId, answer: &CallAnswer) -> Checked {
        let Some(process) = &mut self.process else { return Ok(()) };
        let Some(purpose) = process.calls.remove(&call) else {
            return broken(Promise::Contract, format!("{call:?} was answered {answer:?} again"));
        };
        match purpose {
            Purpose::Enter { client } => {
                if *answer != CallAnswer::Done {
                    return broken(Promise::Liveness, format!("EnsureUser gave {answer:?}"));
                }
                let delay = self.dice.delay_us(self.plan.mesh);
                self.agenda.after(delay, Happening::SignIn { life: self.life, client });
                Ok(())
            }
            Purpose::Retrieve { client, connection, request, asked } => {
                let answer = self.plant_in_history(answer);
                self.auditor.check_ask(&request, asked, &answer)?;
                self.retrieved(client, connection, &answer)
            }
            Purpose::Ask { request, asked } => {
                let answer = self.plant_in_history(answer);
                self.auditor.check_ask(&request, asked, &answer)
            }
            Purpose::Operator { request, token } => {
                self.auditor.answered(&request, token, answer)?;
                self.operator.answered(&request, answer);
                Ok(())
            }
        }
    }

    fn ready(&mut self, shard: usize) -> Checked {
        let Some(process) = &mut self.process else { return Ok(()) };
        let Some(ready) = process.ready.get_mut(shard) else { return Ok(()) };
        if std::mem::replace(ready, true) {
            return broken(Promise::Contract, format!("shard {shard} was ready twice"));
        }
        Ok(())
    }
}
