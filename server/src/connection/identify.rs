//! A peer says which user it is, after its connection has begun.
//!
//! Where a token has said so already, the peer is told who that is, and another's id is refused;
//! ids that it says never change who it is. On an open server the connection is the user's that
//! was said last: a session ends and another begins, perhaps on another shard. Invariant: what the
//! peer asked for as one user is answered before it is another.

use std::rc::Rc;

use futures_lite::future::or;
use parlance_codecs::ask::{Claim, Profile};
use parlance_codecs::dialect::Credentials;
use parlance_codecs::{Answer, Ask, Event, Refusal, Tag};

use super::intake::Intake;
use super::serve::Settled;
use super::sign_in::{SignedIn, settle};
use super::{Connection, Stage};
use crate::asks;
use crate::auth::{self, SignedUser};
use crate::connections::Connections;
use crate::outbox::Weight;
use crate::shard_handle::ShardHandle;

/// Answers who the peer is, and has it be that user.
pub(super) async fn identify(
    connections: &Connections,
    connection: &Rc<Connection>,
    intake: &mut Intake,
    tag: Tag,
    claim: Box<Claim>,
) -> Settled {
    let Claim { ask, introduction } = *claim;
    let handle = connections.handle();
    let identified = async {
        let (profile, becomes) = match who(handle, connection, &ask).await {
            Ok(found) => found,
            Err(refusal) => return Ok(Err(refusal)),
        };
        Ok(asks::introduced(handle, profile, introduction).await.map(|profile| (profile, becomes)))
    };
    let ended = async { Err(connection.until_ending().await) };
    let (result, becomes) = match or(identified, ended).await {
        Ok(Ok((profile, becomes))) => (Ok(profile), becomes),
        Ok(Err(refusal)) => (Err(refusal), None),
        Err(parting) => return Settled::End(parting),
    };
    if becomes.is_some() {
        let answered = async {
            connection.until_answered().await;
            None
        };
        let ended = async { Some(connection.until_ending().await) };
        if let Some(parting) = or(answered, ended).await {
            return Settled::End(parting);
        }
    }
    let event = Event::Answered { tag, ask: Box::new(ask), result: result.map(Answer::Profile) };
    let form = connection.form();
    let mut answer = Vec::new();
    form.dialect.dialect().encode(form, &event, &mut answer);
    connections.send(connection, &answer, Weight::Page);
    match becomes {
        None => Settled::Here,
        Some(user) => {
            let signed_in = SignedIn { user, device: String::new(), tag: None, room: None };
            settle(connections, connection, intake, signed_in)
        }
    }
}

/// Who the peer is said to be, and whom it becomes where it was not that user before.
async fn who(
    handle: &ShardHandle,
    connection: &Connection,
    ask: &Ask,
) -> Result<(Profile, Option<SignedUser>), Refusal> {
    match connection.stage() {
        Stage::Live(signed) if connection.has_token() => {
            asks::vouched(handle, signed.user, ask).await.map(|profile| (profile, None))
        }
        Stage::Live(_) | Stage::Nameless => {
            let profile = claimed(handle, ask).await?;
            let is_new = connection.user() != Some(profile.user);
            let user = SignedUser { user: profile.user, expires_at_s: None };
            Ok((profile, is_new.then_some(user)))
        }
        // Nobody has let it in.
        Stage::Greeting | Stage::Ending(_) | Stage::Gone => Err(Refusal::UnknownUser),
    }
}

/// On an open server everybody is whom they say they are.
async fn claimed(handle: &ShardHandle, ask: &Ask) -> Result<Profile, Refusal> {
    if let Ask::Profile { user } = ask {
        // An id that somebody claims exists from then on.
        let token = Credentials::Token(user.to_string());
        auth::sign_in(handle, &token).await.map_err(|_| Refusal::Unavailable)?;
    }
    asks::find(handle, ask).await
}
