//! Whether bindgen will find libclang, and clang's own headers of the same version.
//!
//! bindgen loads the newest libclang it finds; without that version's `stddef.h` it stops at
//! RocksDB's first include, so a library without its headers counts as missing.

use std::collections::BTreeSet;
use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::names_in;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Libclang {
    Whole,
    /// The library of this version is there and its headers are not.
    WithoutHeaders(u32),
    Absent,
}

impl Libclang {
    pub(super) fn look() -> Self {
        if env::var_os("LIBCLANG_PATH").is_some() {
            // Somebody chose one by hand; bindgen's own message is better than a guess.
            return Self::Whole;
        }
        let libraries = libraries();
        let headers = headers();
        match libraries.last() {
            None => Self::Absent,
            Some(newest) if headers.contains(newest) => Self::Whole,
            Some(newest) => Self::WithoutHeaders(*newest),
        }
    }

    /// The library has a package per version, and so have its headers.
    pub(super) fn packages(self, default: Option<u32>) -> Vec<String> {
        match (self, default) {
            (Self::Whole, _) => Vec::new(),
            (Self::WithoutHeaders(version), _) => vec![format!("libclang-common-{version}-dev")],
            (Self::Absent, Some(version)) => {
                vec![format!("libclang1-{version}"), format!("libclang-common-{version}-dev")]
            }
            (Self::Absent, None) => vec!["libclang-dev".into()],
        }
    }
}

/// The version that this release of Debian or Ubuntu builds everything with; where apt does not
/// say, the newest that has both packages.
pub(super) fn release_default() -> Option<u32> {
    let depends = apt_cache(&["depends", "libclang-dev"]);
    let default = depends.lines().find_map(|line| {
        let package = line.trim().strip_prefix("Depends: ")?;
        package.strip_prefix("libclang-")?.strip_suffix("-dev")?.parse().ok()
    });
    default.or_else(|| {
        let libraries = apt_cache(&["pkgnames", "libclang1-"]);
        let headers = apt_cache(&["pkgnames", "libclang-common-"]);
        libraries
            .lines()
            .filter_map(|name| name.strip_prefix("libclang1-")?.parse::<u32>().ok())
            .filter(|version| {
                headers.lines().any(|name| name == format!("libclang-common-{version}-dev"))
            })
            .max()
    })
}

fn apt_cache(arguments: &[&str]) -> String {
    let output = Command::new("apt-cache").args(arguments).output();
    output.map_or_else(|_| String::new(), |out| String::from_utf8_lossy(&out.stdout).into_owned())
}

fn libraries() -> BTreeSet<u32> {
    library_directories()
        .iter()
        .flat_map(|directory| {
            let of_directory = version_of_directory(directory);
            names_in(directory)
                .into_iter()
                .filter_map(move |name| library_version(&name, of_directory))
        })
        .collect()
}

/// Where clang-sys looks too.
fn library_directories() -> Vec<PathBuf> {
    let mut directories: Vec<PathBuf> =
        ["/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/local/lib64"].map(PathBuf::from).into();
    for name in names_in(Path::new("/usr/lib")) {
        let directory = Path::new("/usr/lib").join(&name);
        if name.ends_with("-linux-gnu") {
            directories.push(directory);
        } else if name.starts_with("llvm") {
            directories.push(directory.join("lib"));
        }
    }
    directories
}

/// 14 of `/usr/lib/llvm-14/lib`.
pub(super) fn version_of_directory(directory: &Path) -> Option<u32> {
    directory.parent()?.file_name()?.to_str()?.strip_prefix("llvm-")?.parse().ok()
}

/// 14 of `libclang-14.so.1`, 18 of `libclang.so.18.1`; Debian's `llvm-14/lib/libclang.so.1` says
/// its version only by its directory.
pub(super) fn library_version(name: &str, of_directory: Option<u32>) -> Option<u32> {
    if let Some(rest) = name.strip_prefix("libclang-") {
        let (version, _) = rest.split_once(".so")?;
        return version.split('.').next()?.parse().ok();
    }
    let rest = name.strip_prefix("libclang.so")?;
    of_directory.or_else(|| rest.strip_prefix('.')?.split('.').next()?.parse().ok())
}

fn headers() -> BTreeSet<u32> {
    let mut roots: Vec<PathBuf> =
        ["/usr/lib/clang", "/usr/lib64/clang", "/usr/local/lib/clang"].map(PathBuf::from).into();
    for name in names_in(Path::new("/usr/lib")) {
        if name.starts_with("llvm") {
            roots.push(Path::new("/usr/lib").join(name).join("lib").join("clang"));
        }
    }
    let mut versions = BTreeSet::new();
    for root in roots {
        for name in names_in(&root) {
            let version = name.split('.').next().and_then(|major| major.parse().ok());
            if let Some(version) = version
                && root.join(&name).join("include/stddef.h").is_file()
            {
                versions.insert(version);
            }
        }
    }
    versions
}
