//! Users, conversations and what they say of one another.

use parlance_codecs::{Category, ConversationId, UserId};
use parlance_conversation::placement::{
    ALLOCATOR_PARTITION, conversation_partition, name_partition, user_partition,
};
use parlance_conversation::store::{ConversationRecord, NameKey, UserRecord};

use super::{NO_KEY, Report, Stores, text, walk_shard};
use crate::families::Family;
use crate::keys;
use crate::records;

impl Stores<'_> {
    pub(super) fn check_users(&self, report: &mut Report) {
        self.walk(Family::Users, report, |entry, report| {
            let user = keys::parse_user(entry.key).ok_or(NO_KEY)?;
            let record = records::decode_user(entry.value).map_err(text)?;
            report.users = report.users.saturating_add(1);
            self.check_names_of(user, &record)?;
            Ok(user_partition(user))
        });
        self.walk(Family::Names, report, |entry, _| {
            let name = keys::parse_name(entry.key).ok_or(NO_KEY)?;
            records::decode_name(entry.value).map_err(text)?;
            Ok(name_partition(&name))
        });
        self.walk(Family::Memberships, report, |entry, _| {
            let (user, conversation) = keys::parse_membership(entry.key).ok_or(NO_KEY)?;
            let record = records::decode_membership(entry.value).map_err(text)?;
            if is_direct(conversation) != (record.category == Category::Direct) {
                return Err(format!("{:?} is no category of {conversation}", record.category));
            }
            self.check_membership(user, conversation)?;
            Ok(user_partition(user))
        });
    }

    pub(super) fn check_conversations(&self, report: &mut Report) {
        self.walk(Family::Conversations, report, |entry, report| {
            let conversation = keys::parse_conversation(entry.key).ok_or(NO_KEY)?;
            let record = records::decode_conversation(entry.value).map_err(text)?;
            report.conversations = report.conversations.saturating_add(1);
            self.check_category(conversation, &record)?;
            Ok(conversation_partition(conversation))
        });
        self.walk(Family::Recalls, report, |entry, _| {
            let (conversation, _) = keys::parse_recall(entry.key).ok_or(NO_KEY)?;
            records::decode_recalled(entry.value).map_err(text)?;
            Ok(conversation_partition(conversation))
        });
        self.walk(Family::Members, report, |entry, _| {
            let (conversation, user) = keys::parse_member(entry.key).ok_or(NO_KEY)?;
            records::decode_member(entry.value).map_err(text)?;
            if !self.holds(Family::Conversations, &keys::conversation(conversation))? {
                return Err(format!("a member of {conversation}, which is not there"));
            }
            self.check_member(conversation, user)?;
            Ok(conversation_partition(conversation))
        });
        self.walk(Family::Dedupe, report, |entry, _| {
            let (conversation, _, id) = keys::parse_dedupe(entry.key).ok_or(NO_KEY)?;
            records::decode_dedupe(entry.value, id).map_err(text)?;
            Ok(conversation_partition(conversation))
        });
    }

    /// What belongs to the shards themselves.
    pub(super) fn check_shards(&self, report: &mut Report) {
        self.walk(Family::Allocators, report, |entry, _| {
            records::decode_allocator(entry.value).map_err(text)?;
            Ok(ALLOCATOR_PARTITION)
        });
        for (view, shard) in self.shards() {
            walk_shard(view, shard, Family::Shard, report, |entry, report| {
                if entry.key != keys::CLOCK {
                    report.find(shard, entry.place(), NO_KEY.to_owned());
                } else if let Err(what) = records::decode_clock(entry.value) {
                    report.find(shard, entry.place(), what.to_string());
                }
            });
        }
    }

    /// A user's names lead back to the user. A name may lead to a user who is not there: it was
    /// claimed by a creation that never finished.
    fn check_names_of(&self, user: UserId, record: &UserRecord) -> Result<(), String> {
        let login = record.name.clone().map(NameKey::Login);
        let external = record.external_id.clone().map(NameKey::External);
        for name in login.into_iter().chain(external) {
            let home = self.placement.home_of_name(&name);
            let view = self.views.get(home.index()).ok_or(NO_KEY)?;
            let found = view
                .get_record(Family::Names, &keys::name(&name), records::decode_name)
                .map_err(text)?;
            match found {
                Some(found) if found.user == user => {}
                Some(found) => return Err(format!("{name:?} leads to user {}", found.user)),
                None => return Err(format!("{name:?} leads nowhere")),
            }
        }
        Ok(())
    }

    /// A direct's members are in its id; every other conversation lists its own.
    fn check_membership(&self, user: UserId, conversation: ConversationId) -> Result<(), String> {
        let agreed = match conversation {
            ConversationId::Direct(..) => {
                conversation.peer_of(user).is_some()
                    && self.holds(Family::Conversations, &keys::conversation(conversation))?
            }
            ConversationId::Number(_) => {
                self.holds(Family::Members, &keys::member(conversation, user))?
            }
        };
        if agreed || self.pending.memberships.contains(&(user, conversation)) {
            return Ok(());
        }
        Err(format!("{conversation} does not have {user} as a member"))
    }

    fn check_member(&self, conversation: ConversationId, user: UserId) -> Result<(), String> {
        if self.holds(Family::Memberships, &keys::membership(user, conversation))?
            || self.pending.memberships.contains(&(user, conversation))
        {
            return Ok(());
        }
        Err(format!("{user} does not know of being in {conversation}"))
    }

    fn check_category(
        &self,
        conversation: ConversationId,
        record: &ConversationRecord,
    ) -> Result<(), String> {
        if is_direct(conversation) != (record.category == Category::Direct) {
            return Err(format!("{:?} is no category of {conversation}", record.category));
        }
        if let ConversationId::Direct(a, b) = conversation {
            self.check_member(conversation, a)?;
            self.check_member(conversation, b)?;
        }
        Ok(())
    }
}

fn is_direct(conversation: ConversationId) -> bool {
    matches!(conversation, ConversationId::Direct(..))
}
