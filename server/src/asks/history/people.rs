//! Who a user is, and users that another system knows.

use parlance_codecs::ask::Profile;
use parlance_codecs::{Refusal, UserId};
use parlance_conversation::mesh::{CallAnswer, CallRefusal, CallRequest};
use parlance_conversation::store::NameKey;

use super::refusal;
use crate::auth::NAME_BYTES_MAX;
use crate::shard_handle::ShardHandle;

/// How often a name is looked up while somebody else is creating its user. Each look goes to two
/// shards and back, a creation waits for two writes.
const LOOKS_MAX: usize = 16;

pub(in crate::asks) async fn profile(
    shard: &ShardHandle,
    user: UserId,
) -> Result<Profile, Refusal> {
    match shard.call(CallRequest::Profile { user }).await {
        CallAnswer::Profile(profile) => Ok(profile),
        other => Err(refusal(&other)),
    }
}

/// The name is claimed by one caller; every other finds the user that this one creates.
pub(in crate::asks) async fn find_or_create(
    shard: &ShardHandle,
    external_id: &str,
) -> Result<Profile, Refusal> {
    let got = external_id.len();
    if got == 0 || got > NAME_BYTES_MAX || external_id.contains('\0') {
        return Err(Refusal::BadName { got, max: NAME_BYTES_MAX });
    }
    for _ in 0..LOOKS_MAX {
        let known = look_up(shard, external_id).await?;
        if let Some(user) = known {
            match profile(shard, user).await {
                Err(Refusal::UnknownUser) => {}
                found => return found,
            }
        }
        // A name that leads to nobody: its user is being created, or was when the server ended.
        let create = CallRequest::CreateUser {
            id: known,
            name: None,
            password_hash: None,
            external_id: Some(external_id.to_owned()),
        };
        match shard.call(create).await {
            CallAnswer::User(user) => return profile(shard, user).await,
            CallAnswer::Refused(CallRefusal::Taken) => {}
            other => return Err(refusal(&other)),
        }
    }
    Err(Refusal::Unavailable)
}

pub(in crate::asks) async fn look_up(
    shard: &ShardHandle,
    external_id: &str,
) -> Result<Option<UserId>, Refusal> {
    let name = NameKey::External(external_id.to_owned());
    match shard.call(CallRequest::LookUpName { name }).await {
        CallAnswer::Name(record) => Ok(record.map(|record| record.user)),
        other => Err(refusal(&other)),
    }
}
