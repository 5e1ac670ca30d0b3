//! The pure core: [`Input`] and the time go in, [`Effect`]s come out.
//!
//! One [`Shard`] decides everything about the users and conversations whose partitions it owns:
//! membership, seq and message id, dedupe, recall, cursors, who receives what, what a session
//! missed. It does no I/O, reads no clock, draws no randomness, starts no thread, and never
//! depends on hash order: the same inputs at the same times give the same effects.

pub mod effect;
pub mod input;
pub mod limits;
pub mod mesh;
pub mod paces;
pub mod placement;
pub mod social;
pub mod store;

mod append;
mod cache;
mod clock;
mod conversation;
mod conversation_home;
mod decision;
mod dedupe;
mod delivery;
mod directory;
mod fan_out;
mod friendships;
mod gate;
mod group_home;
mod history;
mod intended;
mod intents;
mod members;
mod naming;
mod notices;
mod post;
mod receipts;
mod requests;
mod resume;
mod rights;
mod routing;
mod session;
mod session_home;
mod shard;
mod turn;
mod user;
mod user_home;
mod views;

#[cfg(test)]
mod scenarios;

pub use effect::Effect;
pub use input::Input;
pub use shard::{Options, Shard};
