//! How a content is shown to clients that know text only.
//!
//! Decides the words, the same for every dialect that has no others (the dialects' pages have the
//! table). Recalls and read marks have none: the core shows them to dialects with `marks` only.

use std::borrow::Cow;

use crate::model::Content;

/// The text that stands for a content; `None` for marks.
pub fn plain(content: &Content) -> Option<Cow<'_, str>> {
    match content {
        Content::Text { text, extra: _ } | Content::ContactText { text } => {
            Some(Cow::Borrowed(text))
        }
        Content::Media { kind: _, media } | Content::ContactMedia { media } => {
            Some(Cow::Borrowed(&media.url))
        }
        // RFC 5870: a latitude and a longitude in degrees.
        Content::Location { latitude, longitude } => {
            Some(Cow::Owned(format!("geo:{latitude},{longitude}")))
        }
        Content::Recall { .. } | Content::Read { .. } => None,
    }
}
