//! Resume by message id while others send on other shards: nothing is missed, nothing is
//! shown twice, ids only rise.

use std::collections::BTreeMap;
use std::thread;

use parlance_e2e::seed::Random;
use parlance_e2e::server::{Server, Setup};
use parlance_e2e::stream::{GROUP, StreamClient};
use serde_json::json;

const SENDERS: std::ops::RangeInclusive<u64> = 1..=4;
const READER: u64 = 9;
/// With four shards, several of these live on each.
const GROUPS: usize = 12;
const SENT_PER_USER: usize = 150;
/// Said by the operator when all senders are done.
const END: &str = "the end";

fn send_all(server: &Server, user: u64, groups: &[u64]) {
    let mut client = StreamClient::connect(server, user);
    for number in 0..SENT_PER_USER {
        // Each sender in another order, so that the shards take turns.
        let group = groups[(number * 5 + usize::try_from(user).expect("small")) % groups.len()];
        client.send_text(GROUP, group, &format!("{user}/{number}"));
    }
}

/// Comes and goes until it has seen the end; each time it says what it last saw.
fn read_by_resuming(server: &Server, random: &mut Random) -> (Vec<(u64, u64)>, usize) {
    let token = server.token(READER);
    let mut shown: Vec<(u64, u64)> = Vec::new();
    let mut visits = 0;
    let mut ended = false;
    while !ended {
        visits += 1;
        let mut client = StreamClient::connect_with_token(server, &token);
        let last = shown.last().map_or(0, |(id, _)| *id);
        let mut posts = client.sync_after(&[(GROUP, last)]);
        ended = posts.iter().any(|post| post.text == END);
        for _ in 0..random.between(0, 40) {
            if ended {
                break;
            }
            let post = client.next_post();
            ended = post.text == END;
            posts.push(post);
        }
        shown.extend(posts.iter().map(|post| (post.id, post.receiver)));
        if random.between(0, 2) == 0 {
            client.close();
        }
    }
    let mut client = StreamClient::connect_with_token(server, &token);
    let last = shown.last().map_or(0, |(id, _)| *id);
    let rest = client.sync_after(&[(GROUP, last)]);
    shown.extend(rest.iter().map(|post| (post.id, post.receiver)));
    (shown, visits)
}

#[test]
fn a_reader_that_comes_and_goes_misses_nothing() {
    let mut random = Random::announced();
    let server = Server::with(Setup { shards: 4, ..Setup::default() });
    let operator = server.operator();
    let members: Vec<u64> = SENDERS.chain([READER]).collect();
    operator.create_users(members.iter().copied());
    let groups: Vec<u64> = (0..GROUPS).map(|_| operator.create_group(&members)).collect();
    let (shown, visits) = thread::scope(|scope| {
        let senders: Vec<_> = SENDERS
            .map(|user| {
                let (server, groups) = (&server, groups.as_slice());
                scope.spawn(move || send_all(server, user, groups))
            })
            .collect();
        let reader = scope.spawn(|| read_by_resuming(&server, &mut random));
        for sender in senders {
            sender.join().expect("no panic");
        }
        let end = json!({ "conversation": groups[0].to_string(), "sender": 1, "text": END });
        operator.post("/api/v1/publish", &end).expect(200);
        reader.join().expect("no panic")
    });
    assert!(visits > 1, "a reader that never left proves nothing");
    let rising = shown.windows(2).all(|pair| pair[0].0 < pair[1].0);
    assert!(rising, "ids rise over all visits");
    let mut by_group: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    for (id, group) in shown {
        by_group.entry(group).or_default().push(id);
    }
    for group in groups {
        let log: Vec<u64> = operator.log(&group.to_string()).iter().map(|e| e.id).collect();
        assert_eq!(by_group.remove(&group).unwrap_or_default(), log, "group {group}");
    }
    server.stop();
}
