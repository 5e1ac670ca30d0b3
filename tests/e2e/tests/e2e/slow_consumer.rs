//! A session that does not read: evicted with 3008, and back without loss.

use parlance_e2e::server::Server;
use parlance_e2e::stream::{GROUP, Post, StreamClient, text_post};
use serde_json::json;

/// As long as a text may be, so that few messages fill every buffer.
const TEXT_BYTES: usize = 32_768;
/// 40 MiB in all: the kernel hides up to 10 MiB of a connection, the outbox holds the rest that
/// the server is willing to keep.
const MESSAGES: usize = 1_280;
/// Sent before the healthy session reads them: half of what may wait for one session, so that
/// only the slow one is ever over its bound.
const WINDOW: usize = 16;

fn long_text(number: usize) -> String {
    format!("{number:0TEXT_BYTES$}")
}

/// Sends a window of messages and returns their ids.
fn send_window(client: &mut StreamClient, group: u64, first: usize) -> Vec<u64> {
    for number in first..first + WINDOW {
        let post = text_post(GROUP, group, &long_text(number));
        let sn = format!("sn {number}");
        client.send(&json!({ "sn": sn, "type": 2, "postbox": { "posts": [post] } }));
    }
    let mut ids = Vec::new();
    for number in first..first + WINDOW {
        let answer = client.answer(&format!("sn {number}")).expect("the connection holds");
        ids.push(answer.expect("taken")[0]);
    }
    ids
}

fn ids(posts: &[Post]) -> Vec<u64> {
    posts.iter().map(|post| post.id).collect()
}

#[test]
fn a_slow_consumer_is_evicted_and_comes_back_without_loss() {
    let server = Server::start();
    let operator = server.operator();
    operator.create_users([1, 2, 3]);
    let group = operator.create_group(&[1, 2, 3]);
    let mut sender = StreamClient::connect(&server, 1);
    let mut healthy = StreamClient::connect(&server, 2);
    healthy.sync_by_cursor();
    let mut slow = StreamClient::connect(&server, 3);
    slow.sync_by_cursor();
    let mut sent = Vec::new();
    for first in (0..MESSAGES).step_by(WINDOW) {
        let window = send_window(&mut sender, group, first);
        let shown = ids(&healthy.next_posts(WINDOW));
        assert_eq!(shown, window, "one slow session takes nothing from another");
        sent.extend(window);
    }
    // Only now does it read: what the kernel held, and then the close.
    let mut seen = Vec::new();
    let ended = loop {
        match slow.try_next_post() {
            Ok(post) => seen.push(post),
            Err(ended) => break ended,
        }
    };
    assert_eq!(ended.code, Some(3008), "after {} of {MESSAGES} posts", seen.len());
    assert!(seen.len() < MESSAGES, "it was closed before it had all");
    let last = seen.last().map_or(0, |post| post.id);
    let mut back = StreamClient::connect(&server, 3);
    seen.extend(back.sync_after(&[(GROUP, last)]));
    assert_eq!(ids(&seen), sent, "what it saw, and what it resumed with, is everything once");
    server.stop();
}
