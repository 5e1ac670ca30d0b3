//! What an Engine.IO session has beside its connection: its id, whom its handshake vouched for,
//! and, until it has a socket, the requests that stand in one's place.
//!
//! Without a socket a session costs no task: a poll that waits is a [`Ticket`] to be answered,
//! and what is posted is handled as it comes. Invariant: at most one poll and one post of a
//! session are under way.

use std::cell::{Cell, RefCell};

use parlance_codecs::Tag;
use parlance_codecs::dialect::SignInResult;
use parlance_codecs::framing::engineio::{Open, Protocol, Sid, append_packet};

use super::Connection;
use super::intake::Intake;
use super::sign_in::SignedIn;
use crate::auth::{SignInError, SignedUser};
use crate::connections::Connections;
use crate::outbox::Weight;
use crate::visits::{Ticket, Vouched};

pub(crate) struct Engine {
    pub(crate) sid: Sid,
    pub(crate) protocol: Protocol,
    pub(crate) vouched: Vouched,
    /// The session's user has a token, and so stays who they are.
    pub(super) by_token: Cell<bool>,
    /// `None`: a WebSocket carries it.
    pub(super) polling: RefCell<Option<Polling>>,
}

/// What stands in a socket's place.
pub(crate) struct Polling {
    /// Taken while a post is handled.
    pub(super) intake: Option<Intake>,
    pub(super) poll: Option<Ticket>,
    pub(super) post: Option<Ticket>,
    /// A WebSocket was tried and works, so that polls must not wait.
    pub(super) is_probed: bool,
}

impl Engine {
    pub(crate) fn new(
        sid: Sid,
        protocol: Protocol,
        vouched: Vouched,
        polling: Option<Polling>,
    ) -> Self {
        let (by_token, polling) = (Cell::new(false), RefCell::new(polling));
        Self { sid, protocol, vouched, by_token, polling }
    }

    pub(crate) fn is_polling(&self) -> bool {
        self.polling.borrow().is_some()
    }

    /// For the shard that the session moves to, with the requests that wait.
    pub(super) fn depart(&self) -> Self {
        let polling = RefCell::new(self.polling.take());
        Self { by_token: self.by_token.clone(), polling, ..*self }
    }
}

impl Polling {
    /// `poll` waits for the first packets.
    pub(crate) fn new(intake: Intake, poll: Option<Ticket>) -> Self {
        Self { intake: Some(intake), poll, post: None, is_probed: false }
    }
}

impl Connection {
    /// The user has a token, and so stays who they are.
    pub(super) fn has_token(&self) -> bool {
        self.engine.as_ref().is_some_and(|engine| engine.by_token.get())
    }

    pub(super) fn note_token(&self) {
        if let Some(engine) = &self.engine {
            engine.by_token.set(true);
        }
    }

    /// What the answer to a sign-in echoes: of an Engine.IO session its id, which clients show.
    pub(super) fn tag_of_sign_in(&self, asked: Tag) -> Tag {
        self.engine.as_ref().map_or(asked, |engine| Tag(engine.sid.as_str().into()))
    }

    /// Whom the handshake lets in; `None`: anybody, who is to say later which user they are.
    pub(super) fn by_handshake(&self, is_open: bool) -> Result<Option<SignedUser>, SignInError> {
        match self.engine.as_ref().map(|engine| engine.vouched) {
            Some(Vouched::User(user)) => Ok(Some(user)),
            Some(Vouched::Nobody) if is_open => Ok(None),
            Some(Vouched::Nobody | Vouched::Refused) | None => Err(SignInError::Refused),
        }
    }
}

impl Connections {
    /// Says an Engine.IO session's first packets. Protocol 3 connects its peer by itself, and so
    /// may sign it in: then whoever begins the connection has to settle it.
    pub(crate) fn greet(&self, connection: &Connection) -> Option<SignedIn> {
        let engine = connection.engine.as_ref()?;
        let settings = &self.handle().settings().events;
        let open = Open {
            protocol: engine.protocol,
            sid: engine.sid,
            by_polling: engine.is_polling(),
            ping_interval_ms: settings.ping_interval_ms,
            ping_timeout_ms: settings.ping_timeout_ms_of(engine.protocol),
        };
        let mut frames = Vec::new();
        append_packet(&open.packet(), &mut frames);
        self.send(connection, &frames, Weight::Page);
        if engine.protocol == Protocol::V4 {
            return None;
        }
        let tag = connection.tag_of_sign_in(Tag::default());
        match connection.by_handshake(self.handle().settings().auth.open) {
            Ok(Some(user)) => {
                connection.note_token();
                let device = String::new();
                return Some(SignedIn { user, device, tag: Some(tag), room: None });
            }
            Ok(None) => self.let_in(connection, &tag),
            Err(_) => {
                let mut answer = Vec::new();
                let form = connection.form();
                let result = SignInResult::Refused;
                form.dialect.dialect().encode_sign_in(form, &tag, result, &mut answer);
                self.send(connection, &answer, Weight::Live);
            }
        }
        None
    }

    /// Lets a peer in that has not said which user it is.
    pub(super) fn let_in(&self, connection: &Connection, tag: &Tag) {
        let form = connection.form();
        let mut answer = Vec::new();
        form.dialect.dialect().encode_sign_in(form, tag, SignInResult::Accepted, &mut answer);
        self.send(connection, &answer, Weight::Page);
        connection.go_nameless();
        self.arm(connection);
    }
}
