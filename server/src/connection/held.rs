//! What waits behind an answer.
//!
//! A client that asked for something is answered before it is told what came of it, though others
//! may be told first. Decides what is kept until then. Invariant: while nothing is being answered,
//! nothing is kept.

use std::cell::Cell;

use bytes::Bytes;

/// Notifications that wait for the answer to what the peer asked. More of them overtake it.
const HELD_MAX: usize = 16;

/// `Some` while something that the peer asked is being answered.
#[derive(Default)]
pub(crate) struct Held(Cell<Option<Vec<Bytes>>>);

impl Held {
    /// The peer asked: from here to [`Held::end`] what would overtake the answer can be held.
    pub(super) fn begin(&self) {
        self.0.set(Some(Vec::new()));
    }

    /// Keeps a chunk behind the answer that is awaited; gives it back where none is, or where too
    /// much is kept already.
    pub(crate) fn hold(&self, chunk: Bytes) -> Option<Bytes> {
        let mut held = self.0.take();
        let overtakes = match &mut held {
            Some(held) if held.len() < HELD_MAX => {
                held.push(chunk);
                None
            }
            Some(_) | None => Some(chunk),
        };
        self.0.set(held);
        overtakes
    }

    /// What follows the answer.
    pub(super) fn end(&self) -> Vec<Bytes> {
        self.0.take().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_while_an_answer_is_awaited_follows_it() {
        let held = Held::default();
        let chunk = Bytes::from_static(b"x");
        assert_eq!(held.hold(chunk.clone()), Some(chunk.clone()), "nothing is being answered");
        held.begin();
        for _ in 0..HELD_MAX {
            assert_eq!(held.hold(chunk.clone()), None);
        }
        assert_eq!(held.hold(chunk.clone()), Some(chunk.clone()), "too much is kept");
        assert_eq!(held.end().len(), HELD_MAX);
        assert_eq!(held.hold(chunk.clone()), Some(chunk));
    }
}
