//! What sessions and callers were told, one line each.
//!
//! `a < 1#2 text` live; `a page 1#1 x, 1#2 y` and `a synced` answer a Sync; `a posted 1#2`, with
//! `again` for a retry and `index 1` for a recall; `a refused: …`; `a closed: …`; `a full` waits
//! for a drain; `answer: …` answers a call. `a told 7n1 …` is a live notice (the
//! first for user 7), `a missed 7n1 …` lists those that were not acknowledged.

use parlance_codecs::ask::{JoinRequest, Member};
use parlance_codecs::{
    Content, ConversationId, Event, Message, MessageId, News, Notice, Posted, Refusal,
};

use crate::mesh::CallAnswer;

/// Names of messages by id, to print what a mark is about.
pub(super) type Named<'a> = &'a dyn Fn(MessageId) -> String;

pub(super) fn message(message: &Message, named: Named<'_>) -> String {
    match &message.content {
        Content::Text { text, .. } => format!("{} {text}", named(message.id)),
        Content::Recall { target, index, .. } => {
            format!("{} recalls {} as {index}", named(message.id), named(*target))
        }
        Content::Read { target } => format!("{} reads {}", named(message.id), named(*target)),
        other => format!("{} {other:?}", named(message.id)),
    }
}

pub(super) fn event(event: &Event, named: Named<'_>) -> String {
    match event {
        Event::Delivered(live) => format!("< {}", message(live, named)),
        Event::Posted { results, .. } => {
            let results: Vec<String> = results.iter().map(|one| result(one, named)).collect();
            results.join(", ")
        }
        Event::Page { messages, .. } => {
            let messages: Vec<String> = messages.iter().map(|one| message(one, named)).collect();
            format!("page {}", messages.join(", "))
        }
        Event::PageEnd { .. } => "synced".into(),
        Event::Joined { room, result: Ok(()), .. } => format!("joined {room}"),
        Event::Joined { room, result: Err(refusal), .. } => {
            format!("not joined {room}: {refusal}")
        }
        Event::Refused { refusal, .. } => format!("refused: {refusal}"),
        Event::Noticed(notice) => format!("told {}", notice_line(notice, named)),
        Event::Notices(notices) => {
            let all: Vec<String> = notices.iter().map(|one| notice_line(one, named)).collect();
            format!("missed {}", all.join(", "))
        }
        other @ Event::Answered { .. } => format!("{other:?}"),
    }
}

fn notice_line(notice: &Notice, named: Named<'_>) -> String {
    let what = match &notice.what {
        News::FriendRequested { by, text } => format!("{by} asks to be friends: {text:?}"),
        News::Befriended { with, with_name } => format!("friends with {with} {with_name:?}"),
        News::FriendRefused { by } => format!("{by} refused"),
        News::Unfriended { with, by } => format!("no friends with {with} by {by}"),
        News::Invited { group, by } => format!("{by} invites into {group}"),
        News::InviteRefused { group, by } => format!("{by} does not come into {group}"),
        News::Applied { group, by } => format!("{by} wants into {group}"),
        News::ApplicationRefused { group } => format!("not let into {group}"),
        News::Joined { group, group_name, member, member_name, by } => {
            format!("{member} {member_name:?} in {group} {group_name:?} by {by}")
        }
        News::Created { group, group_name, by } => format!("{group} {group_name:?} made by {by}"),
        News::Left { group, member, by } => format!("{member} out of {group} by {by}"),
        News::Deleted { group, by } => format!("{group} deleted by {by}"),
        News::Renamed { group, name, by } => format!("{group} renamed {name:?} by {by}"),
        News::DutyChanged { group, member, duty } => format!("{member} is {duty:?} in {group}"),
    };
    format!("{} {what}", named(notice.id))
}

fn result(result: &Result<Posted, Refusal>, named: Named<'_>) -> String {
    match result {
        Ok(one) => posted(one, named),
        Err(refusal) => format!("refused: {refusal}"),
    }
}

fn posted(posted: &Posted, named: Named<'_>) -> String {
    let mut line = format!("posted {}", named(posted.id));
    if let Some(index) = posted.recall_index {
        line.push_str(&format!(" index {index}"));
    }
    if posted.duplicate {
        line.push_str(" again");
    }
    line
}

pub(super) fn answer(answer: &CallAnswer, named: Named<'_>) -> String {
    match answer {
        CallAnswer::Name(None) => "no name".into(),
        CallAnswer::Name(Some(record)) => format!("user {}", record.user),
        CallAnswer::User(user) => format!("user {user}"),
        CallAnswer::Conversation(conversation) => format!("conversation {conversation}"),
        CallAnswer::Described(found) => {
            let members: Vec<String> = found.members.iter().map(ToString::to_string).collect();
            let members = if members.is_empty() { "nobody".into() } else { members.join(" ") };
            format!("{:?} of {members}", found.category)
        }
        CallAnswer::Profile(found) => {
            let external = found.external_id.as_deref().unwrap_or("none");
            let photo = if found.photo.is_empty() { "" } else { " with a photo" };
            format!("user {} name {:?} external {external}{photo}", found.user, found.name)
        }
        CallAnswer::Memberships(all) => {
            let all: Vec<String> = all.iter().map(|(id, of)| format!("{id} {of:?}")).collect();
            format!("in {}", if all.is_empty() { "nothing".into() } else { all.join(", ") })
        }
        CallAnswer::View(view) => format!(
            "{:?} up to {} with {} recalls, hidden up to {}, read up to {}",
            view.category,
            view.last_seq.0,
            view.recalls,
            view.standing.hidden_up_to.0,
            view.standing.read.0
        ),
        CallAnswer::Related(related) => {
            let target = |(id, alias): &(ConversationId, String)| match alias.as_str() {
                "" => id.to_string(),
                alias => format!("{id} as {alias}"),
            };
            let targets: Vec<String> = related.targets.iter().map(target).collect();
            let targets = if targets.is_empty() { "nobody".into() } else { targets.join(", ") };
            format!("{:?} with {targets}", related.own_name)
        }
        CallAnswer::History { messages, more } => {
            let messages: Vec<String> = messages.iter().map(|one| message(one, named)).collect();
            let messages = if messages.is_empty() { "nothing".into() } else { messages.join(", ") };
            format!("history {messages}{}", if *more { " and more" } else { "" })
        }
        CallAnswer::Befriended(true) => "friends".into(),
        CallAnswer::Befriended(false) => "asked".into(),
        CallAnswer::Members(members) => {
            let one =
                |member: &Member| format!("{} {:?} {:?}", member.user, member.name, member.duty);
            format!("members {}", members.iter().map(one).collect::<Vec<_>>().join(", "))
        }
        CallAnswer::Requests { total, page } => {
            let one = |request: &JoinRequest| {
                let group = request.group.map_or("friends".to_owned(), |it| it.to_string());
                format!(", {} about {group} {:?}", request.from, request.text)
            };
            format!("{total} requests{}", page.iter().map(one).collect::<String>())
        }
        CallAnswer::Posted(one) => posted(one, named),
        CallAnswer::Done => "done".into(),
        CallAnswer::Refused(refusal) => format!("refused: {refusal}"),
    }
}
