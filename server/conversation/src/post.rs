//! Decides what becomes of a post: refused, a retry of an earlier one, or appended to the log.
//!
//! Posts of one conversation are decided in the order of their arrival: one that needs something
//! first (the other user's existence, the sender's keys, the message meant) keeps those behind
//! it waiting. A post that is refused leaves nothing behind.

use std::sync::Arc;

use parlance_codecs::dialect::DialectName;
use parlance_codecs::{Category, Content, Draft, DraftBody, Message, Posted, Refusal, Seq, UserId};

use crate::append::{Entry, Mark, posted_of};
use crate::conversation::{Arrived, Conversation, Wait};
use crate::dedupe;
use crate::mesh::{MeshBody, Origin};
use crate::store::{ConversationRecord, DedupeIdentity, DedupeRecord, LoadKey};
use crate::turn::{PostWait, Reply, Turn};

/// A post at its conversation's home.
#[derive(Debug)]
pub(crate) struct Submission {
    pub(crate) origin: Origin,
    pub(crate) sender: UserId,
    pub(crate) draft: Draft,
    pub(crate) vouched: bool,
    /// The dialect of the call that sends it.
    pub(crate) call_of: Option<DialectName>,
}

/// What deciding a post came to.
enum Decision {
    Answer(Result<Posted, Refusal>),
    Append(Entry),
    Wait(Wait),
}

impl Conversation {
    pub(crate) fn submit(&mut self, submission: Submission, turn: &mut Turn) {
        self.queue.push_back(submission);
        self.proceed(turn);
    }

    /// What the first in the queue waited for is here.
    pub(crate) fn resume(&mut self, arrived: Arrived, turn: &mut Turn) {
        let Some(wait) = self.wait.take() else { return };
        let mut target = None;
        match (wait, arrived) {
            (Wait::Peer, Arrived::Peer { exists: true }) => {
                // It may have been opened meanwhile.
                if self.record.is_none() {
                    self.create_direct(turn);
                }
            }
            (Wait::Peer, Arrived::Peer { exists: false }) => {
                self.answer_first(Err(Refusal::UnknownUser), turn);
            }
            (Wait::Window(sender), Arrived::Window(window)) => {
                self.windows.insert(sender, window);
            }
            (Wait::Target, Arrived::Target(message)) => target = Some(message),
            (wait, arrived) => unreachable!("waited for {wait:?}, got {arrived:?}"),
        }
        if let Some(message) = target {
            self.decide_first(Some(message), turn);
        }
        self.proceed(turn);
    }

    fn proceed(&mut self, turn: &mut Turn) {
        while self.wait.is_none() && !self.queue.is_empty() {
            self.decide_first(None, turn);
        }
    }

    fn answer_first(&mut self, result: Result<Posted, Refusal>, turn: &mut Turn) {
        if let Some(submission) = self.queue.pop_front() {
            turn.answer(submission.origin, Reply::Posted(result));
        }
    }

    fn decide_first(&mut self, target: Option<Option<Arc<Message>>>, turn: &mut Turn) {
        let Some(first) = self.queue.front() else { return };
        match self.decide(first, target, turn) {
            Decision::Answer(result) => self.answer_first(result, turn),
            Decision::Append(entry) => {
                if let Some(submission) = self.queue.pop_front() {
                    self.append(submission, entry, turn);
                }
            }
            Decision::Wait(wait) => {
                self.ask(&wait, turn);
                self.wait = Some(wait);
            }
        }
    }

    fn decide(
        &self,
        post: &Submission,
        target: Option<Option<Arc<Message>>>,
        turn: &Turn,
    ) -> Decision {
        let category = match self.may_post(post.sender, post.vouched) {
            Ok(category) => category,
            Err(refusal) => return Decision::Answer(Err(refusal)),
        };
        if post.draft.category.is_some_and(|meant| meant != category) {
            return Decision::Answer(Err(Refusal::UnknownConversation));
        }
        if self.record.is_none() {
            // Only a message begins a direct: before it there is nothing to mark.
            return match post.draft.body {
                DraftBody::Content(_) => Decision::Wait(Wait::Peer),
                DraftBody::Recall { .. } | DraftBody::Read { .. } => {
                    Decision::Answer(Err(Refusal::UnknownMessage))
                }
            };
        }
        let draft = &post.draft;
        let identity =
            draft.key.as_deref().map(|key| dedupe::identity(key, &draft.body, draft.expires_in_ms));
        if let Some(identity) = identity {
            match self.windows.get(&post.sender) {
                Some(window) => {
                    if let Some(first) = window.find(identity, turn.clock.physical_ms(turn.now)) {
                        let posted = self.first_result(first, category, post.sender);
                        return Decision::Answer(Ok(posted));
                    }
                }
                None if self.windows_known => {}
                None => return Decision::Wait(Wait::Window(post.sender)),
            }
        }
        match &draft.body {
            DraftBody::Content(_) if self.last_seq == Seq(u32::MAX) => {
                Decision::Answer(Err(Refusal::ConversationFull))
            }
            DraftBody::Content(_) => Decision::Append(Entry { category, identity, mark: None }),
            DraftBody::Recall { target: id } | DraftBody::Read { target: id } => match target {
                None if *id <= self.last_id => Decision::Wait(Wait::Target),
                None => Decision::Answer(Err(Refusal::UnknownMessage)),
                Some(target) => self.decide_mark(post, category, identity, target, turn),
            },
        }
    }

    fn decide_mark(
        &self,
        post: &Submission,
        category: Category,
        identity: Option<DedupeIdentity>,
        target: Option<Arc<Message>>,
        turn: &Turn,
    ) -> Decision {
        let wall_ms = turn.now.wall_ms;
        let shown = target.filter(|message| {
            !message.content.is_mark() && message.expires_at_ms.is_none_or(|at| at > wall_ms)
        });
        let Some(message) = shown else {
            return Decision::Answer(Err(Refusal::UnknownMessage));
        };
        if self.last_mark == u32::MAX {
            return Decision::Answer(Err(Refusal::ConversationFull));
        }
        let in_flight = self.recalls_in_flight.iter().find(|recall| recall.id == message.id);
        let recalled = in_flight.map(|recall| recall.index).or(message.recall_index);
        if matches!(post.draft.body, DraftBody::Read { .. }) {
            if recalled.is_some() {
                return Decision::Answer(Err(Refusal::UnknownMessage));
            }
            let content = Content::Read { target: message.id };
            let mark = Some(Mark { content, target: message });
            return Decision::Append(Entry { category, identity, mark });
        }
        if message.sender != post.sender {
            return Decision::Answer(Err(Refusal::NotTheSender));
        }
        if let Some(index) = recalled {
            return Decision::Answer(Ok(posted_of(&message, Some(index), true)));
        }
        let index = self.record.as_ref().map_or(0, |record| record.recalls) + 1;
        let content = Content::Recall { target: message.id, target_seq: message.seq, index };
        let mark = Some(Mark { content, target: message });
        Decision::Append(Entry { category, identity, mark })
    }

    fn first_result(&self, first: &DedupeRecord, category: Category, sender: UserId) -> Posted {
        Posted {
            conversation: self.id,
            category,
            sender,
            id: first.id,
            seq: first.seq,
            created_at_ms: first.created_at_ms,
            expires_at_ms: first.expires_at_ms,
            recall_index: first.recall_index,
            duplicate: true,
        }
    }

    fn ask(&self, wait: &Wait, turn: &mut Turn) {
        let Some(post) = self.queue.front() else { return };
        match wait {
            Wait::Peer => {
                let Some(user) = self.id.peer_of(post.sender) else { return };
                let to = turn.placement.home_of_user(user);
                turn.tell(to, MeshBody::AskUser { user, conversation: self.id });
            }
            Wait::Window(sender) => {
                let (conversation, sender) = (self.id, *sender);
                let ticket = turn.load(LoadKey::Dedupe { conversation, sender });
                turn.waits.insert(ticket, PostWait { conversation });
            }
            Wait::Target => {
                let (DraftBody::Recall { target: id } | DraftBody::Read { target: id }) =
                    post.draft.body
                else {
                    return;
                };
                let conversation = self.id;
                let ticket = turn.load(LoadKey::Message { conversation, id });
                turn.waits.insert(ticket, PostWait { conversation });
            }
        }
    }

    /// A direct begins with its first message, in one write with it, or when it is opened.
    pub(crate) fn create_direct(&mut self, turn: &Turn) {
        self.record = Some(ConversationRecord {
            category: Category::Direct,
            name: String::new(),
            owner: None,
            posters: Vec::new(),
            created_at_ms: turn.now.wall_ms,
            recalls: 0,
            history_for_new_members: true,
        });
    }
}
