//! What the run's senders wanted to say, and what they were answered.
//!
//! Each draft has a token, which its content carries, so that a stored message tells which draft
//! it came from. Decides whether a result fits its draft and the draft's earlier results.

use std::collections::BTreeMap;

use parlance_codecs::{Content, Draft, DraftBody, Media, MediaKind, MessageId, Posted, UserId};

use crate::violation::{Checked, Promise, broken};

/// Who sends a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sender {
    Client(usize),
    Operator,
}

/// One draft and its story.
#[derive(Clone, Debug)]
pub(crate) struct DraftFact {
    pub(crate) sender: Sender,
    pub(crate) user: UserId,
    pub(crate) draft: Draft,
    pub(crate) first_sent_us: u64,
    /// The largest id that its sender had seen when it was first sent.
    pub(crate) seen: MessageId,
    /// How often it reached the core.
    pub(crate) arrivals: u32,
    /// The incarnation of the process that it last reached.
    pub(crate) arrived_in: u32,
    pub(crate) result: Option<Posted>,
    /// One answer said that it was no duplicate.
    pub(crate) fresh_answer: bool,
}

impl DraftFact {
    pub(crate) fn new(sender: Sender, user: UserId, draft: Draft, seen: MessageId) -> Self {
        Self {
            sender,
            user,
            draft,
            first_sent_us: 0,
            seen,
            arrivals: 0,
            arrived_in: 0,
            result: None,
            fresh_answer: false,
        }
    }
}

/// Every draft of a run by its token.
#[derive(Default)]
pub(crate) struct Drafts {
    pub(crate) facts: BTreeMap<u64, DraftFact>,
}

impl Drafts {
    /// The next token.
    pub(crate) fn next_token(&self) -> u64 {
        self.facts.len() as u64 + 1
    }

    pub(crate) fn fact(&self, token: u64) -> Option<&DraftFact> {
        self.facts.get(&token)
    }

    pub(crate) fn fact_mut(&mut self, token: u64) -> Option<&mut DraftFact> {
        self.facts.get_mut(&token)
    }

    /// Checks a result against the draft and its earlier results, and remembers it.
    pub(crate) fn answered(&mut self, token: u64, posted: Posted) -> Checked {
        let Some(fact) = self.facts.get_mut(&token) else {
            return broken(Promise::Contract, format!("a result for unknown draft {token}"));
        };
        if posted.conversation != fact.draft.conversation || posted.sender != fact.user {
            return broken(Promise::Rights, format!("{fact:?} was answered {posted:?}"));
        }
        if let Some(first) = fact.result
            && (first.id, first.seq, first.recall_index)
                != (posted.id, posted.seq, posted.recall_index)
        {
            return broken(
                Promise::Once,
                format!("draft {token} was answered {first:?} and then {posted:?}"),
            );
        }
        // A recall of what was recalled already answers with the first recall, whose draft was
        // another one.
        let is_content = matches!(fact.draft.body, DraftBody::Content(_));
        if is_content && posted.duplicate && fact.arrivals < 2 {
            return broken(
                Promise::Once,
                format!("draft {token}, sent once, was answered as a duplicate: {posted:?}"),
            );
        }
        if is_content && !posted.duplicate && fact.fresh_answer {
            return broken(Promise::Once, format!("draft {token} was stored twice: {posted:?}"));
        }
        if is_content && posted.id <= fact.seen {
            return broken(
                Promise::Order,
                format!("draft {token} got {posted:?} although its sender had seen {}", fact.seen),
            );
        }
        fact.fresh_answer |= !posted.duplicate;
        fact.result = Some(posted);
        Ok(())
    }
}

/// A body that carries its token.
pub(crate) fn body_of(token: u64, media: bool) -> DraftBody {
    let mark = format!("m{token}");
    let content = if media {
        let media = Media { url: mark, thumbnail: None };
        Content::Media { kind: MediaKind::Photo, media }
    } else {
        Content::text(mark)
    };
    DraftBody::Content(content)
}

/// The token that a content carries; `None` for marks.
pub(crate) fn token_of(content: &Content) -> Option<u64> {
    match content {
        Content::Text { text, .. } => text.strip_prefix('m')?.parse().ok(),
        Content::Media { media, .. } => media.url.strip_prefix('m')?.parse().ok(),
        Content::Location { .. }
        | Content::ContactText { .. }
        | Content::ContactMedia { .. }
        | Content::Recall { .. }
        | Content::Read { .. } => None,
    }
}

/// Whether a stored content is what a body asked for.
pub(crate) fn fits(body: &DraftBody, content: &Content) -> bool {
    match (body, content) {
        (DraftBody::Content(wanted), stored) => wanted == stored,
        (DraftBody::Recall { target: wanted }, Content::Recall { target, .. })
        | (DraftBody::Read { target: wanted }, Content::Read { target }) => wanted == target,
        (DraftBody::Recall { .. } | DraftBody::Read { .. }, _) => false,
    }
}
