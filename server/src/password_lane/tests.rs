//! Hashes verify, and a full queue says so.

use futures_lite::future::block_on;

use super::*;

#[test]
fn a_hash_verifies_its_own_password_only() {
    let lane = PasswordLane::start().unwrap();
    let hash = block_on(lane.hash("a secret".to_owned())).unwrap();
    assert!(hash.starts_with("$argon2id$"), "{hash}");
    assert_eq!(block_on(lane.verify(hash.clone(), "a secret".to_owned())), Ok(true));
    assert_eq!(block_on(lane.verify(hash, "another".to_owned())), Ok(false));
}

#[test]
fn what_is_no_hash_verifies_nothing() {
    let lane = PasswordLane::start().unwrap();
    assert_eq!(block_on(lane.verify("plain".to_owned(), "plain".to_owned())), Ok(false));
}
