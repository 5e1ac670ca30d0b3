//! Answers what users ask for beside messages, whatever dialect they ask in.
//!
//! An ask is one or several calls into the core and reads of the logs, put together here; the
//! core decides. Invariant: everything is asked in the name of `user`, who has signed in.

use parlance_codecs::{Answer, Ask, Refusal, UserId};

use crate::shard_handle::ShardHandle;

mod history;
mod social;

/// Has one ask of a signed-in user answered.
pub(crate) async fn answer(
    shard: &ShardHandle,
    user: UserId,
    ask: &Ask,
) -> Result<Answer, Refusal> {
    match ask {
        Ask::RequestFriend { .. }
        | Ask::AcceptFriend { .. }
        | Ask::RefuseFriend { .. }
        | Ask::RemoveFriend { .. }
        | Ask::CreateGroup { .. }
        | Ask::DeleteGroup { .. }
        | Ask::LeaveGroup { .. }
        | Ask::RenameGroup { .. }
        | Ask::AddMember { .. }
        | Ask::RemoveMember { .. }
        | Ask::Invite { .. }
        | Ask::AcceptInvite { .. }
        | Ask::RefuseInvite { .. }
        | Ask::Apply { .. }
        | Ask::AcceptApplication { .. }
        | Ask::RefuseApplication { .. }
        | Ask::SetDuty { .. }
        | Ask::SetOwnName { .. }
        | Ask::SetAlias { .. }
        | Ask::SetNameInGroup { .. }
        | Ask::Members { .. }
        | Ask::Requests { .. }
        | Ask::GroupRequests { .. } => social::answer(shard, user, ask).await,
        Ask::Profile { .. }
        | Ask::FindOrCreateUser { .. }
        | Ask::OpenDirect { .. }
        | Ask::Relations
        | Ask::Conversations
        | Ask::Describe { .. }
        | Ask::HistoryBySeq { .. }
        | Ask::HistoryByTime { .. }
        | Ask::Recalls { .. }
        | Ask::HistoryAfter { .. }
        | Ask::MarkRead { .. }
        | Ask::RecallAt { .. } => history::answer(shard, user, ask).await,
    }
}
