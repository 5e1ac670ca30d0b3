//! Notices as the dialect's notifications, live and missed.
//!
//! Decides type, sender and words of every piece of news; the words are those of the original's
//! server where it has some. What a user did themselves comes from 0, the system. News that the
//! dialect's numbers do not know is of type 0.

use std::sync::Arc;

use serde::Serialize;

use crate::ask::Duty;
use crate::dialect::Framing;
use crate::model::{ConversationId, UserId};
use crate::notice::{News, Notice};

use super::batch::{Batch, Item};
use super::offline::MS_PER_SECOND;
use super::reply::append_json;

#[derive(Serialize)]
struct Live<'a> {
    cmd: &'a str,
    notification_type: u32,
    from: u64,
    msg: &'a str,
    ack: u64,
}

#[derive(Serialize)]
struct Missed<'a> {
    id: u64,
    sender_id: u64,
    receiver_id: u64,
    notification_type: u32,
    notifiable_type: &'a str,
    notifiable_action: &'a str,
    notifiable_id: u64,
    subject: &'a str,
    body: &'a str,
    unread: u32,
    created_at: u64,
    updated_at: u64,
}

pub(super) fn append_live(framing: Framing, notice: &Notice, out: &mut Vec<u8>) {
    let shown = shown(notice);
    let frame = Live {
        cmd: "notification",
        notification_type: shown.kind as u32,
        from: shown.from(),
        msg: shown.words,
        ack: notice.id.raw(),
    };
    append_json(framing, &frame, out);
}

pub(super) fn append_missed(framing: Framing, notices: &[Arc<Notice>], out: &mut Vec<u8>) {
    let mut batch = Batch::new("offline_notifications");
    for notice in notices {
        batch.push(framing, &item(notice), out);
    }
    batch.flush(framing, out);
}

fn item(notice: &Notice) -> Item {
    let shown = shown(notice);
    let created_at = notice.created_at_ms / MS_PER_SECOND;
    let (notifiable_type, notifiable_id) = match shown.room {
        Some(ConversationId::Number(room)) => ("Room", room.get()),
        // The documents' own: always whom the notification is for.
        Some(ConversationId::Direct(..)) | None => ("User", notice.user.raw()),
    };
    let missed = Missed {
        id: notice.id.raw(),
        sender_id: shown.from(),
        receiver_id: notice.user.raw(),
        notification_type: shown.kind as u32,
        notifiable_type,
        notifiable_action: shown.action,
        notifiable_id,
        subject: shown.words,
        body: shown.words,
        unread: 1,
        created_at,
        updated_at: created_at,
    };
    Item::new(notice.id.raw(), &missed)
}

/// The dialect's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    System = 0,
    FriendRequested = 2,
    Befriended = 3,
    FriendRefused = 4,
    Unfriended = 5,
    NewRoom = 11,
    Deleted = 12,
    Left = 13,
    Renamed = 14,
    Joined = 15,
}

/// A notice in the dialect's terms.
struct Shown<'a> {
    kind: Kind,
    /// `None`: the system.
    from: Option<UserId>,
    words: &'a str,
    /// The command that such news comes of.
    action: &'static str,
    room: Option<ConversationId>,
}

impl Shown<'_> {
    fn from(&self) -> u64 {
        self.from.map_or(0, UserId::raw)
    }
}

fn shown(notice: &Notice) -> Shown<'_> {
    let me = notice.user;
    match &notice.what {
        News::FriendRequested { by, text } => {
            friends(Kind::FriendRequested, Some(*by), text, "create_friendship")
        }
        News::Befriended { with, with_name: _ } => {
            friends(Kind::Befriended, Some(*with), "You are friends", "create_friendship")
        }
        News::FriendRefused { by } => {
            let words = "refused your friendship request";
            friends(Kind::FriendRefused, Some(*by), words, "deny_friendship")
        }
        News::Unfriended { with: _, by } => {
            let said = mine_or(me, *by, "you del friends success", "del our friendship");
            friends(Kind::Unfriended, said.0, said.1, "del_friendship")
        }
        News::Created { group, group_name: _, by } => {
            let said = mine_or(me, *by, "create room success", "pull you to this room");
            in_room(Kind::NewRoom, said, "create_room", *group)
        }
        News::Joined { group, group_name: _, member, member_name: _, by } => {
            in_room(Kind::Joined, joined(me, *member, *by), "pull_to_room", *group)
        }
        News::Left { group, member, by } => {
            in_room(Kind::Left, left(me, *member, *by), "leave_room", *group)
        }
        News::Deleted { group, by } => {
            let others = "deleted this room, you have to leave it";
            let said = mine_or(me, *by, "del room success", others);
            in_room(Kind::Deleted, said, "del_room", *group)
        }
        News::Renamed { group, name: _, by } => {
            let said = mine_or(me, *by, "change room name success", "changed the room name");
            in_room(Kind::Renamed, said, "change_room_info", *group)
        }
        News::Invited { group, by } => {
            in_room(Kind::System, (Some(*by), "invites you to this room"), "pull_to_room", *group)
        }
        News::InviteRefused { group, by } => {
            let said = (Some(*by), "refused to come to this room");
            in_room(Kind::System, said, "pull_to_room", *group)
        }
        News::Applied { group, by } => {
            in_room(Kind::System, (Some(*by), "wants to join this room"), "join_room", *group)
        }
        News::ApplicationRefused { group } => {
            in_room(Kind::System, (None, "you may not join this room"), "join_room", *group)
        }
        News::DutyChanged { group, member, duty } => {
            let said = (Some(*member).filter(|member| *member != me), duty_words(*duty));
            in_room(Kind::System, said, "change_room_info", *group)
        }
    }
}

/// From whom, and in which words.
type Said<'a> = (Option<UserId>, &'a str);

fn mine_or<'a>(me: UserId, by: UserId, mine: &'a str, others: &'a str) -> Said<'a> {
    if by == me { (None, mine) } else { (Some(by), others) }
}

fn joined(me: UserId, member: UserId, by: UserId) -> Said<'static> {
    match (member == me, by == me, by == member) {
        (true, true, _) => (None, "join room success"),
        (true, false, _) => (Some(by), "invited you to this room"),
        (false, true, _) => (None, "pull someone to room success"),
        (false, false, true) => (Some(member), "joined this room"),
        (false, false, false) => (Some(by), "some one invited some one to this room"),
    }
}

fn left(me: UserId, member: UserId, by: UserId) -> Said<'static> {
    match (member == me, by == me, by == member) {
        (true, true, _) => (None, "leave room success"),
        (true, false, _) => (Some(by), "removed you from this room"),
        (false, true, _) => (None, "remove someone from room success"),
        (false, false, true) => (Some(member), "left this room"),
        (false, false, false) => (Some(by), "removed some one from this room"),
    }
}

fn duty_words(duty: Duty) -> &'static str {
    match duty {
        Duty::Owner => "room leader now",
        Duty::Admin => "room admin now",
        Duty::Member => "room member now",
    }
}

fn friends<'a>(
    kind: Kind,
    from: Option<UserId>,
    words: &'a str,
    action: &'static str,
) -> Shown<'a> {
    Shown { kind, from, words, action, room: None }
}

fn in_room<'a>(
    kind: Kind,
    (from, words): Said<'a>,
    action: &'static str,
    group: ConversationId,
) -> Shown<'a> {
    Shown { kind, from, words, action, room: Some(group) }
}
