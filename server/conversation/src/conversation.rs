//! One conversation at its home: members, the log's end, who may do what.
//!
//! Decides rights and membership; [`crate::post`] appends to the log. What is decided here is
//! visible to later requests at once, and leaves the shard only after its commit.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use parlance_codecs::{Category, ConversationId, Message, MessageId, Refusal, Seq, UserId};

use crate::dedupe::Window;
use crate::input::CommitSeq;
use crate::placement::{Placement, ShardIndex};
use crate::post::Submission;
use crate::store::{ConversationRecord, ConversationState, GroupRequestRecord, MemberRecord};
use crate::turn::Shards;

/// A conversation in memory, also one that does not exist (a direct before its first message).
#[derive(Debug)]
pub(crate) struct Conversation {
    pub(crate) id: ConversationId,
    pub(crate) record: Option<ConversationRecord>,
    pub(crate) members: BTreeMap<UserId, MemberRecord>,
    /// What stands open between the group and users who are not in it.
    pub(crate) requests: BTreeMap<UserId, GroupRequestRecord>,
    /// How many members each shard is home to.
    members_at: Vec<u32>,
    /// Sessions that joined a room, counted by user and by the shard they are on.
    joined: BTreeMap<UserId, (ShardIndex, u32)>,
    joined_at: Vec<u32>,
    pub(crate) last_seq: Seq,
    pub(crate) last_mark: u32,
    pub(crate) last_id: MessageId,
    pub(crate) windows: BTreeMap<UserId, Window>,
    /// Nobody used a key here before it was loaded: windows need no load.
    pub(crate) windows_known: bool,
    /// What the first of `queue` waits for.
    pub(crate) wait: Option<Wait>,
    /// Posts behind the one that waits, in order. Bounded by the posts in flight of all sessions.
    pub(crate) queue: VecDeque<Submission>,
    /// Recalls whose writes a load may not see yet.
    pub(crate) recalls_in_flight: Vec<RecallInFlight>,
    pub(crate) last_write: CommitSeq,
}

#[derive(Debug)]
pub(crate) struct RecallInFlight {
    pub(crate) write: CommitSeq,
    pub(crate) id: MessageId,
    pub(crate) index: u32,
}

/// Why a conversation's next post cannot be decided yet.
#[derive(Debug)]
pub(crate) enum Wait {
    /// The first message of a direct: does the other user exist?
    Peer,
    /// The sender's keys are being loaded.
    Window(UserId),
    /// The message that is to be recalled or marked read is being loaded.
    Target,
}

/// What the wait brought.
#[derive(Debug)]
pub(crate) enum Arrived {
    Peer { exists: bool },
    Window(Window),
    Target(Option<Arc<Message>>),
}

impl Conversation {
    pub(crate) fn absent(id: ConversationId, placement: Placement) -> Self {
        Self {
            id,
            record: None,
            members: BTreeMap::new(),
            requests: BTreeMap::new(),
            members_at: vec![0; placement.shards()],
            joined: BTreeMap::new(),
            joined_at: vec![0; placement.shards()],
            last_seq: Seq(0),
            last_mark: 0,
            last_id: MessageId::ZERO,
            windows: BTreeMap::new(),
            windows_known: true,
            wait: None,
            queue: VecDeque::new(),
            recalls_in_flight: Vec::new(),
            last_write: CommitSeq(0),
        }
    }

    pub(crate) fn loaded(
        id: ConversationId,
        state: Option<ConversationState>,
        placement: Placement,
    ) -> Self {
        let mut conversation = Self::absent(id, placement);
        if let Some(state) = state {
            conversation.windows_known = state.last_seq == Seq(0);
            conversation.last_seq = state.last_seq;
            conversation.last_mark = state.last_mark;
            conversation.last_id = state.last_id;
            conversation.record = Some(state.record);
            conversation.requests = state.requests.into_iter().collect();
            for (user, record) in state.members {
                conversation.add_member(user, record, placement);
            }
        }
        conversation
    }

    /// False where the user was a member already.
    pub(crate) fn add_member(
        &mut self,
        user: UserId,
        record: MemberRecord,
        placement: Placement,
    ) -> bool {
        let added = self.members.insert(user, record).is_none();
        if added && let Some(count) = self.members_at.get_mut(placement.home_of_user(user).index())
        {
            *count += 1;
        }
        added
    }

    /// False where the user was no member.
    pub(crate) fn remove_member(&mut self, user: UserId, placement: Placement) -> bool {
        let removed = self.members.remove(&user).is_some();
        if removed
            && let Some(count) = self.members_at.get_mut(placement.home_of_user(user).index())
        {
            *count -= 1;
        }
        removed
    }

    pub(crate) fn join(&mut self, user: UserId, at: ShardIndex) {
        self.joined.entry(user).or_insert((at, 0)).1 += 1;
        if let Some(count) = self.joined_at.get_mut(at.index()) {
            *count += 1;
        }
    }

    pub(crate) fn leave(&mut self, user: UserId, at: ShardIndex) {
        let Some((_, sessions)) = self.joined.get_mut(&user) else { return };
        *sessions -= 1;
        if *sessions == 0 {
            self.joined.remove(&user);
        }
        if let Some(count) = self.joined_at.get_mut(at.index()) {
            *count -= 1;
        }
    }

    /// Whether a session of the user has joined the room.
    pub(crate) fn has_joined(&self, user: UserId) -> bool {
        self.joined.contains_key(&user)
    }

    /// The shards that get a message of this conversation.
    pub(crate) fn shards(&self, placement: Placement) -> Shards {
        let mut shards = Shards::new();
        match self.id {
            ConversationId::Direct(a, b) => {
                shards.push(placement.home_of_user(a));
                shards.push(placement.home_of_user(b));
                shards.sort_unstable();
                shards.dedup();
            }
            ConversationId::Number(_) => {
                for (shard, (members, joined)) in
                    (0..).zip(self.members_at.iter().zip(&self.joined_at))
                {
                    if *members + *joined > 0 {
                        shards.push(ShardIndex(shard));
                    }
                }
            }
        }
        shards
    }

    /// Whether the conversation is there for this user at all.
    pub(crate) fn is_visible_to(&self, user: UserId) -> bool {
        let Some(record) = &self.record else { return false };
        match record.category {
            Category::Direct => self.id.peer_of(user).is_some(),
            Category::Group | Category::Channel => self.members.contains_key(&user),
            Category::Room => true,
        }
    }

    /// Who may post: both of a direct, a group's members, a channel's owner and posters, whoever
    /// has joined a room. The operator vouches for senders of its own everywhere but in directs.
    pub(crate) fn may_post(&self, sender: UserId, vouched: bool) -> Result<Category, Refusal> {
        if let ConversationId::Direct(..) = self.id {
            let in_it = self.id.peer_of(sender).is_some();
            return if in_it { Ok(Category::Direct) } else { Err(Refusal::UnknownConversation) };
        }
        let Some(record) = &self.record else { return Err(Refusal::UnknownConversation) };
        let category = record.category;
        if vouched {
            return Ok(category);
        }
        match category {
            Category::Direct => Err(Refusal::UnknownConversation),
            Category::Group if self.members.contains_key(&sender) => Ok(category),
            Category::Channel if self.members.contains_key(&sender) => {
                let may = record.owner == Some(sender) || record.posters.contains(&sender);
                if may { Ok(category) } else { Err(Refusal::NotAPoster) }
            }
            Category::Room if self.has_joined(sender) => Ok(category),
            Category::Group | Category::Channel | Category::Room => {
                Err(Refusal::UnknownConversation)
            }
        }
    }

    pub(crate) fn category(&self) -> Option<Category> {
        self.record.as_ref().map(|record| record.category)
    }

    /// Whether it may be dropped from memory once its writes are committed. One whose messages
    /// are not stored stays, because its last seq is nowhere else.
    pub(crate) fn is_idle(&self, stored: bool) -> bool {
        self.queue.is_empty()
            && self.wait.is_none()
            && self.joined.is_empty()
            && (stored || self.last_seq == Seq(0))
    }
}
