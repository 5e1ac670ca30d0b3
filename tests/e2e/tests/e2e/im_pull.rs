//! The `im` dialect's pull: a chat's past, in both directions, as far back as it goes.

use parlance_e2e::deadline::until;
use parlance_e2e::im::{ImCaller, NOT_FRIENDS, NOT_IN_GROUP, indexes, pull, server};
use parlance_e2e::server::{Server, Setup};
use parlance_e2e::stream::{GROUP, StreamClient};
use serde_json::json;

/// With two seconds for the original's thirty days.
#[test]
fn old_messages_are_not_pulled() {
    let settings = vec![("IM__PULL_AGE_S", "2".to_owned())];
    let server = Server::with(Setup { settings, ..Setup::default() });
    server.operator().create_users([1, 2]);
    let group = server.operator().create_group(&[1, 2]);
    let (ann, bob) = (ImCaller::new(&server, 1), ImCaller::new(&server, 2));
    ann.send("group", group, "old");
    let body = json!({ "target": group.to_string(), "target_type": "group", "msg_index": 1 });
    ann.done("/im.chat/recall", &body);
    let pulled = |direction, start| {
        indexes(&bob.done("/im.chat/pull", &pull("group", group, direction, start, 50)))
    };
    until("the first message to be too old", || pulled("after", 1).is_empty().then_some(()));
    assert!(pulled("before", 9).is_empty());
    // Where the test stands still for two seconds, a message is too old before it is asked for.
    let young = until("a young message to be shown alone", || {
        let young = ann.send("group", group, "young");
        (pulled("before", 4_294_967_295).first() == Some(&young)).then_some(young)
    });
    assert!(young > 1 && !pulled("after", 1).contains(&1), "the old one stays out of sight");
    let mut recalls = pull("group", group, "after", 0, 50);
    recalls["start_recall_index"] = json!(1);
    let recalls = bob.done("/im.chat/pull", &recalls);
    assert_eq!(recalls["recalls"], json!({ "1": 1 }), "recalls of any age are");
    server.stop();
}

#[test]
fn messages_are_pulled_in_both_directions() {
    let server = server();
    let group = server.operator().create_group(&[1, 2]);
    let (ann, bob) = (ImCaller::new(&server, 1), ImCaller::new(&server, 2));
    for n in 1..=5 {
        ann.send("group", group, &format!("g{n}"));
    }
    let mut stream = StreamClient::connect(&server, 2);
    stream.sync_by_cursor();
    stream.send_text(GROUP, group, "from elsewhere");
    let pulled = |direction, start, count| {
        bob.done("/im.chat/pull", &pull("group", group, direction, start, count))
    };
    assert_eq!(indexes(&pulled("after", 1, 50)), [1, 2, 3, 4, 5, 6]);
    assert_eq!(indexes(&pulled("after", 3, 2)), [3, 4]);
    assert_eq!(indexes(&pulled("before", 4, 2)), [4, 3]);
    assert_eq!(indexes(&pulled("before", 4_294_967_295, 50)), [6, 5, 4, 3, 2, 1]);
    assert_eq!(pulled("after", 7, 50), json!({ "msgs": [], "recalls": {} }));
    assert_eq!(pulled("after", 0, 50), json!({ "msgs": [], "recalls": {} }));
    let last = pulled("after", 6, 1);
    let message = &last["msgs"][0];
    assert_eq!(message["sender"], "2");
    assert_eq!(message["msg"], "from elsewhere");
    assert_eq!(
        (&message["target"], &message["target_type"]),
        (&json!(group.to_string()), &json!("group"))
    );
    // A friend with whom nothing was said is no stranger.
    let silence = ann.done("/im.chat/pull", &pull("user", 2, "after", 1, 1));
    assert_eq!(silence, json!({ "msgs": [], "recalls": {} }));
    ImCaller::new(&server, 3).refused(
        "/im.chat/pull",
        &pull("group", group, "after", 1, 1),
        400,
        NOT_IN_GROUP,
    );
    ann.refused("/im.chat/pull", &pull("user", 3, "after", 1, 1), 400, NOT_FRIENDS);
    ann.refused("/im.chat/pull", &pull("user", 3, "after", 0, 1), 400, NOT_FRIENDS);
    server.stop();
}
