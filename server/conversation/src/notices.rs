//! Notices: given out by who decides, kept at their user's home until they are acknowledged.
//!
//! A notice has an id of the deciding shard's clock and travels as an intent, so it comes at
//! least once and in the order of its partition's ids; the largest id that came from each
//! partition is written beside it, so it counts once. Past [`NOTICES_MAX`] the oldest notice of
//! a user is dropped: what it told can still be asked for (friends, groups, requests).

use std::sync::Arc;

use parlance_codecs::{MessageId, News, Notice, UserId};

use crate::decision::Decision;
use crate::input::SessionId;
use crate::limits::NOTICES_MAX;
use crate::mesh::MeshBody;
use crate::placement::Partition;
use crate::shard::Shard;
use crate::store::{Change, Durability, Intent, NoticeMark};
use crate::turn::Turn;
use crate::user::User;

impl Decision {
    /// Tells `user` of what is being decided.
    pub(crate) fn notify(&mut self, user: UserId, what: News, turn: &mut Turn) {
        let id = turn.clock.next_id(turn.now);
        let ceiling = turn.clock.ceiling_due();
        self.changes.extend(ceiling.map(|ceiling| Change::PutClock { ceiling }));
        let notice = Arc::new(Notice { id, user, what, created_at_ms: turn.now.wall_ms });
        self.intend(Intent::Notify { notice }, turn);
    }
}

impl User {
    /// Keeps a notice that `origin` decided; `None` where it has come before.
    pub(crate) fn take_notice(
        &mut self,
        notice: Arc<Notice>,
        origin: Partition,
        turn: &mut Turn,
    ) -> Option<Arc<Notice>> {
        let mark = self.notice_marks.entry(origin).or_default();
        if notice.id <= *mark {
            return None;
        }
        *mark = notice.id;
        let notice = self.with_own_name(notice);
        let mark = NoticeMark { origin, up_to: notice.id };
        let mut changes = vec![
            Change::PutNoticeMark { user: self.id, mark },
            Change::PutNotice { notice: Arc::clone(&notice) },
        ];
        self.notices.insert(notice.id, Arc::clone(&notice));
        while self.notices.len() > NOTICES_MAX
            && let Some((id, _)) = self.notices.pop_first()
        {
            changes.push(Change::DeleteNotice { user: self.id, id });
        }
        self.last_write = turn.write(changes, Durability::Sync);
        self.notices.contains_key(&notice.id).then_some(notice)
    }

    /// Who is told of their own joining is called as their own home knows.
    fn with_own_name(&self, notice: Arc<Notice>) -> Arc<Notice> {
        match &notice.what {
            News::Joined { member, member_name, group, group_name, by }
                if *member == self.id && member_name.is_empty() =>
            {
                let what = News::Joined {
                    group: *group,
                    group_name: group_name.clone(),
                    member: *member,
                    member_name: self.shown_name().to_owned(),
                    by: *by,
                };
                Arc::new(Notice { what, ..Notice::clone(&notice) })
            }
            _ => notice,
        }
    }

    /// Drops what the user has seen. Unknown ids are passed over.
    pub(crate) fn notices_seen(&mut self, ids: &[MessageId], turn: &mut Turn) {
        let user = self.id;
        let seen = ids.iter().filter(|id| self.notices.remove(id).is_some());
        let changes: Vec<_> = seen.map(|id| Change::DeleteNotice { user, id: *id }).collect();
        if !changes.is_empty() {
            self.last_write = turn.write(changes, Durability::Sync);
        }
    }
}

impl Shard {
    /// The user's sessions that have words for notices are shown this one once it is on disk.
    pub(crate) fn show_notice(&mut self, user: UserId, notice: &Arc<Notice>) {
        for (id, _) in self.sessions_of(user) {
            let shows = self.sessions.get(id).is_some_and(|session| session.shows_notices);
            if shows {
                let body = MeshBody::Noticed { session: id, notice: Arc::clone(notice) };
                self.turn.tell_after_writes(self.turn.me, body);
            }
        }
    }

    /// A session that goes by the server's cursors is shown what its user has not acknowledged.
    /// Later notices follow live.
    pub(crate) fn begin_notices(&mut self, id: SessionId, resumes: NoticesFrom) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        if !session.style.notices || session.shows_notices {
            return;
        }
        session.shows_notices = true;
        let Some(user) = self.users.live(&session.user) else { return };
        match resumes {
            NoticesFrom::Now => {}
            NoticesFrom::Unseen if user.notices.is_empty() => {}
            NoticesFrom::Unseen => {
                let notices = user.notices.values().cloned().collect();
                let body = MeshBody::Notices { session: id, notices };
                self.turn.tell_after_writes(self.turn.me, body);
            }
        }
    }
}

/// Which notices a session that begins is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoticesFrom {
    /// What was not acknowledged, then what comes.
    Unseen,
    /// What comes from now on.
    Now,
}
