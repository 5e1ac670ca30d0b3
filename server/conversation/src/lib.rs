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
pub mod placement;
pub mod store;

pub use effect::Effect;
pub use input::Input;
