//! The straight way and the general one come to the same, wherever the first is taken.

use std::sync::Arc;

use super::{read, write};
use crate::dialect::{DialectName, Form, Framing, PayloadKind};
use crate::event::Event;
use crate::json::{self, Keys, Object};
use crate::model::Message;
use crate::samples::{contents, direct, group, user};
use crate::stream::from_json;

const POST: &str = r#"{"sn":"s1","type":2,"postbox":{"posts":[{"postmark":{"category":2,"sender":"7","receiver":12},"type":1,"text":{"content":"h\u00e9 \"\\"}}]}}"#;

/// Whether the frame is read straight; where it is, as the general way reads it.
fn is_read(text: &str) -> bool {
    let Some(straight) = read(text.as_bytes()) else { return false };
    let json = json::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"));
    let object = Object::new(&json, Keys::SnakeOrCamel).expect("an object");
    assert_eq!(Ok(straight), from_json::stream(object), "{text}");
    true
}

#[test]
fn a_plain_post_is_read_as_any_frame_is() {
    assert!(is_read(POST));
    assert!(is_read(&format!(" {POST}\n")));
    for (from, to) in [
        ("\"sn\":\"s1\",", ""),
        ("\"type\":2,", "\"type\":-7,"),
        (",\"type\":1", ""),
        ("\"category\":2,", ""),
        ("\"7\"", "\"18446744073709551615\""),
        ("\"content\":\"h\\u00e9 \\\"\\\\\"", ""),
        (",\"text\":{\"content\":\"h\\u00e9 \\\"\\\\\"}", ""),
    ] {
        assert!(POST.contains(from), "{from}");
        assert!(is_read(&POST.replacen(from, to, 1)), "{from}");
    }
}

#[test]
fn whatever_is_out_of_the_ordinary_is_left_to_the_general_way() {
    for (from, to) in [
        ("\"sn\":\"s1\"", "\"sn\":\"s1\",\"sn\":\"s1\""),
        ("\"sn\":\"s1\"", "\"sn\":\"s1\",\"more\":[[1]]"),
        ("\"sn\":\"s1\"", "\"sn\":null"),
        ("\"sn\":\"s1\"", "\"s\\u006e\":\"s1\""),
        ("\"sn\":\"s1\"", "\"sn\":\"\\ud800\""),
        ("\"type\":2", "\"type\":2.0"),
        ("\"type\":2", "\"type\":\"PAYLOAD_TYPE_MESSAGES\""),
        ("\"type\":2", "\"type\":99999999999"),
        ("\"7\"", "\"+7\""),
        ("\"7\"", "\"\""),
        ("\"7\"", "\"18446744073709551616\""),
        ("\"7\"", "-7"),
        ("\"7\"", "7.0"),
        ("{\"category\":2,\"sender\":\"7\",\"receiver\":12}", "[2,7,12]"),
        ("\"receiver\":12", "\"receiver\":12,\"unique_id\":\"1\""),
        ("[{\"postmark\"", "[{},{\"postmark\""),
        ("}]}}", "}]}}1"),
        ("}]}}", "}]}"),
    ] {
        assert!(POST.contains(from), "{from}");
        assert!(!is_read(&POST.replacen(from, to, 1)), "{to}");
    }
    assert!(!is_read("[\"s1\",2]"));
    assert!(read(b"{\"sn\":\"\xff\"}").is_none());
}

#[test]
fn a_text_is_written_as_any_message_is() {
    let form =
        Form { dialect: DialectName::Stream, framing: Framing::Bare, kind: PayloadKind::Text };
    let mut straight = 0;
    for (conversation, category) in
        [(group(), crate::Category::Group), (direct(), crate::Category::Direct)]
    {
        for (_, content) in contents() {
            for (created_at_ms, expires_at_ms) in
                [(1_714_979_289_010, None), (0, None), (1, Some(9))]
            {
                let message = Message {
                    id: crate::MessageId::from_raw(4_096),
                    seq: crate::Seq(3),
                    mark: 0,
                    conversation,
                    category,
                    sender: user(7),
                    content: content.clone(),
                    created_at_ms,
                    expires_at_ms,
                    recall_index: None,
                };
                let Some(written) = write(&message) else { continue };
                // A page of one message has the same postbox under another `sn`.
                let page = Event::Page {
                    tag: Some(crate::Tag("4096".into())),
                    messages: vec![Arc::new(message)],
                };
                let mut general = Vec::new();
                form.dialect.dialect().encode(form, &page, &mut general);
                assert_eq!(String::from_utf8(written), String::from_utf8(general));
                straight += 1;
            }
        }
    }
    assert_eq!(straight, 8, "texts without a lifetime");
}
