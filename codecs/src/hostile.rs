//! Hostile bytes into every framing and dialect: nothing panics, and every reading makes progress.

use proptest::prelude::*;

use crate::seeded;
use crate::vectors::{Connection, all, meaning};

/// One change to a vector's bytes.
#[derive(Clone, Copy, Debug)]
enum Mutation {
    Set {
        place: usize,
        byte: u8,
    },
    Insert {
        place: usize,
        byte: u8,
    },
    Remove {
        place: usize,
    },
    /// Repeat what follows a place.
    Repeat {
        place: usize,
    },
}

fn mutations() -> impl Strategy<Value = Vec<Mutation>> {
    let place = || any::<usize>();
    let one = prop_oneof![
        (place(), any::<u8>()).prop_map(|(place, byte)| Mutation::Set { place, byte }),
        (place(), any::<u8>()).prop_map(|(place, byte)| Mutation::Insert { place, byte }),
        place().prop_map(|place| Mutation::Remove { place }),
        place().prop_map(|place| Mutation::Repeat { place }),
    ];
    prop::collection::vec(one, 1..8)
}

fn mutate(mut bytes: Vec<u8>, mutations: &[Mutation]) -> Vec<u8> {
    for mutation in mutations {
        let within = |place: usize| place % bytes.len().max(1);
        match *mutation {
            _ if bytes.is_empty() => {}
            Mutation::Set { place, byte } => {
                let place = within(place);
                bytes[place] = byte;
            }
            Mutation::Insert { place, byte } => bytes.insert(within(place), byte),
            Mutation::Remove { place } => {
                bytes.remove(within(place));
            }
            Mutation::Repeat { place } => bytes.extend_from_within(within(place)..),
        }
    }
    bytes
}

#[test]
fn mutated_vectors_never_panic() {
    let vectors = all();
    let cases = (0..vectors.len(), mutations(), 1_usize..50);
    seeded::check(8192, &cases, |(vector, mutations, read)| {
        let vector = &vectors[vector];
        let bytes = mutate(vector.wire.clone(), &mutations);
        meaning(vector.connection, bytes.chunks(read));
        Ok(())
    });
}

#[test]
fn random_bytes_never_panic() {
    let vectors = all();
    let connections: Vec<Connection> = vectors.iter().map(|vector| vector.connection).collect();
    let bytes = prop::collection::vec(any::<u8>(), 0..300);
    seeded::check(8192, &(0..connections.len(), bytes, 1_usize..50), |(at, bytes, read)| {
        meaning(connections[at], bytes.chunks(read));
        Ok(())
    });
}
