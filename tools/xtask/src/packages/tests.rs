//! How versions are read from names, and which packages each missing thing becomes.

use std::path::Path;

use super::libclang::{Libclang, library_version, version_of_directory};
use super::{Missing, debian_packages};

#[test]
fn a_library_says_its_version_by_name_or_by_directory() {
    let cases = [
        ("libclang-14.so.1", None, Some(14)),
        ("libclang-14.so.14.0.6", None, Some(14)),
        ("libclang-19.so", None, Some(19)),
        ("libclang.so.18.1", None, Some(18)),
        ("libclang.so.1", Some(14), Some(14)),
        ("libclang.so", Some(16), Some(16)),
        ("libclang.so", None, None),
        ("libclang-cpp.so.14", None, None),
        ("libclang-cpp.so.14", Some(14), None),
        ("libclangBasic.a", Some(14), None),
        ("libc.so.6", None, None),
    ];
    for (name, of_directory, expected) in cases {
        assert_eq!(library_version(name, of_directory), expected, "{name}");
    }
}

#[test]
fn only_a_versioned_directory_has_a_version() {
    assert_eq!(version_of_directory(Path::new("/usr/lib/llvm-14/lib")), Some(14));
    assert_eq!(version_of_directory(Path::new("/usr/lib/x86_64-linux-gnu")), None);
}

#[test]
fn what_is_missing_becomes_debian_packages() {
    let missing = [Missing::CxxCompiler, Missing::Libclang(Libclang::Absent)];
    assert_eq!(
        debian_packages(&missing, Some(14)),
        ["g++", "libclang1-14", "libclang-common-14-dev"]
    );
    let headers_only = [Missing::Libclang(Libclang::WithoutHeaders(16)), Missing::Python];
    assert_eq!(
        debian_packages(&headers_only, Some(14)),
        ["libclang-common-16-dev", "python3", "python3-venv"]
    );
    assert_eq!(debian_packages(&[Missing::Libclang(Libclang::Absent)], None), ["libclang-dev"]);
    let clients = [Missing::Node, Missing::Npm, Missing::Chromium];
    assert_eq!(debian_packages(&clients, Some(14)), ["nodejs", "npm", "chromium"]);
}
