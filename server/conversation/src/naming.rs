//! How a user wants to be called, and what they call others.

use parlance_codecs::ask::Profile;
use parlance_codecs::{ConversationId, Refusal};

use crate::social::{check_name, check_name_or_none};
use crate::store::{Change, UserRecord};
use crate::turn::Turn;
use crate::user::User;

impl User {
    pub(crate) fn set_own_name(&mut self, name: String, turn: &mut Turn) -> Result<(), Refusal> {
        check_name(&name)?;
        let record = self.record.clone().ok_or(Refusal::UnknownUser)?;
        self.put(UserRecord { own_name: name, ..record }, turn);
        Ok(())
    }

    /// Keeps what the user says of themselves, unless they have said it before.
    pub(crate) fn introduce(
        &mut self,
        name: Option<String>,
        photo: Option<String>,
        turn: &mut Turn,
    ) -> Result<Profile, Refusal> {
        let mut record = self.record.clone().ok_or(Refusal::UnknownUser)?;
        let mut changed = false;
        if let Some(name) = name.filter(|_| self.shown_name().is_empty()) {
            check_name(&name)?;
            record.own_name = name;
            changed = true;
        }
        if let Some(photo) = photo.filter(|_| record.photo.is_empty()) {
            record.photo = photo;
            changed = true;
        }
        if changed {
            self.put(record, turn);
        }
        self.profile().ok_or(Refusal::UnknownUser)
    }

    /// Only the user sees it, so only what their own home knows counts.
    pub(crate) fn set_alias(
        &mut self,
        target: ConversationId,
        alias: String,
        turn: &mut Turn,
    ) -> Result<(), Refusal> {
        let user = self.id;
        let change = if let ConversationId::Direct(..) = target {
            let friend = target.peer_of(user).ok_or(Refusal::NotFriends)?;
            let record = self.friends.get_mut(&friend).ok_or(Refusal::NotFriends)?;
            check_name_or_none(&alias)?;
            record.alias = alias;
            Change::PutFriend { user, friend, record: record.clone() }
        } else {
            let membership = self.memberships.get_mut(&target);
            let record = membership.ok_or(Refusal::UnknownConversation)?;
            check_name_or_none(&alias)?;
            record.alias = alias;
            Change::PutMembership { user, conversation: target, record: record.clone() }
        };
        self.write_changes(vec![change], turn);
        Ok(())
    }
}
