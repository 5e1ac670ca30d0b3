//! The operator's commands: users, groups and stores.
//!
//! Users and groups are changed by a running server, through its operator port; `check` and
//! `restore` work on a directory that no server has open. Blocking, one command per process.

mod client;
mod error;
mod group;
mod store;
mod user;

pub use client::ServerArgs;
pub use error::OperatorError;
pub use group::{GroupCommand, group};
pub use store::{CheckArgs, RestoreArgs, check, restore};
pub use user::{UserCommand, user};
