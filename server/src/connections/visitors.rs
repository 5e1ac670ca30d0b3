//! What becomes of a request that visits a polling session.
//!
//! Decides where a visit goes on to, and what one that has found its session does there. A second
//! poll beside the first, a second post beside the first, and a body that is no payload end the
//! session, as the protocol has it: its client has lost its way.

use std::rc::Rc;

use parlance_codecs::dialect::{DialectName, EndReason, Form, PayloadKind};
use parlance_codecs::framing::Splitter;
use parlance_codecs::framing::engineio::{Protocol, RequestError, Sid};
use parlance_conversation::placement::ShardIndex;

use super::{Connections, Place};
use crate::connection::{Connection, Engine, Intake, Polling};
use crate::inbox::ToShard;
use crate::stops::Stop;
use crate::visits::{Errand, Outcome, Ticket, Visit, Vouched, began_on};

impl Connections {
    /// Has a visit done here, or sends it on to where its session is.
    pub(crate) fn receive(self: &Rc<Self>, visit: Box<Visit>) {
        let me = self.handle().me();
        let began_on = began_on(self.handle().placement(), visit.sid);
        let place = self.places.borrow().find(visit.sid);
        let onward = match (place, began_on) {
            (Some(Place::Here(session)), _) => {
                match self.get(session) {
                    Some(connection) => self.visit(&connection, *visit),
                    None => self.complete(visit.ticket, unknown()),
                }
                return;
            }
            (Some(Place::On(shard)), _) => Some(shard),
            (None, Some(shard)) if shard != me => Some(shard),
            (None, _) => None,
        };
        match (onward, &visit.errand) {
            (Some(shard), _) => self.send_on(shard, visit),
            (None, Errand::Open { protocol, vouched }) => {
                self.open(visit.sid, *protocol, *vouched, visit.ticket);
            }
            (None, _) => self.complete(visit.ticket, unknown()),
        }
    }

    fn send_on(&self, shard: ShardIndex, mut visit: Box<Visit>) {
        if visit.hop() {
            self.send_to(shard, ToShard::Visit(visit));
        } else {
            self.complete(visit.ticket, unknown());
        }
    }

    /// Tells whoever waits for a visit what it came to.
    pub(crate) fn complete(&self, ticket: Option<Ticket>, outcome: Outcome) {
        let Some(Ticket { shard, number }) = ticket else { return };
        if shard == self.handle().me() {
            self.handle().door().visits.complete(number, outcome);
        } else {
            self.send_to(shard, ToShard::Outcome { number, outcome });
        }
    }

    /// Begins a session, whose first packets answer the request.
    fn open(
        self: &Rc<Self>,
        sid: Sid,
        protocol: Protocol,
        vouched: Vouched,
        ticket: Option<Ticket>,
    ) {
        let may_open = self.stops().reached() == Stop::NotYet && self.places.borrow().has_room();
        let Some(seat) = self.seats().take().filter(|_| may_open) else {
            return self.complete(ticket, Outcome::Full);
        };
        let form = Form {
            dialect: DialectName::Events,
            framing: protocol.framing(),
            kind: PayloadKind::Text,
        };
        let intake = Intake::new(Splitter::polling(protocol), Vec::new());
        let engine = Engine::new(sid, protocol, vouched, Some(Polling::new(intake, ticket)));
        let connection = self.insert(None, form, seat, Some(engine));
        self.place(sid, Place::Here(connection.id));
        self.arm(&connection);
        self.begin_polling(&connection);
    }

    fn visit(self: &Rc<Self>, connection: &Rc<Connection>, visit: Visit) {
        let Visit { errand, ticket, .. } = visit;
        let outcome = match errand {
            Errand::Poll => match connection.begin_poll(ticket) {
                Ok(()) => return self.mark_dirty(connection),
                Err(error) => {
                    self.end(connection, EndReason::Protocol);
                    Outcome::Refused(error)
                }
            },
            Errand::Post { packets } => match connection.begin_post(ticket, packets) {
                Ok(intake) => return self.take_posted(connection, intake),
                Err(error) => {
                    self.end(connection, EndReason::Protocol);
                    Outcome::Refused(error)
                }
            },
            Errand::Malformed => {
                self.end(connection, EndReason::Malformed);
                Outcome::Refused(RequestError::BadRequest)
            }
            Errand::MayUpgrade if connection.may_upgrade() => Outcome::Done,
            Errand::MayUpgrade => Outcome::Refused(RequestError::BadRequest),
            Errand::Probed => {
                connection.set_probed(true);
                self.mark_dirty(connection);
                Outcome::Done
            }
            Errand::NotUpgraded => {
                connection.set_probed(false);
                Outcome::Done
            }
            Errand::Upgrade { stream, unread } => {
                self.upgrade(connection, stream, unread);
                Outcome::Done
            }
            Errand::Leave => {
                self.end(connection, EndReason::Left);
                Outcome::Done
            }
            // An id is given out once.
            Errand::Open { .. } => unknown(),
        };
        self.complete(ticket, outcome);
    }

    /// Notes that a polling session goes to another home, and tells by way of which shard.
    pub(crate) fn displace(&self, sid: Sid, home: ShardIndex) -> ShardIndex {
        let me = self.handle().me();
        match began_on(self.handle().placement(), sid) {
            Some(shard) if shard != me => {
                self.places.borrow_mut().remove(sid);
                shard
            }
            Some(_) | None => {
                self.places.borrow_mut().put(sid, Place::On(home));
                home
            }
        }
    }

    pub(crate) fn place(&self, sid: Sid, place: Place) {
        self.places.borrow_mut().put(sid, place);
    }

    /// Forgets a polling session, here and where it began.
    pub(crate) fn unplace(&self, sid: Sid) {
        self.places.borrow_mut().remove(sid);
        let began_on = began_on(self.handle().placement(), sid);
        if let Some(shard) = began_on.filter(|shard| *shard != self.handle().me()) {
            self.send_to(shard, ToShard::PollingOver { sid });
        }
    }

    /// A polling session that began here is over, or a WebSocket carries it.
    pub(crate) fn polling_over(&self, sid: Sid) {
        self.places.borrow_mut().remove(sid);
    }
}

fn unknown() -> Outcome {
    Outcome::Refused(RequestError::SessionUnknown)
}
