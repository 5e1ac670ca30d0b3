//! What other shards decided about a user, applied at the user's home.
//!
//! Invariant: applying an intent twice changes nothing, and what it changes is written before the
//! other shard is told that it is done.

use std::collections::btree_map::Entry;
use std::sync::Arc;

use parlance_codecs::{Category, ConversationId, Notice, Seq};

use crate::placement::Partition;
use crate::store::{Change, Durability, FriendRecord, Intent, MembershipRecord};
use crate::turn::Turn;
use crate::user::User;

/// What sessions of the user must come to know.
pub(crate) enum ForSessions {
    Joined(ConversationId),
    Left(ConversationId),
    Noticed(Arc<Notice>),
}

impl User {
    /// Applies what another shard decided; twice is as good as once.
    pub(crate) fn intended(
        &mut self,
        origin: Partition,
        intent: Intent,
        turn: &mut Turn,
    ) -> Option<ForSessions> {
        self.ensure(turn);
        match intent {
            Intent::Joined { user, conversation, category, joined_at, hidden_up_to } => {
                let is_group = category != Category::Direct;
                let settled = if is_group { self.settle(conversation) } else { None };
                let mut changes: Vec<Change> = settled.into_iter().collect();
                let is_new = !self.memberships.contains_key(&conversation);
                if is_new {
                    let record = MembershipRecord {
                        category,
                        delivered: joined_at,
                        delivered_above: Vec::new(),
                        read: Seq(0),
                        hidden_up_to,
                        alias: String::new(),
                    };
                    self.memberships.insert(conversation, record.clone());
                    changes.push(Change::PutMembership { user, conversation, record });
                }
                self.write_changes(changes, turn);
                is_new.then_some(ForSessions::Joined(conversation))
            }
            Intent::Left { user, conversation } => {
                self.memberships.remove(&conversation)?;
                self.dirty.remove(&conversation);
                let change = Change::DeleteMembership { user, conversation };
                self.write_changes(vec![change], turn);
                Some(ForSessions::Left(conversation))
            }
            Intent::Befriended { user, friend } => {
                let about = ConversationId::direct(user, friend)?;
                let mut changes: Vec<Change> = self.settle(about).into_iter().collect();
                if let Entry::Vacant(place) = self.friends.entry(friend) {
                    let record = FriendRecord::default();
                    place.insert(record.clone());
                    changes.push(Change::PutFriend { user, friend, record });
                }
                self.write_changes(changes, turn);
                None
            }
            Intent::Unfriended { user, friend } => {
                self.friends.remove(&friend)?;
                self.write_changes(vec![Change::DeleteFriend { user, friend }], turn);
                None
            }
            Intent::FriendAsked { user, from, text } => {
                let about = ConversationId::direct(user, from)?;
                self.is_asked(about, from, text, turn);
                None
            }
            Intent::Invited { group, from, .. } => {
                self.is_asked(group, from, String::new(), turn);
                None
            }
            Intent::RequestOver { about, .. } => {
                let change = self.settle(about)?;
                self.write_changes(vec![change], turn);
                None
            }
            Intent::Notify { notice } => {
                self.take_notice(notice, origin, turn).map(ForSessions::Noticed)
            }
        }
    }

    pub(crate) fn write_changes(&mut self, changes: Vec<Change>, turn: &mut Turn) {
        if !changes.is_empty() {
            self.last_write = turn.write(changes, Durability::Sync);
        }
    }
}
