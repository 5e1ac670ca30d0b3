//! Settings: a TOML file, then `PARLANCE_SECTION__KEY` variables, then flags.
//!
//! Decides what can be set, from where, and what is valid. Nothing is guessed: a key that names
//! no setting, a value of a wrong type and a combination that cannot work are errors that say
//! where they stood. Invariant: a [`Settings`] that [`load`] returned is usable as it is.

mod check;
mod error;
mod layers;
mod origins;
mod raw;
mod settings;
mod show;

pub(crate) use error::ConfigError;
pub(crate) use layers::{Flag, Sources, load};
pub(crate) use origins::AllowedOrigins;
pub(crate) use settings::{Auth, JwtAlgorithm, JwtKey, Listen, ListenAddress, Settings, UserClaim};
pub(crate) use show::show;

#[cfg(test)]
mod tests;
