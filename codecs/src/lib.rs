//! The words that clients speak: bytes to [`Request`], [`Event`] to bytes.
//!
//! Sans-IO: nothing here knows a socket, a clock, a runtime or a log. The caller owns every
//! buffer. [`model`] holds the domain's nouns, which every other crate shares; [`request`] and
//! [`event`] are what a dialect decodes and encodes. [`detect`] tells who a connection's first
//! bytes are for, [`framing`] where a frame ends, [`dialect`] what it means.

// The example names this crate as one outside of it would.
#[cfg(feature = "example")]
extern crate self as parlance_codecs;

#[cfg(feature = "example")]
#[path = "../examples/arrays.rs"]
pub mod arrays;
pub mod ask;
pub mod detect;
pub mod dialect;
pub mod event;
pub mod events;
pub mod framing;
mod generated;
pub mod im;
pub mod json;
pub mod limits;
pub mod model;
pub mod notice;
pub mod onechat;
pub mod plain;
pub mod reflection;
pub mod request;
pub mod rooms;
pub mod stream;
pub mod text;

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod round_trip;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod seeded;
#[cfg(test)]
mod vectors;

pub use ask::{Answer, Ask, Description};
pub use event::{Event, Posted, Refusal};
pub use model::{
    Category, Content, ConversationId, Media, MediaKind, Message, MessageId, Seq, UserId,
};
pub use notice::{News, Notice};
pub use request::{Draft, DraftBody, Request, Tag};
