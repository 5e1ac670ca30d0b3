//! Stamps go into texts of any size and come out again, from any frame around them.

use super::*;

const STAMP: Stamp = Stamp { group: 3, index: 0xfffe, intended_ns: 1_234_567_890_123 };

#[test]
fn text_has_the_size_asked_for_and_comes_back() {
    for size in [0, STAMP_BYTES, STAMP_BYTES + 1, 200, 32 * 1024] {
        let stamper = Stamper::new(u64::MAX, size);
        let text = stamper.text(STAMP);
        assert_eq!(text.len(), size.max(STAMP_BYTES));
        assert_eq!(stamper.find(text.as_bytes()), Some((Found::Ours(STAMP), &b""[..])));
        assert_eq!(serde_json::to_string(&text).expect("text").len(), text.len() + 2, "no escapes");
    }
}

#[test]
fn extreme_fields_come_back() {
    let stamper = Stamper::new(0, 64);
    for stamp in [
        Stamp { group: 0, index: 0, intended_ns: 0 },
        Stamp { group: u32::MAX, index: u32::MAX, intended_ns: u64::MAX },
    ] {
        let text = stamper.text(stamp);
        assert_eq!(stamper.find(text.as_bytes()).map(|(found, _)| found), Some(Found::Ours(stamp)));
    }
}

#[test]
fn two_in_one_frame_are_both_found() {
    let stamper = Stamper::new(7, 100);
    let second = Stamp { index: 5, ..STAMP };
    let frame =
        format!("{{\"~\":\"{}\",\"b\":\"{}\"}}~", stamper.text(STAMP), stamper.text(second));
    let (found, rest) = stamper.find(frame.as_bytes()).expect("the first");
    assert_eq!(found, Found::Ours(STAMP));
    let (found, rest) = stamper.find(rest).expect("the second");
    assert_eq!(found, Found::Ours(second));
    assert_eq!(stamper.find(rest), None);
}

#[test]
fn found_wherever_it_is() {
    let stamper = Stamper::new(7, 60);
    for before in 0..100 {
        let frame = format!("{}{}", "x".repeat(before), stamper.text(STAMP));
        assert_eq!(
            stamper.find(frame.as_bytes()),
            Some((Found::Ours(STAMP), &b""[..])),
            "{before} bytes before it"
        );
    }
}

#[test]
fn another_run_is_foreign_and_a_cut_one_is_nothing() {
    let text = Stamper::new(7, 64).text(STAMP);
    let other = Stamper::new(8, 64);
    assert_eq!(other.find(text.as_bytes()).map(|(found, _)| found), Some(Found::Foreign));
    let spoiled = text.replace("fffe", "ffXe");
    let own = Stamper::new(7, 64);
    assert_eq!(own.find(spoiled.as_bytes()).map(|(found, _)| found), Some(Found::Foreign));
    for cut in 0..STAMP_BYTES {
        assert_eq!(own.find(&text.as_bytes()[..cut]), None, "{cut} bytes");
    }
}
