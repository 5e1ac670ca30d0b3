//! `/api/v1/conversations` and `/api/v1/friendships`: who is in what, who knows whom.

use hyper::body::Incoming;
use hyper::{Request, StatusCode};
use parlance_codecs::{Category, ConversationId, UserId};
use parlance_conversation::limits::MEMBERS_MAX;
use parlance_conversation::mesh::{CallAnswer, CallRequest, Notify};
use serde::Deserialize;
use serde_json::json;

use super::ids::{self, User, check_name};
use super::{Problem, answer, body_of};
use crate::auth::NAME_BYTES_MAX;
use crate::http::answer::Answer;
use crate::shard_handle::ShardHandle;

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Group,
    Channel,
    Room,
}

impl Kind {
    fn category(self) -> Category {
        match self {
            Self::Group => Category::Group,
            Self::Channel => Category::Channel,
            Self::Room => Category::Room,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewConversation {
    kind: Kind,
    #[serde(default)]
    name: String,
    owner: Option<User>,
    #[serde(default)]
    members: Vec<User>,
    #[serde(default)]
    posters: Vec<User>,
    #[serde(default = "shown_by_default")]
    history_for_new_members: bool,
    #[serde(default)]
    notify: bool,
}

fn shown_by_default() -> bool {
    true
}

/// Whether those whom the call concerns get a notice: off unless it is asked for.
fn notify_of(asked_for: bool) -> Notify {
    if asked_for { Notify::Concerned } else { Notify::Nobody }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Members {
    members: Vec<User>,
    #[serde(default)]
    notify: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Friendship {
    a: User,
    b: User,
    #[serde(default)]
    notify: bool,
}

pub(super) async fn create(
    shard: &ShardHandle,
    request: Request<Incoming>,
) -> Result<Answer, Problem> {
    let new: NewConversation = body_of(request).await?;
    if !new.name.is_empty() {
        check_name("name", &new.name, NAME_BYTES_MAX)?;
    }
    let call = CallRequest::CreateConversation {
        category: new.kind.category(),
        name: new.name.clone(),
        owner: new.owner.map(|User(id)| id),
        members: users("members", new.members)?,
        posters: users("posters", new.posters)?,
        history_for_new_members: new.history_for_new_members,
        notify: notify_of(new.notify),
    };
    match shard.call(call).await {
        CallAnswer::Conversation(id) => {
            let created = json!({ "id": id.to_string(), "name": new.name });
            Ok(answer::json(StatusCode::CREATED, &created))
        }
        other => Err(Problem::refused(&other)),
    }
}

pub(super) async fn add_members(
    shard: &ShardHandle,
    id: &str,
    request: Request<Incoming>,
) -> Result<Answer, Problem> {
    let conversation = numbered(id)?;
    let (members, notify) = members_of(request).await?;
    done(shard, CallRequest::AddMembers { conversation, members, notify }).await
}

pub(super) async fn remove_members(
    shard: &ShardHandle,
    id: &str,
    request: Request<Incoming>,
) -> Result<Answer, Problem> {
    let conversation = numbered(id)?;
    let (members, notify) = members_of(request).await?;
    done(shard, CallRequest::RemoveMembers { conversation, members, notify }).await
}

pub(super) async fn befriend(
    shard: &ShardHandle,
    request: Request<Incoming>,
) -> Result<Answer, Problem> {
    let Friendship { a: User(a), b: User(b), notify } = body_of(request).await?;
    if a == b {
        return Err(Problem::bad_request("a and b are the same user"));
    }
    match shard.call(CallRequest::Befriend { a, b, notify: notify_of(notify) }).await {
        CallAnswer::Done => {
            let made = json!({ "a": a.raw(), "b": b.raw() });
            Ok(answer::json(StatusCode::CREATED, &made))
        }
        other => Err(Problem::refused(&other)),
    }
}

async fn members_of(request: Request<Incoming>) -> Result<(Vec<UserId>, Notify), Problem> {
    let Members { members, notify } = body_of(request).await?;
    Ok((users("members", members)?, notify_of(notify)))
}

/// A direct's members are its two users, for ever.
fn numbered(id: &str) -> Result<ConversationId, Problem> {
    match ids::conversation(id)? {
        ConversationId::Direct(..) => {
            Err(Problem::bad_request("the members of a direct conversation do not change"))
        }
        id @ ConversationId::Number(_) => Ok(id),
    }
}

fn users(field: &str, users: Vec<User>) -> Result<Vec<UserId>, Problem> {
    if users.len() > MEMBERS_MAX {
        let detail = format!("{} {field}, at most {MEMBERS_MAX} are allowed", users.len());
        return Err(Problem::bad_request(detail));
    }
    Ok(users.into_iter().map(|User(id)| id).collect())
}

async fn done(shard: &ShardHandle, call: CallRequest) -> Result<Answer, Problem> {
    match shard.call(call).await {
        CallAnswer::Done => Ok(answer::json(StatusCode::OK, &json!({}))),
        other => Err(Problem::refused(&other)),
    }
}
