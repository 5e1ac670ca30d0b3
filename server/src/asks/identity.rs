//! Who somebody is said to be.

use parlance_codecs::ask::{Introduction, Profile};
use parlance_codecs::{Ask, Refusal, UserId};
use parlance_conversation::mesh::{CallAnswer, CallRequest};

use super::history::{people, refusal};
use crate::shard_handle::ShardHandle;

/// Whom an id leads to: [`Ask::Profile`], or [`Ask::FindOrCreateUser`].
pub(crate) async fn find(shard: &ShardHandle, ask: &Ask) -> Result<Profile, Refusal> {
    match ask {
        Ask::Profile { user } => people::profile(shard, *user).await,
        Ask::FindOrCreateUser { external_id } => people::find_or_create(shard, external_id).await,
        other => {
            tracing::error!(ask = ?other, "a user was looked for by what names none");
            Err(Refusal::Unavailable)
        }
    }
}

/// `user`, whom a token names, unless they are said to be somebody else: [`Refusal::UnknownUser`].
/// A user without an external id may be called by any that is nobody else's.
pub(crate) async fn vouched(
    shard: &ShardHandle,
    user: UserId,
    ask: &Ask,
) -> Result<Profile, Refusal> {
    let profile = people::profile(shard, user).await?;
    let is_them = match ask {
        Ask::Profile { user: said } => *said == user,
        Ask::FindOrCreateUser { external_id } => match &profile.external_id {
            Some(own) => own == external_id,
            None => people::look_up(shard, external_id).await?.is_none_or(|said| said == user),
        },
        _ => false,
    };
    if is_them { Ok(profile) } else { Err(Refusal::UnknownUser) }
}

/// Takes what the user says of themselves and never said before.
pub(crate) async fn introduced(
    shard: &ShardHandle,
    profile: Profile,
    introduction: Introduction,
) -> Result<Profile, Refusal> {
    if !introduction.adds_to(&profile) {
        return Ok(profile);
    }
    let Introduction { name, photo } = introduction;
    match shard.call(CallRequest::Introduce { user: profile.user, name, photo }).await {
        CallAnswer::Profile(profile) => Ok(profile),
        other => Err(refusal(&other)),
    }
}

/// The users whom ids of the operator's own system lead to; all of them must lead to one.
pub(super) async fn all_of(
    shard: &ShardHandle,
    external_ids: &[String],
) -> Result<Vec<UserId>, Refusal> {
    let mut users = Vec::with_capacity(external_ids.len());
    for external_id in external_ids {
        users.push(people::look_up(shard, external_id).await?.ok_or(Refusal::UnknownUser)?);
    }
    Ok(users)
}
