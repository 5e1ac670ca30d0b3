//! A layout comes back as it was written, and anything else is refused.

use super::*;

const LAYOUT: Layout = Layout { shards: 3, epoch: 2, generation: 7 };

#[test]
fn a_layout_comes_back() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    assert_eq!(Layout::read(directory.path()).expect("none is no error"), None);
    for layout in [LAYOUT, Layout::FIRST] {
        layout.write(directory.path()).expect("it is writable");
        assert_eq!(Layout::read(directory.path()).expect("it reads"), Some(layout));
    }
    assert!(!directory.path().join(FILE_UNFINISHED).exists());
}

#[test]
fn every_changed_byte_is_noticed() {
    let text = LAYOUT.to_text();
    for index in 0..text.len() {
        for bit in 0..7 {
            let mut bytes = text.clone().into_bytes();
            bytes[index] ^= 1 << bit;
            let changed = String::from_utf8_lossy(&bytes).into_owned();
            match Layout::parse(&changed) {
                Err(BadLayout::Damaged(what)) => assert!(what.starts_with("LAYOUT "), "{what}"),
                Err(BadLayout::Newer { found }) => assert!(found > FORMAT),
                Ok(layout) => panic!("byte {index}, bit {bit} read as {layout:?}"),
            }
        }
    }
    for end in 0..text.len() {
        assert!(Layout::parse(&text[..end]).is_err(), "cut at {end}");
    }
}

#[test]
fn a_newer_format_says_so() {
    let newer = "parlance data directory\nformat 9\nsomething else\n";
    assert!(matches!(Layout::parse(newer), Err(BadLayout::Newer { found: 9 })));
}

#[test]
fn impossible_numbers_are_refused_even_with_a_right_checksum() {
    for shards in [0, SHARDS_MAX + 1] {
        let text = Layout { shards, ..LAYOUT }.to_text();
        assert!(matches!(Layout::parse(&text), Err(BadLayout::Damaged(_))));
    }
}

#[test]
fn only_the_stores_own_names_are_theirs() {
    for name in ["shard-00", "shard-63", "reshard-2", "reshard-10"] {
        assert!(is_store_name(name), "{name}");
    }
    for name in ["secrets", "LAYOUT", "shard-", "shard-0x", "reshard-2.bak", "my-shard-00"] {
        assert!(!is_store_name(name), "{name}");
    }
}
