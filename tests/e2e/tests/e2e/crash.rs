//! SIGKILL under load: what was acknowledged is there, once, and in order.
//!
//! A ledger holds what the senders know; after each crash it is compared with what the server
//! shows. (SIGKILL cannot see a missing sync: the kernel keeps what was written. Power cuts are
//! the simulator's and the block rigs' matter.)

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use parlance_e2e::deadline::until;
use parlance_e2e::operator::Logged;
use parlance_e2e::seed::Random;
use parlance_e2e::server::{Server, Setup};
use parlance_e2e::stream::{GROUP, PRIVATE, Post, StreamClient, text_post};

const CYCLES: usize = 6;
const SENDERS: std::ops::RangeInclusive<u64> = 1..=4;
/// Reads along in the group and sends nothing.
const WATCHER: u64 = 9;

/// What one sender knows.
#[derive(Default)]
struct Ledger {
    /// By text, which is also the client key: where it was sent to, and its id.
    acknowledged: BTreeMap<String, (u64, u64, u64)>,
    /// Sent, and not heard of.
    open: Vec<(String, u64, u64)>,
}

/// Sends one after the other, to the group and to the next sender by turns, until the
/// connection ends.
fn send_until_the_end(
    client: &mut StreamClient,
    user: u64,
    (cycle, group): (usize, u64),
    count: &AtomicU64,
) -> Ledger {
    let mut ledger = Ledger::default();
    let peer = user % SENDERS.end() + 1;
    for number in 0.. {
        let text = format!("{user}/{cycle}/{number}");
        let (category, receiver) = if number % 2 == 0 { (GROUP, group) } else { (PRIVATE, peer) };
        match client.post(&text, &[text_post(category, receiver, &text)]) {
            Ok(Ok(ids)) => {
                ledger.acknowledged.insert(text, (category, receiver, ids[0]));
                count.fetch_add(1, Ordering::Relaxed);
            }
            Ok(Err(fault)) => panic!("{text} was refused: {fault:?}"),
            Err(_) => {
                ledger.open.push((text, category, receiver));
                break;
            }
        }
    }
    ledger
}

fn watch_until_the_end(client: &mut StreamClient) -> Vec<Post> {
    let mut shown = Vec::new();
    while let Ok(post) = client.try_next_post() {
        shown.push(post);
    }
    shown
}

fn conversation_of(user: u64, category: u64, receiver: u64) -> String {
    if category == GROUP {
        return receiver.to_string();
    }
    format!("{}-{}", user.min(receiver), user.max(receiver))
}

/// Every log that the senders wrote to.
fn logs(server: &Server, group: u64) -> BTreeMap<String, Vec<Logged>> {
    let directs = SENDERS.map(|user| conversation_of(user, PRIVATE, user % SENDERS.end() + 1));
    let names = directs.chain([group.to_string()]);
    names.map(|name| (name.clone(), server.operator().log(&name))).collect()
}

fn entries_of<'a>(log: &'a [Logged], user: u64, text: &str) -> Vec<&'a Logged> {
    log.iter().filter(|entry| entry.sender == user && entry.text == text).collect()
}

fn check_ledger(user: u64, ledger: &Ledger, logs: &BTreeMap<String, Vec<Logged>>) {
    for (text, (category, receiver, id)) in &ledger.acknowledged {
        let log = &logs[&conversation_of(user, *category, *receiver)];
        let found = entries_of(log, user, text);
        assert_eq!(found.len(), 1, "acknowledged and there once: {text}, found {found:?}");
        assert_eq!(found[0].id, *id, "{text} has the id that was acknowledged");
    }
    for (text, category, receiver) in &ledger.open {
        let log = &logs[&conversation_of(user, *category, *receiver)];
        assert!(entries_of(log, user, text).len() <= 1, "{text} is there at most once");
    }
}

/// The client's part after a crash: what was not heard of is sent again under its key.
fn retry(server: &Server, user: u64, ledger: &mut Ledger) {
    let mut client = StreamClient::connect(server, user);
    for (text, category, receiver) in std::mem::take(&mut ledger.open) {
        let answer = client.post(&text, &[text_post(category, receiver, &text)]);
        let ids = answer.expect("the connection holds").expect("a retry is taken");
        ledger.acknowledged.insert(text, (category, receiver, ids[0]));
    }
}

/// One load, one SIGKILL: the senders' ledgers and what the watcher was shown.
fn crash_under_load(
    server: &mut Server,
    group: u64,
    cycle: usize,
    acknowledged: u64,
) -> (Vec<(u64, Ledger)>, Vec<Post>) {
    let mut clients: Vec<(u64, StreamClient)> =
        SENDERS.map(|user| (user, StreamClient::connect(server, user))).collect();
    let mut watcher = StreamClient::connect(server, WATCHER);
    let seen_before = watcher.sync_by_cursor().last().map(|post| post.id);
    if let Some(id) = seen_before {
        watcher.receipt_up_to(GROUP, id);
    }
    let count = AtomicU64::new(0);
    thread::scope(|scope| {
        let senders: Vec<_> = clients
            .iter_mut()
            .map(|(user, client)| {
                let (user, count) = (*user, &count);
                (user, scope.spawn(move || send_until_the_end(client, user, (cycle, group), count)))
            })
            .collect();
        let watching = scope.spawn(|| watch_until_the_end(&mut watcher));
        until("enough is acknowledged", || {
            (count.load(Ordering::Relaxed) >= acknowledged).then_some(())
        });
        server.kill();
        let ledgers =
            senders.into_iter().map(|(user, it)| (user, it.join().expect("no panic"))).collect();
        (ledgers, watching.join().expect("no panic"))
    })
}

#[test]
fn acknowledged_messages_outlive_a_crash() {
    let mut random = Random::announced();
    let mut server = Server::with(Setup { shards: 3, ..Setup::default() });
    server.operator().create_users(SENDERS.chain([WATCHER]));
    let members: Vec<u64> = SENDERS.chain([WATCHER]).collect();
    let group = server.operator().create_group(&members);
    let mut before = BTreeMap::new();
    for cycle in 0..CYCLES {
        let acknowledged = random.between(1, 400);
        let (ledgers, shown) = crash_under_load(&mut server, group, cycle, acknowledged);
        server.start_again();
        let after = logs(&server, group);
        for (name, log) in &before {
            let log: &Vec<Logged> = log;
            let now: &Vec<Logged> = &after[name];
            assert!(now.starts_with(log), "what {name} showed in cycle {cycle} it still shows");
        }
        for post in &shown {
            let found = entries_of(&after[&group.to_string()], post.sender, &post.text);
            assert_eq!(found.len(), 1, "what was delivered is stored: {post:?}");
            assert_eq!(found[0].id, post.id);
        }
        let mut whole = Vec::new();
        for (user, mut ledger) in ledgers {
            check_ledger(user, &ledger, &after);
            retry(&server, user, &mut ledger);
            whole.push((user, ledger));
        }
        before = logs(&server, group);
        for (user, ledger) in &whole {
            check_ledger(*user, ledger, &before);
        }
    }
    server.stop();
}
