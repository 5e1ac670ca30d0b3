//! Starts that fail: an exit code, one clear line that names what is wrong, nothing half done.

use std::fs;
use std::process::Command;

use parlance_e2e::deadline::until;
use parlance_e2e::server::{Server, Setup, follow};

/// Runs a start that must fail; what it wrote, and nothing of a panic in it.
#[track_caller]
fn fails(mut command: Command) -> String {
    let mut child = command.spawn().expect("the binary starts");
    let log = follow(&mut child);
    let status = until("the start fails", || child.try_wait().ok().flatten());
    let code = status.code().unwrap_or_else(|| panic!("ended by a signal: {status}"));
    assert_ne!(code, 0, "{}", log.text());
    let text = until("its words are read", || {
        let text = log.text();
        (!text.is_empty()).then_some(text)
    });
    assert!(!text.contains("panicked"), "{text}");
    text
}

/// Exactly one line says it, and names the thing.
#[track_caller]
fn one_line_names(text: &str, thing: &str) {
    let naming = text.lines().filter(|line| line.contains(thing)).count();
    assert_eq!(naming, 1, "one line names {thing}:\n{text}");
}

#[test]
fn a_port_that_another_server_holds() {
    let running = Server::start();
    let other = Server::prepared(Setup::default());
    for (variable, address) in [
        ("PARLANCE_LISTEN__MAIN", running.addresses().main),
        ("PARLANCE_LISTEN__STREAM", running.addresses().stream),
        ("PARLANCE_LISTEN__OPERATOR", running.addresses().operator),
    ] {
        let mut command = other.serve_command();
        command.env(variable, address.to_string());
        one_line_names(&fails(command), &address.to_string());
    }
    running.stop();
}

#[test]
fn a_directory_that_another_server_holds() {
    let running = Server::start();
    let other = Server::prepared(Setup::default());
    let mut command = other.serve_command();
    command.env("PARLANCE_STORAGE__DIR", running.data_directory());
    one_line_names(&fails(command), &running.data_directory().display().to_string());
    running.stop();
}

#[test]
fn a_directory_that_cannot_be_written() {
    let server = Server::prepared(Setup::default());
    let data = server.data_directory();
    fs::write(&data, "a file stands here").expect("the directory is ours");
    one_line_names(&fails(server.serve_command()), &data.display().to_string());
    let mut command = server.serve_command();
    // Nobody, not even root, makes a directory there.
    command.env("PARLANCE_STORAGE__DIR", "/proc/parlance");
    one_line_names(&fails(command), "/proc/parlance");
}

#[test]
fn settings_that_are_wrong() {
    let server = Server::prepared(Setup::default());
    for (variable, value, named) in [
        ("PARLANCE_SERVER__SHARD", "2", "shards"),
        ("PARLANCE_LISTEN__MAIN", "not an address", "not an address"),
        ("PARLANCE_SERVER__SHARDS", "many", "many"),
        ("PARLANCE_DURABILITY__GROUP", "perhaps", "perhaps"),
    ] {
        let mut command = server.serve_command();
        command.env(variable, value);
        one_line_names(&fails(command), named);
    }
    let mut command = server.serve_command();
    command.args(["--config", "/proc/no-such-file.toml"]);
    one_line_names(&fails(command), "/proc/no-such-file.toml");
}

#[test]
fn an_open_server_listens_on_the_loopback_only() {
    let server = Server::prepared(Setup::default());
    let mut command = server.serve_command();
    command.env("PARLANCE_AUTH__OPEN", "true").env("PARLANCE_LISTEN__MAIN", "0.0.0.0:1");
    one_line_names(&fails(command), "0.0.0.0:1");
}

#[test]
fn a_foreign_variable_is_nobodys_setting() {
    let mut server = Server::prepared(Setup::default());
    // `PARLANCE_BUILD_NUMBER` names no section and key.
    server.setup_mut().settings.push(("BUILD_NUMBER", "7".into()));
    server.start_again();
    server.stop();
}

#[test]
fn secrets_are_their_owners_alone() {
    use std::os::unix::fs::PermissionsExt;

    let server = Server::start();
    let secrets = server.data_directory().join("secrets");
    let entries = fs::read_dir(&secrets).expect("the server made its secrets");
    let mut count = 0;
    for entry in entries {
        let entry = entry.expect("the directory is readable");
        let mode = entry.metadata().expect("a file has metadata").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", entry.path().display());
        count += 1;
    }
    assert!(count >= 2, "a token's secret and the operator's key, at least");
    server.stop();
}
