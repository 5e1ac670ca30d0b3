//! Friendships, rooms and notifications: the answers to each command, and each piece of news.

use std::sync::Arc;

use super::{FORMS, Onechat, check, form, split_objects};
use crate::ask::{Answer, Ask};
use crate::dialect::{Dialect, Framing};
use crate::event::{Event, Refusal};
use crate::json::{self, Json, Keys, Object};
use crate::model::MessageId;
use crate::notice::{News, Notice};
use crate::onechat::batch::BATCH_BYTES_MAX;
use crate::request::Tag;
use crate::samples;
use crate::vectors;

/// Each command's ask, with what it may come to.
fn asks() -> Vec<Case> {
    [friends_asks(), rooms_asks()].concat()
}

type Case = (&'static str, Ask, Answer, Vec<Refusal>);

const MANY: [Refusal; 2] = [Refusal::TooManyRelations, Refusal::TheirTooManyRelations];

fn friends_asks() -> Vec<Case> {
    let user = samples::user(9);
    vec![
        (
            "create_friendship",
            Ask::RequestFriend { user, text: "x".into(), named_only: false },
            Answer::Befriended(false),
            [
                vec![
                    Refusal::UnknownUser,
                    Refusal::AlreadyFriends,
                    Refusal::AlreadyAsked,
                    Refusal::TooManyRequests,
                    Refusal::Nameless,
                    Refusal::TooFast,
                ],
                MANY.to_vec(),
            ]
            .concat(),
        ),
        (
            "access_friendship",
            Ask::AcceptFriend { user },
            Answer::Done,
            [vec![Refusal::UnknownRequest, Refusal::UnknownUser], MANY.to_vec()].concat(),
        ),
        (
            "deny_friendship",
            Ask::RefuseFriend { user },
            Answer::Done,
            vec![Refusal::UnknownRequest, Refusal::UnknownUser],
        ),
        (
            "del_friendship",
            Ask::RemoveFriend { user },
            Answer::Done,
            vec![Refusal::NotFriends, Refusal::UnknownUser],
        ),
    ]
}

fn rooms_asks() -> Vec<Case> {
    let (user, group) = (samples::user(9), samples::group());
    let name = String::from("tea");
    let bad_name = Refusal::BadName { got: 257, max: Ask::NAME_BYTES_MAX };
    vec![
        (
            "create_room",
            Ask::CreateGroup { name: name.clone(), members: vec![user] },
            Answer::Conversation(group),
            [vec![Refusal::UnknownUser, Refusal::TooManyMembers, bad_name], MANY.to_vec()].concat(),
        ),
        (
            "del_room",
            Ask::DeleteGroup { group },
            Answer::Done,
            vec![Refusal::UnknownConversation, Refusal::NotALeader],
        ),
        ("leave_room", Ask::LeaveGroup { group }, Answer::Done, vec![Refusal::UnknownConversation]),
        (
            "join_room",
            Ask::Apply { group },
            Answer::Done,
            vec![
                Refusal::UnknownConversation,
                Refusal::AlreadyMember,
                Refusal::AlreadyAsked,
                Refusal::TooManyRequests,
            ],
        ),
        (
            "change_room_info",
            Ask::RenameGroup { group, name, leaders_only: false },
            Answer::Done,
            vec![Refusal::UnknownConversation, bad_name],
        ),
        (
            "pull_to_room",
            Ask::AddMember { group, user },
            Answer::Done,
            vec![
                Refusal::UnknownConversation,
                Refusal::UnknownUser,
                Refusal::AlreadyMember,
                Refusal::TooManyMembers,
                Refusal::TheirTooManyRelations,
            ],
        ),
    ]
}

fn answered(framing: Framing, ask: &Ask, result: Result<Answer, Refusal>) -> Vec<u8> {
    let event = Event::Answered { tag: Tag("a1".into()), ask: Box::new(ask.clone()), result };
    let mut out = Vec::new();
    Onechat.encode(form(framing), &event, &mut out);
    out
}

#[test]
fn each_command_is_answered_as_the_table_says() {
    for (name, ask, answer, mut refusals) in asks() {
        refusals.push(Refusal::Unavailable);
        let mut frames = vec![("done".to_owned(), answered(Framing::Bare, &ask, Ok(answer)))];
        for refusal in refusals {
            let bytes = answered(Framing::Bare, &ask, Err(refusal));
            frames.push((samples::name(refusal), bytes));
        }
        let frames: Vec<(&str, Vec<u8>)> =
            frames.iter().map(|(label, bytes)| (label.as_str(), bytes.clone())).collect();
        let path = format!("onechat-out/answered-{name}.txt");
        vectors::check_outbound(&path, "What the command came to, in bare framing.", &frames);
    }
}

#[test]
fn an_acknowledgement_and_an_error_are_two_frames() {
    let ask = Ask::RequestFriend { user: samples::user(9), text: String::new(), named_only: false };
    let result = Err(Refusal::AlreadyAsked);
    let frames = FORMS.map(|(label, framing)| (label, answered(framing, &ask, result.clone())));
    let path = "onechat-out/answered-twice.txt";
    vectors::check_outbound(path, "Acknowledged first, then refused.", &frames);
}

#[test]
fn what_one_may_not_see_is_answered_like_what_is_not_there() {
    let answer = |ask: &Ask, refusal| answered(Framing::Bare, ask, Err(refusal));
    for (name, ask, ..) in asks() {
        match ask {
            Ask::RemoveFriend { .. } => assert_eq!(
                answer(&ask, Refusal::NotFriends),
                answer(&ask, Refusal::UnknownUser),
                "{name}"
            ),
            Ask::AcceptFriend { .. } | Ask::RefuseFriend { .. } => assert_eq!(
                answer(&ask, Refusal::UnknownRequest),
                answer(&ask, Refusal::UnknownUser),
                "{name}"
            ),
            _ => {}
        }
    }
}

#[test]
fn each_piece_of_news_is_shown_as_the_table_says() {
    for (name, what) in samples::news() {
        let notice = Arc::new(samples::notice(what));
        let event = Event::Noticed(Arc::clone(&notice));
        check(&format!("noticed-{name}"), "A live notification.", &event);
        let event = Event::Notices(vec![notice]);
        check(&format!("notices-{name}"), "A notification that was missed.", &event);
    }
    check("notices-none", "No notification was missed.", &Event::Notices(Vec::new()));
}

#[test]
fn missed_notifications_stay_within_their_limit_and_lose_nothing() {
    let text = "n".repeat(Ask::REQUEST_TEXT_BYTES_MAX);
    let notices: Vec<Arc<Notice>> = (1..=40)
        .map(|n| {
            let what = News::FriendRequested { by: samples::user(9), text: text.clone() };
            Arc::new(Notice { id: MessageId::from_raw(n), ..samples::notice(what) })
        })
        .collect();
    let mut out = Vec::new();
    Onechat.encode(form(Framing::Bare), &Event::Notices(notices), &mut out);
    let frames = split_objects(&out);
    assert!(frames.len() > 1, "they do not fit one frame");
    let mut ids = Vec::new();
    for frame in frames {
        assert!(frame.len() <= BATCH_BYTES_MAX, "{} bytes", frame.len());
        let json = json::parse(frame).unwrap();
        let object = Object::new(&json, Keys::Exact).unwrap();
        assert_eq!(object.text("cmd").unwrap(), Some("offline_notifications"));
        let Some(Json::Array(acks)) = object.field("ack").unwrap() else { panic!("no ack") };
        ids.extend(acks.iter().map(|ack| ack.as_u64().unwrap()));
    }
    assert_eq!(ids, (1..=40).collect::<Vec<u64>>());
}
