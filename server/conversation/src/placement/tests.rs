//! Every partition has one owner, for every number of shards.

use super::*;

#[test]
fn every_partition_has_an_owner_and_owners_are_contiguous() {
    for shards in 1..=SHARDS_MAX {
        let placement = Placement::new(shards);
        let owners: Vec<u8> = (0..=255).map(|p| placement.shard_of(Partition(p)).0).collect();
        assert!(owners.is_sorted(), "{shards} shards: {owners:?}");
        assert_eq!(owners.first(), Some(&0));
        assert_eq!(owners.last().map(|s| usize::from(*s) + 1), Some(shards));
    }
}

#[test]
fn a_direct_has_one_partition_whoever_names_it() {
    let (a, b) = (UserId::new(7).expect("7 is an id"), UserId::new(9).expect("9 is an id"));
    let one = ConversationId::direct(a, b).expect("two users");
    let other = ConversationId::direct(b, a).expect("two users");
    assert_eq!(conversation_partition(one), conversation_partition(other));
}
