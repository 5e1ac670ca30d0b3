//! What a restart keeps: memberships, friendships, cursors, ids, keys; by a drain, by SIGKILL,
//! and with another number of shards.

use std::time::{Duration, Instant};

use parlance_e2e::deadline::until;
use parlance_e2e::onechat::{Framing, OnechatClient};
use parlance_e2e::server::{Server, Setup};
use parlance_e2e::stream::{GROUP, PRIVATE, StreamClient, text_post};
use serde_json::json;

/// What the dialects promise for an acknowledgement that has no answer.
const RECEIPT_DURABLE_WITHIN: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug)]
enum Ending {
    Drain,
    Kill,
}

fn restart(server: &mut Server, ending: Ending) {
    match ending {
        Ending::Drain => server.stop_for_now(),
        Ending::Kill => server.kill(),
    }
    server.start_again();
}

#[test]
fn members_and_friends_are_kept() {
    for ending in [Ending::Drain, Ending::Kill] {
        let mut server = Server::start();
        server.operator().create_users(1..=4);
        server.operator().create_login(5, "eve", "secret");
        server.operator().befriend(1, 2);
        let group = server.operator().create_group(&[1, 2, 3]);
        let members = format!("/api/v1/conversations/{group}/members");
        server.operator().delete(&members, &json!({ "members": [3] })).expect(200);
        server.operator().post(&members, &json!({ "members": [4] })).expect(200);
        restart(&mut server, ending);
        let mut ann = OnechatClient::sign_in(&server, Framing::Onechat, 1, "phone");
        assert_eq!(ann.chat("single_chat", 2, "friends", "a")["cmd"], "ack", "{ending:?}");
        assert_eq!(ann.chat("single_chat", 3, "strangers", "b")["code"], 10403, "{ending:?}");
        let mut left = OnechatClient::sign_in(&server, Framing::Onechat, 3, "phone");
        assert_eq!(left.chat("group_chat", group, "x", "c")["code"], 10403, "{ending:?}");
        let mut joined = OnechatClient::sign_in(&server, Framing::Onechat, 4, "phone");
        assert_eq!(joined.chat("group_chat", group, "x", "d")["cmd"], "ack", "{ending:?}");
        let mut eve = OnechatClient::connect(server.addresses().main, Framing::Onechat);
        eve.send(&parlance_e2e::onechat::login("eve", "secret", "phone"));
        assert!(eve.frame().contains("ack"), "{ending:?}");
        server.stop();
    }
}

#[test]
fn receipts_ids_and_keys_are_kept() {
    for ending in [Ending::Drain, Ending::Kill] {
        let mut server = Server::start();
        server.operator().create_users([1, 2]);
        let mut ann = StreamClient::connect(&server, 1);
        let sent: Vec<u64> =
            (0..5).map(|n| ann.send_text(PRIVATE, 2, &format!("text {n}"))).collect();
        let once = [text_post(PRIVATE, 2, "once")];
        let first = ann.post("key", &once).expect("connected").expect("taken");
        let mut bob = StreamClient::connect(&server, 2);
        assert_eq!(bob.sync_by_cursor().len(), 6);
        bob.receipt_up_to(PRIVATE, sent[2]);
        // A receipt has no answer; a session that comes later shows that it counts.
        until("the receipt counts", || {
            let missed = StreamClient::connect(&server, 2).sync_by_cursor();
            (missed.len() == 3).then_some(())
        });
        if matches!(ending, Ending::Kill) {
            // It is durable within a second, which nothing announces.
            let counted = Instant::now();
            until("a second has passed", || {
                (counted.elapsed() > RECEIPT_DURABLE_WITHIN).then_some(())
            });
        }
        restart(&mut server, ending);
        let mut bob = StreamClient::connect(&server, 2);
        let missed: Vec<u64> = bob.sync_by_cursor().iter().map(|post| post.id).collect();
        assert_eq!(missed, [sent[3], sent[4], first[0]], "{ending:?}");
        let mut ann = StreamClient::connect(&server, 1);
        let again = ann.post("key", &once).expect("connected").expect("taken");
        assert_eq!(again, first, "a retry after the restart, {ending:?}");
        let later = ann.send_text(PRIVATE, 2, "later");
        assert!(later > first[0], "ids rise over a restart, {ending:?}");
        assert_eq!(server.operator().log("1-2").len(), 7);
        server.stop();
    }
}

#[test]
fn a_directory_opens_with_another_number_of_shards() {
    let mut server = Server::with(Setup { shards: 3, ..Setup::default() });
    server.operator().create_users(1..=6);
    let groups: Vec<u64> =
        (0..8).map(|_| server.operator().create_group(&[1, 2, 3, 4, 5, 6])).collect();
    let mut expected = 0;
    let mut last_id = 0;
    for shards in [3, 1, 4, 2] {
        if shards != server.setup_mut().shards {
            server.stop_for_now();
            server.setup_mut().shards = shards;
            server.start_again();
        }
        for group in &groups {
            assert_eq!(
                server.operator().log(&group.to_string()).len(),
                expected,
                "{shards} shards"
            );
            for user in [1, 4] {
                let mut client = StreamClient::connect(&server, user);
                let id = client.send_text(GROUP, *group, &format!("from {user} on {shards}"));
                assert!(id > last_id, "{id} after {last_id} on {shards} shards");
                last_id = id;
            }
        }
        expected += 2;
        let mut reader = StreamClient::connect(&server, 6);
        let all = reader.sync_after(&[(GROUP, 0)]);
        assert_eq!(all.len(), groups.len() * expected, "{shards} shards");
    }
    server.stop();
}

#[test]
fn a_drain_closes_with_3001_and_ends_with_0() {
    let mut server = Server::start();
    server.operator().create_users([1, 2]);
    let mut ann = StreamClient::connect(&server, 1);
    ann.sync_by_cursor();
    let mut bob = OnechatClient::sign_in(&server, Framing::Onechat, 2, "phone");
    server.terminate();
    assert_eq!(ann.try_next_post().map_err(|ended| ended.code), Err(Some(3001)));
    assert_eq!(bob.try_frame(), None);
    assert!(server.wait_for_exit().success());
}
