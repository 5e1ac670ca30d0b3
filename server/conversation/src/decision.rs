//! What one decision changes here and has others told, written as one.
//!
//! Invariant: an intent is in the same write as what it follows from, and is told to its user's
//! home after that write, in the order of the decisions.

use crate::input::CommitSeq;
use crate::mesh::{CallAnswer, Origin};
use crate::placement::Partition;
use crate::store::{Change, Durability, Intent, IntentId};
use crate::turn::{After, Turn};

#[derive(Debug)]
pub(crate) struct Decision {
    /// The partition of the entity that decides.
    origin: Partition,
    pub(crate) changes: Vec<Change>,
    afters: Vec<After>,
    pub(crate) intents: Vec<IntentId>,
}

impl Decision {
    pub(crate) fn of(origin: Partition) -> Self {
        Self { origin, changes: Vec::new(), afters: Vec::new(), intents: Vec::new() }
    }

    pub(crate) fn intend(&mut self, intent: Intent, turn: &mut Turn) {
        let id = turn.intend(self.origin, intent, &mut self.changes, &mut self.afters);
        self.intents.push(id);
    }
}

impl Turn {
    /// Writes what was decided so far; the decision may go on in another write.
    pub(crate) fn write_decision(&mut self, decision: &mut Decision) -> CommitSeq {
        let changes = std::mem::take(&mut decision.changes);
        let has_ceiling = changes.iter().any(|change| matches!(change, Change::PutClock { .. }));
        let write = self.write(changes, Durability::Sync);
        if has_ceiling {
            self.hold_unstored();
        }
        for after in std::mem::take(&mut decision.afters) {
            self.follow(after);
        }
        write
    }

    /// Writes what was decided, and answers once all whom it concerns have it on disk. `None`
    /// where it changed nothing.
    pub(crate) fn decide(
        &mut self,
        mut decision: Decision,
        origin: Origin,
        answer: CallAnswer,
    ) -> Option<CommitSeq> {
        let changes = !decision.changes.is_empty();
        let write = changes.then(|| self.write_decision(&mut decision));
        self.answer_when_done(origin, answer, &decision.intents);
        write
    }
}
