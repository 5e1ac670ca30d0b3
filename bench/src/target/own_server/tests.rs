//! What is read from a server that starts, and said of one that does not.

use super::*;
use crate::plan::Durability;

fn start(binary: &str) -> Result<Target, BenchError> {
    let server = ServerSettings { binary: Some(PathBuf::from(binary)), ..Default::default() };
    let start = Start { server, ..Start::default() };
    start.run(&Interrupt::default())
}

#[test]
fn a_missing_binary_is_named() {
    let error = start("/nowhere/parlance").expect_err("no such file").to_string();
    assert!(error.contains("/nowhere/parlance") && error.contains("PARLANCE_BIN"), "{error}");
}

#[test]
fn a_server_that_ends_at_once_is_told_with_its_log() {
    // It takes none of the arguments, says so, and ends.
    let error = start("/bin/mkdir").expect_err("no server").to_string();
    assert!(error.contains("exit status: 1") && error.contains("mkdir"), "{error}");
}

#[test]
fn settings_are_the_documented_ones() {
    let settings = [("limits.outbox_bytes".to_owned(), "9000000".to_owned())];
    let server = ServerSettings {
        shards: Some(2),
        durability: Some(Durability::Os),
        settings: settings.into(),
        ..Default::default()
    };
    let start = Start { server, ..Start::default() };
    let [main, stream, operator] = free_addresses().expect("ports");
    assert!(main != stream && stream != operator && main != operator);
    let settings = start.settings(main, stream, operator);
    let setting = |name: &str| settings.get(name).map(String::as_str);
    assert_eq!(setting("PARLANCE_LISTEN__MAIN"), Some(main.to_string().as_str()));
    assert_eq!(setting("PARLANCE_LISTEN__PUSH"), Some("off"));
    assert_eq!(setting("PARLANCE_SERVER__SHARDS"), Some("2"));
    assert_eq!(setting("PARLANCE_DURABILITY__GROUP"), Some("os"));
    assert_eq!(setting("PARLANCE_DURABILITY__PRIVATE"), Some("os"));
    assert_eq!(setting("PARLANCE_LIMITS__OUTBOX_BYTES"), Some("9000000"));
}
