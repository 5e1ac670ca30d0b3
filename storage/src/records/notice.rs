//! What users are told of friendships and memberships. User and id are in the key.

use parlance_codecs::ask::Duty;
use parlance_codecs::{ConversationId, MessageId, News, Notice, UserId};

use super::{BadRecord, StoredConversationId, bad, conversation_id, decode, encode, user_id};

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct StoredNotice {
    #[prost(uint64, tag = "1")]
    created_at_ms: u64,
    #[prost(oneof = "StoredNews", tags = "2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15")]
    what: Option<StoredNews>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum StoredNews {
    #[prost(message, tag = "2")]
    FriendRequested(StoredPerson),
    #[prost(message, tag = "3")]
    Befriended(StoredPerson),
    /// Who refused.
    #[prost(uint64, tag = "4")]
    FriendRefused(u64),
    #[prost(message, tag = "5")]
    Unfriended(StoredPerson),
    #[prost(message, tag = "6")]
    Invited(StoredInGroup),
    #[prost(message, tag = "7")]
    InviteRefused(StoredInGroup),
    #[prost(message, tag = "8")]
    Applied(StoredInGroup),
    #[prost(message, tag = "9")]
    ApplicationRefused(StoredInGroup),
    #[prost(message, tag = "10")]
    Joined(StoredInGroup),
    #[prost(message, tag = "11")]
    Left(StoredInGroup),
    #[prost(message, tag = "12")]
    Deleted(StoredInGroup),
    #[prost(message, tag = "13")]
    Renamed(StoredInGroup),
    #[prost(message, tag = "14")]
    DutyChanged(StoredInGroup),
    #[prost(message, tag = "15")]
    Created(StoredInGroup),
}

#[derive(Clone, PartialEq, prost::Message)]
struct StoredPerson {
    #[prost(uint64, tag = "1")]
    user: u64,
    /// What they said, or how they are called.
    #[prost(string, tag = "2")]
    text: String,
    /// Zero where nobody else has a part in it.
    #[prost(uint64, tag = "3")]
    by: u64,
}

/// Which fields are used depends on what happened.
#[derive(Clone, PartialEq, prost::Message)]
struct StoredInGroup {
    #[prost(message, optional, tag = "1")]
    group: Option<StoredConversationId>,
    #[prost(uint64, tag = "2")]
    member: u64,
    #[prost(uint64, tag = "3")]
    by: u64,
    #[prost(string, tag = "4")]
    group_name: String,
    #[prost(string, tag = "5")]
    member_name: String,
    /// The number of a duty, from 1.
    #[prost(uint32, tag = "6")]
    duty: u32,
}

pub(crate) fn encode_notice(notice: &Notice) -> Vec<u8> {
    encode(&stored_notice(notice))
}

pub(crate) fn decode_notice(
    bytes: &[u8],
    user: UserId,
    id: MessageId,
) -> Result<Notice, BadRecord> {
    notice(decode(bytes)?, user, id)
}

pub(super) fn stored_notice(notice: &Notice) -> StoredNotice {
    let created_at_ms = notice.created_at_ms;
    StoredNotice { created_at_ms, what: Some(stored_news(&notice.what)) }
}

pub(super) fn notice(
    stored: StoredNotice,
    user: UserId,
    id: MessageId,
) -> Result<Notice, BadRecord> {
    let what = news(stored.what.ok_or_else(|| bad("news", "none"))?)?;
    Ok(Notice { id, user, what, created_at_ms: stored.created_at_ms })
}

fn stored_news(what: &News) -> StoredNews {
    let person =
        |user: &UserId, text: &str| StoredPerson { user: user.raw(), text: text.to_owned(), by: 0 };
    match what {
        News::FriendRequested { by, text } => StoredNews::FriendRequested(person(by, text)),
        News::Befriended { with, with_name } => StoredNews::Befriended(person(with, with_name)),
        News::FriendRefused { by } => StoredNews::FriendRefused(by.raw()),
        News::Unfriended { with, by } => {
            StoredNews::Unfriended(StoredPerson { by: by.raw(), ..person(with, "") })
        }
        News::Invited { group, by } => StoredNews::Invited(in_group(*group, Some(*by))),
        News::InviteRefused { group, by } => StoredNews::InviteRefused(in_group(*group, Some(*by))),
        News::Applied { group, by } => StoredNews::Applied(in_group(*group, Some(*by))),
        News::ApplicationRefused { group } => {
            StoredNews::ApplicationRefused(in_group(*group, None))
        }
        News::Created { group, group_name, by } => StoredNews::Created(StoredInGroup {
            group_name: group_name.clone(),
            ..in_group(*group, Some(*by))
        }),
        News::Joined { group, group_name, member, member_name, by } => {
            StoredNews::Joined(StoredInGroup {
                member: member.raw(),
                group_name: group_name.clone(),
                member_name: member_name.clone(),
                ..in_group(*group, Some(*by))
            })
        }
        News::Left { group, member, by } => {
            let member = member.raw();
            StoredNews::Left(StoredInGroup { member, ..in_group(*group, Some(*by)) })
        }
        News::Deleted { group, by } => StoredNews::Deleted(in_group(*group, Some(*by))),
        News::Renamed { group, name, by } => StoredNews::Renamed(StoredInGroup {
            group_name: name.clone(),
            ..in_group(*group, Some(*by))
        }),
        News::DutyChanged { group, member, duty } => StoredNews::DutyChanged(StoredInGroup {
            member: member.raw(),
            duty: stored_duty(*duty),
            ..in_group(*group, None)
        }),
    }
}

fn in_group(group: ConversationId, by: Option<UserId>) -> StoredInGroup {
    let by = by.map_or(0, UserId::raw);
    StoredInGroup { group: Some(group.into()), by, ..StoredInGroup::default() }
}

fn news(stored: StoredNews) -> Result<News, BadRecord> {
    Ok(match stored {
        StoredNews::FriendRequested(it) => {
            News::FriendRequested { by: user_id(it.user)?, text: it.text }
        }
        StoredNews::Befriended(it) => {
            News::Befriended { with: user_id(it.user)?, with_name: it.text }
        }
        StoredNews::FriendRefused(by) => News::FriendRefused { by: user_id(by)? },
        StoredNews::Unfriended(it) => {
            News::Unfriended { with: user_id(it.user)?, by: user_id(it.by)? }
        }
        StoredNews::Invited(it) => {
            News::Invited { group: conversation_id(it.group)?, by: user_id(it.by)? }
        }
        StoredNews::InviteRefused(it) => {
            News::InviteRefused { group: conversation_id(it.group)?, by: user_id(it.by)? }
        }
        StoredNews::Applied(it) => {
            News::Applied { group: conversation_id(it.group)?, by: user_id(it.by)? }
        }
        StoredNews::ApplicationRefused(it) => {
            News::ApplicationRefused { group: conversation_id(it.group)? }
        }
        StoredNews::Created(it) => News::Created {
            group: conversation_id(it.group)?,
            group_name: it.group_name,
            by: user_id(it.by)?,
        },
        StoredNews::Joined(it) => News::Joined {
            group: conversation_id(it.group)?,
            group_name: it.group_name,
            member: user_id(it.member)?,
            member_name: it.member_name,
            by: user_id(it.by)?,
        },
        StoredNews::Left(it) => News::Left {
            group: conversation_id(it.group)?,
            member: user_id(it.member)?,
            by: user_id(it.by)?,
        },
        StoredNews::Deleted(it) => {
            News::Deleted { group: conversation_id(it.group)?, by: user_id(it.by)? }
        }
        StoredNews::Renamed(it) => News::Renamed {
            group: conversation_id(it.group)?,
            name: it.group_name,
            by: user_id(it.by)?,
        },
        StoredNews::DutyChanged(it) => News::DutyChanged {
            group: conversation_id(it.group)?,
            member: user_id(it.member)?,
            duty: duty(it.duty)?,
        },
    })
}

/// Stored duties start at 1, so that a field that is missing is no duty.
fn stored_duty(duty: Duty) -> u32 {
    match duty {
        Duty::Member => 1,
        Duty::Admin => 2,
        Duty::Owner => 3,
    }
}

fn duty(stored: u32) -> Result<Duty, BadRecord> {
    match stored {
        1 => Ok(Duty::Member),
        2 => Ok(Duty::Admin),
        3 => Ok(Duty::Owner),
        _ => Err(bad("duty", stored)),
    }
}
