//! What is read out of a manifest.

use super::{Manifest, member_names};

fn manifest(text: &str) -> Manifest {
    Manifest { path: "x/Cargo.toml".into(), text: text.into() }
}

#[test]
fn members_are_the_listed_ones() {
    let text = "[workspace]\nmembers = [\n    \"codecs\",\n    \"tools/xtask\",\n]\n[x]\n\"no\"\n";
    assert_eq!(member_names(text), ["codecs", "tools/xtask"]);
}

#[test]
fn a_dependency_counts_in_any_dependency_table_and_nowhere_else() {
    assert!(manifest("[dependencies]\nflume = \"1\"\n").depends_on("flume"));
    assert!(manifest("[dev-dependencies]\nflume.workspace = true\n").depends_on("flume"));
    assert!(!manifest("[features]\nflume = []\n").depends_on("flume"));
    assert!(!manifest("[dependencies]\nflume-next = \"1\"\n").depends_on("flume"));
}

#[test]
fn lints_must_be_the_workspaces() {
    assert!(manifest("[lints]\nworkspace = true\n").takes_workspace_lints());
    assert!(!manifest("[package]\nname = \"x\"\n").takes_workspace_lints());
}

#[test]
fn a_package_is_called_by_its_own_name() {
    let text = "[package]\nname = \"parlance-x\"\n[[bin]]\nname = \"x\"\n";
    assert_eq!(manifest(text).name(), Some("parlance-x"));
}
