//! Lists of what is asked: of users at their homes, of those who lead a group at its home.
//!
//! A list is in the order of its times, which are made distinct as they are written, so a page
//! that begins behind a time misses nothing and repeats nothing.

use parlance_codecs::ask::{Direction, JoinRequest, RequestSpan};
use parlance_codecs::{ConversationId, UserId};

use crate::conversation::Conversation;
use crate::limits::{RELATIONS_MAX, USER_REQUESTS_MAX};
use crate::mesh::CallAnswer;
use crate::store::{Change, Durability, RequestRecord};
use crate::turn::Turn;
use crate::user::User;

impl User {
    /// Whether the user may not have one more friend or group.
    pub(crate) fn has_no_room(&self) -> bool {
        let directs = self.memberships.keys().filter(|id| matches!(id, ConversationId::Direct(..)));
        let groups = self.memberships.len() - directs.count();
        self.friends.len() + groups >= RELATIONS_MAX
    }

    pub(crate) fn has_no_room_for_requests(&self) -> bool {
        self.requests.len() >= USER_REQUESTS_MAX
    }

    /// Somebody asks the user for something. Asked again, the first time stands.
    pub(crate) fn is_asked(
        &mut self,
        about: ConversationId,
        from: UserId,
        text: String,
        turn: &mut Turn,
    ) {
        if self.requests.contains_key(&about) {
            return;
        }
        let times = self.requests.values().map(|request| request.at_us);
        let at_us = next_time(times, turn.now.wall_ms);
        let record = RequestRecord { from, text, at_us };
        self.requests.insert(about, record.clone());
        let change = Change::PutRequest { user: self.id, about, record };
        self.last_write = turn.write(vec![change], Durability::Sync);
    }

    /// What was asked is settled: the change to write, if it stood.
    pub(crate) fn settle(&mut self, about: ConversationId) -> Option<Change> {
        self.requests.remove(&about)?;
        Some(Change::DeleteRequest { user: self.id, about })
    }

    pub(crate) fn list_requests(&self, span: RequestSpan) -> CallAnswer {
        let all = self.requests.iter().map(|(about, request)| JoinRequest {
            from: request.from,
            group: match about {
                ConversationId::Direct(..) => None,
                ConversationId::Number(_) => Some(*about),
            },
            text: request.text.clone(),
            at_us: request.at_us,
        });
        list(all.collect(), span)
    }
}

impl Conversation {
    /// Who wants to be let in.
    pub(crate) fn list_applications(&self, span: RequestSpan) -> CallAnswer {
        let all = self.requests.iter().filter_map(|(user, request)| {
            let at_us = request.applied_at_us?;
            Some(JoinRequest { from: *user, group: Some(self.id), text: String::new(), at_us })
        });
        list(all.collect(), span)
    }
}

/// Now, or just above the latest of a list.
pub(crate) fn next_time(times: impl Iterator<Item = u64>, wall_ms: u64) -> u64 {
    let latest = times.max().unwrap_or(0);
    wall_ms.saturating_mul(1_000).max(latest.saturating_add(1))
}

fn list(mut all: Vec<JoinRequest>, span: RequestSpan) -> CallAnswer {
    let total = u32::try_from(all.len()).unwrap_or(u32::MAX);
    all.sort_unstable_by_key(|request| request.at_us);
    let page = match span {
        RequestSpan::Count => Vec::new(),
        RequestSpan::Page { cursor_us, direction: Direction::After } => {
            let above = all.into_iter().filter(|request| request.at_us > cursor_us);
            above.take(RequestSpan::PAGE_MAX).collect()
        }
        RequestSpan::Page { cursor_us, direction: Direction::Before } => {
            let below = all.into_iter().rev().filter(|request| request.at_us < cursor_us);
            below.take(RequestSpan::PAGE_MAX).collect()
        }
    };
    CallAnswer::Requests { total, page }
}
