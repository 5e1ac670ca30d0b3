//! The calls' bodies in three forms, and what they mean.

use super::asked_by;
use crate::ask::Ask;
use crate::im::{
    AnswerForm, Asked, Body, BodyForm, Call, Task, Trouble, decode_call, decode_ping,
    decode_ping_message,
};
use crate::model::{Category, Content, ConversationId};
use crate::request::{Draft, DraftBody};
use crate::samples::{self, user};
use crate::vectors;

fn shown(asked: &Result<Asked, Trouble>) -> Vec<u8> {
    let text = match asked {
        Ok(Asked { task: Task::Post(draft), .. }) => format!("{draft:?}"),
        Ok(Asked { task: Task::Asks(asks), current_hash, .. }) if current_hash.is_empty() => {
            format!("{asks:?}")
        }
        Ok(Asked { task: Task::Asks(asks), current_hash, .. }) => {
            format!("{asks:?} {current_hash}")
        }
        Err(trouble) => trouble.json(),
    };
    text.into_bytes()
}

/// One line a body: what user 7's call makes of it.
#[test]
fn json_bodies_mean_what_the_page_says() {
    for call in Call::ALL {
        let name = call.path().rsplit('/').next().unwrap();
        let path = format!("im-bodies/{name}.txt");
        let bodies = vectors::parts(&path);
        assert!(!bodies.is_empty(), "{path} has no body");
        let meanings: Vec<(&str, Vec<u8>)> = bodies
            .iter()
            .map(|body| {
                (body.as_str(), shown(&asked_by(*call, BodyForm::Json, body.as_bytes(), "")))
            })
            .collect();
        vectors::check_outbound(&path, "What user 7's bodies mean.", &meanings);
    }
}

/// The same message in each of the forms means the same.
#[test]
fn a_body_means_the_same_in_every_form() {
    let cases: [(Call, &[u8], &[u8], &str); 6] = [
        (
            Call::Send,
            br#"{"target":"9","target_type":"user","msg":"a b&c\u00e9","extra":"x"}"#,
            b"\x0a\x019\x12\x04user\x1a\x07a b&c\xc3\xa9\x22\x01x",
            "target=9&target_type=user&msg=a+b%26c%C3%A9&extra=x",
        ),
        (
            Call::Recall,
            br#"{"target":"12","targetType":"group","msgIndex":"300"}"#,
            b"\x0a\x0212\x12\x05group\x18\xac\x02",
            "target=12&target_type=group&msg_index=300",
        ),
        (
            Call::Ack,
            br#"{"target":"12","target_type":"group"}"#,
            b"\x0a\x0212\x12\x05group",
            "target=12&target_type=group&&msg_index=0",
        ),
        (
            Call::Pull,
            br#"{"target":"9","target_type":"user","direction":"after","start_msg_index":1,
                "start_recall_index":2,"count":50,"unknown":[{}]}"#,
            b"\x0a\x019\x12\x04user\x1a\x05after\x20\x01\x28\x02\x30\x32\xba\x3e\x00",
            "target=9&target_type=user&direction=after&start_msg_index=1&start_recall_index=2\
             &count=50&unknown=1",
        ),
        (
            Call::GetSelfRequests,
            br#"{"cursor":"18446744073709551615","direction":"after"}"#,
            b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x12\x05after",
            "direction=after&cursor=18446744073709551615",
        ),
        (Call::GetSelfRequestsCount, b"", b"", ""),
    ];
    for (call, json, protobuf, form) in cases {
        let found = asked_by(call, BodyForm::Json, json, "");
        assert!(found.is_ok(), "{call:?}: {found:?}");
        assert_eq!(asked_by(call, BodyForm::Protobuf, protobuf, ""), found, "{call:?}: protobuf");
        assert_eq!(asked_by(call, BodyForm::Form, form.as_bytes(), ""), found, "{call:?}: form");
        assert_eq!(asked_by(call, BodyForm::Form, b"", form), found, "{call:?}: query");
    }
    // A field of a page's form that nobody filled in.
    let pull = "target=9&target_type=user&direction=after&count=1";
    let pulled = |form: &str| asked_by(Call::Pull, BodyForm::Form, form.as_bytes(), "");
    assert!(pulled(pull).is_ok());
    assert_eq!(pulled(&format!("{pull}&start_msg_index=&start_recall_index=")), pulled(pull));
    let both = asked_by(Call::LeaveGroup, BodyForm::Form, b"group_id=12", "group_id=13");
    let group = ConversationId::number(12).unwrap();
    assert_eq!(both.map(|asked| asked.task), Ok(Task::Asks(vec![Ask::LeaveGroup { group }])));
}

#[test]
fn malformed_bodies_are_request_errors() {
    let cases: [(BodyForm, &[u8], &str); 14] = [
        (BodyForm::Protobuf, b"\x0a", ""),
        (BodyForm::Protobuf, b"\x0a\x01\xff", ""),
        (BodyForm::Protobuf, b"\x08\x01", ""),
        (BodyForm::Protobuf, b"{\"target\":\"9\"}", ""),
        (BodyForm::Json, b"\x0a\x019\x12\x04user", ""),
        (BodyForm::Json, b" ", ""),
        (BodyForm::Json, b"\xff", ""),
        (BodyForm::Json, b"{\"target\":\"9\",\"target\":\"8\"}", ""),
        (BodyForm::Json, b"{\"target\":\"\\ud800\"}", ""),
        (BodyForm::Form, b"target=%zz", ""),
        (BodyForm::Form, b"target=%2", ""),
        (BodyForm::Form, b"target=%ff", ""),
        (BodyForm::Form, b"target=9", "msg_index=%"),
        (BodyForm::Form, b"target=9&target_type=user&msg_index=-1", ""),
    ];
    for (form, bytes, query) in cases {
        let found = asked_by(Call::Ack, form, bytes, query);
        assert_eq!(found, Err(Trouble::Request), "{form:?} {}", bytes.escape_ascii());
    }
    for text in ["+1", "4294967296", "1.0", " 1"] {
        let form = format!("target=9&target_type=user&msg_index={text}");
        let found = asked_by(Call::Ack, BodyForm::Form, form.as_bytes(), "");
        assert_eq!(found, Err(Trouble::Request), "{text:?}");
    }
}

#[test]
fn forms_are_told_by_the_content_types_beginning() {
    let cases: [(&[u8], BodyForm); 6] = [
        (b"application/json", BodyForm::Json),
        (b"Application/JSON; charset=utf-8", BodyForm::Json),
        (b"application/x-protobuf", BodyForm::Protobuf),
        (b"application/x-www-form-urlencoded", BodyForm::Form),
        (b"text/plain", BodyForm::Form),
        (b"", BodyForm::Form),
    ];
    for (content_type, form) in cases {
        assert_eq!(BodyForm::of_content_type(content_type), form);
    }
    for (accept, form) in [
        (&b""[..], AnswerForm::Json),
        (b"*/*", AnswerForm::Json),
        (b"application/json, application/x-protobuf", AnswerForm::Json),
        (b"application/x-protobuf", AnswerForm::Protobuf),
        (b"application/x-protobuf, */*", AnswerForm::Protobuf),
    ] {
        assert_eq!(AnswerForm::accepted(accept), form);
    }
}

#[test]
fn a_clients_key_has_a_bound() {
    let body = Body {
        form: BodyForm::Json,
        bytes: br#"{"target":"9","target_type":"user","msg":"x"}"#,
        query: "",
    };
    let keyed = |length: usize| decode_call(Call::Send, user(7), body, Some(&vec![b'k'; length]));
    let asked = keyed(512).map(|asked| asked.task);
    let Ok(Task::Post(Draft { key: Some(key), .. })) = asked else { panic!("{asked:?}") };
    assert_eq!(key.len(), 512);
    assert_eq!(keyed(513), Err(Trouble::Request));
}

#[test]
fn what_one_may_not_see_does_not_exist() {
    for call in [Call::Send, Call::Recall, Call::Ack, Call::Pull] {
        for (target, target_type) in
            [("x", "user"), ("0", "user"), ("7", "user"), ("x", "group"), ("7-9", "group")]
        {
            let body = format!(
                r#"{{"target":"{target}","target_type":"{target_type}","msg":"x","direction":"after","count":1}}"#
            );
            let found = asked_by(call, BodyForm::Json, body.as_bytes(), "").unwrap_err();
            let expected = match (target_type, call) {
                ("user", _) => Trouble::NotFriends,
                (_, Call::Send) => Trouble::GroupMemberNotExist,
                (_, _) => Trouble::NotInGroup,
            };
            assert_eq!(found, expected, "{call:?} {target_type} {target}");
        }
    }
}

#[test]
fn a_ping_names_a_time() {
    let cases = [
        ("timestamp=1", Ok(1)),
        ("x=&timestamp=9223372036854775807", Ok(i64::MAX)),
        ("timestamp=0", Err(Trouble::Request)),
        ("timestamp=-1", Err(Trouble::Request)),
        ("timestamp=9223372036854775808", Err(Trouble::Request)),
        ("timestamp=", Err(Trouble::Request)),
        ("timestamp=%", Err(Trouble::Request)),
        ("", Err(Trouble::Request)),
    ];
    for (query, expected) in cases {
        assert_eq!(decode_ping(query), expected, "{query}");
    }
    assert_eq!(decode_ping_message(b"\x08\x05"), Ok(5));
    for message in [&b""[..], b"\x08", b"\x08\x00", b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"]
    {
        assert_eq!(decode_ping_message(message), Err(Trouble::Request));
    }
}

#[test]
fn a_message_without_extra_is_a_text_like_any() {
    let body = br#"{"target":"9","target_type":"user","msg":"x"}"#;
    let asked = asked_by(Call::Send, BodyForm::Json, body, "").map(|asked| asked.task);
    let Ok(Task::Post(draft)) = asked else { panic!("{asked:?}") };
    assert_eq!(draft.body, DraftBody::Content(Content::text("x")));
    assert_eq!((draft.conversation, draft.category), (samples::direct(), None::<Category>));
}
