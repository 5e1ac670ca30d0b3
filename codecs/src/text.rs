//! What text a message may hold: one rule for every dialect.
//!
//! Rust's strings already hold Unicode scalar values only; this bounds them and keeps NUL out,
//! which ends strings in half of the languages that clients are written in.

use crate::limits::{TEXT_BYTES_MAX, URL_BYTES_MAX};

/// Why a text is refused. Each dialect answers it in its own form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    #[error("is empty")]
    Empty,
    #[error("has {got} bytes of at most {max}")]
    TooLong { got: usize, max: usize },
    #[error("holds a NUL")]
    Nul,
}

/// Checks a message's text.
pub fn check_text(text: &str) -> Result<(), TextError> {
    check(text, TEXT_BYTES_MAX)
}

/// Checks a pointer to media.
pub fn check_url(url: &str) -> Result<(), TextError> {
    check(url, URL_BYTES_MAX)
}

fn check(text: &str, max: usize) -> Result<(), TextError> {
    if text.is_empty() {
        return Err(TextError::Empty);
    }
    if text.len() > max {
        return Err(TextError::TooLong { got: text.len(), max });
    }
    if text.as_bytes().contains(&0) {
        return Err(TextError::Nul);
    }
    Ok(())
}
