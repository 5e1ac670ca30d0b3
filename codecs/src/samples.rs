//! Messages and results that the dialects' tests show, the same in every dialect.

use std::sync::Arc;

use crate::ask::Duty;
use crate::event::{Posted, Refusal};
use crate::model::{
    Category, Content, ConversationId, Media, MediaKind, Message, MessageId, Seq, UserId,
};
use crate::notice::{News, Notice};

pub(crate) const REFUSALS: [Refusal; 10] = [
    Refusal::NotFriends,
    Refusal::UnknownUser,
    Refusal::UnknownConversation,
    Refusal::NotAPoster,
    Refusal::UnknownMessage,
    Refusal::NotTheSender,
    Refusal::ConversationFull,
    Refusal::TooManyMembers,
    Refusal::TextTooLong { got: 33, max: 32 },
    Refusal::Unavailable,
];

pub(crate) fn user(id: u64) -> UserId {
    UserId::new(id).unwrap()
}

/// Between users 7 and 9.
pub(crate) fn direct() -> ConversationId {
    ConversationId::direct(user(9), user(7)).unwrap()
}

pub(crate) fn group() -> ConversationId {
    ConversationId::number(12).unwrap()
}

/// Every kind of content, named as its vector's file is.
pub(crate) fn contents() -> Vec<(&'static str, Content)> {
    let media = |thumbnail: Option<&str>| Media {
        url: "https://example.org/a?b=\"c\"".into(),
        thumbnail: thumbnail.map(Into::into),
    };
    let of = |kind| Content::Media { kind, media: media(Some("https://example.org/t")) };
    let target = MessageId::from_raw(4096);
    vec![
        ("text", Content::text("h\u{e9}llo\n\"\\")),
        ("text-extra", Content::Text { text: "hello".into(), extra: "{}".into() }),
        ("audio", of(MediaKind::Audio)),
        ("sticker", of(MediaKind::Sticker)),
        ("photo", of(MediaKind::Photo)),
        ("video", of(MediaKind::Video)),
        ("gif", of(MediaKind::Gif)),
        ("file", Content::Media { kind: MediaKind::File, media: media(None) }),
        ("location", Content::Location { latitude: 52.520_832, longitude: -13.25 }),
        ("contact-text", Content::ContactText { text: "BEGIN:VCARD".into() }),
        ("contact-media", Content::ContactMedia { media: media(None) }),
        ("recall", Content::Recall { target, target_seq: Seq(3), index: 1 }),
        ("read", Content::Read { target }),
    ]
}

/// From user 9, at 2024-05-06T07:08:09.010Z, for an hour and a half second.
pub(crate) fn bare_message(conversation: ConversationId, content: Content) -> Message {
    let category = match conversation {
        ConversationId::Direct(..) => Category::Direct,
        ConversationId::Number(_) => Category::Group,
    };
    Message {
        id: MessageId::from_parts(10_912_089_010, 3, 1),
        seq: Seq(5),
        mark: 0,
        conversation,
        category,
        sender: user(9),
        content,
        created_at_ms: 1_714_979_289_010,
        expires_at_ms: Some(1_714_979_289_010 + 3_600_500),
        recall_index: None,
    }
}

pub(crate) fn message(conversation: ConversationId, content: Content) -> Arc<Message> {
    Arc::new(bare_message(conversation, content))
}

/// The same messages with ids that rise, as a page has them.
pub(crate) fn rising(messages: Vec<Arc<Message>>) -> Vec<Arc<Message>> {
    let rise = |(n, message): (u64, Arc<Message>)| {
        let id = MessageId::from_raw(message.id.raw() + n);
        Arc::new(Message { id, ..Message::clone(&message) })
    };
    (0..).zip(messages).map(rise).collect()
}

/// What user 9 sent, stored.
pub(crate) fn posted(conversation: ConversationId) -> Posted {
    let message = bare_message(conversation, Content::text("x"));
    Posted {
        conversation,
        category: message.category,
        sender: message.sender,
        id: message.id,
        seq: message.seq,
        created_at_ms: message.created_at_ms,
        expires_at_ms: None,
        recall_index: None,
        duplicate: false,
    }
}

/// A refusal's name, for the name of a file.
pub(crate) fn name(refusal: Refusal) -> String {
    let shown = format!("{refusal:?}");
    shown.split_whitespace().next().unwrap().to_owned()
}

/// Every piece of news as user 7 may be told it, named as its vector's file is. Users 8 and 9 are
/// others.
pub(crate) fn news() -> Vec<(&'static str, News)> {
    let (me, by, third, group) = (user(7), user(9), user(8), group());
    let (group_name, member_name) = (String::from("tea"), String::from("Ann"));
    let created = |by| News::Created { group, group_name: group_name.clone(), by };
    let joined = |member, by| {
        let (group_name, member_name) = (group_name.clone(), member_name.clone());
        News::Joined { group, group_name, member, member_name, by }
    };
    let left = |member, by| News::Left { group, member, by };
    let renamed = |by| News::Renamed { group, name: "coffee".into(), by };
    let duty = |member, duty| News::DutyChanged { group, member, duty };
    vec![
        ("friend-requested", News::FriendRequested { by, text: "h\u{e9}llo \"\n".into() }),
        ("befriended", News::Befriended { with: by, with_name: "Ann".into() }),
        ("friend-refused", News::FriendRefused { by }),
        ("unfriended-by-me", News::Unfriended { with: by, by: me }),
        ("unfriended-by-them", News::Unfriended { with: by, by }),
        ("created-by-me", created(me)),
        ("created-by-another", created(by)),
        ("joined-me-by-me", joined(me, me)),
        ("joined-me-by-another", joined(me, by)),
        ("joined-another-by-me", joined(by, me)),
        ("joined-another-by-them", joined(by, by)),
        ("joined-another-by-a-third", joined(third, by)),
        ("left-me-by-me", left(me, me)),
        ("left-me-by-another", left(me, by)),
        ("left-another-by-me", left(by, me)),
        ("left-another-by-them", left(by, by)),
        ("left-another-by-a-third", left(third, by)),
        ("deleted-by-me", News::Deleted { group, by: me }),
        ("deleted-by-another", News::Deleted { group, by }),
        ("renamed-by-me", renamed(me)),
        ("renamed-by-another", renamed(by)),
        ("invited", News::Invited { group, by }),
        ("invite-refused", News::InviteRefused { group, by }),
        ("applied", News::Applied { group, by }),
        ("application-refused", News::ApplicationRefused { group }),
        ("duty-of-me", duty(me, Duty::Owner)),
        ("duty-of-another", duty(by, Duty::Admin)),
        ("duty-of-another-ended", duty(by, Duty::Member)),
    ]
}

/// For user 7, at the time of [`bare_message`].
pub(crate) fn notice(what: News) -> Notice {
    let message = bare_message(direct(), Content::text("x"));
    Notice { id: message.id, user: user(7), what, created_at_ms: message.created_at_ms }
}
