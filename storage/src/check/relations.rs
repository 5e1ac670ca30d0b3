//! Friendships, requests and notices: what users' homes keep is what was decided elsewhere, as far
//! as no intent is open.

use parlance_codecs::{ConversationId, UserId};
use parlance_conversation::placement::{conversation_partition, user_partition};
use parlance_conversation::store::{GroupRequestRecord, PairRecord};

use super::{NO_KEY, NO_PAIR, Report, Stores, text};
use crate::families::Family;
use crate::keys;
use crate::records;

impl Stores<'_> {
    pub(super) fn check_relations(&self, report: &mut Report) {
        self.walk(Family::Friends, report, |entry, _| {
            let (user, friend) = keys::parse_friend(entry.key).ok_or(NO_KEY)?;
            records::decode_friend(entry.value).map_err(text)?;
            let pair = ConversationId::direct(user, friend).ok_or(NO_PAIR)?;
            if self.pair(pair)? != Some(PairRecord::Friends) && !self.is_pending(user, pair) {
                return Err(format!("{user} has friend {friend}, and they are not friends"));
            }
            Ok(user_partition(user))
        });
        self.walk(Family::Pairs, report, |entry, _| {
            let (pair, a, b) = keys::parse_pair(entry.key).ok_or(NO_KEY)?;
            let record = records::decode_pair(entry.value).map_err(text)?;
            self.check_pair(pair, (a, b), record)?;
            Ok(conversation_partition(pair))
        });
        self.walk(Family::Requests, report, |entry, _| {
            let (user, about) = keys::parse_request(entry.key).ok_or(NO_KEY)?;
            let record = records::decode_request(entry.value).map_err(text)?;
            let stands = match about {
                ConversationId::Direct(..) => {
                    self.pair(about)? == Some(PairRecord::Asked { by: record.from })
                }
                ConversationId::Number(_) => {
                    let request = self.group_request(about, user)?;
                    request.is_some_and(|request| request.invited_by == Some(record.from))
                }
            };
            if !stands && !self.is_pending(user, about) {
                return Err(format!("{user} is asked about {about}, and nobody asks"));
            }
            Ok(user_partition(user))
        });
        self.walk(Family::GroupRequests, report, |entry, _| {
            let (group, user) = keys::parse_group_request(entry.key).ok_or(NO_KEY)?;
            let record = records::decode_group_request(entry.value).map_err(text)?;
            if !self.holds(Family::Conversations, &keys::conversation(group))? {
                return Err(format!("a request of {group}, which is not there"));
            }
            let knows = self.holds(Family::Requests, &keys::request(user, group))?;
            if record.invited_by.is_some() && !knows && !self.is_pending(user, group) {
                return Err(format!("{user} does not know of the invitation to {group}"));
            }
            Ok(conversation_partition(group))
        });
        self.check_notices(report);
    }

    fn check_notices(&self, report: &mut Report) {
        self.walk(Family::Notices, report, |entry, _| {
            let (user, id) = keys::parse_notice(entry.key).ok_or(NO_KEY)?;
            records::decode_notice(entry.value, user, id).map_err(text)?;
            if !self.holds(Family::Users, &keys::user(user))? {
                return Err(format!("a notice for {user}, who is not there"));
            }
            Ok(user_partition(user))
        });
        self.walk(Family::NoticeMarks, report, |entry, _| {
            let (user, _) = keys::parse_notice_mark(entry.key).ok_or(NO_KEY)?;
            records::decode_notice_mark(entry.value).map_err(text)?;
            Ok(user_partition(user))
        });
    }

    /// Both users' homes know what the pair is.
    fn check_pair(
        &self,
        pair: ConversationId,
        (a, b): (UserId, UserId),
        record: PairRecord,
    ) -> Result<(), String> {
        match record {
            PairRecord::Friends => {
                for (user, friend) in [(a, b), (b, a)] {
                    if !self.holds(Family::Friends, &keys::friend(user, friend))?
                        && !self.is_pending(user, pair)
                    {
                        return Err(format!("{user} does not know of being friends with {friend}"));
                    }
                }
                Ok(())
            }
            PairRecord::Asked { by } => {
                let user = pair.peer_of(by).ok_or_else(|| format!("{by} is none of {pair}"))?;
                if !self.holds(Family::Requests, &keys::request(user, pair))?
                    && !self.is_pending(user, pair)
                {
                    return Err(format!("{user} does not know that {by} asks to be friends"));
                }
                Ok(())
            }
        }
    }

    fn is_pending(&self, user: UserId, about: ConversationId) -> bool {
        self.pending.requests.contains(&(user, about))
    }

    fn pair(&self, pair: ConversationId) -> Result<Option<PairRecord>, String> {
        let home = self.placement.home_of_conversation(pair);
        let view = self.views.get(home.index()).ok_or(NO_KEY)?;
        view.get_record(Family::Pairs, &keys::pair(pair), records::decode_pair).map_err(text)
    }

    fn group_request(
        &self,
        group: ConversationId,
        user: UserId,
    ) -> Result<Option<GroupRequestRecord>, String> {
        let home = self.placement.home_of_conversation(group);
        let view = self.views.get(home.index()).ok_or(NO_KEY)?;
        let key = keys::group_request(group, user);
        view.get_record(Family::GroupRequests, &key, records::decode_group_request).map_err(text)
    }
}
