//! The `im` dialect's calls by HTTP, and the handshakes of its push port.
//!
//! Decides in which order a call is checked: who sends it, then the body, then how often it is
//! sent, and only then what it is about. What is asked and answered, the dialect's codec writes and
//! reads.

use hyper::body::Incoming;
use hyper::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName};
use hyper::http::request::Parts;
use hyper::{Method, Request, StatusCode, Uri};
use parlance_codecs::dialect::{Credentials, DialectName};
use parlance_codecs::im::{
    AnswerForm, Asked, Body, BodyForm, Call, Nameless, Task, Trouble, decode_call, decode_ping,
    decode_ping_message, encode,
};
use parlance_codecs::stream::Fault;
use parlance_codecs::{Ask, Draft, Refusal, UserId};
use parlance_conversation::mesh::{CallAnswer, CallRefusal, CallRequest};
use parlance_conversation::paces::{Paced, Rate};
use serde_json::Value;

use super::answer::{self, Answer};
use super::body::{self, BodyError};
use super::grpc::UnaryCall;
use super::serve::UpgradeSlot;
use super::websocket::handshake;
use super::{Upgrade, fields};
use crate::asks;
use crate::auth::{SignInError, sign_in};
use crate::shard_handle::ShardHandle;

mod load;
mod status;

/// The longest text and the longest extra, each byte of which a form may have to write as three,
/// and what stands beside them.
const BODY_BYTES_MAX: usize = 256 * 1024;
const MS_PER_SECOND: u64 = 1_000;

/// What a path of the dialect's own is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Route {
    Call(Call),
    Ping,
    /// Nothing, in the dialect's words.
    Unknown,
}

impl Route {
    pub(super) fn of(path: &str) -> Option<Self> {
        match Call::of(path) {
            Some(call) => Some(Self::Call(call)),
            None if path == "/im.status/ping" => Some(Self::Ping),
            None => path.starts_with("/im.").then_some(Self::Unknown),
        }
    }

    pub(super) fn method(self) -> (Method, &'static str) {
        match self {
            Self::Call(_) | Self::Unknown => (Method::POST, "POST, OPTIONS"),
            Self::Ping => (Method::GET, "GET, OPTIONS"),
        }
    }

    pub(super) async fn answer(self, shard: &ShardHandle, request: Request<Incoming>) -> Answer {
        let form = accepted(request.headers());
        let answered = match self {
            Self::Call(call) => answered(shard, call, request, form).await,
            Self::Ping => ping(&request, form),
            Self::Unknown => Err(Trouble::NotExist),
        };
        match answered {
            Ok(body) => answer::with_body(StatusCode::OK, form.content_type(), body),
            Err(trouble) => troubled(as_it_is(shard, trouble)),
        }
    }
}

/// A server that is busy because it ends says so, and the client tries again elsewhere.
fn as_it_is(shard: &ShardHandle, trouble: Trouble) -> Trouble {
    match trouble {
        Trouble::Busy if shard.is_draining() => Trouble::ServerClosing,
        other => other,
    }
}

/// A call by gRPC, whose status has the error's body for its message.
pub(super) async fn by_grpc(
    shard: &ShardHandle,
    method: Call,
    call: UnaryCall,
) -> Result<Vec<u8>, Fault> {
    let fault = |trouble| fault_of(as_it_is(shard, trouble));
    let user = signed_in(shard, call.head.headers()).await.map_err(fault)?;
    let key = key_of(call.head.headers()).map(<[u8]>::to_vec);
    let bytes = call.message(BODY_BYTES_MAX).await?;
    let body = Body { form: BodyForm::Protobuf, bytes: &bytes, query: "" };
    let asked = decode_call(method, user, body, key.as_deref()).map_err(fault)?;
    done(shard, &asked, AnswerForm::Protobuf).await.map_err(fault)
}

pub(super) fn ping_by_grpc(
    message: &[u8],
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<Vec<u8>, Fault> {
    let client_timestamp = decode_ping_message(message).map_err(fault_of)?;
    Ok(encode(&status::pong(client_timestamp, uri, headers), AnswerForm::Protobuf))
}

fn fault_of(trouble: Trouble) -> Fault {
    Fault::new(trouble.grpc_code(), trouble.json())
}

pub(super) fn troubled(trouble: Trouble) -> Answer {
    let status = StatusCode::from_u16(trouble.http_status());
    let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    answer::with_body(status, answer::JSON, trouble.json())
}

/// On the push port: a WebSocket of the push channel begins, whatever its path.
pub(super) fn push_handshake(request: &Request<Incoming>, slot: &UpgradeSlot) -> Answer {
    if *request.method() != Method::GET {
        return troubled(Trouble::NotExist);
    }
    match handshake(request) {
        Ok(accepted) => {
            *slot.borrow_mut() = Some(Upgrade {
                dialect: DialectName::Im,
                signed_in: None,
                device: String::new(),
                room: None,
                engine: None,
            });
            accepted.accept()
        }
        Err(error) => error.answer(),
    }
}

async fn answered(
    shard: &ShardHandle,
    call: Call,
    request: Request<Incoming>,
    form: AnswerForm,
) -> Result<Vec<u8>, Trouble> {
    let (head, body) = request.into_parts();
    let user = signed_in(shard, &head.headers).await?;
    let bytes = body::read(body, BODY_BYTES_MAX).await.map_err(|error| match error {
        BodyError::Slow => Trouble::Deadline,
        BodyError::TooLong { .. } | BodyError::Broken => Trouble::Request,
    })?;
    let asked = decode_call(call, user, body_of(&head, &bytes), key_of(&head.headers))?;
    done(shard, &asked, form).await
}

fn body_of<'a>(head: &'a Parts, bytes: &'a [u8]) -> Body<'a> {
    let form = BodyForm::of_content_type(value(&head.headers, CONTENT_TYPE));
    Body { form, bytes, query: head.uri.query().unwrap_or_default() }
}

/// A retry with the same key stores nothing new.
fn key_of(headers: &HeaderMap) -> Option<&[u8]> {
    headers.get("idempotency-key").map(|key| key.as_bytes())
}

fn accepted(headers: &HeaderMap) -> AnswerForm {
    AnswerForm::accepted(value(headers, ACCEPT))
}

fn value(headers: &HeaderMap, name: HeaderName) -> &[u8] {
    headers.get(name).map_or(&[], |value| value.as_bytes())
}

/// Has a call done, whatever way it came.
pub(super) async fn done(
    shard: &ShardHandle,
    asked: &Asked,
    form: AnswerForm,
) -> Result<Vec<u8>, Trouble> {
    within_pace(shard, asked).await?;
    let asks = match &asked.task {
        Task::Post(draft) => return post(shard, asked, draft, form).await,
        Task::Asks(asks) => asks,
    };
    let mut answers = Vec::with_capacity(asks.len());
    for ask in asks {
        let ask = &within_age(shard, ask);
        answers.push(match asks::answer(shard, asked.user, DialectName::Im, ask).await {
            Ok(answer) => answer,
            Err(refusal) => asked.refused(refusal)?,
        });
    }
    let mut names = Vec::new();
    for nameless in asked.nameless(&answers) {
        names.push(name_of(shard, nameless).await?);
    }
    asked.answered(answers, &names, form)
}

/// How who asks something of the caller is called. An invitation shows the group's name to one who
/// is not in it. Who is gone meanwhile has no name.
async fn name_of(shard: &ShardHandle, nameless: Nameless) -> Result<String, Trouble> {
    let call = match nameless {
        Nameless::User(user) => CallRequest::Profile { user },
        Nameless::Group(conversation) => CallRequest::Describe { conversation, user: None },
    };
    match shard.call(call).await {
        CallAnswer::Profile(profile) => Ok(profile.name),
        CallAnswer::Described(group) => Ok(group.name),
        CallAnswer::Refused(CallRefusal::Refused(Refusal::Unavailable)) => Err(Trouble::Busy),
        CallAnswer::Refused(_) => Ok(String::new()),
        other => Err(unexpected(&other)),
    }
}

async fn post(
    shard: &ShardHandle,
    asked: &Asked,
    draft: &Draft,
    form: AnswerForm,
) -> Result<Vec<u8>, Trouble> {
    let dialect = DialectName::Im.dialect().traits();
    let call = CallRequest::Post {
        sender: asked.user,
        draft: draft.clone(),
        friends_required: dialect.friends_required && shard.settings().auth.friends_required,
        create_sender: true,
        call_of: Some(DialectName::Im),
    };
    match shard.call(call).await {
        CallAnswer::Posted(posted) => Ok(asked.posted(&posted, form)),
        CallAnswer::Refused(CallRefusal::Refused(refusal)) => {
            let as_good_as_done = asked.refused(refusal)?;
            asked.answered(vec![as_good_as_done], &[], form)
        }
        other => Err(unexpected(&other)),
    }
}

fn unexpected(answer: &CallAnswer) -> Trouble {
    tracing::error!(?answer, "the core gave an answer that no call asked for");
    Trouble::System
}

/// A pull reaches back as far as the settings say.
fn within_age(shard: &ShardHandle, ask: &Ask) -> Ask {
    let mut ask = ask.clone();
    let age_ms = u64::from(shard.settings().im.pull_age_s).saturating_mul(MS_PER_SECOND);
    if let Ask::HistoryBySeq { not_before_ms, .. } = &mut ask
        && age_ms > 0
    {
        *not_before_ms = shard.now().wall_ms.saturating_sub(age_ms);
    }
    ask
}

/// Takes a token of each rate that the settings have for the call.
async fn within_pace(shard: &ShardHandle, asked: &Asked) -> Result<(), Trouble> {
    let limits = shard.settings().im;
    let second = |tokens| Rate { tokens, per_ms: MS_PER_SECOND };
    let mut paces = Vec::new();
    match (asked.call, &asked.task) {
        (Call::Send | Call::Recall, _) if limits.sends_per_second > 0 => {
            paces.push((Paced::Send, second(limits.sends_per_second)));
        }
        (Call::Pull, Task::Asks(asks)) => {
            if limits.pulls_per_second > 0 {
                paces.push((Paced::Pull, second(limits.pulls_per_second)));
            }
            let chat = asks.iter().find_map(|ask| match ask {
                Ask::HistoryBySeq { conversation, .. } | Ask::Recalls { conversation, .. } => {
                    Some(*conversation)
                }
                _ => None,
            });
            if let Some(chat) = chat
                && limits.chat_pull_every_s > 0
            {
                let per_ms = u64::from(limits.chat_pull_every_s).saturating_mul(MS_PER_SECOND);
                paces.push((Paced::PullOf(chat), Rate { tokens: 1, per_ms }));
            }
        }
        (_, _) => {}
    }
    for (paced, rate) in paces {
        match shard.call(CallRequest::Pace { user: asked.user, paced, rate }).await {
            CallAnswer::Done => {}
            CallAnswer::Refused(CallRefusal::Refused(refusal)) => {
                asked.refused(refusal)?;
            }
            other => return Err(unexpected(&other)),
        }
    }
    Ok(())
}

/// Who calls: by the `Token` field, else by the one in `Core-Metadata`, else by `Authorization`.
async fn signed_in(shard: &ShardHandle, headers: &HeaderMap) -> Result<UserId, Trouble> {
    let token = token_of(headers).ok_or(Trouble::Token)?;
    match sign_in(shard, &Credentials::Token(token)).await {
        Ok(signed) => Ok(signed.user),
        Err(SignInError::Refused | SignInError::Expired) => Err(Trouble::Token),
        Err(SignInError::Busy | SignInError::Unavailable) => Err(Trouble::Busy),
    }
}

fn token_of(headers: &HeaderMap) -> Option<String> {
    if let Some(token) = fields::header(headers, "token") {
        return Some(token.to_owned());
    }
    if let Some(metadata) = headers.get("core-metadata") {
        let metadata: Value = serde_json::from_slice(metadata.as_bytes()).ok()?;
        return metadata.get("Token")?.as_str().map(str::to_owned);
    }
    fields::bearer(headers).map(str::to_owned)
}

fn ping(request: &Request<Incoming>, form: AnswerForm) -> Result<Vec<u8>, Trouble> {
    let client_timestamp = decode_ping(request.uri().query().unwrap_or_default())?;
    Ok(encode(&status::pong(client_timestamp, request.uri(), request.headers()), form))
}
