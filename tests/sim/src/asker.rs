//! What users ask beside messages: what they missed, directs without a message, what they read.
//!
//! A client by one id asks at sign-in for everything above what it has whole, and asks again until
//! there is no more. Beside that any user asks for anything, at the operator's pace.

use parlance_codecs::{Ask, MessageId, Refusal, Seq};
use parlance_conversation::Input;
use parlance_conversation::mesh::{CallAnswer, CallRefusal, CallRequest};

use crate::plan::Planted;
use crate::situations::Situation;
use crate::violation::{Checked, Promise, broken};
use crate::world::World;
use crate::world::process::Purpose;

impl World {
    /// A client by one id asks for what it missed.
    pub(crate) fn retrieve(&mut self, client: usize, connection: usize) -> Checked {
        let Some(state) = self.clients.get(client) else { return Ok(()) };
        let count = [2, 7, Ask::HISTORY_MAX][self.dice.below(3)];
        let request = CallRequest::HistoryAfter { user: state.user, after: state.complete, count };
        let asked = self.auditor.asked();
        let purpose = Purpose::Retrieve { client, connection, request: request.clone(), asked };
        self.ask(request, purpose)
    }

    /// The answer reaches the client, if it is still there.
    pub(crate) fn retrieved(
        &mut self,
        client: usize,
        connection: usize,
        answer: &CallAnswer,
    ) -> Checked {
        let Some(state) = self.clients.get_mut(client) else { return Ok(()) };
        if state.connection() != Some(connection) {
            return Ok(());
        }
        match answer {
            CallAnswer::History { messages, more } => {
                if state.live > MessageId::ZERO {
                    self.auditor.reach(Situation::HistoryOverlapsLive);
                }
                state.retrieved(messages, *more);
                if *more { self.retrieve(client, connection) } else { Ok(()) }
            }
            CallAnswer::Refused(CallRefusal::Refused(Refusal::Unavailable)) => {
                self.retrieve(client, connection)
            }
            other => broken(Promise::Contract, format!("a history was answered {other:?}")),
        }
    }

    /// Now and then a user asks for something.
    pub(crate) fn ask_something(&mut self) -> Checked {
        if !self.dice.chance(400) {
            return Ok(());
        }
        let Some(request) = self.some_ask() else { return Ok(()) };
        let asked = self.auditor.asked();
        self.ask(request.clone(), Purpose::Ask { request, asked })
    }

    fn ask(&mut self, request: CallRequest, purpose: Purpose) -> Checked {
        let shard = self.dice.below(self.placement.shards());
        let Some(process) = &mut self.process else { return Ok(()) };
        if !process.is_ready() {
            return Ok(());
        }
        let call = process.new_call(purpose);
        self.feed(shard, Input::Call { call, request })
    }

    fn some_ask(&mut self) -> Option<CallRequest> {
        let user = self.some_user()?;
        Some(match self.dice.below(6) {
            0 => CallRequest::OpenDirect { user, other: self.some_user()? },
            1 => CallRequest::MarkRead {
                user,
                conversation: self.conversation_for(user)?,
                seq: Seq(u32::try_from(self.dice.below(30)).ok()?),
            },
            2 => CallRequest::Look { user, conversation: self.conversation_for(user)? },
            3 => CallRequest::Related { user },
            _ => {
                let known: Vec<MessageId> = self.auditor.ledger.ids.keys().copied().collect();
                let after = self.dice.pick(&known).filter(|_| self.dice.chance(700));
                let count = [1, 3, Ask::HISTORY_MAX][self.dice.below(3)];
                CallRequest::HistoryAfter { user, after: after.unwrap_or_default(), count }
            }
        })
    }

    pub(crate) fn plant_in_history(&mut self, answer: &CallAnswer) -> CallAnswer {
        let mut answer = answer.clone();
        if self.is_planted(Planted::HistoryGap)
            && let CallAnswer::History { messages, .. } = &mut answer
            && !messages.is_empty()
        {
            let gap = self.dice.below(messages.len());
            messages.remove(gap);
        }
        answer
    }
}
