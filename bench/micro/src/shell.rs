//! What the server does around the core: one shard's messages to another, one batch to the store.

use std::io::Write as _;
use std::sync::Arc;

use parlance_codecs::{Message, MessageId};
use parlance_conversation::mesh::{MeshBody, MeshMessage, SentBy};
use parlance_conversation::store::{Change, DedupeIdentity, DedupeRecord, Durability};
use parlance_storage::open_directory;

use crate::Operation;
use crate::sample::message;

pub fn operations() -> Vec<Operation> {
    let hops = [1, 64].into_iter().map(hop);
    let written = [1, 64].into_iter().map(|posts| commit(posts, Durability::Os));
    let synced = [1, 64].into_iter().map(|posts| commit(posts, Durability::Sync));
    hops.chain(written).chain(synced).chain([append()]).collect()
}

/// What any server that syncs each message must do at least: append a message's bytes to a file and
/// have the disk take them. The commits above are to be compared with it.
fn append() -> Operation {
    let mut operation = Operation::new("disk/append and sync", || {
        let mut file = tempfile::tempfile().expect("a temporary file");
        let bytes = [0x55; 320];
        move || {
            file.write_all(&bytes).expect("a good disk");
            file.sync_data().expect("a good disk");
        }
    });
    operation.waits = true;
    operation
}

/// A turn's messages for another shard, sent and received: by the channel and in the batches that
/// the server's mesh has.
fn hop(messages: usize) -> Operation {
    Operation::new(format!("mesh/hop of {messages}"), move || {
        let (to, from) = flume::bounded::<Vec<MeshMessage>>(1_024);
        let message = message();
        move || {
            let batch = (0..messages).map(|_| MeshMessage {
                clock: MessageId::ZERO,
                body: MeshBody::Deliver { message: Arc::clone(&message), by: SentBy::Others },
            });
            to.try_send(batch.collect()).expect("there is room");
            let received = from.try_recv().expect("it was sent");
            assert_eq!(received.len(), messages);
        }
    })
}

/// The writes of so many posts as one batch, given to RocksDB.
fn commit(posts: u64, durability: Durability) -> Operation {
    let how = if durability == Durability::Sync { "synced" } else { "written" };
    let mut operation = Operation::new(format!("commit/{posts} {how}"), move || {
        let place = tempfile::tempdir().expect("a temporary directory");
        let directory = open_directory(place.path(), 1).expect("a new data directory");
        let message = message();
        let mut number = 0;
        move || {
            let mut changes = Vec::new();
            for _ in 0..posts {
                number += 1;
                changes.extend(post(&message, number));
            }
            directory.stores[0].commit(&changes, durability).expect("a good disk");
            // Removed only after the store in it is closed.
            let _ = &place;
        }
    });
    operation.waits = durability == Durability::Sync;
    operation
}

/// What one post writes: the message and its key.
fn post(message: &Message, number: u64) -> [Change; 2] {
    let mut message = message.clone();
    message.id = MessageId::from_parts(10_912_089_010 + number, 0, 0);
    message.seq.0 += u32::try_from(number).expect("fewer posts than a conversation holds");
    let record = DedupeRecord {
        identity: DedupeIdentity(u128::from(number)),
        id: message.id,
        seq: message.seq,
        created_at_ms: message.created_at_ms,
        expires_at_ms: None,
        recall_index: None,
    };
    let (conversation, sender) = (message.conversation, message.sender);
    let put = Change::PutMessage { message: Arc::new(message) };
    [put, Change::PutDedupe { conversation, sender, record }]
}
