//! Profiles, what was said before, and where a user stands in it.
//!
//! Decides how calls and reads make up an answer; what the user may see, the homes of the user
//! and of the conversation decide. Invariant: nothing of a log is read before its home has said
//! that the user is in the conversation, and nothing beyond what the home said is there.

use parlance_codecs::dialect::DialectName;
use parlance_codecs::{Answer, Ask, ConversationId, Refusal, UserId};
use parlance_conversation::mesh::{CallAnswer, CallRefusal, CallRequest, View};

use crate::shard_handle::ShardHandle;

pub(super) mod at_once;
mod described;
mod past;
pub(super) mod people;
mod recalls;
mod sole;
mod standing;

pub(super) async fn answer(
    shard: &ShardHandle,
    user: UserId,
    dialect: DialectName,
    ask: &Ask,
) -> Result<Answer, Refusal> {
    match ask {
        Ask::Profile { user } => people::profile(shard, *user).await.map(Answer::Profile),
        Ask::FindOrCreateUser { external_id } => {
            people::find_or_create(shard, external_id).await.map(Answer::Profile)
        }
        Ask::Conversations => {
            described::conversations(shard, user).await.map(Answer::Conversations)
        }
        Ask::Describe { conversation } => {
            described::describe(shard, user, *conversation).await.map(Answer::Description)
        }
        Ask::OpenDirect { user: other } => {
            standing::open_direct(shard, user, *other).await.map(Answer::Conversation)
        }
        Ask::Relations => standing::relations(shard, user).await.map(Answer::Relations),
        Ask::MarkRead { conversation, seq } => {
            standing::mark_read(shard, user, *conversation, *seq).await
        }
        Ask::HistoryBySeq { conversation, start, direction, count, not_before_ms } => {
            let from = (*start, *direction);
            past::by_seq(shard, user, *conversation, from, *count, *not_before_ms).await
        }
        Ask::HistoryByTime { conversation, from_ms, to_ms, count } => {
            past::by_time(shard, user, *conversation, (*from_ms, *to_ms), *count).await
        }
        Ask::HistoryAfter { after, count } => past::after(shard, user, *after, *count).await,
        Ask::Recalls { conversation, start, direction, count } => {
            recalls::list(shard, user, *conversation, (*start, *direction), *count).await
        }
        Ask::PostToOnly { content } => {
            sole::post(shard, user, dialect, content).await.map(Answer::Posted)
        }
        Ask::RecallAt { conversation, seq } => {
            recalls::recall_at(shard, user, dialect, *conversation, *seq).await
        }
        other => {
            tracing::error!(ask = ?other, "an ask about people came to where the past is asked");
            Err(Refusal::Unavailable)
        }
    }
}

/// How far a conversation is, for one who is in it.
async fn look(
    shard: &ShardHandle,
    user: UserId,
    conversation: ConversationId,
) -> Result<View, Refusal> {
    match shard.call(CallRequest::Look { user, conversation }).await {
        CallAnswer::View(view) => Ok(view),
        other => Err(refusal(&other)),
    }
}

/// What a call's answer says where it is not the one that was asked for.
pub(super) fn refusal(answer: &CallAnswer) -> Refusal {
    match answer {
        CallAnswer::Refused(CallRefusal::Refused(refusal)) => *refusal,
        other => {
            tracing::error!(answer = ?other, "the core gave an answer that no request asked for");
            Refusal::Unavailable
        }
    }
}
