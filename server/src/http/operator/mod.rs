//! The operator port: health, metrics, and `/api/v1`.
//!
//! Decides who may ask and which call a path is. Only `/api/v1` needs the key; what the rest
//! shows names no user. Every error is a problem document.

mod conversations;
mod ids;
mod messages;
mod users;

use hyper::body::Incoming;
use hyper::header::{HeaderMap, RETRY_AFTER, WWW_AUTHENTICATE};
use hyper::{Method, Request, StatusCode};
use parlance_codecs::Refusal;
use parlance_conversation::mesh::{CallAnswer, CallRefusal};
use serde::de::DeserializeOwned;
use serde_json::json;
use subtle::ConstantTimeEq as _;

use super::answer::{self, Answer, allowing, problem, set};
use super::{body, browser, fields};
use crate::metrics;
use crate::shard_handle::ShardHandle;

/// The longest body: as many members as a conversation may have, each with the longest id.
const BODY_BYTES_MAX: usize = 4 * 1024 * 1024;

/// An error that is answered as a problem document.
#[derive(Debug)]
struct Problem {
    status: StatusCode,
    detail: String,
}

impl Problem {
    fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into() }
    }

    fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    fn unavailable() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, Refusal::Unavailable.to_string())
    }

    /// What the core answered instead of what was asked for.
    fn refused(answer: &CallAnswer) -> Self {
        let CallAnswer::Refused(refusal) = answer else {
            tracing::error!(?answer, "the core gave an answer that no call asked for");
            return Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal error");
        };
        let status = match refusal {
            CallRefusal::Taken => StatusCode::CONFLICT,
            CallRefusal::Refused(refusal) => match refusal {
                Refusal::UnknownUser
                | Refusal::UnknownConversation
                | Refusal::UnknownMessage
                | Refusal::UnknownRequest
                | Refusal::NotAMember => StatusCode::NOT_FOUND,
                Refusal::NotFriends
                | Refusal::NotAPoster
                | Refusal::NotTheSender
                | Refusal::NotALeader => StatusCode::FORBIDDEN,
                Refusal::ConversationFull
                | Refusal::TooManyMembers
                | Refusal::AlreadyFriends
                | Refusal::AlreadyAsked
                | Refusal::AlreadyMember
                | Refusal::TooManyRequests
                | Refusal::TooManyRelations
                | Refusal::TheirTooManyRelations
                | Refusal::Nameless => StatusCode::CONFLICT,
                Refusal::TextTooLong { .. } | Refusal::BadName { .. } => {
                    StatusCode::UNPROCESSABLE_ENTITY
                }
                Refusal::TooFast => StatusCode::TOO_MANY_REQUESTS,
                Refusal::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            },
        };
        Self::new(status, refusal.to_string())
    }

    fn into_answer(self) -> Answer {
        let mut answer = problem(self.status, &self.detail);
        match self.status {
            StatusCode::UNAUTHORIZED => set(&mut answer, WWW_AUTHENTICATE, "Bearer"),
            StatusCode::SERVICE_UNAVAILABLE => set(&mut answer, RETRY_AFTER, "1"),
            _ => {}
        }
        answer
    }
}

pub(super) async fn answer(shard: ShardHandle, request: Request<Incoming>) -> Answer {
    if !browser::is_same_origin(&request) {
        let detail = "pages of other origins may not use the operator port";
        return Problem::new(StatusCode::FORBIDDEN, detail).into_answer();
    }
    let path = request.uri().path().to_owned();
    match path.strip_prefix("/api/v1/") {
        Some(call) => api(&shard, call, request).await.unwrap_or_else(Problem::into_answer),
        None => watched(&shard, &path, request.method()),
    }
}

/// What load balancers and Prometheus ask for, without a key.
fn watched(shard: &ShardHandle, path: &str, method: &Method) -> Answer {
    let is_known = matches!(path, "/health" | "/healthz" | "/ready" | "/readyz" | "/metrics");
    if !is_known {
        return no_such_path();
    }
    if method != Method::GET && method != Method::HEAD {
        return wrong_method("GET, HEAD");
    }
    match path {
        "/metrics" => {
            let text = shard.metrics().render();
            answer::with_body(StatusCode::OK, metrics::CONTENT_TYPE, text)
        }
        "/ready" | "/readyz" => match shard.ready() {
            Ok(()) => answer::json(StatusCode::OK, &json!({ "status": "ready" })),
            Err(reason) => Problem::new(StatusCode::SERVICE_UNAVAILABLE, reason).into_answer(),
        },
        _ => answer::json(StatusCode::OK, &json!({ "status": "alive" })),
    }
}

/// One call of the API; `call` is the path behind `/api/v1/`.
async fn api(
    shard: &ShardHandle,
    call: &str,
    request: Request<Incoming>,
) -> Result<Answer, Problem> {
    // Before the path is looked at: who has no key learns nothing about it.
    authorize(shard, request.headers())?;
    let segments: Vec<&str> = call.split('/').collect();
    let method = request.method().clone();
    match (segments.as_slice(), &method) {
        (["users"], &Method::POST) => users::create(shard, request).await,
        (["users"], &Method::GET) => users::list(shard, request.uri()).await,
        (["users"], _) => Ok(wrong_method("GET, POST")),
        (["users", "password"], &Method::PUT) => users::set_password(shard, request).await,
        (["users", "password"], _) => Ok(wrong_method("PUT")),
        (["conversations"], &Method::POST) => conversations::create(shard, request).await,
        (["conversations"], _) => Ok(wrong_method("POST")),
        (["conversations", id, "members"], &Method::POST) => {
            conversations::add_members(shard, id, request).await
        }
        (["conversations", id, "members"], &Method::DELETE) => {
            conversations::remove_members(shard, id, request).await
        }
        (["conversations", _, "members"], _) => Ok(wrong_method("POST, DELETE")),
        (["conversations", id, "messages"], &Method::GET) => {
            messages::list(shard, id, request.uri()).await
        }
        (["conversations", _, "messages"], _) => Ok(wrong_method("GET")),
        (["friendships"], &Method::POST) => conversations::befriend(shard, request).await,
        (["friendships"], _) => Ok(wrong_method("POST")),
        (["publish"], &Method::POST) => messages::publish(shard, request).await,
        (["publish"], _) => Ok(wrong_method("POST")),
        _ => Ok(no_such_path()),
    }
}

/// Whether a request has the operator's key.
pub(super) fn has_key(shard: &ShardHandle, headers: &HeaderMap) -> bool {
    let given = fields::bearer(headers).or_else(|| fields::header(headers, "x-api-key"));
    let key = shard.settings().operator.key.as_deref().unwrap_or_default();
    let is_right = given.is_some_and(|given| given.as_bytes().ct_eq(key.as_bytes()).into());
    is_right && !key.is_empty()
}

fn authorize(shard: &ShardHandle, headers: &HeaderMap) -> Result<(), Problem> {
    if has_key(shard, headers) {
        return Ok(());
    }
    let detail = "the operator's key is missing or wrong; send it as \"Authorization: Bearer KEY\"";
    Err(Problem::new(StatusCode::UNAUTHORIZED, detail))
}

/// Reads a JSON body of exactly the fields that the call has.
async fn body_of<T: DeserializeOwned>(request: Request<Incoming>) -> Result<T, Problem> {
    if !body::is_json(request.headers()) {
        let detail = format!("the body must be {}", answer::JSON);
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
    }
    let bytes = body::read(request.into_body(), BODY_BYTES_MAX)
        .await
        .map_err(|error| Problem::new(error.status(), error.to_string()))?;
    parse(&bytes)
}

/// Unknown fields, fields that stand twice and values of a wrong type are errors that name them.
fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(bytes).map_err(|error| Problem::bad_request(error.to_string()))
}

fn no_such_path() -> Answer {
    problem(StatusCode::NOT_FOUND, "no such path")
}

fn wrong_method(allowed: &'static str) -> Answer {
    let answer = problem(StatusCode::METHOD_NOT_ALLOWED, "this path does not take this method");
    allowing(answer, allowed)
}

#[cfg(test)]
mod tests;
