//! What was said: by seq or by time in one conversation, by id in all of them.
//!
//! Decides which span of seqs an ask is about; a span ends where the conversation's home said
//! that the log ends, and begins behind what is hidden from the user. Answers are bounded by their
//! count, by their bytes, and by the pages that are read for them.

use std::sync::Arc;

use parlance_codecs::ask::Direction;
use parlance_codecs::{
    Answer, Ask, Content, ConversationId, Message, MessageId, Refusal, Seq, UserId,
};
use parlance_conversation::limits::{HISTORY_BYTES_MAX, PAGE_BYTES_MAX};
use parlance_conversation::mesh::{CallAnswer, CallRequest, View};
use parlance_conversation::store::LogQuery;
use parlance_storage::HistoryQuery;

use super::{look, refusal};
use crate::shard_handle::ShardHandle;

/// Pages read for one answer. Each has something to show or has looked at some thousands of
/// places, so that it takes millions of expired messages in a row to get there.
const PAGES_MAX: usize = 1_024;

/// Whether recalled messages are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Recalled {
    Shown,
    LeftOut,
}

/// A part of one conversation's log, both ends included.
#[derive(Clone, Copy, Debug)]
struct Span {
    conversation: ConversationId,
    first: Seq,
    last: Seq,
    direction: Direction,
}

impl Span {
    /// All that the view shows.
    fn of(conversation: ConversationId, view: &View, direction: Direction) -> Self {
        let first = behind(view.standing.hidden_up_to);
        Self { conversation, first, last: view.last_seq, direction }
    }
}

pub(super) async fn by_seq(
    shard: &ShardHandle,
    user: UserId,
    conversation: ConversationId,
    (start, direction): (Seq, Direction),
    count: u32,
    not_before_ms: u64,
) -> Result<Answer, Refusal> {
    let view = look(shard, user, conversation).await?;
    let mut span = Span::of(conversation, &view, direction);
    match direction {
        Direction::After => span.first = span.first.max(start),
        Direction::Before => span.last = span.last.min(start),
    }
    let is_young = |message: &Message| message.created_at_ms >= not_before_ms;
    let (messages, more) = read(shard, span, count, Recalled::Shown, |_| true).await?;
    // Where the log's young part begins is sought for those only who ask beyond it.
    if messages.iter().all(|message| is_young(message)) {
        return Ok(Answer::History { messages, more });
    }
    span.first = span.first.max(seq_at(shard, &span, view.last_seq, not_before_ms).await?);
    let (messages, more) = read(shard, span, count, Recalled::Shown, is_young).await?;
    Ok(Answer::History { messages, more })
}

pub(super) async fn by_time(
    shard: &ShardHandle,
    user: UserId,
    conversation: ConversationId,
    (from_ms, to_ms): (Option<u64>, Option<u64>),
    count: u32,
) -> Result<Answer, Refusal> {
    let view = look(shard, user, conversation).await?;
    let direction = if from_ms.is_some() { Direction::After } else { Direction::Before };
    let mut span = Span::of(conversation, &view, direction);
    if let Some(from_ms) = from_ms {
        span.first = span.first.max(seq_at(shard, &span, view.last_seq, from_ms).await?);
    }
    if let Some(to_ms) = to_ms {
        let beyond = seq_at(shard, &span, view.last_seq, to_ms.saturating_add(1)).await?;
        span.last = Seq(beyond.0.saturating_sub(1));
    }
    // Where the wall clock was set back, what lies between the two may be of another time.
    let in_time = |message: &Message| {
        from_ms.is_none_or(|from_ms| from_ms <= message.created_at_ms)
            && to_ms.is_none_or(|to_ms| message.created_at_ms <= to_ms)
    };
    let (mut messages, more) = read(shard, span, count, Recalled::LeftOut, in_time).await?;
    if direction == Direction::Before {
        messages.reverse();
    }
    Ok(Answer::History { messages, more })
}

/// The user's home waits for all shards, so that nothing below the answer's end can still appear.
pub(super) async fn after(
    shard: &ShardHandle,
    user: UserId,
    after: MessageId,
    count: u32,
) -> Result<Answer, Refusal> {
    match shard.call(CallRequest::HistoryAfter { user, after, count }).await {
        CallAnswer::History { messages, more } => Ok(Answer::History { messages, more }),
        other => Err(refusal(&other)),
    }
}

/// The message with a seq, if the view shows one there.
pub(super) async fn message_at(
    shard: &ShardHandle,
    conversation: ConversationId,
    view: &View,
    seq: Seq,
) -> Result<Option<Arc<Message>>, Refusal> {
    let mut span = Span::of(conversation, view, Direction::After);
    span.first = span.first.max(seq);
    span.last = span.last.min(seq);
    let (messages, _) = read(shard, span, 1, Recalled::Shown, |_| true).await?;
    Ok(messages.into_iter().next())
}

async fn seq_at(shard: &ShardHandle, span: &Span, last: Seq, at_ms: u64) -> Result<Seq, Refusal> {
    shard.seq_at(span.conversation, last, at_ms).await.map_err(|_| Refusal::Unavailable)
}

/// At most `count` messages of the span that are wanted, and whether there are others.
async fn read(
    shard: &ShardHandle,
    mut span: Span,
    count: u32,
    recalled: Recalled,
    is_wanted: impl Fn(&Message) -> bool,
) -> Result<(Vec<Arc<Message>>, bool), Refusal> {
    let count_max = count.clamp(1, Ask::HISTORY_MAX) as usize;
    let mut messages = Vec::new();
    let mut bytes = 0;
    for _ in 0..PAGES_MAX {
        let query = HistoryQuery {
            conversation: span.conversation,
            first: span.first,
            last: span.last,
            direction: span.direction,
            // One more tells whether there are others.
            messages_max: (count_max + 1 - messages.len()).min(LogQuery::MESSAGES_MAX),
            bytes_max: PAGE_BYTES_MAX,
            now_ms: shard.now().wall_ms,
            with_recalled: recalled == Recalled::Shown,
        };
        let page = shard.read_history(query).await.map_err(|_| Refusal::Unavailable)?;
        for message in page.messages.into_iter().filter(|message| is_wanted(message)) {
            if messages.len() >= count_max || bytes >= HISTORY_BYTES_MAX {
                return Ok((messages, true));
            }
            bytes += content_bytes(&message.content);
            messages.push(message);
        }
        match (page.next, span.direction) {
            (None, _) => return Ok((messages, false)),
            (Some(next), Direction::After) => span.first = next,
            (Some(next), Direction::Before) => span.last = next,
        }
    }
    Err(Refusal::Unavailable)
}

fn behind(seq: Seq) -> Seq {
    Seq(seq.0.saturating_add(1))
}

/// Roughly what a message takes in an answer.
fn content_bytes(content: &Content) -> usize {
    let text = match content {
        Content::Text { text, extra } => text.len() + extra.len(),
        Content::Media { media, .. } | Content::ContactMedia { media } => {
            media.url.len() + media.thumbnail.as_ref().map_or(0, String::len)
        }
        Content::ContactText { text } => text.len(),
        Content::Location { .. } | Content::Recall { .. } | Content::Read { .. } => 16,
    };
    text + 128
}
