//! Where a user stands: directs that are opened, what is read, friends and groups.

use parlance_codecs::ask::{Relation, Relations};
use parlance_codecs::{Answer, ConversationId, Refusal, Seq, UserId};
use parlance_conversation::mesh::{CallAnswer, CallRequest, Related};

use super::{at_once, look, people, refusal};
use crate::shard_handle::ShardHandle;

pub(super) async fn open_direct(
    shard: &ShardHandle,
    user: UserId,
    other: UserId,
) -> Result<ConversationId, Refusal> {
    match shard.call(CallRequest::OpenDirect { user, other }).await {
        CallAnswer::Conversation(conversation) => Ok(conversation),
        other => Err(refusal(&other)),
    }
}

pub(super) async fn mark_read(
    shard: &ShardHandle,
    user: UserId,
    conversation: ConversationId,
    seq: Seq,
) -> Result<Answer, Refusal> {
    match shard.call(CallRequest::MarkRead { user, conversation, seq }).await {
        CallAnswer::Done => Ok(Answer::Done),
        other => Err(refusal(&other)),
    }
}

/// As many as a user may have: the core bounds friends and groups.
pub(super) async fn relations(shard: &ShardHandle, user: UserId) -> Result<Relations, Refusal> {
    let Related { own_name, targets } = match shard.call(CallRequest::Related { user }).await {
        CallAnswer::Related(related) => related,
        other => return Err(refusal(&other)),
    };
    let found =
        at_once::all(&targets, |(target, alias)| relation(shard, user, *target, alias)).await;
    // What ended meanwhile is no relation any more.
    let is_there = |one: &Result<Relation, Refusal>| *one != Err(Refusal::UnknownConversation);
    let relations = found.into_iter().filter(is_there).collect::<Result<_, _>>()?;
    Ok(Relations { own_name, relations })
}

async fn relation(
    shard: &ShardHandle,
    user: UserId,
    target: ConversationId,
    alias: &str,
) -> Result<Relation, Refusal> {
    let view = look(shard, user, target).await?;
    let name = match target.peer_of(user) {
        _ if !alias.is_empty() => alias.to_owned(),
        Some(friend) => people::profile(shard, friend).await?.name,
        None => view.name,
    };
    Ok(Relation {
        target,
        name,
        last_seq: view.last_seq,
        recalls: view.recalls,
        read_seq: view.standing.read,
    })
}
