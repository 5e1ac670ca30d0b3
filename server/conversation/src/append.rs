//! Gives an accepted post its place and id, and writes and tells what follows from it.
//!
//! Everything of one message goes into one write: the message, its key, the mark on a recalled
//! one, a direct's beginning. The sender's answer and the deliveries follow that write.

use std::sync::Arc;

use parlance_codecs::{Category, Content, ConversationId, DraftBody, Message, Posted, Seq, UserId};

use crate::conversation::{Conversation, RecallInFlight};
use crate::limits::WINDOWS_MAX;
use crate::mesh::MeshBody;
use crate::placement::conversation_partition;
use crate::post::Submission;
use crate::store::{Change, DedupeIdentity, DedupeRecord, Durability, Intent, IntentId};
use crate::turn::{After, Reply, Turn, answer_to};

/// How a post is to be appended.
pub(crate) struct Entry {
    pub(crate) category: Category,
    pub(crate) identity: Option<DedupeIdentity>,
    /// What stands in the place of the draft's words; a message has its own.
    pub(crate) mark: Option<Mark>,
}

/// A recall or a read mark.
pub(crate) struct Mark {
    pub(crate) content: Content,
    /// The message that it is about.
    pub(crate) target: Arc<Message>,
}

impl Conversation {
    pub(crate) fn append(&mut self, post: Submission, entry: Entry, turn: &mut Turn) {
        let Submission { origin, sender, draft, call_of, .. } = post;
        let Entry { category, identity, mark } = entry;
        let (content, target) = match (mark, draft.body) {
            (Some(Mark { content, target }), _) => (content, Some(target)),
            (None, DraftBody::Content(content)) => (content, None),
            (None, body) => unreachable!("a mark was decided with its content: {body:?}"),
        };
        let durability = turn.options.durability_of(category);
        let stored = durability != Durability::Memory;
        self.bound_windows(sender, turn);
        let message = self.place(sender, category, content, draft.expires_in_ms, turn);
        let mut changes = Vec::new();
        let mut afters = Vec::new();
        if message.seq == Seq(1) && message.mark == 0 {
            self.begin_direct(&mut changes, &mut afters, turn);
        }
        let ceiling = turn.clock.ceiling_due();
        changes.extend(ceiling.map(|ceiling| Change::PutClock { ceiling }));
        let recall_index =
            self.mark_recalled(&message.content, target.as_ref(), stored, &mut changes);
        let posted = posted_of(&message, recall_index, false);
        if let Some(identity) = identity {
            self.remember(identity, &posted, stored, &mut changes);
        }
        if stored {
            changes.push(Change::PutMessage { message: Arc::clone(&message) });
        }
        let read = self.read_by(sender, &message.content, target.as_ref(), turn);
        let shards = self.shards(turn.placement);
        afters.push(After::Deliver { message, shards, origin, call_of });
        afters.extend(read);
        let durability = match durability {
            // What is written beside an unstored message is no message: always on disk.
            Durability::Memory => Durability::Sync,
            // A ceiling that a power cut takes back would let ids be given out again.
            Durability::Os if ceiling.is_some() => Durability::Sync,
            stored @ (Durability::Os | Durability::Sync) => stored,
        };
        let writes = !changes.is_empty();
        if writes {
            self.last_write = turn.write(changes, durability);
            if let Some(window) = self.windows.get_mut(&sender) {
                window.last_write = self.last_write;
            }
        }
        if ceiling.is_some() {
            turn.hold_unstored();
        }
        if let (Some(index), Some(recalled)) = (recall_index, &target) {
            self.recalls_in_flight.retain(|recall| !turn.is_committed(recall.write));
            let write = self.last_write;
            self.recalls_in_flight.push(RecallInFlight { write, id: recalled.id, index });
        }
        if stored {
            turn.answer(origin, Reply::Posted(Ok(posted)));
            for after in afters {
                turn.follow(after);
            }
        } else {
            afters.insert(0, answer_to(origin, Reply::Posted(Ok(posted))));
            turn.follow_unstored(afters, writes);
        }
    }

    /// Gives the message its place and id.
    fn place(
        &mut self,
        sender: UserId,
        category: Category,
        content: Content,
        expires_in_ms: Option<u64>,
        turn: &mut Turn,
    ) -> Arc<Message> {
        if content.is_mark() {
            self.last_mark += 1;
        } else {
            self.last_seq = Seq(self.last_seq.0 + 1);
            self.last_mark = 0;
        }
        self.last_id = turn.clock.next_id(turn.now);
        let created_at_ms = turn.now.wall_ms;
        Arc::new(Message {
            id: self.last_id,
            seq: self.last_seq,
            mark: self.last_mark,
            conversation: self.id,
            category,
            sender,
            content,
            created_at_ms,
            expires_at_ms: expires_in_ms.map(|ms| created_at_ms.saturating_add(ms)),
            recall_index: None,
        })
    }

    /// With its first message, or when it is opened, both users come to know the direct.
    pub(crate) fn begin_direct(
        &self,
        changes: &mut Vec<Change>,
        afters: &mut Vec<After>,
        turn: &mut Turn,
    ) -> Vec<IntentId> {
        let ConversationId::Direct(a, b) = self.id else { return Vec::new() };
        let Some(record) = self.record.clone() else { return Vec::new() };
        let conversation = self.id;
        changes.push(Change::PutConversation { conversation, record });
        let mut intents = Vec::new();
        for user in [a, b] {
            let intent = Intent::Joined {
                user,
                conversation,
                category: Category::Direct,
                joined_at: Seq(0),
                hidden_up_to: Seq(0),
            };
            let origin = conversation_partition(conversation);
            intents.push(turn.intend(origin, intent, changes, afters));
        }
        intents
    }

    /// A read mark raises what its sender has read, at their home.
    fn read_by(
        &self,
        user: UserId,
        content: &Content,
        target: Option<&Arc<Message>>,
        turn: &Turn,
    ) -> Option<After> {
        let (Content::Read { .. }, Some(target)) = (content, target) else { return None };
        let (conversation, seq) = (self.id, target.seq);
        let to = turn.placement.home_of_user(user);
        Some(After::Tell { to, body: MeshBody::ReadUpTo { user, conversation, seq, origin: None } })
    }

    fn mark_recalled(
        &mut self,
        content: &Content,
        target: Option<&Arc<Message>>,
        stored: bool,
        changes: &mut Vec<Change>,
    ) -> Option<u32> {
        let Content::Recall { index, .. } = *content else { return None };
        let record = self.record.as_mut()?;
        record.recalls = index;
        if stored && let Some(recalled) = target {
            let record = record.clone();
            changes.push(Change::PutConversation { conversation: self.id, record });
            let message = Message { recall_index: Some(index), ..Message::clone(recalled) };
            changes.push(Change::PutMessage { message: Arc::new(message) });
        }
        Some(index)
    }

    /// Windows are loaded again when they are needed; only what is committed may be dropped, and
    /// not the sender's own, which is about to be used.
    fn bound_windows(&mut self, sender: UserId, turn: &Turn) {
        if self.windows.len() > WINDOWS_MAX {
            self.windows
                .retain(|user, window| *user == sender || !turn.is_committed(window.last_write));
            self.windows_known = false;
        }
    }

    fn remember(
        &mut self,
        identity: DedupeIdentity,
        posted: &Posted,
        stored: bool,
        changes: &mut Vec<Change>,
    ) {
        let record = DedupeRecord {
            identity,
            id: posted.id,
            seq: posted.seq,
            created_at_ms: posted.created_at_ms,
            expires_at_ms: posted.expires_at_ms,
            recall_index: posted.recall_index,
        };
        self.windows.entry(posted.sender).or_default().remember(record);
        if stored {
            let (conversation, sender) = (self.id, posted.sender);
            changes.push(Change::PutDedupe { conversation, sender, record });
        }
    }
}

pub(crate) fn posted_of(message: &Message, recall_index: Option<u32>, duplicate: bool) -> Posted {
    Posted {
        conversation: message.conversation,
        category: message.category,
        sender: message.sender,
        id: message.id,
        seq: message.seq,
        created_at_ms: message.created_at_ms,
        expires_at_ms: message.expires_at_ms,
        recall_index,
        duplicate,
    }
}
