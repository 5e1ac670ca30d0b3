//! The layers: which crates may know which.
//!
//! `cargo tree` says what a crate really pulls in, through whatever chain; the table below says
//! what it must not. The pure crates stay free of runtimes and stores, and glommio has one home.

use crate::cargo::Workspace;
use crate::error::StepError;
use crate::manifest::{self, Manifest};

/// A package and what must not be anywhere below it.
struct Rule {
    package: &'static str,
    forbidden: &'static [&'static str],
    because: &'static str,
}

const RULES: &[Rule] = &[
    Rule {
        package: "parlance-codecs",
        forbidden: &["glommio", "rocksdb", "tokio", "mio", "hyper", "flume", "parlance-storage"],
        because: "codecs are bytes to values and back, sans-IO",
    },
    Rule {
        package: "parlance-conversation",
        forbidden: &[
            "glommio",
            "rocksdb",
            "librocksdb-sys",
            "tokio",
            "mio",
            "flume",
            "parlance-storage",
        ],
        because: "the core decides and does nothing else",
    },
    Rule {
        package: "parlance-storage",
        forbidden: &["glommio", "tokio", "hyper"],
        because: "storage blocks, on threads of its own",
    },
    Rule {
        package: "parlance-sim",
        forbidden: &["glommio", "rocksdb", "librocksdb-sys", "tokio"],
        because: "the simulator runs the core and the model store on one thread",
    },
    Rule {
        package: "parlance-e2e",
        forbidden: &["glommio", "rocksdb", "parlance-conversation", "parlance-storage"],
        because: "end-to-end tests see what clients see",
    },
];

/// Only these manifests may name the package. Randomness is listed here and not above, because a
/// library of the codecs brings it along; what a manifest does not name, its crate cannot use.
const HOMES: &[(&str, &[&str])] = &[
    ("glommio", &["server/Cargo.toml"]),
    ("rocksdb", &["storage/Cargo.toml"]),
    ("getrandom", &["server/Cargo.toml"]),
    ("rand", &["storage/Cargo.toml", "tests/sim/Cargo.toml"]),
];

pub(crate) fn check(workspace: &Workspace) -> Result<(), StepError> {
    let mut breaches = Vec::new();
    for rule in RULES {
        let tree = workspace.cargo_output(&[
            "tree",
            "--locked",
            "--package",
            rule.package,
            "--edges",
            "normal",
            "--prefix",
            "none",
            "--format",
            "{p}",
        ])?;
        breaches.extend(found_in(&tree, rule));
    }
    let manifests = manifest::members(workspace.root())?;
    breaches.extend(manifests.iter().flat_map(homeless));
    if breaches.is_empty() {
        return Ok(());
    }
    Err(StepError::Layers { count: breaches.len(), list: breaches.join("\n") })
}

fn found_in(tree: &str, rule: &Rule) -> Vec<String> {
    let mut found: Vec<&str> = tree
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| rule.forbidden.contains(name))
        .collect();
    found.sort_unstable();
    found.dedup();
    let Rule { package, because, .. } = rule;
    found.iter().map(|name| format!("  {package} depends on {name}, but {because}")).collect()
}

fn homeless(manifest: &Manifest) -> Vec<String> {
    HOMES
        .iter()
        .filter(|(name, homes)| {
            !homes.contains(&manifest.path.as_str()) && manifest.depends_on(name)
        })
        .map(|(name, homes)| {
            format!("  {} names {name}, which only {} may", manifest.path, homes.join(", "))
        })
        .collect()
}

#[cfg(test)]
mod tests;
