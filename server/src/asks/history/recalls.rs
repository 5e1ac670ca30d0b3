//! Recalls by their index, and taking a message back by its seq.

use parlance_codecs::ask::Direction;
use parlance_codecs::dialect::DialectName;
use parlance_codecs::{Answer, ConversationId, Draft, DraftBody, Refusal, Seq, UserId};
use parlance_conversation::mesh::{CallAnswer, CallRequest};
use parlance_storage::RECALLS_MAX;

use super::{look, past, refusal};
use crate::lanes::RecallsQuery;
use crate::shard_handle::ShardHandle;

/// Reads for one list. Only recalls of what is hidden from the user are read in vain, and of
/// those each read takes a thousand.
const READS_MAX: usize = 64;

/// Recalls of what is hidden from the user are hidden too.
pub(super) async fn list(
    shard: &ShardHandle,
    user: UserId,
    conversation: ConversationId,
    (start, direction): (u32, Direction),
    count: u32,
) -> Result<Answer, Refusal> {
    let view = look(shard, user, conversation).await?;
    let limit = (count as usize).clamp(1, RECALLS_MAX);
    let mut next = match direction {
        Direction::After => Some(start),
        Direction::Before => Some(start.min(view.recalls)),
    };
    let mut found = Vec::new();
    for _ in 0..READS_MAX {
        let Some(start) = next.filter(|_| found.len() < limit) else { break };
        let query = RecallsQuery { conversation, start, direction, limit };
        let page = shard.recalls(query).await.map_err(|_| Refusal::Unavailable)?;
        next = match (page.last(), direction) {
            (None, _) => None,
            (Some((index, _)), Direction::After) => index.checked_add(1),
            (Some((index, _)), Direction::Before) => index.checked_sub(1),
        };
        found
            .extend(page.into_iter().filter(|(index, seq)| {
                *index <= view.recalls && *seq > view.standing.hidden_up_to
            }));
    }
    found.truncate(limit);
    Ok(Answer::Recalls(found))
}

/// What the message's home says to a recall, it says here: only the sender may, and a second
/// recall gives the first one's index.
pub(super) async fn recall_at(
    shard: &ShardHandle,
    user: UserId,
    dialect: DialectName,
    conversation: ConversationId,
    seq: Seq,
) -> Result<Answer, Refusal> {
    let view = look(shard, user, conversation).await?;
    let found = past::message_at(shard, conversation, &view, seq).await?;
    let message = found.ok_or(Refusal::UnknownMessage)?;
    let draft = Draft {
        conversation,
        category: None,
        body: DraftBody::Recall { target: message.id },
        expires_in_ms: None,
        key: None,
    };
    let request = CallRequest::Post {
        sender: user,
        draft,
        friends_required: false,
        create_sender: true,
        call_of: Some(dialect),
    };
    match shard.call(request).await {
        CallAnswer::Posted(posted) => {
            let index = posted.recall_index.ok_or(Refusal::Unavailable)?;
            Ok(Answer::Recalled { index })
        }
        other => Err(refusal(&other)),
    }
}
