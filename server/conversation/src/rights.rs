//! Who may do what in a group, in one place.
//!
//! Invariant: to who is not in a group, every question about it is answered as if there were no
//! such group. Only an application tells that there is one, because it is how one comes in.

use parlance_codecs::ask::Duty;
use parlance_codecs::{Category, Refusal, UserId};

use crate::conversation::Conversation;
use crate::limits::{ADMINS_MAX, GROUP_REQUESTS_MAX, MEMBERS_MAX};
use crate::social::{GroupAct, MayRename, check_name, check_name_or_none};
use crate::store::{ConversationRecord, MemberDuty};

impl Conversation {
    /// The record, where this is a group.
    pub(crate) fn group(&self) -> Option<&ConversationRecord> {
        self.record.as_ref().filter(|record| record.category == Category::Group)
    }

    /// What a member may do; no such conversation for everybody else.
    pub(crate) fn duty_of(&self, user: UserId) -> Result<Duty, Refusal> {
        let group = self.group().ok_or(Refusal::UnknownConversation)?;
        let member = self.members.get(&user).ok_or(Refusal::UnknownConversation)?;
        Ok(if group.owner == Some(user) { Duty::Owner } else { member.duty.into() })
    }

    /// The owner and the admins lead.
    pub(crate) fn check_leads(&self, user: UserId) -> Result<Duty, Refusal> {
        match self.duty_of(user)? {
            Duty::Member => Err(Refusal::NotALeader),
            duty @ (Duty::Admin | Duty::Owner) => Ok(duty),
        }
    }

    fn check_owns(&self, user: UserId) -> Result<(), Refusal> {
        match self.duty_of(user)? {
            Duty::Owner => Ok(()),
            Duty::Member | Duty::Admin => Err(Refusal::NotALeader),
        }
    }

    /// Whether `by` may do this as things stand.
    pub(crate) fn may_act(&self, by: UserId, act: &GroupAct) -> Result<(), Refusal> {
        match act {
            GroupAct::Delete => self.check_owns(by),
            GroupAct::Leave => self.duty_of(by).map(drop),
            GroupAct::Rename { name, who } => {
                match who {
                    MayRename::Members => self.duty_of(by)?,
                    MayRename::Leaders => self.check_leads(by)?,
                };
                check_name(name)
            }
            GroupAct::SetName { name } => {
                self.duty_of(by)?;
                check_name_or_none(name)
            }
            GroupAct::Add { user } => {
                self.duty_of(by)?;
                self.check_comes_in(*user)
            }
            GroupAct::Remove { user } => self.may_remove(by, *user),
            GroupAct::SetDuty { user, duty } => self.may_set_duty(by, *user, *duty),
            GroupAct::Invite { user } => {
                self.duty_of(by)?;
                self.check_comes_in(*user)?;
                if self.is_invited(*user) { Err(Refusal::AlreadyAsked) } else { Ok(()) }?;
                self.check_room_for_request(*user)
            }
            GroupAct::AcceptInvite if self.is_invited(by) => self.check_comes_in(by),
            GroupAct::RefuseInvite if self.is_invited(by) => Ok(()),
            GroupAct::AcceptInvite | GroupAct::RefuseInvite => Err(Refusal::UnknownRequest),
            GroupAct::Apply => {
                self.group().ok_or(Refusal::UnknownConversation)?;
                self.check_comes_in(by)?;
                if self.has_applied(by) { Err(Refusal::AlreadyAsked) } else { Ok(()) }?;
                self.check_room_for_request(by)
            }
            GroupAct::AcceptApplication { user } => {
                self.check_leads(by)?;
                if self.has_applied(*user) { Ok(()) } else { Err(Refusal::UnknownRequest) }?;
                self.check_comes_in(*user)
            }
            GroupAct::RefuseApplication { user } => {
                self.check_leads(by)?;
                if self.has_applied(*user) { Ok(()) } else { Err(Refusal::UnknownRequest) }
            }
        }
    }

    fn check_comes_in(&self, user: UserId) -> Result<(), Refusal> {
        if self.members.contains_key(&user) {
            Err(Refusal::AlreadyMember)
        } else if self.members.len() >= MEMBERS_MAX {
            Err(Refusal::TooManyMembers)
        } else {
            Ok(())
        }
    }

    pub(crate) fn is_invited(&self, user: UserId) -> bool {
        self.requests.get(&user).is_some_and(|request| request.invited_by.is_some())
    }

    fn has_applied(&self, user: UserId) -> bool {
        self.requests.get(&user).is_some_and(|request| request.applied_at_us.is_some())
    }

    fn check_room_for_request(&self, user: UserId) -> Result<(), Refusal> {
        if !self.requests.contains_key(&user) && self.requests.len() >= GROUP_REQUESTS_MAX {
            return Err(Refusal::TooManyRequests);
        }
        Ok(())
    }

    /// Nobody removes one of a higher duty; to remove oneself is to leave.
    fn may_remove(&self, by: UserId, user: UserId) -> Result<(), Refusal> {
        if by == user {
            return self.duty_of(by).map(drop);
        }
        let own = self.check_leads(by)?;
        match self.duty_of(user) {
            Ok(theirs) if theirs <= own => Ok(()),
            Ok(_) => Err(Refusal::NotALeader),
            Err(_) => Err(Refusal::NotAMember),
        }
    }

    /// The owner gives duties to others. Who gives the owner's own away becomes an admin, so a
    /// group that has an owner keeps one.
    fn may_set_duty(&self, by: UserId, user: UserId, duty: Duty) -> Result<(), Refusal> {
        self.check_owns(by)?;
        let old = self.duty_of(user).map_err(|_| Refusal::NotAMember)?;
        match (old, duty) {
            (Duty::Owner, Duty::Member | Duty::Admin) => Err(Refusal::NotALeader),
            (Duty::Member, Duty::Admin | Duty::Owner) if self.admins() >= ADMINS_MAX => {
                Err(Refusal::TooManyMembers)
            }
            (Duty::Owner, Duty::Owner)
            | (Duty::Admin, Duty::Member | Duty::Admin | Duty::Owner)
            | (Duty::Member, Duty::Member | Duty::Admin | Duty::Owner) => Ok(()),
        }
    }

    fn admins(&self) -> usize {
        self.members.values().filter(|member| member.duty == MemberDuty::Admin).count()
    }
}
