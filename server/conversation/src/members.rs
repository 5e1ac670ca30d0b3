//! Who comes into a conversation and who leaves it: the members' list, their homes, the owner.
//!
//! Long lists take several writes of a bounded size. Each write is whole by itself: after a crash
//! between two of them some have come or left and the others have not.

use parlance_codecs::ask::Duty;
use parlance_codecs::{Category, ConversationId, News, Refusal, Seq, UserId};

use crate::conversation::Conversation;
use crate::decision::Decision;
use crate::limits::{MEMBERS_MAX, MEMBERS_PER_WRITE_MAX, NOTICED_MEMBERS_MAX};
use crate::mesh::{CallAnswer, Notify, Origin};
use crate::placement::conversation_partition;
use crate::store::{Change, Intent, MemberRecord};
use crate::turn::{Reply, Turn};

/// What those who are brought in are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    Nothing,
    OfCreation,
    OfJoining,
}

impl Conversation {
    pub(crate) fn decision(&self) -> Decision {
        Decision::of(conversation_partition(self.id))
    }

    /// The operator brings these in.
    pub(crate) fn add_members(
        &mut self,
        origin: Origin,
        mut users: Vec<UserId>,
        notify: Notify,
        turn: &mut Turn,
    ) {
        if self.record.is_none() || matches!(self.id, ConversationId::Direct(..)) {
            turn.answer(origin, Reply::Call(Refusal::UnknownConversation.into()));
            return;
        }
        users.sort_unstable();
        users.dedup();
        users.retain(|user| !self.members.contains_key(user));
        if self.members.len() + users.len() > MEMBERS_MAX {
            turn.answer(origin, Reply::Call(Refusal::TooManyMembers.into()));
            return;
        }
        let lasting = if self.category() == Some(Category::Room) { &[][..] } else { &users };
        let told = match notify {
            Notify::Nobody => Told::Nothing,
            Notify::Concerned => Told::OfJoining,
        };
        self.bring_in(origin, lasting, told, CallAnswer::Done, turn);
    }

    /// Adds members who are told of themselves, in writes of a bounded size.
    pub(crate) fn bring_in(
        &mut self,
        origin: Origin,
        users: &[UserId],
        told: Told,
        answer: CallAnswer,
        turn: &mut Turn,
    ) {
        let mut decision = self.decision();
        for users in users.chunks(MEMBERS_PER_WRITE_MAX) {
            for user in users {
                self.put_in(*user, &mut decision, turn);
                let by = self.owner_or(*user);
                let what = match told {
                    Told::Nothing => continue,
                    Told::OfCreation => {
                        News::Created { group: self.id, group_name: self.group_name(), by }
                    }
                    Told::OfJoining => self.joined(*user, String::new(), by),
                };
                decision.notify(*user, what, turn);
            }
            self.last_write = turn.write_decision(&mut decision);
        }
        turn.answer_when_done(origin, answer, &decision.intents);
    }

    /// The operator removes these. A group that loses its owner is led by another member.
    pub(crate) fn remove_members(
        &mut self,
        origin: Origin,
        mut users: Vec<UserId>,
        notify: Notify,
        turn: &mut Turn,
    ) {
        if self.record.is_none() || matches!(self.id, ConversationId::Direct(..)) {
            turn.answer(origin, Reply::Call(Refusal::UnknownConversation.into()));
            return;
        }
        users.sort_unstable();
        users.dedup();
        users.retain(|user| self.members.contains_key(user));
        let group = self.id;
        let mut decision = self.decision();
        for users in users.chunks(MEMBERS_PER_WRITE_MAX) {
            for user in users {
                let by = self.owner_or(*user);
                self.take_out(*user, &mut decision, turn);
                if notify == Notify::Concerned {
                    let what = News::Left { group, member: *user, by };
                    decision.notify(*user, what, turn);
                }
            }
            self.last_write = turn.write_decision(&mut decision);
        }
        let mut promotion = self.decision();
        self.promote(notify, &mut promotion, turn);
        if !promotion.changes.is_empty() {
            self.last_write = turn.write_decision(&mut promotion);
        }
        decision.intents.append(&mut promotion.intents);
        turn.answer_when_done(origin, CallAnswer::Done, &decision.intents);
    }

    fn owner_or(&self, user: UserId) -> UserId {
        self.record.as_ref().and_then(|record| record.owner).unwrap_or(user)
    }

    pub(crate) fn joined(&self, member: UserId, member_name: String, by: UserId) -> News {
        let group_name = self.group_name();
        News::Joined { group: self.id, group_name, member, member_name, by }
    }

    fn group_name(&self) -> String {
        self.record.as_ref().map_or_else(String::new, |record| record.name.clone())
    }

    /// Makes the user a member. What stood open between the two is settled with it.
    pub(crate) fn put_in(&mut self, user: UserId, decision: &mut Decision, turn: &mut Turn) {
        let Some(record) = &self.record else { return };
        let category = record.category;
        let hidden_up_to = if record.history_for_new_members { Seq(0) } else { self.last_seq };
        // A cursor over what is not stored would stand above the seqs of the next start.
        let stored = turn.options.is_stored(category);
        let joined_at = if stored { self.last_seq } else { Seq(0) };
        let conversation = self.id;
        let record = MemberRecord::default();
        self.add_member(user, record.clone(), turn.placement);
        decision.changes.push(Change::PutMember { conversation, user, record });
        if self.requests.remove(&user).is_some() {
            decision.changes.push(Change::DeleteGroupRequest { conversation, user });
        }
        let intent = Intent::Joined { user, conversation, category, joined_at, hidden_up_to };
        decision.intend(intent, turn);
    }

    pub(crate) fn take_out(&mut self, user: UserId, decision: &mut Decision, turn: &mut Turn) {
        let conversation = self.id;
        self.remove_member(user, turn.placement);
        decision.changes.push(Change::DeleteMember { conversation, user });
        decision.intend(Intent::Left { user, conversation }, turn);
    }

    /// The place of an owner who has left goes to the member with the smallest id.
    pub(crate) fn promote(&mut self, notify: Notify, decision: &mut Decision, turn: &mut Turn) {
        let Some(owner) = self.group().and_then(|group| group.owner) else { return };
        if self.members.contains_key(&owner) {
            return;
        }
        let heir = self.members.keys().next().copied();
        let Some(record) = &mut self.record else { return };
        record.owner = heir;
        let (conversation, record) = (self.id, record.clone());
        decision.changes.push(Change::PutConversation { conversation, record });
        if let (Some(member), Notify::Concerned) = (heir, notify) {
            let what = News::DutyChanged { group: self.id, member, duty: Duty::Owner };
            self.tell(&what, &[member], decision, turn);
        }
    }

    /// Tells every member, or only `concerned` where there are too many of them.
    pub(crate) fn tell(
        &self,
        what: &News,
        concerned: &[UserId],
        decision: &mut Decision,
        turn: &mut Turn,
    ) {
        let mut told = concerned.to_vec();
        if self.members.len() <= NOTICED_MEMBERS_MAX {
            told.extend(self.members.keys());
        }
        told.sort_unstable();
        told.dedup();
        for user in told {
            decision.notify(user, what.clone(), turn);
        }
    }
}
