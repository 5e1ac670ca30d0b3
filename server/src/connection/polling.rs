//! A session without a socket: what is posted to it is handled, what waits for it is polled.
//!
//! Decides how polling's requests become what a socket's bytes are to other connections. A task
//! runs only while something that was posted waits for an answer. Whoever is to be told that a
//! session ends, or is sent something, finds it by the turn's flush, as with sockets. Invariant:
//! a packet leaves the outbox with the poll that takes it, so it is sent once.

use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;

use parlance_codecs::dialect::EndReason;
use parlance_codecs::framing::Splitter;
use parlance_codecs::framing::engineio::{
    CLOSE, NOOP, PACKETS_OUT_MAX, PAYLOAD_BYTES_MAX, Protocol, RequestError, append_to_payload,
    first_packet,
};

use super::close::last_words;
use super::identify::identify;
use super::intake::{Intake, Parting, Pause};
use super::serve::{Opening, Settled, answer, serve};
use super::sign_in::{Arriving, settle, sign_in_by_frame};
use super::{Connection, Polling};
use crate::connections::{Connections, Place};
use crate::inbox::ToShard;
use crate::runtime;
use crate::sockets::MovingStream;
use crate::visits::{Outcome, Ticket};

impl Connection {
    pub(crate) fn is_polling(&self) -> bool {
        self.engine.as_ref().is_some_and(|engine| engine.is_polling())
    }

    fn with_polling<T>(&self, look: impl FnOnce(&mut Polling) -> T) -> Option<T> {
        self.engine.as_ref()?.polling.borrow_mut().as_mut().map(look)
    }

    /// A poll waits from now on. Two at a time are one too many.
    pub(crate) fn begin_poll(&self, ticket: Option<Ticket>) -> Result<(), RequestError> {
        self.with_polling(|polling| match polling.poll {
            Some(_) => Err(RequestError::BadRequest),
            None => {
                polling.poll = ticket;
                Ok(())
            }
        })
        .unwrap_or(Err(RequestError::SessionUnknown))
    }

    /// Gives what was posted to be handled; nothing else may be posted meanwhile.
    pub(crate) fn begin_post(
        &self,
        ticket: Option<Ticket>,
        packets: Vec<u8>,
    ) -> Result<Intake, RequestError> {
        self.with_polling(|polling| {
            let mut intake = polling.intake.take().ok_or(RequestError::BadRequest)?;
            polling.post = ticket;
            intake.unread = packets;
            Ok(intake)
        })
        .unwrap_or(Err(RequestError::SessionUnknown))
    }

    /// Whether a WebSocket may be tried: one at a time.
    pub(crate) fn may_upgrade(&self) -> bool {
        self.with_polling(|polling| !polling.is_probed).unwrap_or(false)
    }

    pub(crate) fn set_probed(&self, is_probed: bool) {
        self.with_polling(|polling| polling.is_probed = is_probed);
    }

    /// What waits to be sent, up to a payload's bounds, and `last` behind it.
    fn take_payload(&self, protocol: Protocol, last: Option<&[u8]>) -> Vec<u8> {
        let mut outbox = self.outbox.borrow_mut();
        let mut payload = Vec::new();
        let mut packets = usize::from(last.is_some());
        while packets < PACKETS_OUT_MAX && payload.len() < PAYLOAD_BYTES_MAX {
            let Some((length, packet)) = outbox.first().and_then(first_packet) else { break };
            if let Some(packet) = packet {
                append_to_payload(protocol, packet, &mut payload);
                packets += 1;
            }
            outbox.advance(length);
        }
        if let Some(last) = last {
            append_to_payload(protocol, last, &mut payload);
        }
        payload
    }

    /// Waits until the core has answered every post.
    pub(super) async fn until_answered(&self) {
        poll_fn(|cx| {
            self.remember_waker(cx);
            let waits = self.posts_in_flight.get() > 0;
            self.awaits_answers.set(waits);
            if waits { Poll::Pending } else { Poll::Ready(()) }
        })
        .await;
    }
}

impl Connections {
    /// Says a new session's first packets.
    pub(crate) fn begin_polling(self: &Rc<Self>, connection: &Rc<Connection>) {
        let Some(signed_in) = self.greet(connection) else { return };
        let Some(Some(mut intake)) = connection.with_polling(|polling| polling.intake.take())
        else {
            return;
        };
        match settle(self, connection, &mut intake, signed_in) {
            Settled::Here => {
                connection.with_polling(|polling| polling.intake = Some(intake));
            }
            Settled::Moved => {}
            Settled::End(parting) => self.close_polling(connection, &parting),
        }
    }

    /// Gives a poll that waits what there is for it, or ends the session.
    pub(crate) fn flush_polling(&self, connection: &Rc<Connection>) {
        connection.is_dirty.set(false);
        if let Some(parting) = connection.decided_end() {
            return self.close_polling(connection, &parting);
        }
        let Some(engine) = &connection.engine else { return };
        let has_packets = !connection.outbox.borrow().is_empty();
        let poll = connection.with_polling(|polling| {
            let is_due = has_packets || polling.is_probed;
            if is_due { polling.poll.take() } else { None }
        });
        let Some(ticket) = poll.flatten() else { return };
        let mut payload = connection.take_payload(engine.protocol, None);
        if payload.is_empty() {
            append_to_payload(engine.protocol, NOOP, &mut payload);
        }
        self.complete(Some(ticket), Outcome::Packets(payload));
    }

    /// Ends a polling session: its requests are answered, and its id means nothing any more.
    fn close_polling(&self, connection: &Rc<Connection>, parting: &Parting) {
        let Some(engine) = &connection.engine else { return };
        // Whoever came first has closed it.
        let Some(polling) = engine.polling.take() else { return };
        let (reason, last) = match parting {
            Parting::Because(reason) | Parting::After { reason, .. } => (*reason, Some(CLOSE)),
            Parting::Gone => (EndReason::Left, Some(CLOSE)),
            // The client closed, and is only owed the end of its poll.
            Parting::Answer(_) => (EndReason::Left, None),
        };
        let words = last_words(connection, parting);
        self.unplace(engine.sid);
        self.end_session(connection);
        connection.end(reason);
        tracing::debug!(connection = ?connection.id, reason = reason.as_str(), "closing");
        if reason == EndReason::SlowConsumer {
            connection.outbox.borrow_mut().drop_unbegun();
        }
        if !words.is_empty() {
            connection.outbox.borrow_mut().push_last(words.into());
        }
        if let Some(ticket) = polling.poll {
            let payload = connection.take_payload(engine.protocol, last);
            self.complete(Some(ticket), Outcome::Packets(payload));
        }
        let posted = match reason {
            EndReason::Left => Outcome::Done,
            _ => Outcome::Refused(RequestError::BadRequest),
        };
        self.complete(polling.post, posted);
        self.remove(connection);
    }

    /// Handles what was posted: at once where nothing in it waits, else by a task.
    pub(crate) fn take_posted(self: &Rc<Self>, connection: &Rc<Connection>, mut intake: Intake) {
        connection.deadlines.heard(self.now().monotonic_ms);
        let pause = intake.take_kept(connection, self);
        if matches!(pause, Pause::Incomplete) && intake.is_empty() {
            return self.posted(connection, intake);
        }
        let going_on = go_on(Rc::clone(self), Rc::clone(connection), intake, pause);
        runtime::spawn("polling", going_on);
    }

    /// Everything that was posted is handled.
    fn posted(&self, connection: &Connection, intake: Intake) {
        let ticket = connection.with_polling(|polling| {
            polling.intake = Some(intake);
            polling.post.take()
        });
        self.complete(ticket.flatten(), Outcome::Done);
    }

    /// A WebSocket takes the place of polling: what waits goes out over it, and what came behind
    /// its last packet is handled.
    pub(crate) fn upgrade(
        self: &Rc<Self>,
        connection: &Rc<Connection>,
        stream: MovingStream,
        unread: Vec<u8>,
    ) {
        let Some(engine) = &connection.engine else { return };
        let handles_post = connection.with_polling(|polling| polling.intake.is_none());
        // A client that upgrades while it posts has lost its way; dropping the stream closes it.
        if handles_post != Some(false) || connection.decided_end().is_some() {
            return;
        }
        let polling = engine.polling.take();
        let mut noop = Vec::new();
        append_to_payload(engine.protocol, NOOP, &mut noop);
        self.complete(polling.and_then(|polling| polling.poll), Outcome::Packets(noop));
        self.unplace(engine.sid);
        connection.carry(stream.arrive(self.sockets()));
        let intake = Intake::new(Splitter::new(connection.form().framing), unread);
        let serving = serve(Rc::clone(self), Rc::clone(connection), intake, Opening::Upgraded);
        runtime::spawn("connection", serving);
        self.mark_dirty(connection);
    }

    /// Takes in a polling session that has come to its user's home shard; or sends it on, where it
    /// has only come by way of the shard on which it began.
    pub(super) fn admit_polling(self: &Rc<Self>, arriving: Arriving) {
        let home = self.handle().placement().home_of_user(arriving.user());
        if let Some(sid) = arriving.sid().filter(|_| home != self.handle().me()) {
            self.place(sid, Place::On(home));
            return self.send_to(home, ToShard::Arriving(Box::new(arriving)));
        }
        let (connection, mut intake, signed_in) = arriving.unpack(self);
        if let Some(engine) = &connection.engine {
            self.place(engine.sid, Place::Here(connection.id));
        }
        self.arm(&connection);
        self.mark_dirty(&connection);
        if let Settled::Here = settle(self, &connection, &mut intake, signed_in) {
            let going_on = go_on(Rc::clone(self), connection, intake, Pause::Room);
            runtime::spawn("polling", going_on);
        }
    }
}

/// Handles what was posted to its end.
async fn go_on(
    connections: Rc<Connections>,
    connection: Rc<Connection>,
    mut intake: Intake,
    mut pause: Pause,
) {
    loop {
        let settled = match pause {
            Pause::Incomplete if intake.is_empty() => {
                return connections.posted(&connection, intake);
            }
            // What was posted is whole packets.
            Pause::Incomplete => Settled::End(Parting::Because(EndReason::Malformed)),
            Pause::Room => {
                until_room(&connections, &connection).await;
                Settled::Here
            }
            Pause::Answers => until_may_ask(&connections, &connection).await,
            Pause::SignIn(frame) => {
                sign_in_by_frame(&connections, &connection, &mut intake, frame).await
            }
            Pause::Ask(tag, ask) => answer(&connections, &connection, tag, ask).await,
            Pause::Identify(tag, claim) => {
                identify(&connections, &connection, &mut intake, tag, claim).await
            }
            Pause::End(parting) => Settled::End(parting),
        };
        match settled {
            Settled::Here => {}
            Settled::Moved => return,
            Settled::End(parting) => return connections.close_polling(&connection, &parting),
        }
        if let Some(parting) = connection.decided_end() {
            return connections.close_polling(&connection, &parting);
        }
        pause = intake.take_kept(&connection, &connections);
    }
}

/// Lets others have their turn, and waits until the shard has room.
async fn until_room(connections: &Connections, connection: &Connection) {
    let mut has_asked = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut has_asked, true) {
            return Poll::Ready(());
        }
        connections.wake_when_room(cx.waker(), &connection.asked_for_room);
        Poll::Pending
    })
    .await;
}

/// Waits until the core has answered, or the client has polled for the answers.
async fn until_may_ask(connections: &Connections, connection: &Connection) -> Settled {
    poll_fn(|cx| {
        connection.remember_waker(cx);
        if let Some(parting) = connection.decided_end() {
            return Poll::Ready(Settled::End(parting));
        }
        if connection.may_ask(connections.outbox_bytes_max()) {
            return Poll::Ready(Settled::Here);
        }
        Poll::Pending
    })
    .await
}
