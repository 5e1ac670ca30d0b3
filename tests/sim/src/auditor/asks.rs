//! Whether what users are told when they ask is true, theirs, and all of it.
//!
//! A history over all conversations is held against the ledger: it has everything that was
//! committed before it was asked for and is the user's without doubt, and nothing with a smaller
//! id than its last may be committed after it was told.

use std::sync::Arc;

use parlance_codecs::{Category, ConversationId, Message, MessageId, Refusal, Seq, UserId};
use parlance_conversation::mesh::{CallAnswer, CallRefusal, CallRequest};
use parlance_conversation::store::Durability;

use crate::auditor::Auditor;
use crate::auditor::ledger::{Log, may_be_left_out};
use crate::situations::Situation;
use crate::violation::{Checked, Promise, broken};

/// How far the logs were when something was asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    /// The largest id that was committed.
    last_id: MessageId,
}

impl Auditor {
    pub(crate) fn asked(&self) -> Asked {
        let last_id = self.ledger.ids.last_key_value().map(|(id, _)| *id);
        Asked { last_id: last_id.unwrap_or_default() }
    }

    pub(crate) fn check_ask(
        &mut self,
        request: &CallRequest,
        asked: Asked,
        answer: &CallAnswer,
    ) -> Checked {
        match (request, answer) {
            (
                CallRequest::HistoryAfter { .. },
                CallAnswer::Refused(CallRefusal::Refused(Refusal::Unavailable)),
            ) => Ok(()),
            (
                CallRequest::HistoryAfter { user, after, count },
                CallAnswer::History { messages, more },
            ) => {
                if !messages.is_empty() {
                    self.reach(Situation::HistoryAnswered);
                }
                if *more {
                    self.reach(Situation::HistoryInParts);
                }
                self.check_history_order(*user, *after, *count as usize, messages)?;
                let last = messages.last().map_or(MessageId::ZERO, |last| last.id);
                let up_to = if *more { last } else { last.max(asked.last_id) };
                self.check_history_whole(*user, *after, up_to, messages)?;
                self.told_up_to = self.told_up_to.max(last);
                Ok(())
            }
            (CallRequest::OpenDirect { user, other }, answer) => {
                self.check_opened(*user, *other, answer)
            }
            (CallRequest::MarkRead { user, conversation, seq }, answer) => {
                self.check_read(*user, *conversation, *seq, answer)
            }
            (CallRequest::Look { conversation, .. }, CallAnswer::View(view)) => {
                let end = self.ledger.logs.get(conversation).map_or(Seq(0), |log| log.end().0);
                let stored = self.durability_of(view.category) != Durability::Memory;
                if stored && view.last_seq > end {
                    return broken(
                        Promise::Durable,
                        format!("{view:?} of {conversation}, committed is {end:?}"),
                    );
                }
                Ok(())
            }
            (
                CallRequest::Look { .. },
                CallAnswer::Refused(CallRefusal::Refused(Refusal::UnknownConversation)),
            ) => Ok(()),
            (CallRequest::Related { .. }, CallAnswer::Related(related))
                if related.targets.is_sorted() =>
            {
                Ok(())
            }
            (request, answer) => {
                broken(Promise::Contract, format!("{request:?} was answered {answer:?}"))
            }
        }
    }

    /// Rising, above what was asked, no more than asked, committed, and for this user.
    fn check_history_order(
        &self,
        user: UserId,
        after: MessageId,
        count: usize,
        messages: &[Arc<Message>],
    ) -> Checked {
        let mut last = after;
        for message in messages {
            if message.id <= last || messages.len() > count {
                return broken(
                    Promise::Order,
                    format!("{user} was told {message:?} after {last}, {count} at most"),
                );
            }
            last = message.id;
            if message.recall_index.is_some() || message.content.is_mark() {
                return broken(Promise::Resume, format!("{user} was told {message:?}"));
            }
            self.check_committed(message)?;
            if !self.was_theirs(user, message) {
                return broken(Promise::Rights, format!("{user} was told {message:?}"));
            }
        }
        Ok(())
    }

    fn was_theirs(&self, user: UserId, message: &Message) -> bool {
        if message.category == Category::Direct {
            return message.conversation.peer_of(user).is_some();
        }
        let log = self.ledger.logs.get(&message.conversation);
        let stays = log.and_then(|log| log.stays.get(&user));
        let place = (message.seq, message.mark);
        stays.into_iter().flatten().any(|stay| {
            let begun = stay.with_history || place > stay.from;
            begun && stay.until.is_none_or(|until| place <= until)
        })
    }

    /// Everything up to an id that is the user's without doubt.
    fn check_history_whole(
        &self,
        user: UserId,
        after: MessageId,
        up_to: MessageId,
        messages: &[Arc<Message>],
    ) -> Checked {
        for (conversation, log) in &self.ledger.logs {
            let Some(category) = self.ledger.category_of(*conversation) else { continue };
            if category == Category::Room || self.durability_of(category) == Durability::Memory {
                continue;
            }
            let Some(from) = entitled_from(*conversation, log, user) else { continue };
            let missing = log.entries.values().find(|message| {
                message.mark == 0
                    && message.seq > from
                    && message.id > after
                    && message.id <= up_to
                    && !may_be_left_out(message)
                    && messages.binary_search_by_key(&message.id, |it| it.id).is_err()
            });
            if let Some(missing) = missing {
                return broken(
                    Promise::Resume,
                    format!("{user} was told all from {after} to {up_to}, but not {missing:?}"),
                );
            }
        }
        Ok(())
    }

    fn check_opened(&mut self, user: UserId, other: UserId, answer: &CallAnswer) -> Checked {
        let is_there = |user: UserId, direct: ConversationId| {
            let account = self.ledger.accounts.get(&user);
            account.is_some_and(|account| account.memberships.contains_key(&direct))
        };
        match answer {
            CallAnswer::Conversation(direct)
                if ConversationId::direct(user, other) == Some(*direct)
                    && self.ledger.logs.get(direct).is_some_and(|log| log.record.is_some()) =>
            {
                if is_there(user, *direct) && is_there(other, *direct) {
                    self.reach(Situation::DirectOpened);
                }
                Ok(())
            }
            CallAnswer::Refused(CallRefusal::Refused(Refusal::UnknownUser)) => Ok(()),
            other => broken(Promise::Durable, format!("a direct was opened as {other:?}")),
        }
    }

    fn check_read(
        &mut self,
        user: UserId,
        conversation: ConversationId,
        seq: Seq,
        answer: &CallAnswer,
    ) -> Checked {
        let category = self.ledger.category_of(conversation);
        match answer {
            CallAnswer::Done => {
                let is_kept = category.is_some_and(|category| {
                    category != Category::Room && self.durability_of(category) != Durability::Memory
                });
                if is_kept && seq > Seq(0) {
                    self.reach(Situation::ReadBySeq);
                    let marked = self.marked_read.entry((user, conversation)).or_default();
                    *marked = seq.max(*marked);
                }
                Ok(())
            }
            CallAnswer::Refused(CallRefusal::Refused(
                Refusal::UnknownConversation | Refusal::UnknownMessage,
            )) => Ok(()),
            other => broken(Promise::Contract, format!("a read mark was answered {other:?}")),
        }
    }

    /// What users were told that they have read is on disk, long enough after.
    pub(crate) fn check_marked_read(&self) -> Checked {
        for ((user, conversation), seq) in &self.marked_read {
            if self.removing.contains(&(*conversation, *user)) {
                continue;
            }
            let account = self.ledger.accounts.get(user);
            let membership = account.and_then(|it| it.memberships.get(conversation));
            if membership.is_none_or(|(membership, _)| membership.read < *seq) {
                return broken(
                    Promise::Durable,
                    format!("{user} has read {conversation} up to {seq:?}, not {membership:?}"),
                );
            }
        }
        Ok(())
    }
}

/// The seq after which every message is the user's; `None` where they are no member.
fn entitled_from(conversation: ConversationId, log: &Log, user: UserId) -> Option<Seq> {
    if conversation.peer_of(user).is_some() {
        return Some(Seq(0));
    }
    log.stay(user).map(|stay| stay.from.0)
}
