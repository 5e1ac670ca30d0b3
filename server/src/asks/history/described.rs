//! Conversations as their members see them.

use parlance_codecs::{Ask, Category, ConversationId, Description, Refusal, UserId};
use parlance_conversation::mesh::{CallAnswer, CallRequest};

use super::{at_once, refusal};
use crate::shard_handle::ShardHandle;

/// A room has no members, so nobody is shown one here.
pub(super) async fn describe(
    shard: &ShardHandle,
    user: UserId,
    conversation: ConversationId,
) -> Result<Description, Refusal> {
    match shard.call(CallRequest::Describe { conversation, user: Some(user) }).await {
        CallAnswer::Described(found) if found.members.binary_search(&user).is_ok() => Ok(found),
        CallAnswer::Described(_) => Err(Refusal::UnknownConversation),
        other => Err(refusal(&other)),
    }
}

/// Without directs, rising by id.
pub(super) async fn conversations(
    shard: &ShardHandle,
    user: UserId,
) -> Result<Vec<Description>, Refusal> {
    let mut ids: Vec<ConversationId> = memberships(shard, user)
        .await?
        .into_iter()
        .filter(|(_, category)| *category != Category::Direct)
        .map(|(conversation, _)| conversation)
        .collect();
    let passed_over = ids.len().saturating_sub(Ask::CONVERSATIONS_MAX);
    ids.drain(..passed_over);
    let found = at_once::all(&ids, |id| describe(shard, user, *id)).await;
    // Who was removed meanwhile is not in it any more.
    found.into_iter().filter(|one| *one != Err(Refusal::UnknownConversation)).collect()
}

pub(super) async fn memberships(
    shard: &ShardHandle,
    user: UserId,
) -> Result<Vec<(ConversationId, Category)>, Refusal> {
    match shard.call(CallRequest::Memberships { user }).await {
        CallAnswer::Memberships(all) => Ok(all),
        other => Err(refusal(&other)),
    }
}
