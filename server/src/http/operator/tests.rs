//! The operator API's bodies, answers and problem documents.

use hyper::StatusCode;
use parlance_codecs::{Content, Media, MediaKind, MessageId, Refusal, Seq};
use parlance_conversation::mesh::{CallAnswer, CallRefusal};
use serde_json::json;

use super::conversations::{Friendship, Members, NewConversation};
use super::ids::Page;
use super::messages::{Publication, content};
use super::users::NewUser;
use super::{Problem, parse};

/// The words of the problem that `body` is, or "" where it is none.
fn told<T: serde::de::DeserializeOwned>(body: &str) -> String {
    match parse::<T>(body.as_bytes()) {
        Ok(_) => String::new(),
        Err(problem) => {
            assert_eq!(problem.status, StatusCode::BAD_REQUEST, "{body}");
            problem.detail
        }
    }
}

#[test]
fn bodies_hold_exactly_the_fields_of_their_call() {
    for body in [
        "{}",
        r#"{"id":7}"#,
        r#"{"id":"7","name":"ann","password":"p","external_id":"x-1"}"#,
        r#"{"id":null}"#,
    ] {
        assert_eq!(told::<NewUser>(body), "", "{body}");
    }
    for (body, words) in [
        ("", "EOF"),
        ("[]", ""),
        ("{", "EOF"),
        ("{}{}", "trailing"),
        (r#"{"nmae":"ann"}"#, "unknown field `nmae`, expected one of"),
        (r#"{"id":7,"id":8}"#, "duplicate field `id`"),
        (r#"{"id":0}"#, "a user id is a decimal"),
        (r#"{"id":-7}"#, "a user id"),
        (r#"{"id":7.0}"#, "a user id"),
        (r#"{"id":1e3}"#, "a user id"),
        (r#"{"id":9223372036854775808}"#, "a user id"),
        (r#"{"id":"+7"}"#, "a user id"),
        (r#"{"id":true}"#, "a user id"),
        (r#"{"name":7}"#, "expected a string"),
        (r#"{"name":"\ud800"}"#, "hex escape"),
    ] {
        let told = told::<NewUser>(body);
        assert!(!told.is_empty() && told.contains(words), "{body} gave {told:?}");
    }
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(!told::<NewUser>(&deep).is_empty());
}

#[test]
fn users_are_checked() {
    let checked = |body: &str| parse::<NewUser>(body.as_bytes()).and_then(|user| user.check());
    assert!(checked(r#"{"name":"ann","password":"p"}"#).is_ok());
    let long = format!(r#"{{"name":"{}"}}"#, "x".repeat(257));
    for body in [
        r#"{"name":""}"#,
        r#"{"external_id":""}"#,
        r#"{"name":"a\nb"}"#,
        r#"{"name":"a\u0000"}"#,
        r#"{"password":"p"}"#,
        r#"{"name":"ann","password":""}"#,
        long.as_str(),
    ] {
        let problem = checked(body).expect_err(body);
        assert_eq!(problem.status, StatusCode::BAD_REQUEST, "{body}");
    }
}

#[test]
fn conversations_and_friendships_are_read() {
    for body in [
        r#"{"kind":"group","members":[7,"9"]}"#,
        r#"{"kind":"channel","name":"news","owner":7,"members":[],"posters":[8]}"#,
        r#"{"kind":"room","members":[]}"#,
    ] {
        assert_eq!(told::<NewConversation>(body), "", "{body}");
    }
    assert!(told::<NewConversation>(r#"{"kind":"direct"}"#).contains("unknown variant `direct`"));
    assert!(told::<NewConversation>(r#"{"members":[7]}"#).contains("missing field `kind`"));
    assert!(told::<Members>("{}").contains("missing field `members`"));
    assert!(told::<Members>(r#"{"members":[0]}"#).contains("a user id"));
    assert_eq!(told::<Friendship>(r#"{"a":7,"b":"9"}"#), "");
    assert!(told::<Friendship>(r#"{"a":7}"#).contains("missing field `b`"));
}

#[test]
fn publications_are_checked() {
    let checked = |conversation: &str, text: &str, key: &str| {
        let body = format!(r#"{{"conversation":{conversation},"sender":7,"text":"{text}"{key}}}"#);
        parse::<Publication>(body.as_bytes()).and_then(|publication| publication.check(10))
    };
    for conversation in ["12", r#""12""#, r#""7-9""#] {
        assert!(checked(conversation, "hi", "").is_ok(), "{conversation}");
    }
    for conversation in ["0", r#""""#, r#""7-7""#, r#""7-""#, r#""-7""#, "1.5", "[1]"] {
        assert!(checked(conversation, "hi", "").is_err(), "{conversation}");
    }
    assert!(checked("12", "0123456789", "").is_ok());
    for text in ["", "0123456789a", r"a\u0000b"] {
        assert!(checked("12", text, "").is_err(), "{text}");
    }
    assert!(checked("12", "hi", r#","key":"k""#).is_ok());
    assert!(checked("12", "hi", r#","key":"""#).is_err());
    assert!(checked("12", "hi", &format!(r#","key":"{}""#, "k".repeat(513))).is_err());
}

#[test]
fn pages_are_bounded() {
    let page = |query: &str| Page::of(&format!("/x{query}").parse().expect("a URI"));
    let at = |after, limit| Page { after, limit };
    assert_eq!(page("").expect("valid"), at(0, 100));
    assert_eq!(page("?after=7&limit=1000").expect("valid"), at(7, 1000));
    for query in [
        "?limit=0",
        "?limit=1001",
        "?limit=-1",
        "?limit=",
        "?after=x",
        "?after=1.0",
        "?after=%2B1",
        "?after=99999999999999999999",
        "?offset=1",
        "?after=1&Limit=2",
    ] {
        let problem = page(query).expect_err(query);
        assert_eq!(problem.status, StatusCode::BAD_REQUEST, "{query}");
    }
}

#[test]
fn every_kind_of_content_has_a_form() {
    let media = |thumbnail: Option<&str>| Media {
        url: "https://x/y".to_owned(),
        thumbnail: thumbnail.map(str::to_owned),
    };
    let text = Content::Text { text: "hi".to_owned(), extra: "more".to_owned() };
    let photo = Content::Media { kind: MediaKind::Photo, media: media(Some("https://x/t")) };
    let target = MessageId::from_raw(5);
    for (given, expected) in [
        (Content::text("hi"), json!({"type": "text", "text": "hi"})),
        (text, json!({"type": "text", "text": "hi", "extra": "more"})),
        (photo, json!({"type": "photo", "url": "https://x/y", "thumbnail": "https://x/t"})),
        (
            Content::Location { latitude: 1.5, longitude: -2.0 },
            json!({"type": "location", "latitude": 1.5, "longitude": -2.0}),
        ),
        (
            Content::ContactText { text: "ann".to_owned() },
            json!({"type": "contact", "text": "ann"}),
        ),
        (
            Content::ContactMedia { media: media(None) },
            json!({"type": "contact", "url": "https://x/y"}),
        ),
        (
            Content::Recall { target, target_seq: Seq(2), index: 1 },
            json!({"type": "recall", "target": 5, "target_seq": 2, "index": 1}),
        ),
        (Content::Read { target }, json!({"type": "read", "target": 5})),
    ] {
        assert_eq!(content(&given), expected);
    }
}

#[test]
fn refusals_have_their_status() {
    let status = |refusal: CallRefusal| Problem::refused(&CallAnswer::Refused(refusal)).status;
    assert_eq!(status(CallRefusal::Taken), StatusCode::CONFLICT);
    for (refusal, expected) in [
        (Refusal::UnknownUser, 404),
        (Refusal::UnknownConversation, 404),
        (Refusal::NotAPoster, 403),
        (Refusal::TooManyMembers, 409),
        (Refusal::TextTooLong { got: 2, max: 1 }, 422),
        (Refusal::Unavailable, 503),
    ] {
        assert_eq!(status(refusal.into()).as_u16(), expected, "{refusal:?}");
    }
    let answer = Problem::refused(&CallAnswer::Refused(Refusal::Unavailable.into())).into_answer();
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    assert_eq!(answer.headers()["retry-after"], "1");
    assert_eq!(Problem::refused(&CallAnswer::Done).status, StatusCode::INTERNAL_SERVER_ERROR);
}
