//! The table against small trees.

use super::{Rule, found_in, homeless};
use crate::manifest::Manifest;

#[test]
fn a_forbidden_crate_anywhere_in_the_tree_is_named_once() {
    let rule = Rule { package: "pure", forbidden: &["glommio"], because: "it is pure" };
    let tree = "pure v0.1.0 (path)\nserde v1.0.0\nglommio v0.9.0\nglommio v0.9.0 (*)\n";
    assert_eq!(found_in(tree, &rule), ["  pure depends on glommio, but it is pure"]);
    assert!(found_in("pure v0.1.0\nglommio-lookalike v1.0.0\n", &rule).is_empty());
}

#[test]
fn glommio_has_one_home() {
    let text = "[package]\nname = \"x\"\n[dependencies]\nglommio.workspace = true\n";
    let elsewhere = Manifest { path: "bench/Cargo.toml".into(), text: text.into() };
    assert_eq!(
        homeless(&elsewhere),
        ["  bench/Cargo.toml names glommio, which only server/Cargo.toml may"]
    );
    let home = Manifest { path: "server/Cargo.toml".into(), text: text.into() };
    assert!(homeless(&home).is_empty());
}
