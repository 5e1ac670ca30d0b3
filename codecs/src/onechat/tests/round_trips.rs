//! Round trips: what a client writes is what is decoded, and what is encoded is what a client
//! reads, in every framing. The client's side is written here a second time.

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{FORMS, Onechat, form};
use crate::ask::Ask;
use crate::dialect::{Decoded, Dialect, Framing, PayloadKind};
use crate::event::Event;
use crate::framing::{FrameLimits, Splitter, Step, append_frame};
use crate::model::{Content, ConversationId, Message, MessageId, UserId};
use crate::notice::{News, Notice};
use crate::request::{Draft, DraftBody, Request, Tag};
use crate::samples;
use crate::seeded;
use crate::vectors::masked;

const CASES: u32 = 2_000;

fn user_ids() -> impl Strategy<Value = UserId> {
    prop_oneof![1..20_u64, 1..=UserId::MAX].prop_map(|id| UserId::new(id).unwrap())
}

/// Others than user 7, who asks.
fn others() -> impl Strategy<Value = UserId> {
    user_ids().prop_filter("another user", |user| user.raw() != 7)
}

fn rooms() -> impl Strategy<Value = ConversationId> {
    (1..=UserId::MAX).prop_map(|id| ConversationId::number(id).unwrap())
}

fn texts() -> impl Strategy<Value = String> {
    let c =
        prop_oneof![any::<char>(), Just('"'), Just('\\'), Just('\n'), Just('}'), Just('\u{2028}')];
    let c = c.prop_filter("no NUL", |c| *c != '\0');
    prop::collection::vec(c, 1..60).prop_map(String::from_iter)
}

fn tags() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), "[ -~]{1,60}"]
}

fn ids() -> impl Strategy<Value = Vec<MessageId>> {
    prop::collection::vec((0..=MessageId::MAX.raw()).prop_map(MessageId::from_raw), 1..60)
}

fn post(conversation: ConversationId, text: &str, tag: &str) -> Request {
    let key = (!tag.is_empty()).then(|| tag.as_bytes().into());
    let body = DraftBody::Content(Content::text(text));
    let draft = Draft { conversation, category: None, body, expires_in_ms: None, key };
    Request::Post { tag: Tag(tag.into()), drafts: vec![draft] }
}

fn asked(tag: &str, ask: Ask) -> Request {
    Request::Ask { tag: Tag(tag.into()), ask }
}

/// A command as a client writes it, and what it means.
fn commands() -> impl Strategy<Value = (Value, Request)> {
    prop_oneof![
        (others(), texts(), tags()).prop_map(|(to, msg, ack)| {
            let conversation = ConversationId::direct(samples::user(7), to).unwrap();
            let command = json!({ "cmd": "single_chat", "to": to.raw(), "msg": msg, "ack": ack });
            (command, post(conversation, &msg, &ack))
        }),
        (rooms(), texts(), tags()).prop_map(|(room, msg, ack)| {
            let command = json!({ "cmd": "group_chat", "to": raw(room), "msg": msg, "ack": ack });
            (command, post(room, &msg, &ack))
        }),
        (ids(), any::<bool>()).prop_map(|(ids, quoted)| {
            let command =
                json!({ "cmd": "ack", "action": "group_chat", "ack": list(&ids, quoted) });
            (command, Request::Receipts { ids })
        }),
        (ids(), any::<bool>()).prop_map(|(ids, quoted)| {
            let ack = list(&ids, quoted);
            let command = json!({ "cmd": "ack", "action": "offline_notifications", "ack": ack });
            (command, Request::NoticesSeen { ids })
        }),
        (others(), texts(), tags()).prop_map(|(user, text, tag)| {
            let command =
                json!({ "cmd": "create_friendship", "to": user.raw(), "msg": text, "ack": tag });
            (command, asked(&tag, Ask::RequestFriend { user, text, named_only: false }))
        }),
        (texts(), prop::collection::btree_set(others(), 0..20)).prop_map(|(name, members)| {
            let members = Vec::from_iter(members);
            let named: Vec<u64> = members.iter().map(|member| member.raw()).collect();
            let command = json!({ "cmd": "create_room", "name": name, "members": named });
            (command, asked("", Ask::CreateGroup { name, members }))
        }),
        (rooms(), texts()).prop_map(|(group, name)| {
            let command =
                json!({ "cmd": "change_room_info", "roomid": raw(group), "newname": name });
            (command, asked("", Ask::RenameGroup { group, name, leaders_only: false }))
        }),
        (rooms(), user_ids()).prop_map(|(group, user)| {
            let command =
                json!({ "cmd": "pull_to_room", "roomid": raw(group), "userid": user.raw() });
            (command, asked("", Ask::AddMember { group, user }))
        }),
    ]
}

fn raw(conversation: ConversationId) -> u64 {
    match conversation {
        ConversationId::Number(number) => number.get(),
        ConversationId::Direct(..) => panic!("a direct is no room"),
    }
}

fn list(ids: &[MessageId], quoted: bool) -> Value {
    let entries = ids.iter().map(|id| match quoted {
        true => Value::from(id.to_string()),
        false => Value::from(id.raw()),
    });
    entries.collect()
}

#[test]
fn what_a_client_writes_is_what_is_decoded() {
    seeded::check(CASES, &prop::collection::vec(commands(), 1..5), |commands| {
        for (label, framing) in FORMS {
            let mut wire = Vec::new();
            for (command, _) in &commands {
                let json = command.to_string();
                match framing {
                    Framing::WebSocket => wire.extend(masked(0x81, json.as_bytes())),
                    _ => append_frame(framing, PayloadKind::Text, json.as_bytes(), &mut wire),
                }
            }
            let expected: Vec<&Request> = commands.iter().map(|(_, request)| request).collect();
            let decoded = decode_all(framing, wire);
            prop_assert_eq!(decoded.iter().collect::<Vec<_>>(), expected, "{}", label);
        }
        Ok(())
    });
}

fn decode_all(framing: Framing, mut wire: Vec<u8>) -> Vec<Request> {
    let (mut splitter, limits) = (Splitter::new(framing), FrameLimits::default());
    let mut requests = Vec::new();
    while !wire.is_empty() {
        let consumed = match splitter.next(&mut wire, &limits) {
            Step::Frame { frame, consumed } => {
                let mut decoded = Vec::new();
                let user = Some(samples::user(7));
                Onechat.decode(&mut form(framing), user, frame, &mut decoded);
                for meaning in decoded {
                    let Decoded::Request(request) = meaning else { panic!("no request") };
                    requests.push(request);
                }
                consumed
            }
            Step::Consumed { consumed, reply } => {
                assert!(reply.is_empty(), "{reply:?}");
                consumed
            }
            _ => panic!("whole frames are taken whole"),
        };
        wire.drain(..consumed);
    }
    requests
}

fn messages() -> impl Strategy<Value = Message> {
    let conversations = prop_oneof![
        others().prop_map(|peer| ConversationId::direct(samples::user(7), peer).unwrap()),
        rooms(),
    ];
    let times = 0..=u64::from(u32::MAX) * 1000;
    (conversations, texts(), 1..=MessageId::MAX.raw(), user_ids(), times).prop_map(
        |(conversation, text, id, sender, created_at_ms)| {
            let sender = match conversation {
                ConversationId::Direct(a, b) => {
                    if sender.raw() % 2 == 0 {
                        a
                    } else {
                        b
                    }
                }
                ConversationId::Number(_) => sender,
            };
            let id = MessageId::from_raw(id);
            let message = samples::bare_message(conversation, Content::text(text));
            Message { id, sender, created_at_ms, ..message }
        },
    )
}

/// As a client reads a live message: sender, conversation, words, id.
fn live(message: &Message) -> Value {
    let Content::Text { text, .. } = &message.content else { panic!("texts only") };
    let (from, ack) = (message.sender.raw(), message.id.raw());
    match message.conversation {
        ConversationId::Direct(..) => {
            json!({ "cmd": "single_chat", "from": from, "msg": text, "ack": ack })
        }
        room @ ConversationId::Number(_) => {
            json!({ "cmd": "group_chat", "from": from, "to": raw(room), "msg": text, "ack": ack })
        }
    }
}

/// As a client reads one that was missed.
fn missed(message: &Message) -> Value {
    let Content::Text { text, .. } = &message.content else { panic!("texts only") };
    let (id, from) = (message.id.raw(), message.sender.raw());
    let at = message.created_at_ms / 1000;
    let (to, unread) = match message.conversation {
        ConversationId::Direct(a, b) => (if a == message.sender { b } else { a }.raw(), Some(1)),
        room @ ConversationId::Number(_) => (raw(room), None),
    };
    let mut entry =
        json!({ "id": id, "f": from, "t": to, "msg": text, "created_at": at, "updated_at": at });
    if let Some(unread) = unread {
        entry["unread"] = Value::from(unread);
    }
    entry
}

/// The frames that a client reads.
fn read_all(framing: Framing, mut bytes: &[u8]) -> Vec<Value> {
    let mut frames = Vec::new();
    while !bytes.is_empty() {
        let (start, length) = match framing {
            Framing::WebSocket => server_frame(bytes),
            Framing::Onechat => {
                let head = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
                let text = std::str::from_utf8(&bytes[..head]).unwrap();
                let length = text.strip_prefix("ONECHAT/1.0\r\nPAYLOAD_LEN: ").unwrap();
                (head + 4, length.parse().unwrap())
            }
            _ => {
                let mut values = serde_json::Deserializer::from_slice(bytes).into_iter::<Value>();
                values.next().unwrap().unwrap();
                (0, values.byte_offset())
            }
        };
        frames.push(serde_json::from_slice(&bytes[start..start + length]).unwrap());
        bytes = &bytes[start + length..];
    }
    frames
}

/// Where an unmasked, whole text frame's payload begins, and its length.
fn server_frame(bytes: &[u8]) -> (usize, usize) {
    assert_eq!(bytes[0], 0x81, "a whole text frame");
    match bytes[1] {
        126 => (4, usize::from(u16::from_be_bytes([bytes[2], bytes[3]]))),
        length => {
            assert!(length < 126, "no mask, and nothing here is longer than 64 KiB");
            (2, usize::from(length))
        }
    }
}

#[test]
fn live_messages_are_what_a_client_reads() {
    seeded::check(CASES, &messages(), |message| {
        for (label, framing) in FORMS {
            let mut bytes = Vec::new();
            let event = Event::Delivered(Arc::new(message.clone()));
            Onechat.encode(form(framing), &event, &mut bytes);
            prop_assert_eq!(read_all(framing, &bytes), vec![live(&message)], "{}", label);
        }
        Ok(())
    });
}

#[test]
fn what_was_missed_is_what_a_client_reads() {
    let pages = prop::collection::vec(messages(), 0..80);
    seeded::check(CASES / 10, &pages, |page| {
        let is_direct =
            |message: &&Message| matches!(message.conversation, ConversationId::Direct(..));
        let expected = [
            (
                "offline_single_chat_msg",
                page.iter().filter(is_direct).map(missed).collect::<Vec<_>>(),
            ),
            (
                "offline_group_chat_msg",
                page.iter().filter(|message| !is_direct(message)).map(missed).collect(),
            ),
        ];
        for (label, framing) in FORMS {
            let messages = page.iter().cloned().map(Arc::new).collect();
            let mut bytes = Vec::new();
            Onechat.encode(form(framing), &Event::Page { tag: None, messages }, &mut bytes);
            let frames = read_all(framing, &bytes);
            for (command, expected) in &expected {
                let of_command = frames.iter().filter(|frame| frame["cmd"] == *command);
                let entries = |key: &str| -> Vec<Value> {
                    let lists = of_command.clone().map(|frame| frame[key].as_array().unwrap());
                    lists.flatten().cloned().collect()
                };
                let ids: Vec<Value> = expected.iter().map(|entry| entry["id"].clone()).collect();
                prop_assert_eq!(&entries("msg"), expected, "{}", label);
                prop_assert_eq!(entries("ack"), ids, "{}", label);
            }
        }
        Ok(())
    });
}

#[test]
fn requests_for_friendship_are_what_a_client_reads() {
    let notices = (others(), texts(), 1..=MessageId::MAX.raw()).prop_map(|(by, text, id)| {
        let what = News::FriendRequested { by, text };
        Notice { id: MessageId::from_raw(id), ..samples::notice(what) }
    });
    seeded::check(CASES / 10, &prop::collection::vec(notices, 1..40), |notices| {
        let words = |notice: &Notice| match &notice.what {
            News::FriendRequested { by, text } => (by.raw(), text.clone()),
            _ => panic!("requests only"),
        };
        for (label, framing) in FORMS {
            let shared: Vec<Arc<Notice>> = notices.iter().cloned().map(Arc::new).collect();
            let mut bytes = Vec::new();
            for notice in &shared {
                Onechat.encode(form(framing), &Event::Noticed(Arc::clone(notice)), &mut bytes);
            }
            let expected: Vec<Value> = notices
                .iter()
                .map(|notice| {
                    let ((from, msg), ack) = (words(notice), notice.id.raw());
                    json!({
                        "cmd": "notification", "notification_type": 2, "from": from, "msg": msg,
                        "ack": ack,
                    })
                })
                .collect();
            prop_assert_eq!(read_all(framing, &bytes), expected, "{}", label);
            let mut bytes = Vec::new();
            Onechat.encode(form(framing), &Event::Notices(shared), &mut bytes);
            let entries: Vec<(u64, String, u64)> = read_all(framing, &bytes)
                .iter()
                .flat_map(|frame| frame["msg"].as_array().unwrap().clone())
                .map(|entry| {
                    let body = entry["body"].as_str().unwrap().to_owned();
                    (entry["sender_id"].as_u64().unwrap(), body, entry["id"].as_u64().unwrap())
                })
                .collect();
            let expected: Vec<(u64, String, u64)> = notices
                .iter()
                .map(|notice| (words(notice).0, words(notice).1, notice.id.raw()))
                .collect();
            prop_assert_eq!(entries, expected, "{}", label);
        }
        Ok(())
    });
}
