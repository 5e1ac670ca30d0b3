//! Where peers' programs are, which version they have, and how they are installed: from the
//! system's packages or from npm's registry, each as the peer's own users install it.

use std::env;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::BenchError;

/// Where Debian's packages keep nginx's modules.
pub(super) const NGINX_MODULES: &str = "/usr/lib/nginx/modules";
/// Where servers are that are for no user's PATH.
const SERVER_DIRECTORIES: [&str; 2] = ["/usr/sbin", "/usr/local/sbin"];
/// Asked by Debian's packages whether a service may be started; 101 says no.
const POLICY: &str = "/usr/sbin/policy-rc.d";

/// What brings a peer's program.
#[derive(Clone, Copy, Debug)]
pub(super) enum Package {
    /// Debian's and Ubuntu's packages.
    System(&'static [&'static str]),
    Npm(&'static Npm),
}

/// A server of npm's packages: the files of a directory of `bench/peers`.
#[derive(Debug)]
pub(super) struct Npm {
    name: &'static str,
    files: [(&'static str, &'static str); 3],
}

const SCRIPT: &str = "server.js";

pub(super) static SOCKET_IO: Npm = Npm {
    name: "socket.io",
    files: [
        ("package.json", include_str!("../../../peers/socket.io/package.json")),
        ("package-lock.json", include_str!("../../../peers/socket.io/package-lock.json")),
        (SCRIPT, include_str!("../../../peers/socket.io/server.js")),
    ],
};

pub(super) static WS: Npm = Npm {
    name: "ws",
    files: [
        ("package.json", include_str!("../../../peers/ws/package.json")),
        ("package-lock.json", include_str!("../../../peers/ws/package-lock.json")),
        (SCRIPT, include_str!("../../../peers/ws/server.js")),
    ],
};

impl Package {
    /// The command that would install it; `None` where it is there.
    pub(super) fn missing(self, program: &str) -> Option<String> {
        match self {
            Self::System(packages) => {
                let there = find(program).is_some() && packages.iter().all(|it| is_there(it));
                (!there).then(|| format!("apt-get install {}", packages.join(" ")))
            }
            Self::Npm(_) if find(program).is_none() => Some("apt-get install nodejs npm".into()),
            Self::Npm(npm) => {
                let command = format!("parlance-bench peers --install --only {}", npm.name);
                (!npm.is_installed()).then_some(command)
            }
        }
    }

    /// Installs it. Nothing is started: the packages' services are the machine's own matter.
    pub(super) fn install(self) -> Result<(), BenchError> {
        match self {
            Self::System(packages) => install_system(packages),
            Self::Npm(npm) => npm.install(),
        }
    }

    /// What the record says of it.
    pub(super) fn version(self, program: &str) -> Option<String> {
        match self {
            Self::System(packages) => {
                let own = match program {
                    "nats-server" | "redis-server" => {
                        said(Command::new(find(program)?).arg("--version"))
                    }
                    _ => None,
                };
                let mut query = Command::new("dpkg-query");
                query.args(["--show", "--showformat=${Package} ${Version}, "]).args(packages);
                let packages =
                    said(&mut query).map(|it| it.trim_end_matches([',', ' ']).to_owned());
                // The program's own word last: it may come from elsewhere than the package.
                Some([packages, own].into_iter().flatten().collect::<Vec<_>>().join("; "))
            }
            Self::Npm(npm) => {
                let node = said(Command::new(find(program)?).arg("--version"))?;
                let package: serde_json::Value = serde_json::from_str(npm.files[0].1).ok()?;
                let pinned = package.get("dependencies")?.get(npm.name)?.as_str()?;
                Some(format!("{} {pinned}, node {node}", npm.name))
            }
        }
    }

    /// What node is to run.
    pub(super) fn script(self) -> Option<PathBuf> {
        match self {
            Self::System(_) => None,
            Self::Npm(npm) => npm.directory().map(|directory| directory.join(SCRIPT)),
        }
    }
}

impl Npm {
    /// In the user's cache, for a program's own directory may not be written to.
    fn directory(&self) -> Option<PathBuf> {
        let cache = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        let cache = cache.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cache")))?;
        Some(cache.join("parlance/peers").join(self.name))
    }

    /// Installed from these very files.
    fn is_installed(&self) -> bool {
        self.directory().is_some_and(|directory| {
            let same = |(name, text): &(&str, &str)| {
                fs::read_to_string(directory.join(name)).is_ok_and(|there| there == *text)
            };
            self.files.iter().all(same) && directory.join("node_modules").join(self.name).is_dir()
        })
    }

    fn install(&self) -> Result<(), BenchError> {
        let failed = |source| BenchError::io(format!("installing {}", self.name), source);
        let directory = self.directory().ok_or_else(|| failed(io::ErrorKind::NotFound.into()))?;
        fs::create_dir_all(&directory).map_err(failed)?;
        for (name, text) in self.files {
            fs::write(directory.join(name), text).map_err(failed)?;
        }
        let mut npm = Command::new("npm");
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(directory);
        run(&mut npm)
    }
}

fn install_system(packages: &[&str]) -> Result<(), BenchError> {
    let policy = Path::new(POLICY);
    let own_policy = !policy.exists();
    if own_policy {
        let failed = |source| BenchError::io(format!("writing {POLICY}"), source);
        fs::write(policy, "#!/bin/sh\nexit 101\n").map_err(failed)?;
        fs::set_permissions(policy, fs::Permissions::from_mode(0o755)).map_err(failed)?;
    }
    let mut install = Command::new("apt-get");
    install.args(["install", "--yes", "--no-install-recommends"]).args(packages);
    install.env("DEBIAN_FRONTEND", "noninteractive");
    let installed = run(&mut install);
    if own_policy {
        // Left behind, it would keep the machine's other packages from starting theirs.
        fs::remove_file(policy)
            .map_err(|source| BenchError::io(format!("removing {POLICY}"), source))?;
    }
    installed
}

fn run(command: &mut Command) -> Result<(), BenchError> {
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command.status();
    let status = status.map_err(|source| BenchError::io(format!("starting {program}"), source))?;
    if status.success() {
        return Ok(());
    }
    Err(BenchError::Operator { call: program, detail: status.to_string() })
}

/// A program's file, by PATH and where servers are.
pub(super) fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let others = SERVER_DIRECTORIES.map(PathBuf::from);
    env::split_paths(&path)
        .chain(others)
        .map(|directory| directory.join(program))
        .find(|file| file.is_file())
}

/// What a package brings beside a program of its name.
fn is_there(package: &str) -> bool {
    match package {
        "libnginx-mod-nchan" => Path::new(NGINX_MODULES).join("ngx_nchan_module.so").is_file(),
        "ejabberd" => ejabberd().is_some(),
        _ => true,
    }
}

/// The directory of ejabberd's compiled modules: `/usr/lib/ARCHITECTURE/ejabberd-VERSION/ebin`.
pub(super) fn ejabberd() -> Option<PathBuf> {
    let entries = |directory: &Path| fs::read_dir(directory).into_iter().flatten().flatten();
    entries(Path::new("/usr/lib"))
        .flat_map(|architecture| entries(&architecture.path()).collect::<Vec<_>>())
        .filter(|entry| entry.file_name().to_string_lossy().starts_with("ejabberd-"))
        .map(|entry| entry.path().join("ebin"))
        .find(|modules| modules.join("ejabberd.app").is_file())
}

fn said(command: &mut Command) -> Option<String> {
    let output = command.output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    output.status.success().then(|| text.lines().next().unwrap_or_default().trim().to_owned())
}
