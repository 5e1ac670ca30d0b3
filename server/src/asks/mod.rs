//! Answers what users ask for beside messages, whatever dialect they ask in.
//!
//! An ask is one or several calls into the core and reads of the logs, put together here; the
//! core decides. Invariant: everything is asked in the name of `user`, who has signed in.

use parlance_codecs::dialect::DialectName;
use parlance_codecs::{Answer, Ask, Refusal, UserId};

use crate::shard_handle::ShardHandle;

mod history;
mod identity;
mod social;

pub(crate) use identity::{find, introduced, vouched};

/// Has one ask of a signed-in user answered, who asked in this dialect.
pub(crate) async fn answer(
    shard: &ShardHandle,
    user: UserId,
    dialect: DialectName,
    ask: &Ask,
) -> Result<Answer, Refusal> {
    match ask {
        Ask::CreateDescribedGroup { name, members, external_ids } => {
            let mut members = members.clone();
            members.extend(identity::all_of(shard, external_ids).await?);
            created(shard, user, dialect, Ask::CreateGroup { name: name.clone(), members }).await
        }
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
        | Ask::PostToOnly { .. }
        | Ask::RecallAt { .. } => history::answer(shard, user, dialect, ask).await,
    }
}

/// Has a group created, and tells how its members see it.
async fn created(
    shard: &ShardHandle,
    user: UserId,
    dialect: DialectName,
    create: Ask,
) -> Result<Answer, Refusal> {
    match social::answer(shard, user, &create).await? {
        Answer::Conversation(conversation) => {
            history::answer(shard, user, dialect, &Ask::Describe { conversation }).await
        }
        other => {
            tracing::error!(answer = ?other, "a group was created and not named");
            Err(Refusal::Unavailable)
        }
    }
}
