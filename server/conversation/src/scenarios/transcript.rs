//! What sessions and callers were told, one line each.
//!
//! `a < 1#2 text` live; `a page 1#1 x, 1#2 y` and `a synced` answer a Sync; `a posted 1#2`, with
//! `again` for a retry and `index 1` for a recall; `a refused: …`; `a closed: …`; `a full` waits
//! for a drain; `answer: …` answers a call.

use parlance_codecs::{Content, Event, Message, MessageId, Posted, Refusal};

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
        Event::Noticed(notice) => format!("< {:?}", notice.what),
        other @ (Event::Answered { .. } | Event::Notices(_)) => format!("{other:?}"),
    }
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
            format!("user {} name {:?} external {external}", found.user, found.name)
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
            let targets: Vec<String> = related.targets.iter().map(ToString::to_string).collect();
            let targets = if targets.is_empty() { "nobody".into() } else { targets.join(", ") };
            format!("{:?} with {targets}", related.own_name)
        }
        CallAnswer::History { messages, more } => {
            let messages: Vec<String> = messages.iter().map(|one| message(one, named)).collect();
            let messages = if messages.is_empty() { "nothing".into() } else { messages.join(", ") };
            format!("history {messages}{}", if *more { " and more" } else { "" })
        }
        CallAnswer::Posted(one) => posted(one, named),
        CallAnswer::Done => "done".into(),
        CallAnswer::Refused(refusal) => format!("refused: {refusal}"),
    }
}
