//! Friends, members, requests and notices as they are committed.

use std::sync::Arc;

use parlance_codecs::{ConversationId, Notice, UserId};
use parlance_conversation::store::{Change, Intent, PairRecord};

use crate::auditor::Auditor;
use crate::auditor::ledger::Ledger;
use crate::violation::{Checked, Promise, broken};

impl Ledger {
    /// A notice comes to its user once, whatever a crash has told again.
    pub(super) fn check_notice(&mut self, change: &Change) -> Checked {
        match change {
            Change::PutIntent { intent: Intent::Notify { notice }, .. } => {
                self.notices_decided.insert(notice.id);
            }
            Change::PutNotice { notice } if !self.notices_come.insert(notice.id) => {
                return broken(Promise::Once, format!("{notice:?} has come again"));
            }
            _ => {}
        }
        Ok(())
    }

    /// Once nothing is on its way: both users of each pair know what it is, no request is left
    /// over, no notice is lost.
    pub(super) fn check_relations_settled(&self) -> Checked {
        for (pair, record) in &self.pairs {
            let ConversationId::Direct(a, b) = *pair else { continue };
            let agreed = match record {
                PairRecord::Friends => self.has_friend(a, b) && self.has_friend(b, a),
                PairRecord::Asked { by } => {
                    pair.peer_of(*by).is_some_and(|asked| self.is_asked(asked, *pair))
                }
            };
            if !agreed {
                return broken(Promise::Liveness, format!("{pair} is {record:?}, unknown at home"));
            }
        }
        for (user, account) in &self.accounts {
            for friend in account.friends.keys() {
                let pair = ConversationId::direct(*user, *friend);
                let record = pair.and_then(|pair| self.pairs.get(&pair));
                if record != Some(&PairRecord::Friends) {
                    return broken(Promise::Rights, format!("{user} and {friend} are {record:?}"));
                }
            }
            for (about, request) in &account.requests {
                let stands = match self.pairs.get(about) {
                    Some(PairRecord::Asked { by }) => *by == request.from,
                    Some(PairRecord::Friends) | None => false,
                };
                if !stands {
                    return broken(Promise::Liveness, format!("{user} is still asked {request:?}"));
                }
            }
        }
        match self.notices_decided.difference(&self.notices_come).next() {
            Some(id) => broken(Promise::Durable, format!("notice {id} never came")),
            None => Ok(()),
        }
    }

    fn has_friend(&self, user: UserId, friend: UserId) -> bool {
        self.accounts.get(&user).is_some_and(|account| account.friends.contains_key(&friend))
    }

    fn is_asked(&self, user: UserId, about: ConversationId) -> bool {
        self.accounts.get(&user).is_some_and(|account| account.requests.contains_key(&about))
    }

    /// Friends, members, requests and notices.
    pub(super) fn apply_relation(&mut self, change: &Change, at_us: u64) {
        match change {
            Change::PutFriend { user, friend, record } => {
                let friends = &mut self.account(*user).friends;
                let since_us = friends.get(friend).map_or(at_us, |(_, since)| *since);
                friends.insert(*friend, (record.clone(), since_us));
            }
            Change::DeleteFriend { user, friend } => {
                self.account(*user).friends.remove(friend);
            }
            Change::PutRequest { user, about, record } => {
                self.account(*user).requests.insert(*about, record.clone());
            }
            Change::DeleteRequest { user, about } => {
                self.account(*user).requests.remove(about);
            }
            Change::PutNotice { notice } => {
                self.account(notice.user).notices.insert(notice.id, Arc::clone(notice));
            }
            Change::DeleteNotice { user, id } => {
                self.account(*user).notices.remove(id);
            }
            Change::PutNoticeMark { user, mark } => {
                self.account(*user).notice_marks.insert(mark.origin, mark.up_to);
            }
            Change::PutPair { pair, record } => {
                self.pairs.insert(*pair, *record);
            }
            Change::DeletePair { pair } => {
                self.pairs.remove(pair);
            }
            Change::PutMember { conversation, user, record } => {
                self.log(*conversation).members.insert(*user, record.clone());
                self.begin_stay(*conversation, *user);
            }
            Change::DeleteMember { conversation, user } => {
                self.log(*conversation).members.remove(user);
                self.end_stay(*conversation, *user);
            }
            Change::PutGroupRequest { conversation, user, record } => {
                self.log(*conversation).requests.insert(*user, record.clone());
            }
            Change::DeleteGroupRequest { conversation, user } => {
                self.log(*conversation).requests.remove(user);
            }
            other => unreachable!("no relation: {other:?}"),
        }
    }
}

impl Auditor {
    /// Notices are the session's user's own, on disk, and shown to a session once.
    pub(super) fn noticed<'n>(
        &mut self,
        connection: usize,
        notices: impl IntoIterator<Item = &'n Arc<Notice>>,
    ) -> Checked {
        for notice in notices {
            let user = self.sessions.get(&connection).map(|session| session.user);
            if user != Some(notice.user) {
                return broken(Promise::Rights, format!("{notice:?} was shown to {user:?}"));
            }
            if !self.ledger.notices_come.contains(&notice.id) {
                return broken(Promise::Durable, format!("{notice:?} was shown before its commit"));
            }
            if !self.noticed.insert((connection, notice.id)) {
                return broken(Promise::Once, format!("{notice:?} was shown again"));
            }
        }
        Ok(())
    }
}
