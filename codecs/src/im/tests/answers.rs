//! The calls' answers in two forms, and every code.

use std::sync::Arc;

use super::asked_by;
use crate::ask::{Answer, Duty, JoinRequest, Member, Relation, Relations};
use crate::event::Refusal;
use crate::im::{AnswerForm, Asked, BodyForm, Call, Nameless, Task, Trouble};
use crate::model::{Content, ConversationId, Message, Seq};
use crate::samples::{self, group, user};
use crate::vectors;

fn names() -> Vec<String> {
    vec!["Ann".into(), "Tea".into()]
}

/// An answer in both forms.
fn answer(call: Call, body: &str, answers: Vec<Answer>) -> Vec<(&'static str, Vec<u8>)> {
    let asked = asked_by(call, BodyForm::Json, body.as_bytes(), "").unwrap();
    [("json", AnswerForm::Json), ("protobuf", AnswerForm::Protobuf)]
        .map(|(name, form)| (name, asked.answered(answers.clone(), &names(), form).unwrap()))
        .into()
}

fn check_answer(name: &str, call: Call, body: &str, answers: Vec<Answer>) {
    let path = format!("im-out/answer-{name}.txt");
    vectors::check_outbound(&path, "An answer by HTTP.", &answer(call, body, answers));
}

const DIRECT: &str = r#"{"target":"9","target_type":"user","direction":"after","start_msg_index":1,
    "start_recall_index":1,"count":50}"#;
const GROUP: &str = r#"{"target":"12","target_type":"group","group_id":"12","direction":"after",
    "start_msg_index":1,"start_recall_index":1,"count":50}"#;

#[test]
fn answers_have_every_field() {
    let asked = asked_by(
        Call::Send,
        BodyForm::Json,
        br#"{"target":"9","target_type":"user","msg":"x"}"#,
        "",
    );
    let asked = asked.unwrap();
    let posted = samples::posted(samples::direct());
    let sent = [
        ("json", asked.posted(&posted, AnswerForm::Json)),
        ("protobuf", asked.posted(&posted, AnswerForm::Protobuf)),
    ];
    vectors::check_outbound("im-out/answer-send.txt", "An answer by HTTP.", &sent);
    check_answer("recall", Call::Recall, DIRECT, vec![Answer::Recalled { index: 3 }]);
    check_answer("ack", Call::Ack, DIRECT, vec![Answer::Done]);
    let nothing =
        vec![Answer::History { messages: Vec::new(), more: false }, Answer::Recalls(Vec::new())];
    check_answer("pull-nothing", Call::Pull, DIRECT, nothing);
    let recalled = Message {
        recall_index: Some(1),
        ..samples::bare_message(samples::direct(), Content::text("back"))
    };
    let mut messages: Vec<Arc<Message>> = vec![Arc::new(recalled)];
    messages.extend(
        samples::contents()
            .into_iter()
            .map(|(_, content)| samples::message(samples::direct(), content)),
    );
    let recalls = vec![(2, Seq(5)), (1, Seq(7))];
    let history = Answer::History { messages, more: true };
    check_answer("pull", Call::Pull, DIRECT, vec![history, Answer::Recalls(recalls)]);
    let messages = vec![samples::message(group(), Content::text("h"))];
    let history = Answer::History { messages, more: false };
    check_answer("pull-group", Call::Pull, GROUP, vec![history]);
}

fn relations() -> Relations {
    let relation = |target, name: &str, last_seq: u32| Relation {
        target,
        name: name.into(),
        last_seq: Seq(last_seq),
        recalls: 1,
        read_seq: Seq(2),
    };
    Relations {
        own_name: "Me".into(),
        relations: vec![
            relation(samples::direct(), "Ann", 3),
            relation(ConversationId::number(12).unwrap(), "Tea", 0),
            relation(ConversationId::direct(user(8), user(9)).unwrap(), "not 7's", 9),
        ],
    }
}

/// Computed with another implementation of SHA-256 over
/// `group_12_Tea_0_1_2,user_9_Ann_3_1_2,user__Me_0_0_0`, sorted.
const RELATIONS_HASH: &str = "7cbd1547c3707dab4ea55d16436a631efe9f8d2549ef6a3c7f2390e95bafd1cd";
/// Over `7_2_Me,9_3_Ann`.
const MEMBERS_HASH: &str = "841cb1b603cf551069d4e1b519df0d65e7adce77e7c2394de7469d06dd311abc";

#[test]
fn lists_that_the_client_has_are_not_sent_again() {
    let known = || vec![Answer::Relations(relations())];
    check_answer("relations", Call::Relations, r#"{"current_hash":"x"}"#, known());
    let body = format!(r#"{{"current_hash":"{RELATIONS_HASH}"}}"#);
    check_answer("relations-same", Call::Relations, &body, known());
    check_answer("relation", Call::Relation, DIRECT, known());
    let member = |id, name: &str, duty| Member { user: user(id), name: name.into(), duty };
    let members =
        || vec![Answer::Members(vec![member(7, "Me", Duty::Owner), member(9, "Ann", Duty::Admin)])];
    check_answer("members", Call::GroupMembers, GROUP, members());
    let body = format!(r#"{{"current_hash":"{MEMBERS_HASH}","group_id":"12"}}"#);
    check_answer("members-same", Call::GroupMembers, &body, members());
    let stranger =
        asked_by(Call::Relation, BodyForm::Json, br#"{"target":"5","target_type":"user"}"#, "");
    let found = stranger.unwrap().answered(known(), &[], AnswerForm::Json);
    assert_eq!(found, Err(Trouble::NotFriends));
}

#[test]
fn requests_say_who_asks() {
    let request = |group| JoinRequest {
        from: user(9),
        group,
        text: "hi".into(),
        at_us: 1_714_979_289_010_203,
    };
    let page = || Answer::Requests { total: 2, page: vec![request(None), request(Some(group()))] };
    let nameless = |call, body: &str| {
        let asked = asked_by(call, BodyForm::Json, body.as_bytes(), "").unwrap();
        asked.nameless(&[Answer::Done, page()])
    };
    let (ann, tea) = (Nameless::User(user(9)), Nameless::Group(group()));
    assert_eq!(nameless(Call::GetSelfRequests, r#"{"direction":"after"}"#), [ann, tea]);
    assert_eq!(nameless(Call::GetGroupRequests, GROUP), [ann, ann]);
    check_answer("requests", Call::GetSelfRequests, r#"{"direction":"after"}"#, vec![page()]);
    check_answer("requests-count", Call::GetSelfRequestsCount, "{}", vec![page()]);
    check_answer("group-requests", Call::GetGroupRequests, GROUP, vec![page()]);
    check_answer("group-requests-count", Call::GetGroupRequestsCount, GROUP, vec![page()]);
}

/// What a call was not asked for is the server's fault.
#[test]
fn answers_of_another_kind_are_system_errors() {
    let wrong = [
        (Call::Recall, Answer::Recalls(Vec::new())),
        (Call::Pull, Answer::Done),
        (Call::Ack, Answer::Recalled { index: 1 }),
    ];
    for (call, answer) in wrong {
        let asked = asked_by(call, BodyForm::Json, DIRECT.as_bytes(), "").unwrap();
        assert_eq!(asked.answered(vec![answer], &[], AnswerForm::Json), Err(Trouble::System));
        assert_eq!(asked.answered(Vec::new(), &[], AnswerForm::Json), Err(Trouble::System));
    }
}

#[test]
fn every_code_has_its_body_and_its_statuses() {
    let troubles: Vec<(&str, Vec<u8>)> = Trouble::ALL
        .iter()
        .map(|trouble| {
            let (status, code) = (trouble.http_status(), trouble.grpc_code().number());
            ("http status, grpc code, body", format!("{status} {code} {}", trouble.json()).into())
        })
        .collect();
    vectors::check_outbound("im-out/troubles.txt", "Every error.", &troubles);
}

/// One line a call and refusal: what it is called for a user and for a group.
#[test]
fn refusals_are_called_as_the_page_says() {
    let refusals = [
        Refusal::NotFriends,
        Refusal::UnknownUser,
        Refusal::UnknownConversation,
        Refusal::NotAPoster,
        Refusal::UnknownMessage,
        Refusal::NotTheSender,
        Refusal::ConversationFull,
        Refusal::TooManyMembers,
        Refusal::TextTooLong { got: 33, max: 32 },
        Refusal::AlreadyFriends,
        Refusal::AlreadyAsked,
        Refusal::AlreadyMember,
        Refusal::UnknownRequest,
        Refusal::TooManyRequests,
        Refusal::TooManyRelations,
        Refusal::TheirTooManyRelations,
        Refusal::NotALeader,
        Refusal::NotAMember,
        Refusal::Nameless,
        Refusal::BadName { got: 0, max: 64 },
        Refusal::TooFast,
        Refusal::Unavailable,
    ];
    let mut lines = Vec::new();
    for call in Call::ALL {
        let about = |chat| Asked {
            call: *call,
            user: user(7),
            task: Task::Asks(Vec::new()),
            chat: Some(chat),
            current_hash: String::new(),
        };
        let mut found = String::new();
        for refusal in refusals {
            let of = |chat| match about(chat).refused(refusal) {
                Ok(_) => "done".to_owned(),
                Err(trouble) => format!("{trouble:?}"),
            };
            let (direct, group) = (of(samples::direct()), of(group()));
            found += &format!("{}: {direct}", samples::name(refusal));
            if group != direct {
                found += &format!(", of a group {group}");
            }
            found += "; ";
        }
        lines.push((call.path(), found.into_bytes()));
    }
    vectors::check_outbound("im-out/refusals.txt", "What refusals are called.", &lines);
}
