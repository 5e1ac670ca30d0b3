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
            name: self.shown_name().to_owned(),
            photo: record.photo.clone(),
            created_at_ms: record.created_at_ms,
        })
    }

    /// As the user wants to be called, else the name that they sign in with; empty where there is
    /// neither.
    pub(crate) fn shown_name(&self) -> &str {
        match &self.record {
            Some(record) if !record.own_name.is_empty() => &record.own_name,
            Some(record) => record.name.as_deref().unwrap_or_default(),
            None => "",
        }
    }

    pub(crate) fn conversations(&self) -> Vec<(ConversationId, Category)> {
        self.memberships.iter().map(|(id, record)| (*id, record.category)).collect()
    }

    /// Friends are there before anything was said, other directs are no relation.
    pub(crate) fn related(&self) -> Related {
        let directs = self.friends.iter().filter_map(|(peer, record)| {
            ConversationId::direct(self.id, *peer).map(|direct| (direct, record.alias.clone()))
        });
        let is_number = |id: &ConversationId| matches!(id, ConversationId::Number(_));
        let numbers = self.memberships.iter().filter(|(id, _)| is_number(id));
        let numbers = numbers.map(|(id, record)| (*id, record.alias.clone()));
        let mut targets: Vec<(ConversationId, String)> = directs.chain(numbers).collect();
        targets.sort_unstable();
        Related { own_name: self.shown_name().to_owned(), targets }
    }

    pub(crate) fn standing_in(&self, conversation: ConversationId) -> Standing {
        let membership = self.memberships.get(&conversation);
        let peer = conversation.peer_of(self.id);
        Standing {
            is_friend: peer.is_some_and(|peer| self.friends.contains_key(&peer)),
            hidden_up_to: membership.map_or(Seq(0), |membership| membership.hidden_up_to),
            read: membership.map_or(Seq(0), |membership| membership.read),
        }
    }
}

impl Conversation {
    pub(crate) fn describe(&self, record: &ConversationRecord) -> Description {
        let members = match self.id {
            ConversationId::Direct(a, b) => vec![a, b],
            ConversationId::Number(_) => self.members.keys().copied().collect(),
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
            Category::Group | Category::Channel => self.members.contains_key(&user),
            Category::Room => self.has_joined(user),
        }
    }
}
