//! Which client keys a sender has used in a conversation, and what the first use gave.
//!
//! A key counts for [`DEDUPE_WINDOW_MS`] or for the sender's last [`DEDUPE_RECORDS_MAX`] keys,
//! whichever ends first. The same key with other content is another message, so both make the
//! identity.

use std::collections::{BTreeMap, VecDeque};

use parlance_codecs::{Content, DraftBody, Media, MediaKind};
use smallvec::SmallVec;
use xxhash_rust::xxh3::xxh3_128;

use crate::input::CommitSeq;
use crate::store::{DEDUPE_RECORDS_MAX, DEDUPE_WINDOW_MS, DedupeIdentity, DedupeRecord};

/// One sender's keys in one conversation.
#[derive(Debug, Default)]
pub(crate) struct Window {
    by_identity: BTreeMap<DedupeIdentity, DedupeRecord>,
    /// Oldest first.
    order: VecDeque<DedupeIdentity>,
    /// Until it is committed, a load would miss the newest keys.
    pub(crate) last_write: CommitSeq,
}

impl Window {
    /// From a store's records, newest first.
    pub(crate) fn loaded(records: Vec<DedupeRecord>) -> Self {
        let mut window = Self::default();
        for record in records.into_iter().rev() {
            window.remember(record);
        }
        window
    }

    /// `steady_ms`: the id clock's own time, which no jump of the wall clock moves.
    pub(crate) fn find(&self, identity: DedupeIdentity, steady_ms: u64) -> Option<&DedupeRecord> {
        let record = self.by_identity.get(&identity)?;
        let age_ms = steady_ms.saturating_sub(record.id.ms_since_epoch());
        (age_ms < DEDUPE_WINDOW_MS).then_some(record)
    }

    pub(crate) fn remember(&mut self, record: DedupeRecord) {
        if self.by_identity.insert(record.identity, record).is_some() {
            // Used again after its window ended: it is the newest now.
            self.order.retain(|identity| *identity != record.identity);
        }
        self.order.push_back(record.identity);
        if self.order.len() > DEDUPE_RECORDS_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.by_identity.remove(&oldest);
        }
    }
}

/// What is hashed. As a whole and not piece by piece, because a hash in pieces begins with clearing
/// half a kilobyte; a usual message fits here.
type Parts = SmallVec<[u8; 512]>;

/// The identity of a key together with what is sent under it. Lengths stand before every part,
/// so that no two different drafts read alike.
pub(crate) fn identity(key: &[u8], body: &DraftBody, expires_in_ms: Option<u64>) -> DedupeIdentity {
    let mut hash = Parts::new();
    part(&mut hash, key);
    part(&mut hash, &expires_in_ms.unwrap_or(u64::MAX).to_be_bytes());
    match body {
        DraftBody::Recall { target } => {
            part(&mut hash, b"recall");
            part(&mut hash, &target.raw().to_be_bytes());
        }
        DraftBody::Read { target } => {
            part(&mut hash, b"read");
            part(&mut hash, &target.raw().to_be_bytes());
        }
        DraftBody::Content(content) => hash_content(&mut hash, content),
    }
    DedupeIdentity(xxh3_128(&hash))
}

fn hash_content(hash: &mut Parts, content: &Content) {
    match content {
        Content::Text { text, extra } => {
            part(hash, b"text");
            part(hash, text.as_bytes());
            part(hash, extra.as_bytes());
        }
        Content::Media { kind, media } => {
            part(hash, b"media");
            part(hash, &[media_tag(*kind)]);
            hash_media(hash, media);
        }
        Content::Location { latitude, longitude } => {
            part(hash, b"location");
            part(hash, &latitude.to_bits().to_be_bytes());
            part(hash, &longitude.to_bits().to_be_bytes());
        }
        Content::ContactText { text } => {
            part(hash, b"contact");
            part(hash, text.as_bytes());
        }
        Content::ContactMedia { media } => {
            part(hash, b"contact media");
            hash_media(hash, media);
        }
        Content::Recall { .. } | Content::Read { .. } => {
            unreachable!("drafts ask for marks in their own words")
        }
    }
}

fn hash_media(hash: &mut Parts, media: &Media) {
    part(hash, media.url.as_bytes());
    part(hash, media.thumbnail.as_deref().unwrap_or_default().as_bytes());
}

fn media_tag(kind: MediaKind) -> u8 {
    match kind {
        MediaKind::Audio => 1,
        MediaKind::Sticker => 2,
        MediaKind::Photo => 3,
        MediaKind::Video => 4,
        MediaKind::Gif => 5,
        MediaKind::File => 6,
    }
}

fn part(hash: &mut Parts, bytes: &[u8]) {
    hash.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
    hash.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests;
