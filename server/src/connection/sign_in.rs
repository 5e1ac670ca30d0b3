//! Signing a connection in, and moving it to its user's home shard.
//!
//! Who the peer is, [`crate::auth`] decides; what follows is decided here. All sessions of a
//! user live on the user's home shard, so a connection that was accepted elsewhere moves: its
//! descriptor, what was read and not handled, what was not sent yet, and how its bytes are split.
//! Invariant: the answer to a sign-in is in the outbox before the core knows of the session, so
//! that nothing the core sends overtakes it.

use std::rc::Rc;

use futures_lite::future::or;
use parlance_codecs::dialect::{Credentials, EndReason, Form, Resume, SignInFrame, SignInResult};
use parlance_codecs::framing::Splitter;
use parlance_codecs::framing::engineio::Sid;
use parlance_codecs::{ConversationId, Tag, UserId};
use parlance_conversation::Input;
use parlance_conversation::input::{ResumeStyle, SessionStyle, SignIn};
use parlance_conversation::mesh::{CallAnswer, CallRequest};
use parlance_conversation::paces::{Paced, Rate};

use super::intake::{Intake, Parting};
use super::serve::Settled;
use super::{Connection, Engine};
use crate::auth::{self, SignInError, SignedUser};
use crate::connections::{Connections, Seat};
use crate::inbox::ToShard;
use crate::outbox::Weight;
use crate::shard_handle::ShardHandle;
use crate::sockets::{MovingStream, Stream};

const MS_PER_MINUTE: u64 = 60_000;

/// A peer that has shown who it is, and what it asked for besides.
pub(crate) struct SignedIn {
    pub(crate) user: SignedUser,
    pub(crate) device: String,
    /// What its sign-in frame wants echoed; `None` where it signed in with a handshake.
    pub(crate) tag: Option<Tag>,
    pub(crate) room: Option<ConversationId>,
}

/// A signed-in connection between two shards.
pub(crate) struct Arriving {
    /// `None` where an Engine.IO session polls.
    stream: Option<MovingStream>,
    engine: Option<Engine>,
    form: Form,
    splitter: Splitter,
    unread: Vec<u8>,
    unsent: Vec<u8>,
    signed_in: SignedIn,
    receive_bytes_max: Option<u32>,
    seat: Seat,
}

impl Arriving {
    pub(super) fn is_polling(&self) -> bool {
        self.stream.is_none()
    }

    pub(super) fn user(&self) -> UserId {
        self.signed_in.user.user
    }

    pub(super) fn sid(&self) -> Option<Sid> {
        self.engine.as_ref().map(|engine| engine.sid)
    }

    /// Puts the connection into the table of the shard that it has come to.
    pub(super) fn unpack(self, connections: &Connections) -> (Rc<Connection>, Intake, SignedIn) {
        let stream = self.stream.map(|stream| stream.arrive(connections.sockets()));
        let connection = connections.insert(stream, self.form, self.seat, self.engine);
        connection.receive_bytes_max.set(self.receive_bytes_max);
        connections.send(&connection, &self.unsent, Weight::Page);
        (connection, Intake::new(self.splitter, self.unread), self.signed_in)
    }
}

/// Has the peer signed in as its frame asks.
pub(super) async fn sign_in_by_frame(
    connections: &Connections,
    connection: &Rc<Connection>,
    intake: &mut Intake,
    frame: SignInFrame,
) -> Settled {
    let handle = connections.handle();
    let signing_in = async {
        Ok(match &frame.credentials {
            Credentials::Handshake => connection.by_handshake(handle.settings().auth.open),
            credentials => admitted(handle, connection.form(), credentials).await.map(Some),
        })
    };
    let tag = connection.tag_of_sign_in(frame.tag);
    let ended = async { Err(connection.until_ending().await) };
    let user = match or(signing_in, ended).await {
        Err(parting) => return Settled::End(parting),
        Ok(Ok(Some(user))) => user,
        Ok(Ok(None)) => {
            connections.let_in(connection, &tag);
            return Settled::Here;
        }
        Ok(Err(error)) => return refuse(connections, connection, &tag, error),
    };
    connection.receive_bytes_max.set(frame.receive_bytes_max);
    connection.note_token();
    let signed_in = SignedIn { user, device: frame.device, tag: Some(tag), room: None };
    settle(connections, connection, intake, signed_in)
}

/// Who it is, unless they sign in more often than the dialect lets them.
async fn admitted(
    handle: &ShardHandle,
    form: Form,
    credentials: &Credentials,
) -> Result<SignedUser, SignInError> {
    let signed = auth::sign_in(handle, credentials).await?;
    let tokens = handle.settings().im.sign_ins_per_minute;
    if tokens == 0 || !form.dialect.dialect().paces_sign_ins() {
        return Ok(signed);
    }
    let rate = Rate { tokens, per_ms: MS_PER_MINUTE };
    let pace = CallRequest::Pace { user: signed.user, paced: Paced::SignIn, rate };
    match handle.call(pace).await {
        CallAnswer::Done => Ok(signed),
        _ => Err(SignInError::Busy),
    }
}

fn refuse(
    connections: &Connections,
    connection: &Rc<Connection>,
    tag: &Tag,
    error: SignInError,
) -> Settled {
    let form = connection.form();
    let result = match error {
        SignInError::Refused => SignInResult::Refused,
        SignInError::Expired => SignInResult::Expired,
        SignInError::Busy | SignInError::Unavailable => SignInResult::Busy,
    };
    let mut answer = Vec::new();
    form.dialect.dialect().encode_sign_in(form, tag, result, &mut answer);
    if form.dialect.dialect().traits().may_sign_in_again {
        connections.send(connection, &answer, Weight::Live);
        return Settled::Here;
    }
    Settled::End(Parting::After { reply: answer, reason: EndReason::NotSignedIn })
}

/// Begins the session, or sends the connection to where it begins. One that was somebody else's
/// until now begins anew: nothing that the core still has for the old session may reach the new.
pub(super) fn settle(
    connections: &Connections,
    connection: &Rc<Connection>,
    intake: &mut Intake,
    signed_in: SignedIn,
) -> Settled {
    let handle = connections.handle();
    let home = handle.placement().home_of_user(signed_in.user.user);
    if home == handle.me() && !connection.is_live() {
        begin_session(connections, connection, signed_in);
        return Settled::Here;
    }
    let is_polling = connection.is_polling();
    let stream = match connection.stream.take().map(Stream::into_moving) {
        Some(Ok(stream)) => Some(stream),
        None if is_polling => None,
        Some(Err(_)) | None => return Settled::End(Parting::Gone),
    };
    let Some(seat) = connection.seat.take() else { return Settled::End(Parting::Gone) };
    let empty = Splitter::new(connection.form().framing);
    let engine = connection.engine.as_ref().map(|engine| engine.depart());
    let to = engine
        .as_ref()
        .filter(|_| is_polling)
        .map_or(home, |engine| connections.displace(engine.sid, home));
    let arriving = Arriving {
        stream,
        engine,
        form: connection.form(),
        splitter: std::mem::replace(&mut intake.splitter, empty),
        unread: std::mem::take(&mut intake.unread),
        unsent: connection.take_unsent(),
        signed_in,
        receive_bytes_max: connection.receive_bytes_max.get(),
        seat,
    };
    connections.send_to(to, ToShard::Arriving(Box::new(arriving)));
    if is_polling {
        // A connection with a socket leaves with its task.
        connections.end_session(connection);
        connections.remove(connection);
    }
    Settled::Moved
}

/// Tells the peer and the core that the session begins.
fn begin_session(connections: &Connections, connection: &Rc<Connection>, signed_in: SignedIn) {
    let form = connection.form();
    let dialect = form.dialect.dialect();
    if let Some(tag) = &signed_in.tag {
        let mut answer = Vec::new();
        dialect.encode_sign_in(form, tag, SignInResult::Accepted, &mut answer);
        connections.send(connection, &answer, Weight::Page);
    }
    let traits = dialect.traits();
    let style = SessionStyle {
        dialect: form.dialect,
        resume: match traits.resume {
            Resume::ByCategoryId => ResumeStyle::ById,
            Resume::ByOneId => ResumeStyle::ByOneId,
            Resume::ByCursor => ResumeStyle::ByCursor,
            Resume::FromNow => ResumeStyle::FromNow,
        },
        echo: traits.echo,
        friends_required: traits.friends_required
            && connections.handle().settings().auth.friends_required,
        replaces: traits.replaces,
        marks: traits.marks,
        notices: traits.notices,
    };
    connection.joins(signed_in.room);
    let sign_in = SignIn {
        session: connection.id,
        user: signed_in.user.user,
        device: signed_in.device.into_boxed_str(),
        style,
        room: signed_in.room,
    };
    connections.begin_session(connection, signed_in.user, Input::SignedIn(sign_in));
}
