//! The end of a run: faults have stopped, everybody has come back, nothing is under way.
//!
//! Every member has every message that they were entitled to, acknowledgements are on disk,
//! nothing asked is unanswered, and what spans two shards agrees.

use parlance_codecs::{Category, ConversationId, Message, MessageId, UserId};
use parlance_conversation::store::Durability;

use crate::auditor::Auditor;
use crate::auditor::ledger::{Log, may_be_left_out};
use crate::client::Client;
use crate::drafts::{Sender, token_of};
use crate::violation::{Checked, Promise, broken};

impl Auditor {
    pub(crate) fn verdict(&self, clients: &[Client]) -> Checked {
        for client in clients {
            self.check_history(client)?;
        }
        self.check_acknowledged()?;
        self.check_settled()
    }

    /// The client has everything it was entitled to.
    fn check_history(&self, client: &Client) -> Checked {
        for (conversation, log) in &self.ledger.logs {
            let Some(category) = self.ledger.category_of(*conversation) else { continue };
            if category == Category::Room || self.durability_of(category) == Durability::Memory {
                continue;
            }
            let Some(from) = entitled_from(*conversation, log, client.user) else { continue };
            for message in log.entries.values() {
                if message.seq.0 > from && self.is_missing(client, message) {
                    return broken(
                        Promise::Resume,
                        format!("{} never got {message:?}", client.describe()),
                    );
                }
            }
        }
        Ok(())
    }

    fn is_missing(&self, client: &Client, message: &Message) -> bool {
        if may_be_left_out(message) {
            return false;
        }
        // Cursors do not count marks: past an acknowledged message they are gone.
        if message.mark > 0 && (client.goes_by_cursor || !client.style.marks) {
            return false;
        }
        if client.received.contains(&message.id) || self.is_own(client, message) {
            return false;
        }
        // Whoever goes by the server's cursors is not sent what the user has acknowledged on
        // another device.
        let acknowledged = self.acknowledged.get(&client.user);
        !(client.goes_by_cursor && acknowledged.is_some_and(|it| it.covers(message)))
    }

    /// A client knows what it sent itself; by cursor, what its user sent counts as delivered.
    fn is_own(&self, client: &Client, message: &Message) -> bool {
        if message.sender != client.user {
            return false;
        }
        if client.goes_by_cursor {
            return true;
        }
        let by_content = token_of(&message.content).and_then(|token| self.drafts.fact(token));
        match by_content {
            Some(fact) => fact.sender == Sender::Client(client.index),
            // A mark carries no token: any of the user's clients may have sent it.
            None => message.mark > 0,
        }
    }

    /// Acknowledged sends are on disk, exactly where they were said to be.
    fn check_acknowledged(&self) -> Checked {
        for (token, fact) in &self.drafts.facts {
            let Some(posted) = fact.result else { continue };
            if self.durability_of(posted.category) != Durability::Sync {
                continue;
            }
            let stored = self.ledger.message(posted.id);
            if stored.is_none_or(|it| it.seq != posted.seq || it.sender != fact.user) {
                return broken(
                    Promise::Durable,
                    format!("draft {token} was acknowledged as {posted:?}, on disk is {stored:?}"),
                );
            }
        }
        Ok(())
    }

    /// Members and memberships agree, names lead to users.
    fn check_settled(&self) -> Checked {
        let mut of_nobody = self.ledger.names_of_nobody().into_iter();
        if let Some(name) = of_nobody.find(|name| !self.abandoned_names.contains(name)) {
            return broken(Promise::Liveness, format!("{name:?} leads to no user"));
        }
        self.ledger.check_relations_settled()?;
        for (conversation, log) in &self.ledger.logs {
            for user in log.members.keys() {
                if !self.has_membership(*user, *conversation) {
                    return broken(
                        Promise::Liveness,
                        format!("{user} is a member of {conversation}, unknown at their home"),
                    );
                }
            }
        }
        for (user, account) in &self.ledger.accounts {
            for conversation in account.memberships.keys() {
                let direct = conversation.peer_of(*user).is_some();
                let log = self.ledger.logs.get(conversation);
                if !direct && log.is_none_or(|log| log.stay(*user).is_none()) {
                    return broken(
                        Promise::Liveness,
                        format!("{user}'s home has a membership of {conversation} left over"),
                    );
                }
            }
            for friend in account.friends.keys() {
                if !self.befriending.contains(&(*user.min(friend), *user.max(friend))) {
                    return broken(Promise::Rights, format!("{user} and {friend} are friends"));
                }
            }
        }
        Ok(())
    }

    fn has_membership(&self, user: UserId, conversation: ConversationId) -> bool {
        let account = self.ledger.accounts.get(&user);
        account.is_some_and(|account| account.memberships.contains_key(&conversation))
    }

    /// Whether an acknowledgement is on disk.
    pub(crate) fn is_acknowledged_on_disk(&self, user: UserId, id: MessageId) -> bool {
        let Some(message) = self.ledger.message(id) else { return true };
        let Some(account) = self.ledger.accounts.get(&user) else { return false };
        let up_to = account.record.as_ref().map(|it| it.delivered_up_to).unwrap_or_default();
        let Some((record, _)) = account.memberships.get(&message.conversation) else {
            return true;
        };
        // Past its bound the core records no more, and sends the message again.
        let full = account.was_full;
        id <= up_to[message.category.index()]
            || message.seq <= record.delivered
            || record.delivered_above.contains(&message.seq)
            || message.mark > 0
            || full
    }
}

/// The seq after which every message is the user's; `None` where they are no member.
fn entitled_from(conversation: ConversationId, log: &Log, user: UserId) -> Option<u32> {
    if conversation.peer_of(user).is_some() {
        return Some(0);
    }
    log.stay(user).map(|stay| stay.from.0.0)
}
