//! `/api/v1/publish` and a conversation's messages.

use std::sync::Arc;

use hyper::body::Incoming;
use hyper::{Request, StatusCode, Uri};
use parlance_codecs::limits::CLIENT_KEY_BYTES_MAX;
use parlance_codecs::text::check_text;
use parlance_codecs::{
    Content, ConversationId, Draft, DraftBody, Media, MediaKind, Message, MessageId, Seq,
};
use parlance_conversation::limits::PAGE_BYTES_MAX;
use parlance_conversation::mesh::{CallAnswer, CallRequest};
use parlance_conversation::store::{LogQuery, LogRange};
use serde::Deserialize;
use serde_json::{Value, json};

use super::ids::{self, Conversation, Page, User};
use super::{Problem, answer, body_of};
use crate::http::answer::Answer;
use crate::shard_handle::ShardHandle;

/// Text in one list, softly: what comes after it is for the next one. Whoever reads on until a
/// list is empty reads all.
const LIST_BYTES_MAX: usize = 4 * 1024 * 1024;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Publication {
    conversation: Conversation,
    sender: User,
    text: String,
    key: Option<String>,
}

impl Publication {
    pub(super) fn check(&self, text_bytes_max: usize) -> Result<(), Problem> {
        check_text(&self.text).map_err(|error| Problem::bad_request(format!("text {error}")))?;
        if self.text.len() > text_bytes_max {
            let got = self.text.len();
            let detail = format!("text has {got} bytes of at most {text_bytes_max}");
            return Err(Problem::bad_request(detail));
        }
        match &self.key {
            Some(key) if key.is_empty() || key.len() > CLIENT_KEY_BYTES_MAX => {
                let got = key.len();
                let detail =
                    format!("key has {got} bytes, 1 to {CLIENT_KEY_BYTES_MAX} are allowed");
                Err(Problem::bad_request(detail))
            }
            Some(_) | None => Ok(()),
        }
    }
}

pub(super) async fn publish(
    shard: &ShardHandle,
    request: Request<Incoming>,
) -> Result<Answer, Problem> {
    let publication: Publication = body_of(request).await?;
    publication.check(shard.settings().limits.text_bytes)?;
    let Publication { conversation, sender, text, key } = publication;
    let draft = Draft {
        conversation: conversation.0,
        category: None,
        body: DraftBody::Content(Content::text(text)),
        expires_in_ms: None,
        key: key.map(|key| key.into_bytes().into_boxed_slice()),
    };
    let call = CallRequest::Post {
        sender: sender.0,
        draft,
        friends_required: false,
        // The operator vouches for whom it names.
        create_sender: true,
        call_of: None,
    };
    match shard.call(call).await {
        CallAnswer::Posted(posted) => {
            let body = json!({ "id": posted.id.raw(), "seq": posted.seq.0 });
            Ok(answer::json(StatusCode::OK, &body))
        }
        other => Err(Problem::refused(&other)),
    }
}

/// The messages above a seq, rising; recalled and expired ones are not in it.
pub(super) async fn list(shard: &ShardHandle, id: &str, uri: &Uri) -> Result<Answer, Problem> {
    let conversation = ids::conversation(id)?;
    let page = Page::of(uri)?;
    // Seqs end where `u32` does: after anything larger there is nothing.
    let after = Seq(u32::try_from(page.after).unwrap_or(u32::MAX));
    if let ConversationId::Number(_) = conversation {
        match shard.call(CallRequest::Describe { conversation, user: None }).await {
            CallAnswer::Done | CallAnswer::Described(_) => {}
            other => return Err(Problem::refused(&other)),
        }
    }
    let messages = read(shard, conversation, after, page.limit).await?;
    let messages: Vec<Value> = messages.iter().map(|message| shown(message)).collect();
    Ok(answer::json(StatusCode::OK, &json!({ "messages": messages })))
}

async fn read(
    shard: &ShardHandle,
    conversation: ConversationId,
    after_seq: Seq,
    limit: usize,
) -> Result<Vec<Arc<Message>>, Problem> {
    let home = shard.placement().home_of_conversation(conversation);
    let mut after_id = MessageId::ZERO;
    let mut messages: Vec<Arc<Message>> = Vec::new();
    let mut bytes = 0_usize;
    // Ends: each page reaches further into a log that has an end.
    while messages.len() < limit && bytes < LIST_BYTES_MAX {
        let query = LogQuery {
            ranges: vec![LogRange { conversation, after_id, after_seq, up_to: MessageId::MAX }],
            messages_max: LogQuery::MESSAGES_MAX,
            bytes_max: PAGE_BYTES_MAX,
            now_ms: shard.now().wall_ms,
            with_recalled: false,
        };
        let page = shard.read_log(home, query).await.map_err(|_| Problem::unavailable())?;
        let reached = page.complete_up_to;
        // Marks are about messages and share their seqs; they are not listed.
        let listed = page.messages.into_iter().filter(|message| !message.content.is_mark());
        let left = limit.saturating_sub(messages.len());
        messages.extend(listed.take(left).inspect(|message| {
            if let Content::Text { text, .. } = &message.content {
                bytes = bytes.saturating_add(text.len());
            }
        }));
        if reached == MessageId::MAX || reached <= after_id {
            break;
        }
        after_id = reached;
    }
    Ok(messages)
}

fn shown(message: &Message) -> Value {
    json!({
        "id": message.id.raw(),
        "seq": message.seq.0,
        "sender": message.sender.raw(),
        "content": content(&message.content),
        "created_at": message.created_at_ms,
    })
}

pub(super) fn content(content: &Content) -> Value {
    match content {
        Content::Text { text, extra } if extra.is_empty() => {
            json!({ "type": "text", "text": text })
        }
        Content::Text { text, extra } => json!({ "type": "text", "text": text, "extra": extra }),
        Content::Media { kind, media } => pointer(kind_name(*kind), media),
        Content::Location { latitude, longitude } => {
            json!({ "type": "location", "latitude": latitude, "longitude": longitude })
        }
        Content::ContactText { text } => json!({ "type": "contact", "text": text }),
        Content::ContactMedia { media } => pointer("contact", media),
        Content::Recall { target, target_seq, index } => json!({
            "type": "recall", "target": target.raw(), "target_seq": target_seq.0, "index": index,
        }),
        Content::Read { target } => json!({ "type": "read", "target": target.raw() }),
    }
}

fn pointer(name: &str, media: &Media) -> Value {
    match &media.thumbnail {
        Some(thumbnail) => json!({ "type": name, "url": media.url, "thumbnail": thumbnail }),
        None => json!({ "type": name, "url": media.url }),
    }
}

fn kind_name(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Audio => "audio",
        MediaKind::Sticker => "sticker",
        MediaKind::Photo => "photo",
        MediaKind::Video => "video",
        MediaKind::Gif => "gif",
        MediaKind::File => "file",
    }
}
