//! How a server process ends, and what becomes of it where a run does not stop it.

use super::*;

fn sleeping(ends: Ends) -> OwnServer {
    let directory = tempfile::tempdir().expect("a directory");
    OwnServer::start(Command::new("/bin/sleep").arg("1000"), directory, None, ends)
        .expect("started")
}

#[test]
fn stopping_is_by_sigterm_and_an_unclean_end_is_told() {
    let error = sleeping(Ends::InOrder).stop().expect_err("it has no handler").to_string();
    assert!(error.contains("signal: 15"), "{error}");
    sleeping(Ends::Somehow).stop().expect("nothing else was asked of it");
}

#[test]
fn a_server_never_outlives_its_run() {
    let server = sleeping(Ends::InOrder);
    let (pid, data) = (server.id(), server.directory.path().to_owned());
    drop(server);
    assert!(!Path::new(&format!("/proc/{pid}")).exists());
    assert!(!data.exists());
}
