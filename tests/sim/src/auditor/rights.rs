//! Who may be shown what: members while they are members, and all of it.

use std::ops::Bound;

use parlance_codecs::{Category, Message};
use parlance_conversation::store::Change;

use crate::auditor::Auditor;
use crate::auditor::ledger::Place;
use crate::violation::{Checked, Promise, broken};

impl Auditor {
    /// A write was asked for.
    pub(crate) fn written(&mut self, changes: &[Change]) {
        for change in changes {
            if let Change::DeleteMembership { user, conversation } = change {
                self.left.insert((*user, *conversation));
            }
            if let Change::PutMembership { user, conversation, .. } = change {
                self.left.remove(&(*user, *conversation));
            }
        }
    }

    pub(crate) fn check_rights(&self, connection: usize, message: &Message) -> Checked {
        let Some(session) = self.sessions.get(&connection) else { return Ok(()) };
        let user = session.user;
        let conversation = message.conversation;
        let place = (message.seq, message.mark);
        let stays = self.ledger.logs.get(&conversation).and_then(|log| log.stays.get(&user));
        let by_stay = stays.into_iter().flatten().any(|stay| {
            let begun = stay.with_history || place > stay.from;
            begun && stay.until.is_none_or(|until| place <= until)
        });
        let allowed = match message.category {
            Category::Direct => conversation.peer_of(user).is_some(),
            Category::Group | Category::Channel => by_stay,
            Category::Room => by_stay || session.rooms.contains_key(&conversation),
        };
        if !allowed {
            return broken(Promise::Rights, format!("{user} was shown {message:?}"));
        }
        if self.left.contains(&(user, conversation)) {
            return broken(Promise::Rights, format!("{user} was shown {message:?} after leaving"));
        }
        Ok(())
    }

    /// Who is in a room is shown all of it, live, but what they sent themselves; what was said
    /// before they came may be shown or not.
    pub(crate) fn check_room_gap(
        &self,
        connection: usize,
        before: Place,
        message: &Message,
    ) -> Checked {
        let Some(session) = self.sessions.get(&connection) else { return Ok(()) };
        let Some(log) = self.ledger.logs.get(&message.conversation) else { return Ok(()) };
        let Some(joined_at) = session.rooms.get(&message.conversation) else { return Ok(()) };
        let before = before.max(*joined_at);
        if before >= (message.seq, message.mark) {
            return Ok(());
        }
        let after = (Bound::Excluded(before), Bound::Excluded((message.seq, message.mark)));
        let mut between = log.entries.range(after).map(|(_, message)| message);
        // What expires while it waits for its turn is shown to nobody.
        let gap = between.find(|it| {
            it.sender != session.user
                && (it.mark == 0 || session.style.marks)
                && it.expires_at_ms.is_none()
        });
        match gap {
            None => Ok(()),
            Some(gap) => broken(
                Promise::Resume,
                format!("connection {connection} was shown {message:?}, but never {gap:?}"),
            ),
        }
    }
}
