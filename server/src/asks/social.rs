//! Friendships, groups, names and requests: what users ask of one another.
//!
//! Decides how an ask becomes calls into the core, and how its answer is put together; who may
//! do what, the core decides. Invariant: names of users are shown as their own homes know them.

use parlance_codecs::ask::Member;
use parlance_codecs::{Answer, Ask, Category, ConversationId, Refusal, UserId};
use parlance_conversation::mesh::{CallAnswer, CallRequest, Notify};
use parlance_conversation::social::{FriendAct, GroupAct, MayRename, Namelessness};

use super::history::{at_once, people, refusal};
use crate::shard_handle::ShardHandle;

/// Members whose own names are looked up for one answer. In a larger group only those have a
/// name in it who gave themselves one there: each look-up is a call, and any member may ask.
const NAMES_LOOKED_UP_MAX: usize = 1_000;

pub(super) async fn answer(
    shard: &ShardHandle,
    user: UserId,
    ask: &Ask,
) -> Result<Answer, Refusal> {
    match ask {
        Ask::CreateGroup { name, members } => create_group(shard, user, name, members).await,
        Ask::Members { group } => members(shard, user, *group).await,
        Ask::Requests { span } => {
            requests(shard, CallRequest::Requests { user, span: *span }).await
        }
        Ask::GroupRequests { group, span } => {
            let call = CallRequest::GroupRequests { by: user, group: *group, span: *span };
            requests(shard, call).await
        }
        other => match call_of(user, other) {
            Some(call) => done(shard, call).await,
            None => Err(Refusal::Unavailable),
        },
    }
}

/// Asks that are one call and have no answer of their own, or [`Answer::Befriended`].
fn call_of(by: UserId, ask: &Ask) -> Option<CallRequest> {
    let friend = |user: &UserId, act| CallRequest::Friend { by, user: *user, act };
    let group = |group: &ConversationId, act| CallRequest::Group { by, group: *group, act };
    Some(match ask {
        Ask::RequestFriend { user, text, named_only } => {
            let namelessness =
                if *named_only { Namelessness::Refused } else { Namelessness::Allowed };
            friend(user, FriendAct::Ask { text: text.clone(), namelessness, agrees: false })
        }
        Ask::AcceptFriend { user } => friend(user, FriendAct::Accept),
        Ask::RefuseFriend { user } => friend(user, FriendAct::Refuse),
        Ask::RemoveFriend { user } => friend(user, FriendAct::Remove),
        Ask::DeleteGroup { group: of } => group(of, GroupAct::Delete),
        Ask::LeaveGroup { group: of } => group(of, GroupAct::Leave),
        Ask::RenameGroup { group: of, name, leaders_only } => {
            let who = if *leaders_only { MayRename::Leaders } else { MayRename::Members };
            group(of, GroupAct::Rename { name: name.clone(), who })
        }
        Ask::AddMember { group: of, user } => group(of, GroupAct::Add { user: *user }),
        Ask::RemoveMember { group: of, user } => group(of, GroupAct::Remove { user: *user }),
        Ask::Invite { group: of, user } => group(of, GroupAct::Invite { user: *user }),
        Ask::AcceptInvite { group: of } => group(of, GroupAct::AcceptInvite),
        Ask::RefuseInvite { group: of } => group(of, GroupAct::RefuseInvite),
        Ask::Apply { group: of } => group(of, GroupAct::Apply),
        Ask::AcceptApplication { group: of, user } => {
            group(of, GroupAct::AcceptApplication { user: *user })
        }
        Ask::RefuseApplication { group: of, user } => {
            group(of, GroupAct::RefuseApplication { user: *user })
        }
        Ask::SetDuty { group: of, user, duty } => {
            group(of, GroupAct::SetDuty { user: *user, duty: *duty })
        }
        Ask::SetNameInGroup { group: of, name } => {
            group(of, GroupAct::SetName { name: name.clone() })
        }
        Ask::SetOwnName { name } => CallRequest::SetOwnName { user: by, name: name.clone() },
        Ask::SetAlias { target, name } => {
            CallRequest::SetAlias { user: by, target: *target, name: name.clone() }
        }
        _ => return None,
    })
}

async fn done(shard: &ShardHandle, call: CallRequest) -> Result<Answer, Refusal> {
    match shard.call(call).await {
        CallAnswer::Done => Ok(Answer::Done),
        CallAnswer::Befriended(both) => Ok(Answer::Befriended(both)),
        other => Err(refusal(&other)),
    }
}

/// Everybody must be there and have room for it before the group is made.
async fn create_group(
    shard: &ShardHandle,
    owner: UserId,
    name: &str,
    members: &[UserId],
) -> Result<Answer, Refusal> {
    let got = name.len();
    if got == 0 || got > Ask::NAME_BYTES_MAX || name.contains('\0') {
        return Err(Refusal::BadName { got, max: Ask::NAME_BYTES_MAX });
    }
    if members.len() > Ask::GROUP_MEMBERS_MAX {
        return Err(Refusal::TooManyMembers);
    }
    may_relate(shard, owner).await.map_err(|refusal| match refusal {
        Refusal::TheirTooManyRelations => Refusal::TooManyRelations,
        other => other,
    })?;
    let asked = at_once::all(members, |user| may_relate(shard, *user)).await;
    asked.into_iter().collect::<Result<Vec<()>, _>>()?;
    let create = CallRequest::CreateConversation {
        category: Category::Group,
        name: name.to_owned(),
        owner: Some(owner),
        members: members.to_vec(),
        posters: Vec::new(),
        history_for_new_members: true,
        notify: Notify::Concerned,
    };
    match shard.call(create).await {
        CallAnswer::Conversation(group) => Ok(Answer::Conversation(group)),
        other => Err(refusal(&other)),
    }
}

async fn may_relate(shard: &ShardHandle, user: UserId) -> Result<(), Refusal> {
    match shard.call(CallRequest::MayRelate { user }).await {
        CallAnswer::Done => Ok(()),
        other => Err(refusal(&other)),
    }
}

async fn members(
    shard: &ShardHandle,
    by: UserId,
    group: ConversationId,
) -> Result<Answer, Refusal> {
    let mut members = match shard.call(CallRequest::Members { by, group }).await {
        CallAnswer::Members(members) => members,
        other => return Err(refusal(&other)),
    };
    let mut nameless: Vec<&mut Member> =
        members.iter_mut().filter(|member| member.name.is_empty()).collect();
    nameless.truncate(NAMES_LOOKED_UP_MAX);
    let users: Vec<UserId> = nameless.iter().map(|member| member.user).collect();
    let profiles = at_once::all(&users, |user| people::profile(shard, *user)).await;
    for (member, profile) in nameless.into_iter().zip(profiles) {
        match profile {
            Ok(profile) => member.name = profile.name,
            // A member whom the operator has just named may not be there yet.
            Err(Refusal::UnknownUser) => {}
            Err(refusal) => return Err(refusal),
        }
    }
    Ok(Answer::Members(members))
}

async fn requests(shard: &ShardHandle, call: CallRequest) -> Result<Answer, Refusal> {
    match shard.call(call).await {
        CallAnswer::Requests { total, page } => Ok(Answer::Requests { total, page }),
        other => Err(refusal(&other)),
    }
}
