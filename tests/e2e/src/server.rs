//! One server under test: the real binary in a directory of its own.
//!
//! It is started, waited for at `/ready`, stopped, killed and started again on the same
//! directory and ports. Whatever way a test ends, its process is killed by its id, and what it
//! wrote is shown where the test failed.

use std::env;
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Instant;

use tempfile::TempDir;

use crate::deadline::{LOOK_AGAIN, WAIT, until};
use crate::log::Log;
use crate::operator::{Http, Operator};
use crate::ports;

/// Where the listeners are.
#[derive(Clone, Copy, Debug)]
pub struct Addresses {
    pub main: SocketAddr,
    pub stream: SocketAddr,
    pub push: SocketAddr,
    pub operator: SocketAddr,
}

/// How a server is set up before its first start.
#[derive(Clone, Debug)]
pub struct Setup {
    pub shards: u32,
    /// Further settings: `("AUTH__OPEN", "true")` becomes `PARLANCE_AUTH__OPEN`.
    pub settings: Vec<(&'static str, String)>,
}

impl Default for Setup {
    /// Two shards: the fewest that have anything between them.
    fn default() -> Self {
        Self { shards: 2, settings: Vec::new() }
    }
}

pub struct Server {
    setup: Setup,
    addresses: Addresses,
    directory: TempDir,
    running: Option<Running>,
}

struct Running {
    child: Child,
    log: Log,
}

impl Server {
    /// With the default setup, ready for clients.
    pub fn start() -> Self {
        Self::with(Setup::default())
    }

    /// With this setup, ready for clients.
    pub fn with(setup: Setup) -> Self {
        let mut server = Self::prepared(setup);
        server.start_again();
        server
    }

    /// Not started yet.
    pub fn prepared(setup: Setup) -> Self {
        let addresses = Addresses {
            main: ports::free(),
            stream: ports::free(),
            push: ports::free(),
            operator: ports::free(),
        };
        let directory = TempDir::with_prefix("parlance-e2e-").expect("a temporary directory");
        Self { setup, addresses, directory, running: None }
    }

    pub fn addresses(&self) -> Addresses {
        self.addresses
    }

    pub fn data_directory(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// For the next start.
    pub fn setup_mut(&mut self) -> &mut Setup {
        &mut self.setup
    }

    /// On the directory and the ports that it had.
    #[track_caller]
    pub fn start_again(&mut self) {
        assert!(self.running.is_none(), "one process at a time");
        let mut child = self.serve_command().spawn().expect("the server starts");
        let log = follow(&mut child);
        self.running = Some(Running { child, log });
        self.wait_until_ready();
    }

    /// SIGTERM: it drains and ends with 0.
    #[track_caller]
    pub fn stop(mut self) {
        self.stop_for_now();
    }

    /// The same, to be started again.
    #[track_caller]
    pub fn stop_for_now(&mut self) {
        self.terminate();
        let status = self.wait_for_exit();
        assert!(status.success(), "a drained server ends with 0, not with {status}");
    }

    /// Sends SIGTERM and does not wait.
    pub fn terminate(&mut self) {
        let pid = self.pid();
        // SAFETY: kill(2) takes no memory of ours, and the process is our child, not yet
        // waited for, so its id is not another's.
        let sent = unsafe { libc::kill(pid, libc::SIGTERM) };
        assert_eq!(sent, 0, "SIGTERM reaches the server");
    }

    /// SIGKILL, as a crash; returns when the process is gone.
    pub fn kill(&mut self) {
        let mut running = self.running.take().expect("the server runs");
        running.child.kill().expect("SIGKILL reaches the server");
        running.child.wait().expect("a killed server ends");
    }

    /// Waits for a process that was told to end.
    #[track_caller]
    pub fn wait_for_exit(&mut self) -> ExitStatus {
        let running = self.running.as_mut().expect("the server runs");
        let status = until("the server ends", || running.child.try_wait().ok().flatten());
        if !status.success() {
            eprintln!("the server's last words:\n{}", running.log.text());
        }
        self.running = None;
        status
    }

    /// The process's id.
    pub fn pid(&self) -> i32 {
        let running = self.running.as_ref().expect("the server runs");
        i32::try_from(running.child.id()).expect("a pid fits its type")
    }

    pub fn log_text(&self) -> String {
        self.running.as_ref().map(|running| running.log.text()).unwrap_or_default()
    }

    pub fn operator(&self) -> Operator {
        Operator::new(self.addresses.operator, &self.operator_key())
    }

    /// The key that it made on its first start.
    pub fn operator_key(&self) -> String {
        let path = self.data_directory().join("secrets/operator.key");
        let key = std::fs::read_to_string(&path);
        key.unwrap_or_else(|error| panic!("{}: {error}", path.display())).trim().to_owned()
    }

    /// What `parlance token` prints.
    pub fn token(&self, user: u64) -> String {
        self.token_with(user, &[])
    }

    pub fn token_with(&self, user: u64, arguments: &[&str]) -> String {
        let mut command = Command::new(binary());
        without_settings(&mut command);
        command.args(["token", "--user", &user.to_string(), "--data"]);
        let output = command.arg(self.data_directory()).args(arguments).output();
        let output = output.expect("parlance token starts");
        assert!(output.status.success(), "parlance token: {output:?}");
        String::from_utf8(output.stdout).expect("a token is ASCII").trim().to_owned()
    }

    /// HTTP to the main listener.
    pub fn http(&self) -> Http {
        Http::to(self.addresses.main)
    }

    /// `parlance serve` with this server's settings, for tests of how it fails to start.
    pub fn serve_command(&self) -> Command {
        let mut command = Command::new(binary());
        without_settings(&mut command);
        command
            .arg("serve")
            .current_dir(self.directory.path())
            .env("PARLANCE_LISTEN__MAIN", self.addresses.main.to_string())
            .env("PARLANCE_LISTEN__STREAM", self.addresses.stream.to_string())
            .env("PARLANCE_LISTEN__PUSH", self.addresses.push.to_string())
            .env("PARLANCE_LISTEN__OPERATOR", self.addresses.operator.to_string())
            .env("PARLANCE_SERVER__SHARDS", self.setup.shards.to_string())
            .env("PARLANCE_STORAGE__DIR", self.data_directory())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        for (name, value) in &self.setup.settings {
            command.env(format!("PARLANCE_{name}"), value);
        }
        end_with_the_test(&mut command);
        command
    }

    #[track_caller]
    fn wait_until_ready(&mut self) {
        let http = Http::to(self.addresses.operator);
        let running = self.running.as_mut().expect("the server runs");
        let deadline = Instant::now() + WAIT;
        loop {
            if http.get("/ready", &[]).is_ok_and(|answer| answer.status == 200) {
                return;
            }
            if let Ok(Some(status)) = running.child.try_wait() {
                let text = running.log.text();
                self.running = None;
                panic!("the server ended before it was ready, with {status}:\n{text}");
            }
            assert!(Instant::now() < deadline, "after {WAIT:?} the server is not ready");
            running.log.wait_for_line(LOOK_AGAIN);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let Some(mut running) = self.running.take() else {
            return;
        };
        if thread::panicking() {
            eprintln!("the server's log:\n{}", running.log.text());
        }
        // Either succeeds, or the process has ended by itself.
        let _ = running.child.kill();
        let _ = running.child.wait();
    }
}

/// `PARLANCE_BIN`, or the one beside this test in the target directory.
pub fn binary() -> PathBuf {
    if let Some(path) = env::var_os("PARLANCE_BIN") {
        return path.into();
    }
    let test = env::current_exe().expect("a test knows its own path");
    let built = test.ancestors().nth(2).map(|release| release.join("parlance"));
    built.filter(|path| Path::exists(path)).unwrap_or_else(|| {
        panic!("there is no `parlance` to test: run `cargo xtask test`, or set PARLANCE_BIN")
    })
}

/// Both outputs of a child into one log.
pub fn follow(child: &mut Child) -> Log {
    let log = Log::default();
    if let Some(output) = child.stdout.take() {
        log.follow(output);
    }
    if let Some(output) = child.stderr.take() {
        log.follow(output);
    }
    log
}

/// What is set for the tests' caller is not set for the server.
fn without_settings(command: &mut Command) {
    for (name, _) in env::vars_os() {
        if name.to_string_lossy().starts_with("PARLANCE_") {
            command.env_remove(&name);
        }
    }
}

/// A test that is itself killed takes its server and its clients along.
pub(crate) fn end_with_the_test(command: &mut Command) {
    // SAFETY: between fork and exec only prctl(2) is called, which is async-signal-safe and
    // touches no memory of ours.
    unsafe {
        command.pre_exec(|| {
            if libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) == 0 {
                return Ok(());
            }
            Err(std::io::Error::last_os_error())
        });
    }
}
