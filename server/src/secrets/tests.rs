//! Secrets are made once, kept private, and refused where others can read them.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::{Secrets, SecretsError, read_secret};
use crate::config::{Sources, load};

fn settings_in(dir: &std::path::Path) -> crate::config::Settings {
    let mut settings = load(&Sources::default()).expect("the defaults are valid").settings;
    settings.storage.dir = dir.join("data");
    settings
}

#[test]
fn made_once_and_private() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let settings = settings_in(dir.path());
    let first = Secrets::open(&settings).expect("made");
    let again = Secrets::open(&settings).expect("read");
    assert_eq!((&first.jwt, &first.im, &first.operator), (&again.jwt, &again.im, &again.operator));
    assert_ne!(first.jwt, first.operator);
    assert_eq!(first.im.len(), 32, "the sealed token's key takes 32 bytes as they are");
    let secrets = settings.storage.dir.join("secrets");
    let mode = |path: &std::path::Path| {
        fs::metadata(path).expect("it is there").permissions().mode() & 0o777
    };
    assert_eq!(mode(&secrets), 0o700);
    let mut names: Vec<_> = fs::read_dir(&secrets)
        .expect("a directory")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    names.sort();
    assert_eq!(names.len(), 3, "no drafts are left: {names:?}");
    for name in &names {
        assert_eq!(mode(name), 0o600, "{name:?}");
    }
}

#[test]
fn configured_secrets_win() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let mut settings = settings_in(dir.path());
    settings.operator.key = Some("of the operator".to_owned());
    settings.auth.im_secret = "of im".to_owned();
    let secrets = Secrets::open(&settings).expect("made");
    assert_eq!(secrets.operator, "of the operator");
    assert_eq!(secrets.im, "of im");
    assert!(!settings.storage.dir.join("secrets/operator.key").exists());
}

#[test]
fn refuses_what_others_can_read_and_what_is_no_secret() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = dir.path().join("key");
    let put = |bytes: &[u8], mode: u32| {
        fs::write(&path, bytes).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("a mode");
        read_secret(&path)
    };
    assert!(matches!(put(b"secret\n", 0o640), Err(SecretsError::Exposed { mode: 0o640, .. })));
    assert!(matches!(put(b"\n", 0o600), Err(SecretsError::Malformed { .. })));
    assert!(matches!(put(b"\xff\xfe", 0o600), Err(SecretsError::Malformed { .. })));
    assert_eq!(put(b" secret \r\n", 0o600).expect("a secret"), " secret ");
}
