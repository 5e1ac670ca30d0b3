//! Friends, members, requests and notices as they are committed.

use std::sync::Arc;

use parlance_conversation::store::Change;

use crate::auditor::ledger::Ledger;

impl Ledger {
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
