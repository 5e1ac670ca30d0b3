//! Profiles, what was said before, and where a user stands in it.
//!
//! Decides how calls and reads make up an answer; what the user may see, the homes of the user
//! and of the conversation decide. Invariant: nothing of a log is read before its home has said
//! that the user is in the conversation, and nothing beyond what the home said is there.

use parlance_codecs::{Answer, Ask, Refusal, UserId};
use parlance_conversation::mesh::{CallAnswer, CallRefusal};

use crate::shard_handle::ShardHandle;

mod at_once;
mod described;
mod people;

pub(super) async fn answer(
    shard: &ShardHandle,
    user: UserId,
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
        _ => Err(Refusal::Unavailable),
    }
}

/// What a call's answer says where it is not the one that was asked for.
fn refusal(answer: &CallAnswer) -> Refusal {
    match answer {
        CallAnswer::Refused(CallRefusal::Refused(refusal)) => *refusal,
        other => {
            tracing::error!(answer = ?other, "the core gave an answer that no request asked for");
            Refusal::Unavailable
        }
    }
}
