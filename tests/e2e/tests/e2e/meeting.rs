//! Both dialects in the same groups, across shards: one order, each message exactly once.

use std::collections::BTreeMap;
use std::sync::Barrier;
use std::thread;

use parlance_e2e::deadline::until;
use parlance_e2e::onechat::{FRAMINGS, OnechatClient};
use parlance_e2e::operator::Logged;
use parlance_e2e::server::{Server, Setup};
use parlance_e2e::stream::{GROUP, PRIVATE, StreamClient};
use serde_json::{Value, json};

/// Users 1 to 4 speak `onechat`, 5 to 8 `stream`.
const ONECHAT_USERS: std::ops::RangeInclusive<u64> = 1..=4;
const STREAM_USERS: std::ops::RangeInclusive<u64> = 5..=8;
const USERS: usize = 8;
/// Enough groups that several shards own one.
const GROUPS: usize = 6;
const SENT_PER_USER: usize = 30;

/// What a session was shown of each group: ids and texts in the order of showing.
type Shown = BTreeMap<u64, Vec<(u64, String)>>;

fn shown_of_log(log: &[Logged], without_sender: Option<u64>) -> Vec<(u64, String)> {
    let entries = log.iter().filter(|entry| Some(entry.sender) != without_sender);
    entries.map(|entry| (entry.id, entry.text.clone())).collect()
}

fn text_of(user: u64, number: usize) -> String {
    format!("{user} says {number}")
}

fn onechat_member(server: &Server, user: u64, groups: &[u64], start: &Barrier) -> Shown {
    let framing = FRAMINGS[usize::try_from(user).expect("small") % FRAMINGS.len()];
    let mut client = OnechatClient::sign_in(server, framing, user, "phone");
    start.wait();
    for number in 0..SENT_PER_USER {
        let text = text_of(user, number);
        let answer = client.chat("group_chat", groups[number % GROUPS], &text, &text);
        assert_eq!(answer["cmd"], "ack", "{answer}");
    }
    let mut shown = Shown::new();
    // Everybody's messages, one's own too, and the operator's last word in each group.
    let mut count = 0;
    while count < USERS * SENT_PER_USER + GROUPS {
        for (group, entry) in onechat_entries(&client.next_message()) {
            shown.entry(group).or_default().push(entry);
            count += 1;
        }
    }
    shown
}

/// What one frame shows. What the others said while this session was signing in comes as a
/// batch of what it missed.
fn onechat_entries(frame: &Value) -> Vec<(u64, (u64, String))> {
    let entry = |to: &Value, id: &Value, text: &Value| {
        let text = text.as_str().expect("a string").to_owned();
        (to.as_u64().expect("an integer"), (id.as_u64().expect("an integer"), text))
    };
    match (frame["cmd"].as_str(), &frame["msg"]) {
        (Some("group_chat"), text) => vec![entry(&frame["to"], &frame["ack"], text)],
        (Some("offline_group_chat_msg"), Value::Array(missed)) => {
            missed.iter().map(|one| entry(&one["t"], &one["id"], &one["msg"])).collect()
        }
        _ => panic!("not a group's message: {frame}"),
    }
}

fn stream_member(server: &Server, user: u64, groups: &[u64], start: &Barrier) -> Shown {
    let mut client = StreamClient::connect(server, user);
    assert_eq!(client.sync_by_cursor(), []);
    start.wait();
    for number in 0..SENT_PER_USER {
        client.send_text(GROUP, groups[number % GROUPS], &text_of(user, number));
    }
    let mut shown = Shown::new();
    let mut last_id = 0;
    for post in client.next_posts((USERS - 1) * SENT_PER_USER + GROUPS) {
        assert!(post.id > last_id, "ids rise over all groups: {} after {last_id}", post.id);
        last_id = post.id;
        shown.entry(post.receiver).or_default().push((post.id, post.text));
    }
    shown
}

#[test]
fn everybody_sees_one_order_and_each_message_once() {
    let server = Server::with(Setup { shards: 4, ..Setup::default() });
    let operator = server.operator();
    let users: Vec<u64> = ONECHAT_USERS.chain(STREAM_USERS).collect();
    operator.create_users(users.iter().copied());
    let groups: Vec<u64> = (0..GROUPS).map(|_| operator.create_group(&users)).collect();
    let start = Barrier::new(USERS + 1);
    let (server, groups, start) = (&server, groups.as_slice(), &start);
    let shown: Vec<(u64, Shown)> = thread::scope(|scope| {
        let onechat = ONECHAT_USERS
            .map(|user| (user, scope.spawn(move || onechat_member(server, user, groups, start))));
        let stream = STREAM_USERS
            .map(|user| (user, scope.spawn(move || stream_member(server, user, groups, start))));
        let members: Vec<_> = onechat.chain(stream).collect();
        start.wait();
        for (number, group) in groups.iter().enumerate() {
            // A log that has everything but this ends with this.
            let expected = USERS * SENT_PER_USER / GROUPS;
            until("all of a group's messages are stored", || {
                (operator.log(&group.to_string()).len() == expected).then_some(())
            });
            let sender = users[number % USERS];
            let word = json!({
                "conversation": group.to_string(), "sender": sender, "text": "the last word",
            });
            operator.post("/api/v1/publish", &word).expect(200);
        }
        members.into_iter().map(|(user, it)| (user, it.join().expect("no panic"))).collect()
    });
    for group in groups {
        let log = operator.log(&group.to_string());
        for (user, shown) in &shown {
            let own = STREAM_USERS.contains(user).then_some(*user);
            let mut expected = shown_of_log(&log[..log.len() - 1], own);
            expected.extend(shown_of_log(&log[log.len() - 1..], None));
            assert_eq!(shown[group], expected, "user {user} in group {group}");
        }
    }
}

#[test]
fn a_direct_conversation_between_dialects() {
    let server = Server::start();
    let operator = server.operator();
    operator.create_users([1, 2]);
    operator.befriend(1, 2);
    let mut ann = OnechatClient::sign_in(&server, FRAMINGS[0], 1, "phone");
    let mut bob = StreamClient::connect(&server, 2);
    bob.sync_by_cursor();
    assert_eq!(ann.chat("single_chat", 2, "from onechat", "k")["cmd"], "ack");
    let post = bob.next_post();
    assert_eq!((post.category, post.sender, post.receiver), (PRIVATE, 1, 2));
    assert_eq!(post.text, "from onechat");
    let id = bob.send_text(PRIVATE, 1, "from stream");
    let pushed = ann.next_message();
    let expected = json!({ "cmd": "single_chat", "from": 2, "msg": "from stream", "ack": id });
    assert_eq!(pushed, expected);
    assert_eq!(operator.log("1-2").len(), 2);
    server.stop();
}
