//! What users do in groups, at the group's home: who comes in, leaves, leads, and what it is
//! called.
//!
//! [`crate::rights`] says who may. An act about another user goes by that user's home first and
//! is looked at again when it comes back, because the group may be another one by then.

use parlance_codecs::ask::{Duty, Member};
use parlance_codecs::{ConversationId, News, Refusal, UserId};

use crate::conversation::Conversation;
use crate::decision::Decision;
use crate::limits::MEMBERS_PER_WRITE_MAX;
use crate::mesh::{CallAnswer, MeshBody, Notify, Origin};
use crate::requests::next_time;
use crate::social::{Consent, GroupAct};
use crate::store::{Change, GroupRequestRecord, Intent, MemberDuty, MemberRecord};
use crate::turn::{Reply, Turn};
use crate::user::User;

impl User {
    /// What the home of the user whom the act is about knows.
    pub(crate) fn consent_to_group(
        &self,
        origin: Origin,
        by: UserId,
        group: ConversationId,
        act: GroupAct,
        turn: &mut Turn,
    ) {
        let is_own = by == self.id;
        let refusal = if self.record.is_none() {
            Some(Refusal::UnknownUser)
        } else if let GroupAct::Invite { .. } = act {
            self.has_no_room_for_requests().then_some(Refusal::TooManyRequests)
        } else if self.has_no_room() {
            let own = Refusal::TooManyRelations;
            Some(if is_own { own } else { Refusal::TheirTooManyRelations })
        } else {
            None
        };
        if let Some(refusal) = refusal {
            turn.answer(origin, Reply::Call(refusal.into()));
            return;
        }
        let consent = Consent::Given { name: self.shown_name().to_owned() };
        let to = turn.placement.home_of_conversation(group);
        turn.tell(to, MeshBody::Group { origin, by, group, act, consent });
    }
}

impl Conversation {
    pub(crate) fn group_act(
        &mut self,
        origin: Origin,
        by: UserId,
        act: GroupAct,
        consent: Consent,
        turn: &mut Turn,
    ) {
        if let Err(refusal) = self.may_act(by, &act) {
            turn.answer(origin, Reply::Call(refusal.into()));
            return;
        }
        let name = match (consent, about(by, &act)) {
            (Consent::NotAsked, Some(user)) => {
                let to = turn.placement.home_of_user(user);
                let group = self.id;
                turn.tell(to, MeshBody::GroupConsent { origin, by, group, act, user });
                return;
            }
            (Consent::NotAsked, None) => String::new(),
            (Consent::Given { name }, _) => name,
        };
        let mut decision = self.decision();
        self.perform(by, act, name, &mut decision, turn);
        let write = turn.decide(decision, origin, CallAnswer::Done);
        self.last_write = write.unwrap_or(self.last_write);
    }

    /// Does what `by` may. `name` is how the user is called whom the act is about.
    fn perform(
        &mut self,
        by: UserId,
        act: GroupAct,
        name: String,
        decision: &mut Decision,
        turn: &mut Turn,
    ) {
        let group = self.id;
        match act {
            GroupAct::Delete => self.delete(by, decision, turn),
            GroupAct::Leave => self.leave_group(by, by, decision, turn),
            GroupAct::Remove { user } => self.leave_group(user, by, decision, turn),
            GroupAct::Rename { name, .. } => self.rename(name, by, decision, turn),
            GroupAct::SetName { name } => self.change_member(by, decision, |it| it.name = name),
            GroupAct::SetDuty { user, duty } => self.set_duty(user, duty, decision, turn),
            GroupAct::Add { user } | GroupAct::AcceptApplication { user } => {
                self.come_in(user, name, by, decision, turn);
            }
            GroupAct::AcceptInvite => self.accept_invite(by, name, decision, turn),
            GroupAct::Apply if self.is_invited(by) => self.accept_invite(by, name, decision, turn),
            GroupAct::Invite { user } => {
                let mut request = self.requests.get(&user).cloned().unwrap_or_default();
                request.invited_by = Some(by);
                self.put_request(user, request, decision);
                decision.intend(Intent::Invited { user, group, from: by }, turn);
                decision.notify(user, News::Invited { group, by }, turn);
            }
            GroupAct::RefuseInvite => {
                let mut request = self.requests.get(&by).cloned().unwrap_or_default();
                let inviter = request.invited_by.take();
                self.put_request(by, request, decision);
                decision.intend(Intent::RequestOver { user: by, about: group }, turn);
                if let Some(inviter) = inviter {
                    decision.notify(inviter, News::InviteRefused { group, by }, turn);
                }
            }
            GroupAct::Apply => {
                let times = self.requests.values().filter_map(|request| request.applied_at_us);
                let at_us = next_time(times, turn.now.wall_ms);
                let mut request = self.requests.get(&by).cloned().unwrap_or_default();
                request.applied_at_us = Some(at_us);
                self.put_request(by, request, decision);
                for leader in self.leaders() {
                    decision.notify(leader, News::Applied { group, by }, turn);
                }
            }
            GroupAct::RefuseApplication { user } => {
                let mut request = self.requests.get(&user).cloned().unwrap_or_default();
                request.applied_at_us = None;
                self.put_request(user, request, decision);
                decision.notify(user, News::ApplicationRefused { group }, turn);
            }
        }
    }

    fn accept_invite(
        &mut self,
        user: UserId,
        name: String,
        decision: &mut Decision,
        turn: &mut Turn,
    ) {
        let inviter = self.requests.get(&user).and_then(|request| request.invited_by);
        self.come_in(user, name, inviter.unwrap_or(user), decision, turn);
    }

    fn come_in(
        &mut self,
        user: UserId,
        name: String,
        by: UserId,
        decision: &mut Decision,
        turn: &mut Turn,
    ) {
        self.put_in(user, decision, turn);
        let what = self.joined(user, name, by);
        self.tell(&what, &[user, by], decision, turn);
    }

    /// Who leaves is told too: their other sessions have not asked.
    fn leave_group(&mut self, user: UserId, by: UserId, decision: &mut Decision, turn: &mut Turn) {
        self.take_out(user, decision, turn);
        let what = News::Left { group: self.id, member: user, by };
        self.tell(&what, &[user, by], decision, turn);
        if self.members.is_empty() {
            self.end(decision, turn);
        } else {
            self.promote(Notify::Concerned, decision, turn);
        }
    }

    /// Members go in writes of a bounded size, the owner with the last and with the group itself:
    /// whatever a crash leaves is a group that its owner can delete.
    fn delete(&mut self, by: UserId, decision: &mut Decision, turn: &mut Turn) {
        let group = self.id;
        let mut members: Vec<UserId> = self.members.keys().copied().collect();
        members.sort_unstable_by_key(|user| (*user == by, *user));
        for (place, user) in (1usize..).zip(members) {
            self.take_out(user, decision, turn);
            decision.notify(user, News::Deleted { group, by }, turn);
            if place.is_multiple_of(MEMBERS_PER_WRITE_MAX) && user != by {
                self.last_write = turn.write_decision(decision);
            }
        }
        self.end(decision, turn);
    }

    /// The group is gone, and what stood open about it with it.
    fn end(&mut self, decision: &mut Decision, turn: &mut Turn) {
        let group = self.id;
        for (user, request) in std::mem::take(&mut self.requests) {
            decision.changes.push(Change::DeleteGroupRequest { conversation: group, user });
            if request.invited_by.is_some() {
                decision.intend(Intent::RequestOver { user, about: group }, turn);
            }
            if request.applied_at_us.is_some() {
                decision.notify(user, News::ApplicationRefused { group }, turn);
            }
        }
        self.record = None;
        self.windows.clear();
        decision.changes.push(Change::DeleteConversation { conversation: group });
    }

    fn rename(&mut self, name: String, by: UserId, decision: &mut Decision, turn: &mut Turn) {
        let Some(record) = &mut self.record else { return };
        record.name.clone_from(&name);
        let (group, record) = (self.id, record.clone());
        decision.changes.push(Change::PutConversation { conversation: group, record });
        self.tell(&News::Renamed { group, name, by }, &[by], decision, turn);
    }

    fn set_duty(&mut self, user: UserId, duty: Duty, decision: &mut Decision, turn: &mut Turn) {
        let Some(owner) = self.group().and_then(|group| group.owner) else { return };
        if self.duty_of(user) == Ok(duty) {
            return;
        }
        let group = self.id;
        match duty {
            Duty::Member => self.change_member(user, decision, |it| it.duty = MemberDuty::Member),
            Duty::Admin => self.change_member(user, decision, |it| it.duty = MemberDuty::Admin),
            Duty::Owner => {
                self.change_member(owner, decision, |it| it.duty = MemberDuty::Admin);
                self.change_member(user, decision, |it| it.duty = MemberDuty::Member);
                let Some(record) = &mut self.record else { return };
                record.owner = Some(user);
                let record = record.clone();
                decision.changes.push(Change::PutConversation { conversation: group, record });
                let what = News::DutyChanged { group, member: owner, duty: Duty::Admin };
                self.tell(&what, &[owner, user], decision, turn);
            }
        }
        let what = News::DutyChanged { group, member: user, duty };
        self.tell(&what, &[owner, user], decision, turn);
    }

    fn change_member(
        &mut self,
        user: UserId,
        decision: &mut Decision,
        change: impl FnOnce(&mut MemberRecord),
    ) {
        let Some(member) = self.members.get_mut(&user) else { return };
        change(member);
        let record = member.clone();
        decision.changes.push(Change::PutMember { conversation: self.id, user, record });
    }

    fn put_request(&mut self, user: UserId, record: GroupRequestRecord, decision: &mut Decision) {
        let conversation = self.id;
        if record.is_empty() {
            self.requests.remove(&user);
            decision.changes.push(Change::DeleteGroupRequest { conversation, user });
        } else {
            self.requests.insert(user, record.clone());
            decision.changes.push(Change::PutGroupRequest { conversation, user, record });
        }
    }

    /// At most the admins' limit and the owner.
    fn leaders(&self) -> Vec<UserId> {
        let leads = |user: &UserId| self.check_leads(*user).is_ok();
        self.members.keys().copied().filter(leads).collect()
    }

    pub(crate) fn list_members(&self, by: UserId) -> Result<Vec<Member>, Refusal> {
        self.duty_of(by)?;
        let seen_by = |(user, record): (&UserId, &MemberRecord)| {
            let duty = self.duty_of(*user)?;
            Ok(Member { user: *user, name: record.name.clone(), duty })
        };
        self.members.iter().map(seen_by).collect()
    }
}

/// The user whose home has to be asked before the act.
fn about(by: UserId, act: &GroupAct) -> Option<UserId> {
    match act {
        GroupAct::Add { user }
        | GroupAct::Invite { user }
        | GroupAct::AcceptApplication { user } => Some(*user),
        GroupAct::AcceptInvite | GroupAct::Apply => Some(by),
        GroupAct::Delete
        | GroupAct::Leave
        | GroupAct::Rename { .. }
        | GroupAct::Remove { .. }
        | GroupAct::RefuseInvite
        | GroupAct::RefuseApplication { .. }
        | GroupAct::SetDuty { .. }
        | GroupAct::SetName { .. } => None,
    }
}
