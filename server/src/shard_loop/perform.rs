//! Doing what the core's effects say. Nothing here waits, and nothing here decides.
//!
//! A live message is encoded once per form that any of its sessions speaks, and the bytes are
//! shared by all of them. Effects for sessions that have ended find nobody.

use std::sync::Arc;

use bytes::Bytes;
use parlance_codecs::dialect::{EndReason, Form};
use parlance_codecs::{Category, Event, Message};
use parlance_conversation::Effect;
use parlance_conversation::effect::CloseReason;
use parlance_conversation::input::{Now, SessionId};

use super::ShardLoop;
use crate::connection::Connection;
use crate::lanes::Write;
use crate::outbox::Weight;

/// What a short message takes in most dialects; a longer one's buffer grows.
const FRAME_BYTES_USUAL: usize = 512;

impl ShardLoop {
    pub(super) fn perform_effects(&mut self, now: Now) {
        while let Some(effect) = self.core.poll_effect() {
            self.perform(effect, now);
        }
    }

    fn perform(&mut self, effect: Effect, now: Now) {
        match effect {
            Effect::Mesh { to, message } => self.mesh.send(to, message),
            Effect::Write { changes, durability } => {
                self.commits.add(Write { changes, durability });
            }
            Effect::Load { ticket, key } => self.reads.load(ticket, key, now.wall_ms),
            Effect::ReadLog { ticket, store, query } => self.reads.read_log(ticket, store, query),
            Effect::FanOut { message, sessions } => self.fan_out(message, &sessions),
            Effect::Send { session, event } => self.send(session, &event),
            Effect::AwaitDrain { session } => {
                if let Some(connection) = self.connections.get(session) {
                    self.connections.await_drain(&connection);
                }
            }
            Effect::Close { session, reason } => {
                if let Some(connection) = self.connections.get(session) {
                    self.connections.end(&connection, end_reason(reason));
                }
            }
            Effect::Answer { call, answer } => {
                self.connections.handle().door().calls.complete(call, answer);
            }
            Effect::Ready => self.life.ready(),
        }
    }

    fn fan_out(&self, message: Arc<Message>, sessions: &[SessionId]) {
        // Who sees a direct from its sending side.
        let own_direct = (message.category == Category::Direct).then_some(message.sender);
        let event = Event::Delivered(message);
        let mut encoded: [Option<Bytes>; Form::COUNT] = [const { None }; Form::COUNT];
        let mut deliveries = 0;
        for connection in sessions.iter().filter_map(|session| self.live(*session)) {
            let form = connection.form();
            let Some(chunk) = encoded.get_mut(form.index()) else { continue };
            let own = (own_direct.is_some() && connection.user() == own_direct)
                .then(|| encode_own_direct(form, &event))
                .flatten();
            let chunk = match &own {
                Some(own) => own,
                None => chunk.get_or_insert_with(|| encode(form, &event)),
            };
            // Nothing where the dialect has no word for it.
            if !chunk.is_empty() && connection.can_receive(chunk) {
                self.connections.send_chunk(&connection, chunk.clone(), Weight::Live);
                deliveries += 1;
            }
        }
        self.connections.metrics().deliveries.add(deliveries);
    }

    fn send(&self, session: SessionId, event: &Event) {
        let Some(connection) = self.live(session) else { return };
        let weight = match event {
            Event::PageEnd { tag: Some(_) } => {
                connection.synced();
                Weight::Page
            }
            Event::Page { .. } | Event::PageEnd { tag: None } | Event::Notices(_) => Weight::Page,
            Event::Posted { .. } => {
                connection.answered();
                Weight::Live
            }
            Event::Delivered(_) => {
                self.connections.metrics().deliveries.add(1);
                Weight::Live
            }
            Event::Joined { result: Err(_), .. } => {
                connection.synced();
                Weight::Live
            }
            Event::Joined { room, result: Ok(()), .. } => {
                connection.joined(*room);
                Weight::Live
            }
            Event::Answered { .. } | Event::Noticed(_) | Event::Refused { .. } => Weight::Live,
        };
        let chunk = encode(connection.form(), event);
        if chunk.is_empty() || !connection.can_receive(&chunk) {
            return;
        }
        let chunk = match event {
            // What comes of something that the peer asked for does not overtake the answer.
            Event::Noticed(_) => connection.held.hold(chunk),
            _ => Some(chunk),
        };
        if let Some(chunk) = chunk {
            self.connections.send_frames(&connection, chunk, weight);
        }
    }

    fn live(&self, session: SessionId) -> Option<std::rc::Rc<Connection>> {
        self.connections.get(session).filter(|connection| connection.is_live())
    }
}

fn encode(form: Form, event: &Event) -> Bytes {
    let mut frames = Vec::with_capacity(FRAME_BYTES_USUAL);
    form.dialect.dialect().encode(form, event, &mut frames);
    frames.into()
}

/// A live message in a direct for a session of its sender, where it is shown otherwise.
fn encode_own_direct(form: Form, event: &Event) -> Option<Bytes> {
    let Event::Delivered(message) = event else { return None };
    let mut frames = Vec::new();
    let differs = form.dialect.dialect().encode_own_direct(form, message, &mut frames);
    differs.then(|| frames.into())
}

fn end_reason(reason: CloseReason) -> EndReason {
    match reason {
        CloseReason::Replaced => EndReason::Replaced,
        CloseReason::TooManyRequests | CloseReason::TooManySessions => EndReason::OverLimit,
        CloseReason::UnknownRoom => EndReason::UnknownRoom,
        CloseReason::Kicked => EndReason::Kicked,
    }
}
