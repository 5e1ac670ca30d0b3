//! What this shard decided and another must keep: durable here until it is durable there.
//!
//! An intent is written with the decision itself, told to the other shard once committed, and
//! deleted when the other says that it is done. What a crash interrupts is told again at start,
//! in the same order; applying an intent twice changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use crate::effect::Effect;
use crate::mesh::{CallAnswer, MeshBody, Origin};
use crate::placement::Partition;
use crate::store::{Change, Durability, Intent, IntentId};
use crate::turn::{After, Reply, Turn};

#[derive(Debug)]
pub(crate) struct Intents {
    next_number: u64,
    /// Calls that are answered when the last of their intents is done.
    callers: BTreeMap<u64, Caller>,
    caller_of: BTreeMap<IntentId, u64>,
    /// Found at start and not yet done; the shard is ready when there are none.
    recovering: BTreeSet<IntentId>,
}

#[derive(Debug)]
struct Caller {
    origin: Origin,
    answer: CallAnswer,
    open: usize,
}

impl Intents {
    pub(crate) fn new(recovered: &[(IntentId, Intent)]) -> Self {
        let last = recovered.iter().map(|(id, _)| id.number).max().unwrap_or(0);
        Self {
            next_number: last + 1,
            callers: BTreeMap::new(),
            caller_of: BTreeMap::new(),
            recovering: recovered.iter().map(|(id, _)| *id).collect(),
        }
    }

    fn next(&mut self, origin: Partition) -> IntentId {
        let id = IntentId { origin, number: self.next_number };
        self.next_number += 1;
        id
    }
}

impl Turn {
    /// Adds the intent to a write's changes, and the telling to what follows it.
    pub(crate) fn intend(
        &mut self,
        origin: Partition,
        intent: Intent,
        changes: &mut Vec<Change>,
        afters: &mut Vec<After>,
    ) -> IntentId {
        let id = self.intents.next(origin);
        let to = self.placement.home_of_user(intent.user());
        changes.push(Change::PutIntent { id, intent: intent.clone() });
        afters.push(After::Tell { to, body: MeshBody::Intend { id, intent } });
        id
    }

    /// Answers the caller once all these intents are done; after the writes where there are none.
    pub(crate) fn answer_when_done(
        &mut self,
        origin: Origin,
        answer: CallAnswer,
        intents: &[IntentId],
    ) {
        let Some(last) = intents.last() else {
            self.answer(origin, Reply::Call(answer));
            return;
        };
        let caller = last.number;
        self.intents.callers.insert(caller, Caller { origin, answer, open: intents.len() });
        for id in intents {
            self.intents.caller_of.insert(*id, caller);
        }
    }

    /// Tells again what a restart found, and says when the shard is ready.
    pub(crate) fn redrive(&mut self, recovered: Vec<(IntentId, Intent)>) {
        for (id, intent) in recovered {
            let to = self.placement.home_of_user(intent.user());
            self.tell(to, MeshBody::Intend { id, intent });
        }
        if self.intents.recovering.is_empty() {
            self.effect(Effect::Ready);
        }
    }

    /// The other shard has it on disk.
    pub(crate) fn intent_done(&mut self, id: IntentId) {
        // Losing this deletion in a crash only tells the intent once more.
        self.write(vec![Change::DeleteIntent { id }], Durability::Os);
        if self.intents.recovering.remove(&id) && self.intents.recovering.is_empty() {
            self.effect(Effect::Ready);
        }
        let Some(number) = self.intents.caller_of.remove(&id) else { return };
        let Some(caller) = self.intents.callers.get_mut(&number) else { return };
        caller.open -= 1;
        if caller.open == 0
            && let Some(caller) = self.intents.callers.remove(&number)
        {
            self.answer(caller.origin, Reply::Call(caller.answer));
        }
    }
}
