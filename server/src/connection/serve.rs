//! A framed connection's task: it reads, has the peer signed in, and closes.
//!
//! The task waits for four things at once, each of which wakes it: bytes from the peer, room in a
//! socket that was full, room in the shard for more of the peer's requests, and somebody's
//! decision that the connection ends.

use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use futures_lite::future::or;
use parlance_codecs::ask::Claim;
use parlance_codecs::dialect::{EndReason, Form, SignInFrame};
use parlance_codecs::framing::Splitter;
use parlance_codecs::{Ask, Event, Tag};

use super::close::close;
use super::identify::identify;
use super::intake::{Intake, Parting, Pause};
use super::sign_in::{Arriving, SignedIn, settle, sign_in_by_frame};
use super::{Connection, Stage};
use crate::asks;
use crate::connections::Connections;
use crate::link::{LinkEnd, link};
use crate::outbox::Weight;
use crate::runtime;
use crate::sockets::Stream;
use crate::stops::Stop;

/// Reads of one connection in a row. The last of them finds the socket empty, as a rule.
const READS_IN_A_ROW_MAX: usize = 4;

/// With what a connection's task begins.
pub(crate) enum Opening {
    /// The peer signs in by a frame.
    Greeting,
    /// The peer has signed in: with the handshake, or on another shard.
    SignedIn(Box<SignedIn>),
    /// It polled until now, and has come as far as it was.
    Upgraded,
}

/// What the task must see to beyond reading.
enum Turned {
    SignIn(SignInFrame),
    Ask(Tag, Box<Ask>),
    Identify(Tag, Box<Claim>),
    End(Parting),
}

/// What became of a connection that was to be signed in.
pub(super) enum Settled {
    /// It goes on here, signed in or to be signed in again.
    Here,
    /// It goes on at its user's home shard.
    Moved,
    End(Parting),
}

/// A connection's task, from its opening to its end. Not an async block, because a connection spends
/// its life in one of its steps, and a block would hold the room of all of them.
pub(crate) struct Serving {
    connections: Rc<Connections>,
    connection: Rc<Connection>,
    step: Step,
}

type Seeing = Pin<Box<dyn Future<Output = (Intake, Settled)>>>;

enum Step {
    Opening(Intake, Opening),
    /// It reads, and waits for something to read.
    Turning(Intake),
    /// What was read is seen to; nothing more is read meanwhile.
    Seeing(Seeing),
    Closing(Pin<Box<dyn Future<Output = ()>>>),
    Over,
}

/// Serves a connection to its end.
pub(crate) fn serve(
    connections: Rc<Connections>,
    connection: Rc<Connection>,
    intake: Intake,
    opening: Opening,
) -> Serving {
    Serving { connections, connection, step: Step::Opening(intake, opening) }
}

impl Future for Serving {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let serving = self.get_mut();
        let Serving { connections, connection, step } = &mut *serving;
        loop {
            let (intake, settled) = match step {
                Step::Opening(..) => {
                    let Step::Opening(mut intake, opening) = std::mem::replace(step, Step::Over)
                    else {
                        return Poll::Ready(());
                    };
                    connections.arm(connection);
                    let settled = match opening {
                        Opening::Greeting | Opening::Upgraded => Settled::Here,
                        Opening::SignedIn(signed_in) => {
                            settle(connections, connection, &mut intake, *signed_in)
                        }
                    };
                    (intake, settled)
                }
                Step::Turning(intake) => {
                    let turned = ready!(connection.poll_turn(intake, connections, cx));
                    let Step::Turning(intake) = std::mem::replace(step, Step::Over) else {
                        return Poll::Ready(());
                    };
                    match turned {
                        Turned::End(parting) => (intake, Settled::End(parting)),
                        turned => {
                            let connections = Rc::clone(connections);
                            let seeing = see_to(connections, Rc::clone(connection), intake, turned);
                            *step = Step::Seeing(Box::pin(seeing));
                            continue;
                        }
                    }
                }
                Step::Seeing(seeing) => ready!(seeing.as_mut().poll(cx)),
                Step::Closing(closing) => return closing.as_mut().poll(cx),
                Step::Over => return Poll::Ready(()),
            };
            *step = match settled {
                Settled::Here => Step::Turning(intake),
                Settled::Moved => Step::Over,
                Settled::End(parting) => {
                    let closing = close(Rc::clone(connections), Rc::clone(connection), parting);
                    Step::Closing(Box::pin(closing))
                }
            };
        }
    }
}

/// Leaves the table however the task ends, a panic included.
impl Drop for Serving {
    fn drop(&mut self) {
        self.connections.end_session(&self.connection);
        self.connections.remove(&self.connection);
    }
}

/// Does what a frame asks for that takes its time.
async fn see_to(
    connections: Rc<Connections>,
    connection: Rc<Connection>,
    mut intake: Intake,
    turned: Turned,
) -> (Intake, Settled) {
    let settled = match turned {
        Turned::SignIn(frame) => {
            sign_in_by_frame(&connections, &connection, &mut intake, frame).await
        }
        Turned::Ask(tag, ask) => answer(&connections, &connection, tag, ask).await,
        Turned::Identify(tag, claim) => {
            identify(&connections, &connection, &mut intake, tag, claim).await
        }
        Turned::End(parting) => Settled::End(parting),
    };
    (intake, settled)
}

impl Connection {
    /// Sends where the socket was full, reads, handles what was read; once.
    fn poll_turn(
        &self,
        intake: &mut Intake,
        connections: &Connections,
        cx: &mut Context<'_>,
    ) -> Poll<Turned> {
        self.remember_waker(cx);
        if let Some(parting) = self.decided_end() {
            return Poll::Ready(Turned::End(parting));
        }
        if self.has_hung_up.get() && !self.is_owed_answers() {
            return Poll::Ready(Turned::End(Parting::Because(EndReason::Left)));
        }
        if self.is_blocked.get() {
            match self.poll_room(cx) {
                Poll::Ready(Ok(())) => connections.sent(self),
                Poll::Ready(Err(_)) => return Poll::Ready(Turned::End(Parting::Gone)),
                Poll::Pending => {}
            }
        }
        let pause =
            if intake.is_empty() { Pause::Incomplete } else { intake.take_kept(self, connections) };
        let pause = match pause {
            // Nothing more comes; an answer wakes this task.
            Pause::Incomplete if self.has_hung_up.get() => return Poll::Pending,
            // Only what is not whole, or nothing, is left: read on.
            Pause::Incomplete => ready!(self.poll_intake(intake, connections, cx)),
            pause => pause,
        };
        match pause {
            Pause::SignIn(frame) => Poll::Ready(Turned::SignIn(frame)),
            Pause::Ask(tag, ask) => Poll::Ready(Turned::Ask(tag, ask)),
            Pause::Identify(tag, claim) => Poll::Ready(Turned::Identify(tag, claim)),
            Pause::End(parting) => Poll::Ready(Turned::End(parting)),
            // The core's answer wakes this task, or the flush that makes room for more.
            Pause::Answers => Poll::Pending,
            // Others first; the socket is asked again after the turn.
            Pause::Incomplete | Pause::Room => {
                connections.wake_when_room(cx.waker(), &self.asked_for_room);
                Poll::Pending
            }
        }
    }

    /// Reads and handles until the socket is empty, which is known after one read mostly.
    fn poll_intake(
        &self,
        intake: &mut Intake,
        connections: &Connections,
        cx: &mut Context<'_>,
    ) -> Poll<Pause> {
        let mut buffer = connections.read_buffer();
        for _ in 0..READS_IN_A_ROW_MAX {
            let read = match self.stream.borrow_mut().as_mut() {
                Some(stream) => ready!(stream.poll_read(cx, &mut buffer)),
                None => return Poll::Ready(Pause::End(Parting::Gone)),
            };
            // An orderly end and a failed socket are mostly the same here: nothing more comes.
            let read = match read {
                Ok(0) if self.may_hang_up() => {
                    return Poll::Ready(self.hang_up(intake, connections));
                }
                Ok(length) => buffer.get_mut(..length).filter(|read| !read.is_empty()),
                Err(_) => None,
            };
            let Some(read) = read else { return Poll::Ready(Pause::End(Parting::Gone)) };
            self.deadlines.heard(connections.now().monotonic_ms);
            match intake.take_read(read, self, connections) {
                Pause::Incomplete => {}
                pause => return Poll::Ready(pause),
            }
        }
        Poll::Ready(Pause::Incomplete)
    }

    /// The peer sends nothing more: it is given what it is owed, and that is all.
    fn hang_up(&self, intake: &Intake, connections: &Connections) -> Pause {
        if !intake.is_empty() {
            return Pause::End(Parting::Because(EndReason::Malformed));
        }
        if !self.is_owed_answers() {
            return Pause::End(Parting::Because(EndReason::Left));
        }
        self.has_hung_up.set(true);
        self.deadlines.hung_up(connections.now().monotonic_ms);
        connections.arm(self);
        Pause::Answers
    }

    /// How it ends, where somebody has decided that it does.
    pub(super) fn decided_end(&self) -> Option<Parting> {
        match self.stage.get() {
            Stage::Greeting | Stage::Nameless | Stage::Live(_) => None,
            Stage::Ending(reason) => Some(Parting::Because(reason)),
            Stage::Gone => Some(Parting::Gone),
        }
    }

    /// Waits until somebody decides that the connection ends.
    pub(super) async fn until_ending(&self) -> Parting {
        poll_fn(|cx| {
            self.remember_waker(cx);
            self.decided_end().map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }
}

/// Has what the peer asked for answered, unless the connection ends first.
pub(super) async fn answer(
    connections: &Connections,
    connection: &Rc<Connection>,
    tag: Tag,
    ask: Box<Ask>,
) -> Settled {
    let Some(user) = connection.user() else { return Settled::Here };
    connection.held.begin();
    let dialect = connection.form().dialect;
    let answering = async { Ok(asks::answer(connections.handle(), user, dialect, &ask).await) };
    let ended = async { Err(connection.until_ending().await) };
    match or(answering, ended).await {
        Ok(result) => {
            let event = Event::Answered { tag, ask, result };
            let form = connection.form();
            let mut answer = Vec::new();
            form.dialect.dialect().encode(form, &event, &mut answer);
            connections.send(connection, &answer, Weight::Page);
            for chunk in connection.held.end() {
                connections.send_frames(connection, chunk, Weight::Live);
            }
            Settled::Here
        }
        Err(parting) => Settled::End(parting),
    }
}

impl Connections {
    /// Takes in a connection that has signed in on another shard.
    pub(crate) fn admit(self: &Rc<Self>, arriving: Arriving) {
        if arriving.is_polling() {
            return self.admit_polling(arriving);
        }
        let (connection, intake, signed_in) = arriving.unpack(self);
        let opening = Opening::SignedIn(Box::new(signed_in));
        runtime::spawn("connection", serve(Rc::clone(self), connection, intake, opening));
    }

    /// Begins a connection that has no socket of its own, and returns its peer's end: what is
    /// written there are the client's frames in `form`, what is read there the server's. It moves
    /// to its user's home shard, is judged by the same deadlines and limits and is counted as
    /// any other. `None` where there is no seat left, or the server drains.
    pub(crate) fn begin_linked(self: &Rc<Self>, form: Form, opening: Opening) -> Option<LinkEnd> {
        if self.stops().reached() != Stop::NotYet {
            return None;
        }
        let seat = self.seats().take()?;
        let (here, there) = link();
        let connection = self.insert(Some(Stream::Link(Box::new(here))), form, seat, None);
        let intake = Intake::new(Splitter::new(form.framing), Vec::new());
        runtime::spawn("connection", serve(Rc::clone(self), connection, intake, opening));
        Some(there)
    }
}

#[cfg(test)]
mod tests;
