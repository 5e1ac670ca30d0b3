//! What users and conversations look like to those who ask: profiles, lists, how far a log is.
//!
//! Decides what of an entity's state is shown, and to whom; it changes nothing. Invariant: an
//! answer made here leaves behind every write before it, so whoever has it finds on disk all
//! that it speaks of.

use parlance_codecs::ask::Profile;
use parlance_codecs::{Category, ConversationId, Description, Seq, UserId};

use crate::conversation::Conversation;
use crate::mesh::{Related, Standing, View};
use crate::store::ConversationRecord;
use crate::user::User;

impl User {
    /// `None` where the user does not exist.
    pub(crate) fn profile(&self) -> Option<Profile> {
        let record = self.record.as_ref()?;
        Some(Profile {
            user: self.id,
            external_id: record.external_id.clone(),
            name: record.name.clone().unwrap_or_default(),
            created_at_ms: record.created_at_ms,
        })
    }

    pub(crate) fn conversations(&self) -> Vec<(ConversationId, Category)> {
        self.memberships.iter().map(|(id, record)| (*id, record.category)).collect()
    }

    /// Friends are there before anything was said, other directs are no relation.
    pub(crate) fn related(&self) -> Related {
        let name = self.record.as_ref().and_then(|record| record.name.clone());
        let directs = self.friends.iter().filter_map(|peer| ConversationId::direct(self.id, *peer));
        let is_number = |id: &ConversationId| matches!(id, ConversationId::Number(_));
        let numbers = self.memberships.keys().copied().filter(is_number);
        let mut targets: Vec<ConversationId> = directs.chain(numbers).collect();
        targets.sort_unstable();
        Related { own_name: name.unwrap_or_default(), targets }
    }

    pub(crate) fn standing_in(&self, conversation: ConversationId) -> Standing {
        let membership = self.memberships.get(&conversation);
        let peer = conversation.peer_of(self.id);
        Standing {
            is_friend: peer.is_some_and(|peer| self.friends.contains(&peer)),
            hidden_up_to: membership.map_or(Seq(0), |membership| membership.hidden_up_to),
            read: membership.map_or(Seq(0), |membership| membership.read),
        }
    }
}

impl Conversation {
    pub(crate) fn describe(&self, record: &ConversationRecord) -> Description {
        let members = match self.id {
            ConversationId::Direct(a, b) => vec![a, b],
            ConversationId::Number(_) => self.members.iter().copied().collect(),
        };
        Description {
            conversation: self.id,
            category: record.category,
            name: record.name.clone(),
            owner: record.owner,
            members,
            created_at_ms: record.created_at_ms,
        }
    }

    /// `None` for who is not in it. Between friends a direct is there before its first message.
    pub(crate) fn view(&self, user: UserId, standing: Standing) -> Option<View> {
        let category = match &self.record {
            Some(record) if self.is_read_by(record, user) => record.category,
            None if standing.is_friend => Category::Direct,
            Some(_) | None => return None,
        };
        let record = self.record.as_ref();
        Some(View {
            category,
            name: record.map_or_else(String::new, |record| record.name.clone()),
            last_seq: self.last_seq,
            last_id: self.last_id,
            recalls: record.map_or(0, |record| record.recalls),
            standing,
        })
    }

    /// A room is there for everybody, but read only by those who have joined it.
    fn is_read_by(&self, record: &ConversationRecord, user: UserId) -> bool {
        match record.category {
            Category::Direct => self.id.peer_of(user).is_some(),
            Category::Group | Category::Channel => self.members.contains(&user),
            Category::Room => self.has_joined(user),
        }
    }
}
