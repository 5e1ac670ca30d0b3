//! The files that pin the clients: every package in one version, and none by an address.

const NPM: &str = include_str!("../../../../tests/e2e/node/package-lock.json");
const PYTHON: &str = include_str!("../../../../tests/e2e/python/requirements.txt");

#[test]
fn npm_packages_are_locked_by_version_and_hash_and_by_no_address() {
    let lines = |key: &str| NPM.lines().filter(|line| line.contains(key)).count();
    let packages = lines("\"node_modules/");
    assert!(packages > 0, "the lock file names packages");
    assert_eq!(lines("\"version\": \""), packages, "each has its version");
    assert_eq!(lines("\"integrity\": \"sha512-"), packages, "each has its hash");
    assert_eq!(lines("\"resolved\""), 0, "whose registry it is, each machine says");
}

#[test]
fn python_packages_are_pinned_to_one_version_each() {
    for line in PYTHON.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let pin = line.split(';').next().unwrap_or_default();
        let parts: Vec<&str> = pin.trim().split("==").collect();
        assert!(matches!(parts[..], [name, version] if !name.is_empty() && !version.is_empty()));
        assert!(!pin.contains(['*', '@', '>', '<', '~', '/']), "{line}");
    }
}
