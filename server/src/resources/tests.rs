//! How the descriptors of a process are shared between its connections and its stores.

use super::*;

#[test]
fn connections_get_what_the_stores_do_not_need() {
    assert_eq!(share(20_000, 0, 2), 20_000 - RESERVED - 2 * RESERVED_PER_SHARD);
    assert_eq!(share(20_000, 10_000, 2), 10_000);
    assert_eq!(share(20_000, 50_000, 2), 20_000 - RESERVED - 2 * RESERVED_PER_SHARD);
}

#[test]
fn few_descriptors_are_shared_evenly() {
    assert_eq!(share(256, 0, 2), 128);
}
