//! Batches keep their order through full queues.

use parlance_codecs::MessageId;
use parlance_conversation::mesh::MeshBody;

use super::*;
use crate::inbox::inbox_of;
use crate::sockets::Doorbell;

const ME: ShardIndex = ShardIndex(0);
const OTHER: ShardIndex = ShardIndex(1);

/// A mesh of two shards whose second has an inbox for `capacity` batches.
fn mesh(capacity: usize) -> (Mesh, flume::Receiver<ToShard>) {
    let doorbell = || Doorbell::new().unwrap();
    let (own, _) = inbox_of(1, doorbell());
    let (to_other, inbox) = inbox_of(capacity, doorbell());
    (Mesh::new(ME, vec![own, to_other]), inbox)
}

fn send(mesh: &mut Mesh, numbers: std::ops::Range<usize>) {
    for number in numbers {
        let up_to = MessageId::from_raw(number as u64);
        let body = MeshBody::Close { up_to, round: 0 };
        mesh.send(OTHER, MeshMessage { clock: up_to, body });
    }
}

fn received(inbox: &flume::Receiver<ToShard>) -> Vec<u64> {
    let mut numbers = Vec::new();
    for batch in inbox.try_iter() {
        let ToShard::Mesh { from, messages } = batch else { panic!("only messages were sent") };
        assert_eq!(from, ME);
        numbers.extend(messages.iter().map(|message| message.clock.raw()));
    }
    numbers
}

#[test]
fn a_turn_is_one_batch() {
    let (mut mesh, inbox) = mesh(4);
    send(&mut mesh, 0..3);
    assert_eq!(mesh.flush(), Flushed::All);
    assert_eq!(inbox.len(), 1);
    assert_eq!(received(&inbox), [0, 1, 2]);
    assert!(mesh.is_empty());
}

#[test]
fn a_full_inbox_loses_nothing_and_keeps_the_order() {
    let (mut mesh, inbox) = mesh(1);
    let mut all = Vec::new();
    for turn in 0..4 {
        send(&mut mesh, turn * 3..turn * 3 + 3);
        assert_eq!(mesh.flush() == Flushed::All, turn == 0);
    }
    while !mesh.is_empty() {
        all.extend(received(&inbox));
        mesh.flush();
    }
    all.extend(received(&inbox));
    assert_eq!(all, (0..12).collect::<Vec<u64>>());
}

#[test]
fn the_mark_is_passed_by_what_waits_and_left_once_it_is_sent() {
    let (mut mesh, inbox) = mesh(PENDING_MARK);
    send(&mut mesh, 0..PENDING_MARK);
    assert!(!mesh.is_over_mark());
    send(&mut mesh, 0..1);
    assert!(mesh.is_over_mark());
    mesh.flush();
    assert!(!mesh.is_over_mark());
    assert_eq!(received(&inbox).len(), PENDING_MARK + 1);
}

#[test]
fn a_shard_that_has_ended_is_no_obstacle() {
    let (mut mesh, inbox) = mesh(1);
    drop(inbox);
    send(&mut mesh, 0..10);
    assert_eq!(mesh.flush(), Flushed::All);
}
