//! The push channel in golden vectors; the calls' bodies and answers.

use std::sync::Arc;

use super::{
    Asked, Body, BodyForm, Call, Dialect, EndReason, Event, Form, Framing, Im, PayloadKind,
    SignInResult, Tag, Trouble, decode_call,
};
use crate::ask::Duty;
use crate::dialect::DialectName;
use crate::model::{Content, MessageId};
use crate::notice::{News, Notice};
use crate::samples::{self, group, user};
use crate::vectors;

mod answers;
mod bodies;

const FORM: Form =
    Form { dialect: DialectName::Im, framing: Framing::Pieces, kind: PayloadKind::Binary };

fn pushed(event: &Event) -> Vec<u8> {
    let mut out = Vec::new();
    Im.encode(FORM, event, &mut out);
    out
}

fn check(name: &str, about: &str, bytes: Vec<u8>) {
    vectors::check_outbound(&format!("im-out/{name}.txt"), about, &[("pieces", bytes)]);
}

#[test]
fn vectors_mean_what_they_say() {
    vectors::check_inbound("im");
}

#[test]
fn each_content_is_pushed_as_the_table_says() {
    for (name, content) in samples::contents() {
        let direct = samples::message(samples::direct(), content.clone());
        check(&format!("direct-{name}"), "A live message.", pushed(&Event::Delivered(direct)));
        let group = samples::message(samples::group(), content);
        check(&format!("group-{name}"), "A live message.", pushed(&Event::Delivered(group)));
    }
}

/// The target is the other user, not the sender.
#[test]
fn a_direct_is_pushed_to_its_sender_as_one_with_the_other() {
    let frames = samples::contents().into_iter().map(|(name, content)| {
        let message = samples::message(samples::direct(), content);
        let mut out = Vec::new();
        assert!(Im.encode_own_direct(FORM, &message, &mut out), "{name}");
        (name, out)
    });
    let frames: Vec<_> = frames.collect();
    vectors::check_outbound("im-out/own-direct.txt", "What its sender is shown.", &frames);
    let to_group = samples::message(samples::group(), Content::text("one"));
    assert!(!Im.encode_own_direct(FORM, &to_group, &mut Vec::new()), "all see a group alike");
}

/// Each to user 7, done by 7 and by another.
#[test]
fn notices_are_pushed_to_all_but_who_did_it() {
    let group_name = || "Tea".to_owned();
    let joined = |member: u64, by: u64| News::Joined {
        group: group(),
        group_name: group_name(),
        member: user(member),
        member_name: "Ann".into(),
        by: user(by),
    };
    let left =
        |member: u64, by: u64| News::Left { group: group(), member: user(member), by: user(by) };
    let duty = |duty| News::DutyChanged { group: group(), member: user(9), duty };
    let by = user(9);
    let news = [
        ("befriended", News::Befriended { with: user(9), with_name: "Ann".into() }),
        ("befriended nameless", News::Befriended { with: user(9), with_name: String::new() }),
        ("unfriended by 9", News::Unfriended { with: user(9), by }),
        ("unfriended by 7", News::Unfriended { with: user(9), by: user(7) }),
        ("created by 9", News::Created { group: group(), group_name: group_name(), by }),
        ("created by 7", News::Created { group: group(), group_name: group_name(), by: user(7) }),
        ("7 joined by 9", joined(7, 9)),
        ("7 joined by 7", joined(7, 7)),
        ("9 joined by 8", joined(9, 8)),
        ("9 joined by 7", joined(9, 7)),
        ("7 removed by 9", left(7, 9)),
        ("7 left", left(7, 7)),
        ("9 left", left(9, 9)),
        ("9 removed by 8", left(9, 8)),
        ("9 removed by 7", left(9, 7)),
        ("deleted by 9", News::Deleted { group: group(), by }),
        ("deleted by 7", News::Deleted { group: group(), by: user(7) }),
        ("9 is admin", duty(Duty::Admin)),
        ("9 is owner", duty(Duty::Owner)),
        ("9 is member", duty(Duty::Member)),
        ("friend requested", News::FriendRequested { by, text: "hi".into() }),
        ("friend refused", News::FriendRefused { by }),
        ("invited", News::Invited { group: group(), by }),
        ("invite refused", News::InviteRefused { group: group(), by }),
        ("applied", News::Applied { group: group(), by }),
        ("application refused", News::ApplicationRefused { group: group() }),
        ("renamed", News::Renamed { group: group(), name: "Tea".into(), by }),
    ];
    let frames = news.map(|(name, what)| {
        let id = MessageId::from_raw(1);
        let notice = Notice { id, user: user(7), what, created_at_ms: 0 };
        (name, pushed(&Event::Noticed(Arc::new(notice))))
    });
    vectors::check_outbound("im-out/notices.txt", "What user 7 is told of.", &frames);
}

#[test]
fn sign_ins_are_answered() {
    let results = [
        ("accepted", SignInResult::Accepted),
        ("refused", SignInResult::Refused),
        ("expired", SignInResult::Expired),
        ("busy", SignInResult::Busy),
    ];
    let frames = results.map(|(name, result)| {
        let mut out = Vec::new();
        Im.encode_sign_in(FORM, &Tag::default(), result, &mut out);
        (name, out)
    });
    vectors::check_outbound("im-out/sign-ins.txt", "The answers to the first frame.", &frames);
}

/// Nothing but what happens is pushed.
#[test]
fn answers_to_requests_are_not_pushed() {
    let tag = Tag::default();
    for refusal in samples::REFUSALS {
        assert!(pushed(&Event::Refused { tag: tag.clone(), refusal }).is_empty());
        assert!(
            pushed(&Event::Posted { tag: tag.clone(), results: vec![Err(refusal)] }).is_empty()
        );
    }
    let messages = vec![samples::message(group(), Content::text("one"))];
    assert!(pushed(&Event::Page { tag: None, messages }).is_empty());
    assert!(pushed(&Event::PageEnd { tag: None }).is_empty());
    assert!(pushed(&Event::Notices(Vec::new())).is_empty());
    let mut out = Vec::new();
    Im.encode_end(FORM, EndReason::Drain, &mut out);
    assert!(out.is_empty());
}

fn asked_by(call: Call, form: BodyForm, bytes: &[u8], query: &str) -> Result<Asked, Trouble> {
    decode_call(call, user(7), Body { form, bytes, query }, None)
}
