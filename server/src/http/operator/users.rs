//! `/api/v1/users`: create, list, change a password.

use hyper::body::Incoming;
use hyper::{Request, StatusCode, Uri};
use parlance_codecs::UserId;
use parlance_conversation::mesh::{CallAnswer, CallRequest};
use parlance_conversation::placement::ShardIndex;
use parlance_conversation::store::UserRecord;
use serde::Deserialize;
use serde_json::{Value, json};

use super::ids::{Page, User, check_name};
use super::{Problem, answer, body_of};
use crate::auth::{NAME_BYTES_MAX, PASSWORD_BYTES_MAX};
use crate::http::answer::Answer;
use crate::shard_handle::ShardHandle;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewUser {
    pub(super) id: Option<User>,
    pub(super) name: Option<String>,
    pub(super) password: Option<String>,
    pub(super) external_id: Option<String>,
}

impl NewUser {
    pub(super) fn check(&self) -> Result<(), Problem> {
        if let Some(name) = &self.name {
            check_name("name", name, NAME_BYTES_MAX)?;
        }
        if let Some(external_id) = &self.external_id {
            check_name("external_id", external_id, NAME_BYTES_MAX)?;
        }
        match (&self.password, &self.name) {
            (None, _) => Ok(()),
            (Some(password), Some(_)) => check_password(password),
            (Some(_), None) => {
                Err(Problem::bad_request("a password belongs to a login name; give a name too"))
            }
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewPassword {
    name: String,
    password: String,
}

fn check_password(password: &str) -> Result<(), Problem> {
    if password.is_empty() || password.len() > PASSWORD_BYTES_MAX {
        let detail = format!(
            "the password has {} bytes, 1 to {PASSWORD_BYTES_MAX} are allowed",
            password.len()
        );
        return Err(Problem::bad_request(detail));
    }
    Ok(())
}

pub(super) async fn create(
    shard: &ShardHandle,
    request: Request<Incoming>,
) -> Result<Answer, Problem> {
    let user: NewUser = body_of(request).await?;
    user.check()?;
    let password_hash = match user.password {
        Some(password) => Some(hash(shard, password).await?),
        None => None,
    };
    let call = CallRequest::CreateUser {
        id: user.id.map(|User(id)| id),
        name: user.name.clone(),
        password_hash,
        external_id: user.external_id.clone(),
    };
    match shard.call(call).await {
        CallAnswer::User(id) => {
            let created = shown(id, user.name.as_deref(), user.external_id.as_deref());
            Ok(answer::json(StatusCode::CREATED, &created))
        }
        other => Err(Problem::refused(&other)),
    }
}

pub(super) async fn set_password(
    shard: &ShardHandle,
    request: Request<Incoming>,
) -> Result<Answer, Problem> {
    let NewPassword { name, password } = body_of(request).await?;
    check_name("name", &name, NAME_BYTES_MAX)?;
    check_password(&password)?;
    let password_hash = hash(shard, password).await?;
    match shard.call(CallRequest::SetPassword { name, password_hash }).await {
        CallAnswer::Done => Ok(answer::json(StatusCode::OK, &json!({}))),
        other => Err(Problem::refused(&other)),
    }
}

async fn hash(shard: &ShardHandle, password: String) -> Result<String, Problem> {
    shard.hash_password(password).await.map_err(|_| Problem::unavailable())
}

/// Users of all shards, rising by id.
pub(super) async fn list(shard: &ShardHandle, uri: &Uri) -> Result<Answer, Problem> {
    let page = Page::of(uri)?;
    let after = UserId::new(page.after);
    let mut users: Vec<(UserId, UserRecord)> = Vec::new();
    for index in 0..shard.placement().shards() {
        let Ok(index) = u8::try_from(index) else { break };
        users.extend(users_of(shard, ShardIndex(index), after, page.limit).await?);
    }
    users.sort_unstable_by_key(|(id, _)| *id);
    let users: Vec<Value> = users
        .iter()
        .take(page.limit)
        .map(|(id, record)| {
            let mut user = shown(*id, record.name.as_deref(), record.external_id.as_deref());
            user["created_at"] = json!(record.created_at_ms);
            user
        })
        .collect();
    Ok(answer::json(StatusCode::OK, &json!({ "users": users })))
}

/// The first `limit` of one shard; a store gives fewer at a time.
async fn users_of(
    shard: &ShardHandle,
    index: ShardIndex,
    mut after: Option<UserId>,
    limit: usize,
) -> Result<Vec<(UserId, UserRecord)>, Problem> {
    let mut users = Vec::new();
    while users.len() < limit {
        let left = limit.saturating_sub(users.len());
        let some = shard.users(index, after, left).await.map_err(|_| Problem::unavailable())?;
        let Some((last, _)) = some.last() else { break };
        after = Some(*last);
        users.extend(some);
    }
    Ok(users)
}

/// `id`, and the names that there are.
fn shown(id: UserId, name: Option<&str>, external_id: Option<&str>) -> Value {
    let mut user = json!({ "id": id.raw() });
    if let Some(name) = name {
        user["name"] = json!(name);
    }
    if let Some(external_id) = external_id {
        user["external_id"] = json!(external_id);
    }
    user
}
